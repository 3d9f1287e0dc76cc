"""The values of metrics, from outputs and labels: scikit-learn's, and by example where they are means.

A metric is undefined for some outputs: log loss where they are no probabilities, ROC AUC where a class has no
example, R² where all targets are one number. Its value is then None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paribus.record import set_metrics
from paribus.study.datasets import Task

BINS = 15
"""Of the calibration, of equal width; as in the source that `calibration_error` names."""

Array: TypeAlias = "NDArray[Any]"


def value(name: str, outputs: Array, labels: Array, task: Task) -> float | None:
    """Return a metric's value; None where it is not defined.

    Args:
        name: Of the metric.
        outputs: The network's, shape (examples, units).
        labels: Classes, shape (examples,), or labels or targets, shape (examples, units).
        task: What is predicted.

    Example:
        >>> outputs = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
        >>> value("accuracy", outputs, np.array([0, 1, 1]), "classification")
        0.6666666666666666
    """
    single = by_example(name, outputs, labels, task)
    if single is not None:
        found = float(single.mean(dtype=np.float64)) if len(single) else math.nan
    else:
        found = _whole(name, outputs, labels, task)
    return found if math.isfinite(found) else None


def by_example(name: str, outputs: Array, labels: Array, task: Task) -> NDArray[np.float64] | None:
    """Return a metric of each example, whose mean is the metric; None where it is no such mean.

    R² is one for given test examples: 1 − (squared error) / (variance of the target).

    Args:
        name: Of the metric.
        outputs: The network's, shape (examples, units).
        labels: Classes, shape (examples,), or labels or targets, shape (examples, units).
        task: What is predicted.
    """
    given = outputs.astype(np.float64)
    if task == "regression":
        found = _ERRORS.get(name)
        return None if found is None else found(given, labels.astype(np.float64)).mean(axis=1)
    if task == "multilabel":
        of_labels = _OF_LABELS.get(name)
        return None if of_labels is None else of_labels(outputs, labels > 0)
    if name.startswith("top_"):
        return _among_largest(of_classes(given), labels, int(name.removeprefix("top_")))
    of_class = _OF_CLASSES.get(name)
    return None if of_class is None else of_class(outputs, labels)


def variance(targets: Array) -> NDArray[np.float64]:
    """Return the variance of each target; NaN where all are one number, as one example always is.

    Args:
        targets: Shape (examples, targets).

    Example:
        >>> variance(np.array([[0.1, 2.0], [0.1, 4.0]]))
        array([nan,  1.])
    """
    given = targets.astype(np.float64)
    return np.where((given == given[:1]).all(axis=0), np.nan, given.var(axis=0))


def r2(errors: Array, variance: Array) -> float:
    """Return R², the mean over the targets of 1 − error / variance; NaN where a target has no variance.

    scikit-learn says so of one example. Of more examples with one target it makes a number up, 0 or 1, which
    tells nothing of the network.

    Args:
        errors: Mean squared error of each target.
        variance: Of each target, see `variance`.

    Example:
        >>> r2(np.array([0.5]), np.array([2.0]))
        0.75
    """
    return float(np.mean(1 - errors / variance))


def predicted_classes(outputs: Array) -> NDArray[np.int64]:
    """Return the class that the network predicts for each example.

    It is that of the largest output, the lowest class where two are equal; a single output predicts class 1
    above one half.

    Args:
        outputs: The network's, shape (examples, units).
    """
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0.5).astype(np.int64)
    return outputs.argmax(axis=1)


def probabilities(outputs: Array) -> Array | None:
    """Return the probability of each class; None where an output is not in [0, 1].

    A single output p is that of class 1, and 1 − p that of class 0. Sigmoid outputs of several classes are
    divided by their sum.

    Args:
        outputs: The network's, shape (examples, units).

    Example:
        >>> probabilities(np.array([[0.75]])), probabilities(np.array([[3.0, -1.0]]))
        (array([[0.25, 0.75]]), None)
    """
    if not ((outputs >= 0) & (outputs <= 1)).all():
        return None
    if outputs.shape[1] == 1:
        return np.hstack([1 - outputs, outputs])
    sums = outputs.sum(axis=1, keepdims=True, dtype=np.float64)
    shares = np.divide(outputs, sums, out=np.full(outputs.shape, 1 / outputs.shape[1]), where=sums > 0)
    return shares.astype(outputs.dtype)


def correct(outputs: Array, labels: Array) -> NDArray[np.float64]:
    """Return 1 for each example whose class is predicted, 0 for the others.

    Args:
        outputs: The network's, shape (examples, units).
        labels: Classes, shape (examples,).
    """
    return (predicted_classes(outputs) == labels).astype(np.float64)


def brier(outputs: Array, labels: Array) -> NDArray[np.float64]:
    """Return Brier's score of each example: Σ over the classes of (output − 1 or 0)².

    The outputs count as they are. Ten sigmoid outputs are ten probabilities of their own, as the binary
    cross-entropy takes them, and their score is the sum of ten scores of one class against the rest; they
    are not made to add up to one. A single output's score is (output − label)².

    Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78
    (1950); with two classes and one output it is half of that.

    Args:
        outputs: The network's, shape (examples, units).
        labels: Classes, shape (examples,).

    Example:
        >>> brier(np.array([[0.8, 0.2]]), np.array([0])).round(2)
        array([0.08])
    """
    given = outputs.astype(np.float64)
    if given.shape[1] == 1:
        return (given[:, 0] - labels) ** 2
    return ((given - np.eye(given.shape[1])[labels]) ** 2).sum(axis=1)


def _among_largest(given: Array, labels: Array, count: int) -> NDArray[np.float64]:
    # As sklearn.metrics.top_k_accuracy_score: of equal outputs the higher class comes first.
    if count >= given.shape[1]:
        return np.full(len(labels), np.nan)  # the right class is always among them
    largest = np.argsort(given, axis=1, kind="stable")[:, ::-1][:, :count]
    return (largest == labels[:, None]).any(axis=1).astype(np.float64)


def _log_loss(outputs: Array, labels: Array) -> NDArray[np.float64]:
    shares = probabilities(outputs)
    if shares is None:
        return np.full(len(labels), np.nan)
    return -np.log(_clipped(shares)[np.arange(len(labels)), labels])


def _clipped(shares: Array) -> NDArray[np.float64]:
    """Return probabilities apart from 0 and 1 by their type's precision, as scikit-learn's log loss does."""
    epsilon = np.finfo(shares.dtype).eps
    return np.clip(shares, epsilon, 1 - epsilon).astype(np.float64)


def _log_loss_of_labels(outputs: Array, labels: Array) -> NDArray[np.float64]:
    if not ((outputs >= 0) & (outputs <= 1)).all():
        return np.full(len(labels), np.nan)
    shares = _clipped(outputs)
    return -np.where(labels, np.log(shares), np.log1p(-shares)).mean(axis=1)


_OF_CLASSES: Mapping[str, Callable[[Array, Array], NDArray[np.float64]]] = {
    "accuracy": correct,
    "brier": brier,
    "log_loss": _log_loss,
}
_OF_LABELS: Mapping[str, Callable[[Array, Array], NDArray[np.float64]]] = {
    "accuracy": lambda outputs, labels: ((outputs > 0.5) == labels).mean(axis=1),
    "brier": lambda outputs, labels: ((outputs.astype(np.float64) - labels) ** 2).mean(axis=1),
    "log_loss": _log_loss_of_labels,
}


def _explained(given: Array, targets: Array) -> NDArray[np.float64]:
    """Return 1 − (squared error) / (variance); NaN where a target is one number throughout."""
    return 1 - (given - targets) ** 2 / variance(targets)


_ERRORS: Mapping[str, Callable[[Array, Array], NDArray[np.float64]]] = {
    "r2": _explained,
    "mse": lambda given, targets: (given - targets) ** 2,
    "mae": lambda given, targets: np.abs(given - targets),
    "mape": lambda given, targets: np.abs(given - targets) / np.maximum(np.abs(targets), np.finfo(float).eps),
}


def _whole(name: str, outputs: Array, labels: Array, task: Task) -> float:
    """Return a metric that is no mean over examples; NaN where it is not defined."""
    if name == "calibration_error":
        return calibration_error(outputs, labels)
    if not len(outputs):
        return math.nan
    if task == "regression":
        function = {
            "rmse": set_metrics.rmse,
            "median_absolute_error": set_metrics.median_absolute_error,
        }
        return function[name](labels.astype(np.float64), outputs.astype(np.float64))
    if name in ("roc_auc", "average_precision"):
        return _ranked(name, outputs, labels, task)
    predicted = (outputs > 0.5) if task == "multilabel" else predicted_classes(outputs)
    given = labels > 0 if task == "multilabel" else labels
    if name == "balanced_accuracy":
        return set_metrics.balanced_accuracy(given, predicted)
    return set_metrics.f1(given, predicted, name.removeprefix("f1_"))


def _ranked(name: str, outputs: Array, labels: Array, task: Task) -> float:
    """Return a metric of how examples are ordered by their outputs; of several classes the mean over them."""
    function = set_metrics.roc_auc if name == "roc_auc" else set_metrics.average_precision
    if task == "multilabel":
        return function(labels > 0, outputs)
    if outputs.shape[1] <= 2:
        return function(labels[:, None] == 1, outputs[:, -1:])
    shares = outputs if name == "average_precision" else probabilities(outputs.astype(np.float64))
    if shares is None:
        return math.nan
    return function(labels[:, None] == np.arange(outputs.shape[1]), shares)


def confidence(outputs: Array) -> NDArray[np.float64]:
    """Return the output for the predicted class of each example.

    A single output p is that of class 1, and 1 − p that of class 0. Sigmoid outputs count as they are; they
    are not made to add up to one.

    Args:
        outputs: The network's, shape (examples, units).
    """
    given = of_classes(outputs.astype(np.float64))
    return given[np.arange(len(given)), predicted_classes(outputs)]


def of_classes(outputs: Array) -> Array:
    """Return an output a class; a single one, p, is that of class 1, and 1 − p that of class 0."""
    return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs


def calibration_bins(sure: NDArray[np.float64], bins: int = BINS) -> NDArray[np.int64]:
    """Return the bin of each confidence: (i/bins, (i + 1)/bins] is number i, and 0 is in the first."""
    ends = np.arange(bins + 1) / bins
    return np.clip(np.searchsorted(ends, sure, side="left") - 1, 0, bins - 1)


def calibration_error(outputs: Array, labels: Array, bins: int = BINS) -> float:
    """Return the expected calibration error: Σ over bins of (examples / all) · |accuracy − confidence|.

    NaN where an output is not in [0, 1]. Source: Guo, Pleiss, Sun and Weinberger, "On calibration of modern
    neural networks", ICML 2017, equation 3, with 15 bins.

    Args:
        outputs: The network's, shape (examples, units).
        labels: Classes, shape (examples,).
        bins: How many.

    Example:
        >>> round(calibration_error(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0])), 3)
        0.4
    """
    if not len(outputs) or not ((outputs >= 0) & (outputs <= 1)).all():
        return math.nan
    sure, right = confidence(outputs), predicted_classes(outputs) == labels
    gaps = np.bincount(calibration_bins(sure, bins), weights=right - sure, minlength=bins)
    return float(np.abs(gaps).sum() / len(outputs))
