"""What the columns of a table have: size, missing numbers, identifiers, and what tells the target alone."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.study.census import Column
from paribus.study.datasets import DataFacts, Task, places

MOST_ROWS, MOST_TRIED = 50_000, 2_000
"""Rows that are looked at, and of these the rows that trees are fitted to; both are spread evenly."""
MOST_COLUMNS = 500
"""Of a wider table its first columns are looked at."""
FEWEST_ROWS = 20
"""With fewer, nothing is said of what numbers the rows or tells the target."""
_FOLDS = 3
_LEAST_LEAF = 5


def spread_evenly(number: int, most: int) -> NDArray[np.int64]:
    """Return so many rows at most, in ascending order and spread evenly.

    Args:
        number: How many rows there are.
        most: How many to return.

    Example:
        >>> spread_evenly(3, 10), spread_evenly(10, 5)
        (array([0, 1, 2]), array([0, 2, 4, 6, 8]))
    """
    count = min(number, most)
    return np.arange(count) * number // max(1, count)


def columns(dataset: Dataset, facts: DataFacts) -> tuple[Column, ...]:
    """Return what each column of a table has in the training rows; nothing for other data.

    Args:
        dataset: The user's own data.
        facts: What is known of it.
    """
    if facts.values != "numbers" or dataset.x_train.ndim != 2:
        return ()
    rows = spread_evenly(len(dataset.x_train), MOST_ROWS)
    if facts.inputs:
        return tuple(_of_inputs(dataset, facts, rows))
    x, y = dataset.x_train[rows, :MOST_COLUMNS].astype(np.float64), dataset.y_train[rows]
    numeric = x.shape[1] if facts.numeric is None else facts.numeric
    names = facts.features or [f"column {place + 1}" for place in range(x.shape[1])]
    return tuple(
        _of_table(names[place], x[:, place], y, facts.task, is_number=place < numeric)
        for place in range(x.shape[1])
    )


def _of_table(
    name: str, x: NDArray[np.float64], y: NDArray[Any], task: Task, *, is_number: bool = True, of: str = ""
) -> Column:
    tried = spread_evenly(len(x), MOST_TRIED)
    alone = _alone(x[tried], y[tried], task)
    return _column(name, x, numbering=_numbering(x) if is_number else "", alone=alone, input=of)


def _of_inputs(dataset: Dataset, facts: DataFacts, rows: NDArray[np.int64]) -> Iterator[Column]:
    """Yield the columns of inputs that are rows of numbers; any other input but tokens as one."""
    y = dataset.y_train[rows]
    for each, place in zip(facts.inputs, places(facts.inputs).values(), strict=True):
        if each.values == "tokens":
            continue
        if len(each.shape) > 1:
            few = rows[spread_evenly(len(rows), MOST_TRIED)]
            values = dataset.x_train[few, place].astype(np.float64)
            yield _column(each.name, values, input=each.name, count=each.size)
            continue
        x = dataset.x_train[rows, place][:, :MOST_COLUMNS].astype(np.float64)
        for column in range(x.shape[1]):
            name = each.name if each.size == 1 else f"{each.name} {column + 1}"
            yield _of_table(name, x[:, column], y, facts.task, of=each.name)


def targets(dataset: Dataset, facts: DataFacts) -> tuple[Column, ...]:
    """Return what each target of a regression has in the training rows; nothing for other tasks.

    Args:
        dataset: The user's own data.
        facts: What is known of it.
    """
    if facts.task != "regression":
        return ()
    y = dataset.y_train[spread_evenly(len(dataset.y_train), MOST_ROWS)].astype(np.float64)
    return tuple(_column(f"target {place + 1}", y[:, place]) for place in range(y.shape[1]))


def _column(name: str, values: NDArray[np.float64], **more: Any) -> Column:
    values = values.reshape(-1)
    known = values[~np.isnan(values)]
    return Column(
        name=name,
        mean=float(known.mean()) if len(known) else 0.0,
        spread=float(known.std()) if len(known) and np.ptp(known) > 0 else 0.0,
        lowest=float(known.min()) if len(known) else 0.0,
        highest=float(known.max()) if len(known) else 0.0,
        missing=float(1 - len(known) / len(values)),
        **more,
    )


def _numbering(values: NDArray[np.float64]) -> str:
    """Return whether a column numbers the rows: all its numbers are whole and different."""
    if len(values) < FEWEST_ROWS or np.isnan(values).any() or (values != np.round(values)).any():
        return ""
    if len(np.unique(values)) < len(values):
        return ""
    is_next_to_each_other = np.ptp(values) < 2 * len(values)
    return "dense" if is_next_to_each_other or (np.diff(values) > 0).all() else "distinct"


def _alone(values: NDArray[np.float64], labels: NDArray[Any], task: Task) -> float | None:
    """Return how far a small tree gets with one column alone, on rows it was not fitted to."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    varies = len(np.unique(values[~np.isnan(values)])) > 1
    if task == "multilabel" or len(values) < FEWEST_ROWS or not varies:
        return None
    x = values[:, None]
    fold = np.random.default_rng(0).permutation(len(x)) % _FOLDS
    is_classes = task == "classification"
    leaves = min(64, max(8, 2 * len(np.unique(labels)))) if is_classes else 32
    make: Any = DecisionTreeClassifier if is_classes else DecisionTreeRegressor
    wrong = least = 0.0
    for each in range(_FOLDS):
        fitted, other = fold != each, fold == each
        tree = make(max_leaf_nodes=leaves, min_samples_leaf=_LEAST_LEAF, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            predicted = tree.fit(x[fitted], labels[fitted]).predict(x[other])
        truth = labels[other]
        if is_classes:
            commonest = np.bincount(labels[fitted]).argmax()
            wrong += float((predicted != truth).sum())
            least += float((commonest != truth).sum())
        else:
            predicted = predicted.reshape(truth.shape)
            wrong += float(((predicted - truth) ** 2).sum())
            least += float(((labels[fitted].mean(axis=0) - truth) ** 2).sum())
    return round(1 - wrong / least, 6) if least and math.isfinite(wrong) else None
