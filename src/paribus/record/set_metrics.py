"""Metrics of a set of examples that are no means over them, computed as scikit-learn does.

scikit-learn is the definition. Its functions check their arguments for a millisecond, as long as a small
table trains for an epoch. So the sums are repeated here in the same order, to the same bits.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"


def f1(labels: Array, predicted: Array, average: str) -> float:
    """Return ``f1_score(..., zero_division=0)``.

    Args:
        labels: Classes, shape (examples,), or several labels as truth values, shape (examples, labels).
        predicted: The same of the network.
        average: ``macro``, or ``weighted`` by how many examples a class has.

    Example:
        >>> f1(np.array([0, 1, 1]), np.array([0, 1, 0]), "macro")
        0.6666666666666666
    """
    hits, predicted_sum, true_sum = _counts(labels, predicted)
    below = true_sum + predicted_sum
    scores = np.divide(2.0 * hits, below, out=np.zeros(len(hits)), where=below > 0)
    weights = true_sum if average == "weighted" and true_sum.any() else None
    return float(np.average(scores, weights=weights))


def balanced_accuracy(labels: Array, predicted: Array) -> float:
    """Return ``balanced_accuracy_score``: the mean over the classes that are there of the share found.

    Args:
        labels: Classes, shape (examples,).
        predicted: The same of the network.
    """
    hits, _, true_sum = _counts(labels, predicted)
    there = true_sum > 0
    return float(np.mean(hits[there] / true_sum[there]))


def roc_auc(labels: Array, scores: Array) -> float:
    """Return ``roc_auc_score``, the mean over the columns; NaN where one has a single class.

    Args:
        labels: Truth values, shape (examples, columns).
        scores: What examples are ordered by, of the same shape.
    """
    return _mean_over_columns(_area, labels, scores)


def average_precision(labels: Array, scores: Array) -> float:
    """Return ``average_precision_score``, the mean over the columns.

    Args:
        labels: Truth values, shape (examples, columns).
        scores: What examples are ordered by, of the same shape.
    """
    return _mean_over_columns(_precision, labels, scores)


def rmse(targets: Array, given: Array) -> float:
    """Return ``root_mean_squared_error``, the mean over the targets."""
    return float(np.average(np.sqrt(np.average((targets - given) ** 2, axis=0))))


def median_absolute_error(targets: Array, given: Array) -> float:
    """Return ``median_absolute_error``, the mean over the targets."""
    return float(np.average(np.median(np.abs(given - targets), axis=0)))


def _counts(labels: Array, predicted: Array) -> tuple[Array, Array, Array]:
    """Return, of each class that is labelled or predicted, how often it is both, predicted, labelled."""
    if labels.ndim == 2:
        return tuple((each != 0).sum(axis=0) for each in (labels & predicted, predicted, labels))
    size = int(max(labels.max(), predicted.max())) + 1
    hits, predicted_sum, true_sum = (
        np.bincount(each, minlength=size) for each in (labels[labels == predicted], predicted, labels)
    )
    there = predicted_sum + true_sum > 0
    return hits[there], predicted_sum[there], true_sum[there]


def _mean_over_columns(metric: Any, labels: Array, scores: Array) -> float:
    if not np.isfinite(scores).all():
        return np.nan
    columns = zip(labels.T, scores.T, strict=True)
    return float(np.average([metric(*_thresholds(truth, score)) for truth, score in columns]))


def _thresholds(truth: Array, scores: Array) -> tuple[Array, Array]:
    """Return false and true positives at each different score, from the highest on."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    true = np.cumsum(truth[order], dtype=np.float64)[ends]
    return 1 + ends - true, true


def _area(false: Array, true: Array) -> float:
    if false[-1] <= 0 or true[-1] <= 0:
        return np.nan
    if len(false) > 2:  # points between others on one line
        kept = np.concatenate([[True], (np.diff(false, 2) != 0) | (np.diff(true, 2) != 0), [True]])
        false, true = false[kept], true[kept]
    across, up = (np.append(0.0, each) / each[-1] for each in (false, true))
    return float(np.trapezoid(up, across))


def _precision(false: Array, true: Array) -> float:
    together = true + false
    precision = np.append(np.flip(np.where(together != 0, true / together, 0.0)), 1.0)
    recall = np.ones(len(true)) if true[-1] == 0 else true / true[-1]
    steps = np.diff(np.append(np.flip(recall), 0.0))
    return float(max(0.0, -np.sum(steps * precision[:-1])))
