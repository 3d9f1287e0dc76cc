"""Test examples that are nearly as a training example: resized, compressed again, measured twice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.columns import spread_evenly
from paribus.study.datasets import DataFacts

MOST_TRAINED, MOST_TESTED = 20_000, 1_000
"""Training and test examples that are compared; both are spread evenly."""
_NEAR = {"pixels": 0.1, "numbers": 0.05}
"""Times the median distance of a training example to the next one: nearer ones are nearly the same.
In many dimensions next to no two examples of their own are; conventions."""
_FEWEST_COLUMNS = 3
_DIRECTIONS = 32
_AT_ONCE = 200


def near_copies(
    x_train: NDArray[Any], x_test: NDArray[Any], facts: DataFacts, *, seed: int = 0
) -> float | None:
    """Return the share of test examples that are nearly, but not quite, as a training example.

    Distances are measured along 32 random directions, in which they are right to about a tenth (Johnson and
    Lindenstrauss 1984). Columns are brought to one spread first.

    Args:
        x_train: Training inputs.
        x_test: Test inputs.
        facts: What is known of the data.
        seed: Of the directions.

    Returns:
        None for tokens, and for tables with fewer than three numeric columns.
    """
    if "tokens" in (facts.values, *(each.values for each in facts.inputs)):
        return None
    trained, tested = (
        _flat(each[spread_evenly(len(each), most)], facts)
        for each, most in ((x_train, MOST_TRAINED), (x_test, MOST_TESTED))
    )
    if facts.values == "numbers":
        if trained.shape[1] < _FEWEST_COLUMNS:
            return None
        middle, spread = trained.mean(axis=0), trained.std(axis=0)
        trained, tested = ((each - middle) / np.where(spread > 0, spread, 1) for each in (trained, tested))
    if trained.shape[1] > _DIRECTIONS:
        shape = (trained.shape[1], _DIRECTIONS)
        directions = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
        trained, tested = trained @ directions, tested @ directions
    nearest = _nearest(tested, trained)
    # The test examples' own distances would not tell what is usual where many of them are copies.
    middle = float(np.median(_nearest(trained[spread_evenly(len(trained), MOST_TESTED)], trained, place=1)))
    exact = 1e-4 * middle
    return float(((nearest > exact) & (nearest < _NEAR[facts.values] * middle)).mean()) if middle else 0.0


def _flat(inputs: NDArray[Any], facts: DataFacts) -> NDArray[np.float32]:
    """Return examples as rows of numbers: of a table its numeric columns, missing ones as their mean."""
    rows = inputs.reshape(len(inputs), -1).astype(np.float32)
    if inputs.ndim == 2 and facts.numeric is not None:
        rows = rows[:, : facts.numeric]
    if np.isnan(rows).any():
        known = ~np.isnan(rows)
        means = np.where(known, rows, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        rows = np.where(known, rows, means)
    return rows


def _nearest(
    examples: NDArray[np.float32], trained: NDArray[np.float32], place: int = 0
) -> NDArray[np.float64]:
    """Return the distance of each example to the nearest training example, or to one after it."""
    found: list[NDArray[np.float64]] = []
    for start in range(0, len(examples), _AT_ONCE):
        part = examples[start : start + _AT_ONCE]
        squared = (part**2).sum(axis=1)[:, None] + (trained**2).sum(axis=1) - 2 * part @ trained.T
        nearest = np.argpartition(squared, place, axis=1)[:, place]
        # Differences of large squares are inexact where it matters most: the nearest one's is computed anew.
        found.append(np.sqrt(((part - trained[nearest]).astype(np.float64) ** 2).sum(axis=1)))
    return np.concatenate(found)
