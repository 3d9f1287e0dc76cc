"""Our results compared with published figures: whether each may be one more run like ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from paribus.analysis.comparability import Comparability, comparability
from paribus.analysis.questions.statistics import Interval, holm, prediction_interval
from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.result_table import mean
from paribus.record.records import Records
from paribus.study.model import Published
from paribus.study.study import Study
from paribus.texts.quantities import percent

_ROUNDING = 0.00005  # half a unit of the last place of a percentage with two


class Agreement(StrEnum):
    """Whether our runs agree with a published test accuracy."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNDECIDED = "undecided"
    MISSING = "missing"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True)
class OurResult:
    """What our runs of a variant came to, means over those trained to their end.

    Args:
        test: Test accuracy, in [0, 1].
        train: Training accuracy of the kept epoch, a mean over that epoch's updates.
        dev: Validation accuracy of the kept epoch.
        epochs: Fewest and most epochs; each None where there is no number.
    """

    test: float | None = None
    train: float | None = None
    dev: float | None = None
    epochs: tuple[int, int] | None = None


@dataclass(frozen=True, repr=False)
class PublishedComparison:
    """A variant's published figures and ours.

    Args:
        variant: As in the study.
        published: What the source reported.
        ours: The same of our runs.
        seeds: Those whose runs have a test accuracy.
        interval: The 95 % prediction interval for one more run like ours; None with fewer than two seeds, and
            where all seeds gave the same.
        p_value: Of the published figure being one more such run, Student's t, two-sided.
        p_adjusted: The same by Holm's method over the rows that are judged.
        agreement: Whether the published figure may be one more run of ours.
        comparability: How far the images allow the comparison.
    """

    variant: str
    published: Published
    ours: OurResult
    seeds: tuple[int, ...] = ()
    interval: Interval | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    agreement: Agreement = Agreement.MISSING
    comparability: Comparability = Comparability.COMPARABLE

    @property
    def difference(self) -> float | None:
        """Our test accuracy minus the published one."""
        if self.ours.test is None or self.published.test is None:
            return None
        return self.ours.test - self.published.test

    def __repr__(self) -> str:
        published, ours = percent(self.published.test), percent(self.ours.test)
        return f"PublishedComparison({self.variant!r}, published {published}, ours {ours}: {self.agreement})"


def compare_with_published(study: Study, records: Records) -> tuple[PublishedComparison, ...]:
    """Compare every published figure that the study carries with our runs, in the study's order.

    The published figure is one run of which nothing is known but its result. So the test is whether it may
    be one more run like ours, by the prediction interval mean ± t·s·√(1 + 1/n), and the p-values
    that go with it are adjusted by Holm's method over the rows. Where all our seeds gave the same, a
    figure holds if it equals that to the two places of a percentage. One seed does not show how much runs
    vary, and results on stand-in images are not comparable: there is no verdict then.

    Args:
        study: Its `published` holds the source's figures.
        records: What has run.
    """
    rows = [
        _compared(variant, study.published[variant], records)
        for variant in study.variants
        if variant in study.published
    ]
    judged = [place for place, row in enumerate(rows) if row.p_value is not None]
    adjusted = dict(zip(judged, holm([rows[place].p_value for place in judged]), strict=True))
    return tuple(_judged(row, adjusted.get(place)) for place, row in enumerate(rows))


def _compared(variant: str, published: Published, records: Records) -> PublishedComparison:
    runs = {seed: run for seed, run in records.of(variant).items() if run.has_ended}
    tested = {seed: run.test_accuracy for seed, run in runs.items() if run.test_accuracy is not None}
    lengths = [len(run.history) for run in runs.values()]
    ours = OurResult(
        mean(tested.values()),
        mean(run.kept_row.get("accuracy") for run in runs.values()),
        mean(run.kept_row.get("val_accuracy") for run in runs.values()),
        (min(lengths), max(lengths)) if lengths else None,
    )
    row = PublishedComparison(
        variant, published, ours, tuple(tested), comparability=comparability(runs.values())
    )
    if published.test is None or row.comparability is Comparability.STAND_IN:
        return row
    found = prediction_interval([*tested.values()], published.test)
    return replace(row, interval=found.ends, p_value=found.p_value)


def _judged(row: PublishedComparison, p_adjusted: float | None) -> PublishedComparison:
    difference = row.difference
    if row.comparability is Comparability.STAND_IN:
        agreement = Agreement.NOT_COMPARABLE
    elif difference is None:
        agreement = Agreement.MISSING
    elif len(row.seeds) < 2:
        agreement = Agreement.UNDECIDED
    else:
        # The figure as it was before it was rounded may have been ours, whatever the spread.
        alike = abs(difference) <= _ROUNDING
        within = p_adjusted is not None and p_adjusted > ALPHA
        agreement = Agreement.HOLDS if alike or within else Agreement.DIFFERS
    return replace(row, p_adjusted=p_adjusted, agreement=agreement)


def holds(rows: Sequence[PublishedComparison]) -> bool:
    """Return whether no row differs from what was published, as far as rows can be judged.

    Example:
        >>> holds([])
        True
    """
    return all(row.agreement is not Agreement.DIFFERS for row in rows)
