"""Ours against what a source published, row by row: whether each figure may be one more run like ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from paribus.analysis.comparability import Comparability, comparability
from paribus.analysis.questions.comparison import chance
from paribus.analysis.questions.statistics import ALPHA, Interval, holm, prediction
from paribus.analysis.result_table import NOTHING, mean, percent, span
from paribus.record.records import Records
from paribus.study.model import Published
from paribus.study.study import Study
from paribus.texts import text, translated

COLUMNS = (
    "variant",
    "published",
    "ours",
    "seeds",
    "prediction",
    "p",
    "train",
    "dev",
    "epochs",
    "data",
    "verdict",
)

_ROUNDING = 0.00005  # half a unit of the last place of a percentage with two


class Agreement(StrEnum):
    """What ours says of a published test accuracy."""

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


@dataclass(frozen=True)
class PublishedComparison:
    """One published row and ours.

    Args:
        variant: As in the study.
        published: What the source reported.
        ours: The same of our runs.
        seeds: Those whose runs have a test accuracy.
        interval: Where one more run of ours would lie in 95 of 100 cases; None with fewer than two seeds, and
            where all seeds gave the same.
        p_value: Of the published figure as one more run of ours, Student's t, two-sided.
        p_adjusted: The same by Holm's method over the rows that are judged.
        agreement: Whether the published figure may be one more run of ours.
        standing: How far the images allow the comparison.
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


def compare_with_published(study: Study, records: Records) -> tuple[PublishedComparison, ...]:
    """Every row that the study carries as published beside ours, in the study's order.

    The published figure is one run of which nothing is known but its result. So it is asked whether it may
    be one more run like ours, by the prediction interval mean ± t·s·√(1 + 1/n), and the p-values
    that go with it are adjusted by Holm's method over the rows. Where all our seeds gave the same, a
    figure holds if it is that to the two places of a percentage. One seed says nothing of luck, and
    stand-in images nothing of the published ones: there the figures stand side by side, without a verdict.

    Args:
        study: Its `published` holds the source's figures.
        records: What has run.
    """
    rows = [
        _against(variant, study.published[variant], records)
        for variant in study.variants
        if variant in study.published
    ]
    judged = [place for place, row in enumerate(rows) if row.p_value is not None]
    adjusted = dict(zip(judged, holm([rows[place].p_value for place in judged]), strict=True))
    return tuple(_judged(row, adjusted.get(place)) for place, row in enumerate(rows))


def _against(variant: str, published: Published, records: Records) -> PublishedComparison:
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
    found = prediction([*tested.values()], published.test)
    return replace(row, interval=found.interval, p_value=found.p_value)


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
    """Whether no row differs from what was published, as far as rows can be judged.

    Example:
        >>> holds([])
        True
    """
    return all(row.agreement is not Agreement.DIFFERS for row in rows)


def cells(row: PublishedComparison) -> tuple[str, ...]:
    """A row as a person reads it, one text for each of `COLUMNS`.

    Args:
        row: From `compare_with_published`.
    """
    published, ours = row.published, row.ours
    low, high = row.interval or (None, None)
    return (
        row.variant,
        percent(published.test),
        percent(ours.test),
        str(len(row.seeds)),
        NOTHING if low is None else f"{percent(low)}–{percent(high)}",
        chance(row.p_adjusted),
        _pair(published.train, ours.train),
        _pair(published.dev, ours.dev),
        f"{published.epochs or NOTHING} / {span(ours.epochs)}",
        text(f"verify.data-{row.comparability}") if row.seeds else NOTHING,
        text(f"verify.verdict-{row.agreement}"),
    )


def _pair(published: float | None, ours: float | None) -> str:
    return f"{percent(published)} / {percent(ours)}"


def notes(rows: Sequence[PublishedComparison]) -> list[str]:
    """What must be known to read the rows, a sentence each.

    Args:
        rows: From `compare_with_published`.
    """
    kinds = {row.agreement for row in rows}
    told = [text("verify.note-method")] if kinds & {Agreement.HOLDS, Agreement.DIFFERS} else []
    told += [
        text(f"verify.note-{kind}")
        for kind in (Agreement.UNDECIDED, Agreement.MISSING, Agreement.NOT_COMPARABLE)
        if kind in kinds
    ]
    if any(row.comparability is Comparability.UNVERIFIED for row in rows):
        told.append(text("verify.note-unverified"))
    return told + [
        text("verify.note-row", variant=row.variant, note=translated(row.published.note))
        for row in rows
        if row.published.note
    ]
