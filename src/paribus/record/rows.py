"""Rows of numbers, one for each epoch, as files of JSON lines hold them; a damaged row ends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from paribus.record.run import EpochRow

LARGEST = 1e100
"""Beyond any loss that is worth a curve; sums and squares of such numbers overflow."""
_TIMED = 3  # keys of a line that has the seconds of an epoch


def history(rows: Iterable[Mapping[str, object]]) -> list[EpochRow]:
    """Return the epochs up to the first that is damaged: which is not the next, or is not of numbers.

    Args:
        rows: As they are read from JSON.

    Example:
        >>> history([{"epoch": 1, "loss": 0.5}, {}, {"epoch": 3, "loss": 0.1}])
        [{'epoch': 1, 'loss': 0.5}]
    """
    found: list[EpochRow] = []
    for place, row in enumerate(rows, 1):
        if row.get("epoch") != place:
            break
        try:
            found.append(numbers(row))
        except ValueError:
            break
    return found


def numbers(row: Mapping[str, object]) -> dict[str, float]:
    """Return a row read from JSON with NaN in place of null, and infinity in place of what is too large.

    Raises:
        ValueError: A value is no number.

    Example:
        >>> numbers({"loss": 0.5, "val_loss": None})
        {'loss': 0.5, 'val_loss': nan}
    """
    return {
        key: value if isinstance(value, float) and -LARGEST < value < LARGEST else _bounded(value)
        for key, value in row.items()
    }


def epoch_seconds(rows: Sequence[Mapping[str, object]]) -> list[float] | None:
    """Return the seconds of each epoch, training and validation; None where a line lacks them."""
    try:
        seconds = [row["training"] + row["validation"] for row in rows if _is_plain(row)]
        if len(seconds) < len(rows):
            found = [numbers(row) for row in rows]
            seconds = [row["training"] + row["validation"] for row in found]
    except (KeyError, ValueError):
        return None
    return seconds


def _is_plain(row: Mapping[str, object]) -> TypeGuard[Mapping[str, float]]:
    """Return whether a row has seconds and the number of its epoch, as this version writes it."""
    if len(row) != _TIMED or type(row.get("epoch")) is not int:
        return False
    parts = row.get("training"), row.get("validation")
    return all(type(each) is float and abs(each) < LARGEST for each in parts)


def is_history(rows: Sequence[Mapping[str, object]]) -> bool:
    """Return whether no row of a history is damaged."""
    return len(history(rows)) == len(rows)


def is_timing(rows: Sequence[Mapping[str, object]]) -> bool:
    """Return whether every row has the seconds of its epoch."""
    return epoch_seconds(rows) is not None


def _bounded(value: object) -> float:
    if value is None:
        return float("nan")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("not a row of numbers")
    return value if -LARGEST < value < LARGEST else float("inf") if value > 0 else float("-inf")
