"""The result table: one row a variant, numbers first, then how a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from paribus.analysis.comparability import Comparability, comparability
from paribus.record.records import Records
from paribus.record.run import DataUsed, RunRecord, Status
from paribus.study.describe import describe_variant
from paribus.study.model import Published
from paribus.study.study import Study
from paribus.texts import number, text, translated

NOTHING = "–"
"""Stands where there is no number."""

COLUMNS = (
    "variant",
    "changes",
    "runs",
    "epochs",
    "train",
    "validation",
    "test",
    "published",
    "seconds",
    "data",
)


RUN_COLUMNS = ("seed", "status", "epochs", "kept", "train", "validation", "test", "seconds")


@dataclass(frozen=True)
class Row:
    """What came of one variant.

    Args:
        variant: As in the study.
        changes: What it changes, told in words.
        runs: How many runs were trained to their end; the accuracies are means over these.
        statuses: How many runs stand how, in the order of `Status`.
        epochs: Fewest and most epochs trained; None where nothing has run.
        train: Training accuracy of the kept epoch, in [0, 1], a mean over that epoch's updates.
        validation: Validation accuracy of the kept epoch, in [0, 1], measured after it.
        test: Test accuracy, in [0, 1].
        published: What the source reported; None where it is silent.
        standing: How far `published` may be held against ours.
        seconds: Mean time of a run.
        data: The images the runs were made with.
    """

    variant: str
    changes: str
    runs: int = 0
    statuses: Mapping[Status, int] | None = None
    epochs: tuple[int, int] | None = None
    train: float | None = None
    validation: float | None = None
    test: float | None = None
    published: Published | None = None
    comparability: Comparability = Comparability.COMPARABLE
    seconds: float | None = None
    data: tuple[DataUsed, ...] = ()


def rows(study: Study, records: Records) -> tuple[Row, ...]:
    """One row for every variant, in the study's order, whether it has run or not.

    Args:
        study: Its variants, and what was published of them.
        records: What has run.
    """
    by_variant = {name: list(records.of(name).values()) for name in study.variants}
    return tuple(
        _row(study, name, runs, runs or _on_the_same_images(study, name, records))
        for name, runs in by_variant.items()
    )


def _on_the_same_images(study: Study, variant: str, records: Records) -> list[RunRecord]:
    """Runs of other variants on the images that this one will run on."""
    data = study.variants[variant].configuration.data
    return [record for record in records.values() if record.spec.configuration.data == data]


def _row(study: Study, variant: str, records: Sequence[RunRecord], judged: Sequence[RunRecord]) -> Row:
    ended = [record for record in records if record.has_ended]
    lengths = [len(record.history) for record in records if record.history]
    return Row(
        variant=variant,
        changes=changes(study, variant),
        runs=len(ended),
        statuses={
            status: number
            for status in Status
            if (number := sum(record.status is status for record in records))
        },
        epochs=(min(lengths), max(lengths)) if lengths else None,
        train=mean(record.kept_row.get("accuracy") for record in ended),
        validation=mean(record.kept_row.get("val_accuracy") for record in ended),
        test=mean(record.test_accuracy for record in ended),
        published=study.published.get(variant),
        comparability=comparability(judged),
        seconds=mean(record.seconds for record in ended),
        data=tuple(dict.fromkeys(record.data for record in records)),
    )


def changes(study: Study, variant: str) -> str:
    """What a variant changes and from which it starts, in words, as every table says it.

    Args:
        study: The variant's study.
        variant: As in the study.
    """
    return describe_variant(study.variants, variant) or text("report.base")


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of the numbers among the values; None where there is none.

    Example:
        >>> mean([0.25, None, 0.75]), mean([None])
        (0.5, None)
    """
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None


