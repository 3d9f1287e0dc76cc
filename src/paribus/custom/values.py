"""Numbers, outputs and labels as a training function reports them, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.errors import RunError
from paribus.record.metrics import value
from paribus.study.datasets import Task
from paribus.study.metrics import METRICS


@dataclass(frozen=True)
class Tested:
    """What a run's test gave.

    Args:
        metrics: By name.
        outputs: float32, shape (examples, units); None where they were not at hand.
        labels: Of the same examples.
    """

    metrics: Mapping[str, float]
    outputs: NDArray[np.float32] | None = None
    labels: NDArray[Any] | None = None


def as_number(name: str, given: object) -> float:
    """Return a metric's value, of a number or of an array or tensor that holds one.

    Raises:
        RunError: It is something else, or a share outside of 0 to 1.

    Example:
        >>> as_number("loss", np.array([0.5]))
        0.5
    """
    found = given
    if not isinstance(found, Real) and hasattr(found, "item"):
        try:
            found = cast("Any", found).item()
        except (ValueError, RuntimeError, TypeError):
            found = None
    if isinstance(found, bool) or not isinstance(found, Real):
        raise RunError("run.train-no-number", name=name, given=_short(given))
    number = float(found)
    metric = METRICS.get(name.removeprefix("val_"))
    is_share = metric is not None and metric.has_margin and metric.unit == "percent"
    if is_share and math.isfinite(number) and not 0 <= number <= 1:
        raise RunError("run.train-no-share", name=name, given=number)
    return number


def tested(labels: object, outputs: object, metrics: Mapping[str, float], task: Task, score: str) -> Tested:
    """Return what a test gave: of outputs and labels where they are given, else what was reported.

    Args:
        labels: As `paribus.custom.run.Run.test` takes them.
        outputs: The same.
        metrics: What was reported.
        task: What is predicted.
        score: The name of what runs are scored by.

    Raises:
        RunError: Neither the score nor what it follows from is given, or they do not fit.
    """
    if (labels is None) != (outputs is None) or (outputs is None and score not in metrics):
        raise RunError("run.train-test-what", score=score)
    for name, number in metrics.items():
        if not math.isfinite(number):
            raise RunError("run.train-not-finite", name=name)
    if outputs is None:
        return Tested(metrics)
    given = _outputs(outputs)
    right = _labels(labels, given.shape[1], task)
    if len(right) != len(given):
        raise RunError("run.train-lengths", labels=len(right), outputs=len(given))
    if task != "classification" and right.shape != given.shape:
        raise RunError("run.train-shapes", labels=right.shape, outputs=given.shape)
    found = value(score, given, right, task)
    if found is None:
        raise RunError("run.train-not-finite", name=score)
    return Tested(
        {score: found, **{name: each for name, each in metrics.items() if name != score}}, given, right
    )


def _outputs(given: object) -> NDArray[np.float32]:
    array = _array("outputs", given)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or not array.size:
        raise RunError("run.train-outputs", shape=array.shape)
    if not np.isfinite(array).all():
        raise RunError("run.train-not-finite", name="outputs")
    return array.astype(np.float32)


def _labels(given: object, units: int, task: Task) -> NDArray[Any]:
    array = _array("labels", given)
    if task != "classification":
        array = array[:, None] if array.ndim == 1 else array
        return array.astype(np.float32 if task == "regression" else np.uint8)
    if array.ndim == 2:
        array = array[:, 0] if array.shape[1] == 1 else array.argmax(axis=1)
    classes = array.astype(np.int64)
    most = max(2, units)
    if (
        array.ndim != 1
        or (classes != array).any()
        or classes.min(initial=0) < 0
        or classes.max(initial=0) >= most
    ):
        raise RunError("run.train-labels", most=most - 1)
    return classes


def _array(name: str, given: Any) -> NDArray[Any]:
    """Return what is given as an array of numbers, from wherever its framework keeps it."""
    try:
        plain = given.detach().cpu() if hasattr(given, "detach") else given
        array = np.asarray(plain)
        if array.dtype.kind not in "biuf":
            raise TypeError(array.dtype)
    except (TypeError, ValueError) as error:
        raise RunError("run.train-no-array", name=name, given=_short(given)) from error
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _short(given: object) -> str:
    words = " ".join(repr(given).split())
    return words if len(words) <= 60 else f"{words[:59]}…"
