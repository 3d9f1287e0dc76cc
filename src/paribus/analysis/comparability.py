"""How far numbers made with some images may be held against what a source published."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from paribus.record.run import RunRecord


class Comparability(StrEnum):
    """How far numbers made with some images may be held against published ones."""

    COMPARABLE = "comparable"
    UNVERIFIED = "unverified"
    STAND_IN = "stand-in"


def comparability(records: Iterable[RunRecord]) -> Comparability:
    """How far these runs may be held against published ones: as far as the least of their images allows.

    Example:
        >>> comparability([])
        <Comparability.COMPARABLE: 'comparable'>
    """
    used = [record.data for record in records]
    if any(data.stand_in for data in used):
        return Comparability.STAND_IN
    if not all(data.verified for data in used):
        return Comparability.UNVERIFIED
    return Comparability.COMPARABLE
