"""A run as its source has it, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from paribus.imported.metric_names import GivenMetric

Level: TypeAlias = bool | int | float | str | None
Numbers: TypeAlias = NDArray[np.float64]


def no_epochs() -> NDArray[np.int64]:
    """Return the epochs of a run of which only the end is known."""
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class ForeignRun:
    """One run of a source.

    Args:
        name: As its source calls it, for messages.
        settings: What the source keeps of its configuration.
        variant: The variant that it is a run of, where the source says so; else it follows from the settings.
        seed: Its seed; None where it is not known.
        epochs: The numbers of its epochs as written, ascending, shape (epochs,).
        curves: Each column, a value an epoch, NaN where there is none, shape (epochs,).
        final: Values that there is one of, by column.
        failed: Why its source says that it did not end well; empty where it did.
    """

    name: str
    settings: Mapping[str, Level] = field(default_factory=dict[str, Level])
    variant: str = ""
    seed: int | None = None
    epochs: NDArray[np.int64] = field(default_factory=no_epochs)
    curves: Mapping[str, Numbers] = field(default_factory=dict[str, Numbers])
    final: Mapping[str, float] = field(default_factory=dict[str, float])
    failed: str = ""


@dataclass(frozen=True)
class Reading:
    """Everything that a source has.

    Args:
        kind: What it is: ``table``, ``keras``, ``tensorboard``, ...
        source: Its name, without folders.
        runs: Each run.
        columns: What each column was taken for: ``variant``, ``seed``, ``epoch``, ``setting`` or ``metric``;
            others were left aside.
        metrics: What the source says of its metrics, by column.
    """

    kind: str
    source: str
    runs: Sequence[ForeignRun]
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    metrics: Mapping[str, GivenMetric] = field(default_factory=dict[str, GivenMetric])


def number(value: object) -> float | None:
    """Return a value as a number; None where it is none. Truth values and text of digits are numbers too.

    Example:
        >>> number("0.5"), number("1e-3"), number("adam"), number(None)
        (0.5, 0.001, None, None)
    """
    if value is None or isinstance(value, list | dict | tuple):
        return None
    try:
        return float(value)  # pyright: ignore[reportArgumentType] - what is none says so
    except (TypeError, ValueError):
        return None


def level(value: object) -> Level:
    """Return a value as a setting has it: a number where the text is one, text of anything else.

    Example:
        >>> level("0.1"), level("10"), level("adam"), level("True"), level([1, 2])
        (0.1, 10, 'adam', True, '[1, 2]')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return _of_text(str(value).strip())


def _of_text(written: str) -> Level:
    words: dict[str, Level] = {"true": True, "false": False, **dict.fromkeys(("", "none", "null", "nan"))}
    if written.lower() in words:
        return words[written.lower()]
    found = number(written)
    if found is None or not np.isfinite(found):
        return written
    return int(written) if written.lstrip("+-").isdigit() else found


def whole(value: object) -> int | None:
    """Return a value as a seed: a whole number of at least 0; None where it is none.

    Example:
        >>> whole("3"), whole(2.0), whole(2.5), whole("a"), whole(-1)
        (3, 2, None, None, None)
    """
    found = number(value)
    if found is None or not np.isfinite(found) or found < 0 or found != int(found):
        return None
    return int(found)
