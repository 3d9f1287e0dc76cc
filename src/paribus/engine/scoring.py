"""The scores of a network on images that it is not trained on, from what its functions return."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    """

    data_loss: float
    penalty: float
    score: float
    outputs: NDArray[np.float32]


def chunks(rows: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """Return the rows, along the last axis, in the parts that are scored at once."""
    starts = range(0, rows.shape[-1], CHUNK)
    return [rows[..., start : start + CHUNK].astype(np.int32) for start in starts]


def scores_of(
    parts: Sequence[Sequence[Any]], penalty: Any, objective: Objective, labels: NDArray[Any]
) -> Scores:
    """Return the scores.

    Args:
        parts: Of each part: the losses of its images, what each adds to the score, the outputs, and the
            penalty beside each image where activities are penalized.
        penalty: The regularizers' sum where it depends on the weights alone; else None.
        objective: How outputs are scored.
        labels: Of the images.
    """
    losses, seen, outputs, *activity = (np.concatenate(part) for part in zip(*parts, strict=True))
    total = activity[0].mean(dtype=np.float64) if activity else penalty
    if objective.score == "r2":
        score = r2(seen.mean(axis=0, dtype=np.float64), variance(labels.astype(np.float64)))
    else:
        score = float(seen.mean())
    return Scores(float(losses.mean(dtype=np.float64)), float(total), score, outputs)
