"""How far results on some images may be compared with published ones."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from paribus.record.run import RunRecord


class Comparability(StrEnum):
    """How far results on some images may be compared with published ones."""

    COMPARABLE = "comparable"
    UNVERIFIED = "unverified"
    STAND_IN = "stand-in"


def comparability(records: Iterable[RunRecord]) -> Comparability:
    """Return how far these runs may be compared with published ones, given the worst of their images.

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