def percent(share: float | None) -> str:
    """A share as a percentage to two places, as every table and figure shows it.

    Args:
        share: In [0, 1].

    Example:
        >>> percent(0.9641), percent(1), percent(None)
        ('96.41', '100.00', '–')
    """
    return NOTHING if share is None else number(100 * share, ".2f")


def span(epochs: tuple[int, int] | None) -> str:
    """Epochs as a number, or as a range where runs differ.

    Example:
        >>> span((30, 30)), span((10, 14)), span(None)
        ('30', '10–14', '–')
    """
    if epochs is None:
        return NOTHING
    fewest, most = epochs
    return str(most) if fewest == most else f"{fewest}–{most}"


def duration(seconds: float | None) -> str:
    """Seconds, with a place behind the point where they are few.

    Example:
        >>> duration(41.23), duration(0.512), duration(1234.5), duration(None)
        ('41.2', '0.5', '1,234', '–')
    """
    if seconds is None:
        return NOTHING
    return number(seconds, ",.1f" if seconds < 100 else ",.0f")


def label(data: DataUsed) -> str:
    """The images' name, and how far they may be trusted, as every table and figure says it.

    Args:
        data: The images a run was made with.
    """
    code = "stand-in" if data.stand_in else "verified" if data.verified else "unverified"
    return text(f"report.data-{code}", name=data.name)


def statuses(row: Row) -> str:
    """How the variant's runs stand: their number where all have finished, otherwise each status's.

    Args:
        row: The variant's row.
    """
    if not row.statuses:
        return NOTHING
    if set(row.statuses) == {Status.FINISHED}:
        return str(row.runs)
    return ", ".join(f"{number} {text(f'report.status-{status}')}" for status, number in row.statuses.items())


def headings() -> tuple[str, ...]:
    """The table's headings, one for each of `COLUMNS`."""
    return tuple(text(f"report.column-{column}") for column in COLUMNS)


def cells(row: Row) -> tuple[str, ...]:
    """A row as a person reads it, one text for each of `COLUMNS`.

    A published figure is left out beside stand-in images and marked with ``*`` beside unverified ones;
    `notes` says why.

    Args:
        row: The variant's row.
    """
    return (
        row.variant,
        row.changes,
        statuses(row),
        span(row.epochs),
        percent(row.train),
        percent(row.validation),
        percent(row.test),
        _published(row),
        duration(row.seconds),
        ", ".join(label(data) for data in row.data) or NOTHING,
    )


def run_cells(record: RunRecord) -> tuple[str, ...]:
    """A run as a person reads it, one text for each of `RUN_COLUMNS`.

    Args:
        record: The run, ended or not.
    """
    end, result = record.kept_row, record.result
    return (
        str(record.spec.seed),
        text(f"report.status-{record.status}"),
        str(len(record.history)),
        str(result.kept_epoch) if result and result.test else NOTHING,
        percent(end.get("accuracy")),
        percent(end.get("val_accuracy")),
        percent(record.test_accuracy),
        duration(record.seconds),
    )


def _published(row: Row) -> str:
    if row.comparability is Comparability.STAND_IN:
        return ""
    if row.published is None or row.published.test is None:
        return NOTHING
    return percent(row.published.test) + ("*" if row.comparability is Comparability.UNVERIFIED else "")


def notes(table: Sequence[Row]) -> tuple[str, ...]:
    """What must stand under the table for it not to mislead.

    Args:
        table: The rows that are shown.
    """
    told = [row for row in table if row.data]
    lines = [text("report.note-accuracies")] if any(row.runs for row in told) else []
    published = [row for row in table if row.published is not None and row.published.test is not None]
    for held in (Comparability.STAND_IN, Comparability.UNVERIFIED):
        if any(row.comparability is held for row in published):
            lines.append(text(f"report.note-{held}"))
    lines += [
        text("report.note-published", variant=row.variant, note=translated(row.published.note))
        for row in published
        if row.published and row.published.note and row.comparability is not Comparability.STAND_IN
    ]
    return tuple(lines)
