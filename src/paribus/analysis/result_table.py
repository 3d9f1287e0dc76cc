"""The result table in numbers: one row a variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isnan

from paribus.analysis.baseline import Baseline, baseline
from paribus.analysis.comparability import Comparability, comparability
from paribus.analysis.failure import FailureRate, failure_rate
from paribus.record.records import Records
from paribus.record.run import DataUsed, RunRecord, Status
from paribus.study.model import Published
from paribus.study.study import Study


@dataclass(frozen=True)
class Row:
    """The results of one variant.

    Args:
        variant: As in the study.
        runs: How many runs were trained to their end; the scores are means over these.
        failures: How many runs failed to train, of those that can be judged.
        statuses: How many runs have which status, in the order of `Status`.
        epochs: Fewest and most epochs trained; None where nothing has run.
        train: Training score of the kept epoch: an accuracy in [0, 1], or R²; a mean over its updates.
        validation: Validation score of the kept epoch, measured after it.
        test: Test score.
        published: What the source reported; None where it reports nothing.
        comparability: How far `published` may be compared with ours.
        seconds: Mean time of a run; None where it is not known.
        data: The images the runs were made with.
        baseline: What a constant prediction scores on them; None where that is not known.
    """

    variant: str
    runs: int = 0
    failures: FailureRate = field(default_factory=FailureRate)
    statuses: Mapping[Status, int] = field(default_factory=dict[Status, int])
    epochs: tuple[int, int] | None = None
    train: float | None = None
    validation: float | None = None
    test: float | None = None
    published: Published | None = None
    comparability: Comparability = Comparability.COMPARABLE
    seconds: float | None = None
    data: tuple[DataUsed, ...] = ()
    baseline: Baseline | None = None


def rows(study: Study, records: Records) -> tuple[Row, ...]:
    """Return one row for every variant, in the study's order, whether it has run or not.

    Args:
        study: Its variants, and what was published of them.
        records: What has run.
    """
    by_variant = {name: list(records.of(name).values()) for name in study.variants}
    constant = {
        used: baseline(record for record in records.values() if record.data == used) for used in records.data
    }
    return tuple(
        replace(
            _row(study, name, runs, runs or _on_the_same_images(study, name, records)),
            baseline=constant[runs[0].data] if runs else None,
        )
        for name, runs in by_variant.items()
    )


def _on_the_same_images(study: Study, variant: str, records: Records) -> list[RunRecord]:
    """Return the runs of other variants on the images that this one will run on; all where there is none.

    Stand-ins play every data set's role or none's.
    """
    data = study.variants[variant].configuration.data
    same = [record for record in records.values() if record.spec.configuration.data == data]
    return same or list(records.values())


def _row(study: Study, variant: str, records: Sequence[RunRecord], judged: Sequence[RunRecord]) -> Row:
    ended = [record for record in records if record.has_ended]
    lengths = [len(record.history) for record in records if record.history]
    return Row(
        variant=variant,
        runs=len(ended),
        failures=failure_rate(records),
        statuses={
            status: number
            for status in Status
            if (number := sum(record.status is status for record in records))
        },
        epochs=(min(lengths), max(lengths)) if lengths else None,
        train=mean(record.train_score for record in ended),
        validation=mean(record.validation_score for record in ended),
        test=mean(record.test_score for record in ended),
        published=study.published.get(variant),
        comparability=comparability(judged),
        seconds=mean(None if isnan(record.seconds) else record.seconds for record in ended),
        data=tuple(dict.fromkeys(record.data for record in records)),
    )


def mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the numbers among the values; None where there is none.

    Example:
        >>> mean([0.25, None, 0.75]), mean([None])
        (0.5, None)
    """
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None
