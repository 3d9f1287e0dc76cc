"""Ours against what a source reported: whether the two may be held side by side, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from paribus.record.run import Records, RunRecord
from paribus.study.model import Study

_ROUNDING = 0.00005  # a published percentage has two places
_FEWEST_SEEDS = 3  # two seeds give a spread that says nothing: Student's t on one degree of freedom is 12.7


class Standing(StrEnum):
    """How far numbers made with some images may be held against published ones."""

    COMPARABLE = "comparable"
    UNVERIFIED = "unverified"
    STAND_IN = "stand-in"


class Agreement(StrEnum):
    """What ours says of a published number."""

    AGREES = "agrees"
    DIFFERS = "differs"
    MISSING = "missing"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True)
class Against:
    """One published test accuracy and ours.

    Args:
        variant: As in the study.
        published: The source's test accuracy, in [0, 1].
        ours: Ours, the mean over seeds; None where no run has one.
        seeds: How many runs it is the mean of.
        tolerance: How far apart they may lie and still agree; None where that cannot be said.
        agreement: Whether they agree.
        standing: How far the images allow the comparison.
    """

    variant: str
    published: float
    ours: float | None
    seeds: int
    tolerance: float | None
    agreement: Agreement
    standing: Standing

    @property
    def difference(self) -> float | None:
        """Ours minus the published one."""
        return None if self.ours is None else self.ours - self.published


def standing(records: Iterable[RunRecord]) -> Standing:
    """How far these runs may be held against published ones: as far as the least of their images allows.

    Example:
        >>> standing([])
        <Standing.COMPARABLE: 'comparable'>
    """
    used = [record.data for record in records]
    if any(data.stand_in for data in used):
        return Standing.STAND_IN
    if not all(data.verified for data in used):
        return Standing.UNVERIFIED
    return Standing.COMPARABLE


def tolerance(accuracies: Sequence[float], published: float, images: int) -> float | None:
    """How far one published run may lie from the mean of ours and still pass for one more of them.

    From three seeds on, half the 95 % prediction interval for a further run, t·s·√(1 + 1/n). Below that our
    runs do not tell how much luck there is, so the test images have to: 1.96·√(2p(1 − p)/m), as for two
    networks each tested on m images. Half a unit of the published figure's last place is added.

    Args:
        accuracies: Ours, in [0, 1], one a seed.
        published: The source's, in [0, 1].
        images: Number of test images.

    Returns:
        None where there is nothing of ours.

    Example:
        >>> round(tolerance([0.9641], 0.9618, 10_000), 4)
        0.0054
    """
    seeds = len(accuracies)
    if seeds >= _FEWEST_SEEDS:
        from scipy.stats import t

        mean = sum(accuracies) / seeds
        spread = sqrt(sum((accuracy - mean) ** 2 for accuracy in accuracies) / (seeds - 1))
        return float(t.ppf(0.975, seeds - 1)) * spread * sqrt(1 + 1 / seeds) + _ROUNDING
    if not seeds:
        return None
    return 1.96 * sqrt(2 * published * (1 - published) / images) + _ROUNDING


def against(study: Study, records: Records) -> tuple[Against, ...]:
    """Every published test accuracy of the study beside ours, in the study's order.

    Args:
        study: Its `published` holds the source's figures.
        records: What has run.
    """
    return tuple(
        _against(
            name, published.test, [record for (variant, _), record in records.items() if variant == name]
        )
        for name in study.variants
        if (published := study.published.get(name)) is not None and published.test is not None
    )


def _against(variant: str, published: float, records: Sequence[RunRecord]) -> Against:
    accuracies = [
        record.result.test["accuracy"]
        for record in records
        if record.result and "accuracy" in record.result.test
    ]
    held = standing(records)
    ours = sum(accuracies) / len(accuracies) if accuracies else None
    images = min((record.data.test for record in records), default=0)
    allowed = tolerance(accuracies, published, images)
    if ours is None or allowed is None:
        agreement = Agreement.MISSING
    elif held is Standing.STAND_IN:
        agreement = Agreement.NOT_COMPARABLE
    else:
        agreement = Agreement.AGREES if abs(ours - published) <= allowed else Agreement.DIFFERS
    return Against(variant, published, ours, len(accuracies), allowed, agreement, held)
