"""The scores of a network on images that it is not trained on, from what its functions return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from paribus.engine.heads import Heads
from paribus.engine.objective import Objective
from paribus.record.metrics import r2, variance

CHUNK = 1000
"""Images whose logits are computed at once outside training."""


class Scores(NamedTuple):
    """The scores of a network on images that it is not trained on.

    Args:
        data_loss: Mean loss, without the penalty.
        penalty: The regularizers' sum.
        score: Share predicted correctly, in [0, 1]; the coefficient of determination in a regression, NaN
            where it is not defined.
        outputs: The network's outputs, float32, shape (num_images, units).
        loss: What is minimised: the loss of every output, and the penalty.
        beside: Losses and scores of other outputs, by their names in a history.
    """

    data_loss: float
    penalty: float
    score: float
    outputs: NDArray[np.float32]
    loss: float
    beside: Mapping[str, float]


def chunks(rows: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """Return the rows, along the last axis, in the parts that are scored at once."""
    starts = range(0, rows.shape[-1], CHUNK)
    return [rows[..., start : start + CHUNK].astype(np.int32) for start in starts]


def scores_of(
    parts: Sequence[Sequence[Any]],
    penalty: Any,
    objective: Objective,
    labels: NDArray[Any],
    heads: tuple[Heads, NDArray[Any]] | None = None,
) -> Scores:
    """Return the scores.

    Args:
        parts: Of each part: the losses of its images, what each adds to the score, the outputs, the penalty
            beside each image where activities are penalized, and what is measured of other outputs.
        penalty: The regularizers' sum where it depends on the weights alone; else None.
        objective: How outputs are scored.
        labels: Of the images.
        heads: The other outputs, and their targets of the images; None where there is one output.
    """
    losses, seen, outputs, *more = (np.concatenate(part) for part in zip(*parts, strict=True))
    means = more.pop().mean(axis=0, dtype=np.float64) if heads else np.zeros(0)
    total = float(more[0].mean(dtype=np.float64) if more else penalty)
    loss = float(losses.mean(dtype=np.float64))
    if objective.score == "r2":
        score = r2(seen.mean(axis=0, dtype=np.float64), variance(labels.astype(np.float64)))
    else:
        score = float(seen.mean())
    if heads is None:
        return Scores(loss, total, score, outputs, loss + total, {})
    others, targets = heads
    whole = others.total(loss, means) + total
    return Scores(loss, total, score, outputs, whole, others.named(means, targets))
