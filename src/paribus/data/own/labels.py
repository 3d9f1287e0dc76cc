"""Labels of any type as numbers, and the task that they are for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.raw import refused
from paribus.study.datasets import Task
from paribus.texts import text

FEW_VALUES = 20
"""So few different numbers are always taken for classes."""
ROWS_A_CLASS = 5
"""With more different numbers than `FEW_VALUES`, so many rows each on average make them classes."""
MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Labels:
    """Labels as numbers.

    Args:
        task: What is predicted.
        values: int32, shape (num_examples,), of classes; float32, shape (num_examples, num_outputs), else.
        classes: Name of each class or label; none in a regression.
    """

    task: Task
    values: NDArray[Any]
    classes: tuple[str, ...]


def read_labels(labels: NDArray[Any], task: Task | None, place: str, names: tuple[str, ...] = ()) -> Labels:
    """Number the labels and infer the task, where it is not given.

    Text, truth values and rows of one 1 among zeros are classes; rows of zeros and ones are several labels;
    numbers with a fraction are real targets. Whole numbers are classes, unless there are many of them with
    few rows each.

    Args:
        labels: Shape (num_examples,), (num_examples, 1) or (num_examples, num_outputs).
        task: What the study says; None to infer it.
        place: Where they come from, for messages.
        names: Name of each column.

    Raises:
        DataError: A label is missing, they are no labels for this task, or there is one class only.

    Example:
        >>> read_labels(np.array(["no", "yes", "no"]), None, "here").classes
        ('no', 'yes')
    """
    labels = labels.reshape(len(labels)) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim not in (1, 2) or labels.size == 0:
        raise refused(place, "label-shape", given=labels.shape)
    if labels.dtype.kind == "c":
        raise refused(place, "complex", what=text("data.own-labels"))
    refuse_missing(labels, place)
    if task != "classification" and _are_dates(labels):
        raise refused(place, "label-dates", given=labels.reshape(-1)[0])
    if task is None:
        task = _task(labels)
    if task == "regression":
        return Labels(task, _numbers(labels, place).reshape(len(labels), -1), ())
    if labels.ndim == 2 and task == "classification":
        if not _is_one_hot(labels):
            raise refused(place, "not-one-hot", columns=labels.shape[1])
        return Labels(task, labels.argmax(axis=1).astype(np.int32), names or _counted(labels.shape[1]))
    if task == "multilabel":
        if labels.ndim != 2 or not _is_binary(labels):
            raise refused(place, "not-multilabel", given=labels.shape)
        return Labels(task, labels.astype(np.float32), names or _counted(labels.shape[1]))
    classes, codes = np.unique(_comparable(labels), return_inverse=True)
    if len(classes) < 2:
        raise refused(place, "one-class", given=classes[0])
    if len(classes) > MAX_CLASSES:
        raise refused(place, "many-classes", given=len(classes), most=MAX_CLASSES)
    return Labels(task, codes.astype(np.int32), tuple(_named(each) for each in classes))


def _task(labels: NDArray[Any]) -> Task:
    if labels.ndim == 2:
        if not _is_binary(labels):
            return "regression"
        return "classification" if _is_one_hot(labels) else "multilabel"
    if labels.dtype.kind not in "fiu":
        return "classification"
    values = np.unique(labels)
    if labels.dtype.kind == "f" and not np.array_equal(values, np.round(values)):
        return "regression"
    few = len(values) <= FEW_VALUES or len(values) * ROWS_A_CLASS <= len(labels)
    return "classification" if few else "regression"


def refuse_missing(labels: NDArray[Any], place: str) -> None:
    """Refuse labels of which one is missing; the message numbers its rows from 1.

    Raises:
        DataError: A label is None, NaN, infinite, or what pandas has for nothing.
    """
    if labels.dtype.kind == "f":
        missing = ~np.isfinite(labels)
    elif labels.dtype.kind == "O":
        missing = np.array([_is_missing(each) for each in labels.reshape(-1)]).reshape(labels.shape)
    else:
        return
    rows = np.flatnonzero(missing.any(axis=tuple(range(1, missing.ndim))))
    if len(rows):
        first = ", ".join(str(row + 1) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
        raise refused(place, "label-missing", count=len(rows), rows=first)


def _are_dates(labels: NDArray[Any]) -> bool:
    """Return whether labels are moments or durations of NumPy, pandas or Python."""
    if labels.dtype.kind != "O":
        return labels.dtype.kind in "mM"
    return any(isinstance(each, date | timedelta) for each in labels.reshape(-1))


def _is_missing(label: object) -> bool:
    """Return whether a label is None, NaN, or what pandas has for nothing."""
    return label is None or type(label).__name__ in ("NAType", "NaTType") or label != label  # noqa: PLR0124


def _numbers(labels: NDArray[Any], place: str) -> NDArray[np.float32]:
    try:
        return labels.astype(np.float64).astype(np.float32)
    except (TypeError, ValueError):
        wrong = next(each for each in labels.reshape(-1).tolist() if not _is_number(each))
        raise refused(place, "label-text", given=wrong) from None


def _is_number(value: object) -> bool:
    try:
        float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return False
    return True


def _is_binary(labels: NDArray[Any]) -> bool:
    return labels.dtype.kind in "fiub" and bool(np.isin(labels, (0, 1)).all())


def _is_one_hot(labels: NDArray[Any]) -> bool:
    return _is_binary(labels) and bool((labels.sum(axis=1) == 1).all())


def _comparable(labels: NDArray[Any]) -> NDArray[Any]:
    """Return labels that can be sorted: objects of several types as text."""
    if labels.dtype.kind != "O":
        return labels
    kinds = {type(each) for each in labels.tolist()}
    return (
        np.array([str(each) for each in labels.tolist()])
        if len(kinds) > 1 or str in kinds
        else np.array(labels.tolist())
    )


def _named(label: Any) -> str:
    if isinstance(label, bytes):
        return label.decode(errors="replace")
    if isinstance(label, float | np.floating) and float(label).is_integer():
        return str(int(label))
    return str(label)


def _counted(columns: int) -> tuple[str, ...]:
    return tuple(map(str, range(columns)))
