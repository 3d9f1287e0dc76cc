"""Every table of results as a person reads it: the terminal, Markdown, HTML and notebooks take these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from math import isnan

from paribus.analysis.comparability import Comparability
from paribus.analysis.questions.comparison import Comparison, count_of
from paribus.analysis.questions.verdict import Verdict
from paribus.analysis.result_table import Row
from paribus.record.run import DataUsed, RunRecord, Status
from paribus.report.answers import both_means
from paribus.report.curves import kept_epoch
from paribus.study import describe
from paribus.study.metrics import name_of, score_of, title_of, unit_of
from paribus.study.study import Study
from paribus.texts import number, text, translated
from paribus.texts.message import Joined
from paribus.texts.printable import Block, Code, Grid, Lines, Paragraph
from paribus.texts.quantities import (
    NOTHING,
    Difference,
    DifferenceInterval,
    PValue,
    duration,
    epoch_range,
    figure,
    percent,
)


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Args:
        headings: By the names of the columns, in their order.
        rows: The cells of each row, by column.
        numbers: The columns of numbers, which are set to the right.
        sort: What to sort rows by, by column: the numbers behind the cells; empty where these do.
        notes: What must be known to read it, a sentence each.
        code: The columns that are shown as code.
    """

    headings: Mapping[str, str]
    rows: Sequence[Mapping[str, str]]
    numbers: frozenset[str] = frozenset()
    sort: Sequence[Mapping[str, float | None]] = ()
    notes: Sequence[str] = ()
    code: frozenset[str] = frozenset()

    def only(self, *columns: str) -> Table:
        """Return the table with some of its columns."""
        rows = [{column: row[column] for column in columns} for row in self.rows]
        return replace(self, headings={column: self.headings[column] for column in columns}, rows=rows)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows, each a text a column."""
        return [tuple(row.values()) for row in self.rows]

    def grid(self) -> Grid:
        """Return the table as a block of what prints itself."""
        return Grid(tuple(self.headings.values()), self.cells)


def make_table(
    prefix: str,
    cells: Sequence[Mapping[str, str]],
    texts: Set[str],
    *,
    sort: Sequence[Mapping[str, float | None]] = (),
    notes: Iterable[str] = (),
    **values: object,
) -> Table:
    """Return a table of which all columns are numbers but those of texts.

    Args:
        prefix: Of the codes of its headings, before the columns' names.
        cells: Of each row, by column.
        texts: The columns of texts.
        sort: As in `Table`.
        notes: As in `Table`.
        values: Named in headings.
    """
    columns = list(cells[0]) if cells else []
    headings = {column: text(f"{prefix}{column}", **values) for column in columns}
    return Table(headings, cells, frozenset(columns) - texts, sort, tuple(notes))


def result_table(study: Study, rows: Sequence[Row]) -> Table:
    """Return the result table, a row a variant.

    A published figure is left out beside stand-in images and marked with ``*`` beside unverified ones; the
    notes say why.
    """
    unit = study.score.unit
    cells = [
        {
            "variant": study.named(row.variant),
            "changes": changes(study, row.variant),
            "runs": statuses(row),
            "epochs": epoch_range(row.epochs),
            "train": figure(row.train, unit),
            "validation": figure(row.validation, unit),
            "test": figure(row.test, unit),
            "published": _published(row),
            "seconds": duration(row.seconds),
            "data": ", ".join(map(label, row.data)) or NOTHING,
        }
        for row in rows
    ]
    sort: list[Mapping[str, float | None]] = [
        {
            "epochs": row.epochs[1] if row.epochs else None,
            "train": row.train,
            "validation": row.validation,
            "test": row.test,
            "published": row.published.own_test if row.published else None,
            "seconds": row.seconds,
        }
        for row in rows
    ]
    texts = {"variant", "changes", "runs", "data"}
    notes = _result_notes(study, rows)
    return make_table("report.column-", cells, texts, sort=sort, notes=notes, unit=unit_of(study.score))


def result_blocks(study: Study, rows: Sequence[Row]) -> Iterator[Block]:
    """Return the result table as what prints itself, with what a constant prediction scores."""
    yield result_table(study, rows).grid()
    if known := baselines(rows):
        yield Lines(known)


def constant(table: Table, columns: Iterable[str]) -> Mapping[str, str]:
    """Return the columns that say the same in every row of two or more, or nothing, with what they say.

    Args:
        table: The table.
        columns: Those to look at.
    """
    found = {column: {row[column] for row in table.rows} for column in columns}
    several = len(table.rows) > 1
    return {
        column: next(iter(cells))
        for column, cells in found.items()
        if len(cells) == 1 and (several or cells <= {"", NOTHING})
    }


def run_table(records: Iterable[RunRecord]) -> Table:
    """Return the runs of a variant, a row each."""
    runs = list(records)
    score = runs[0].score if runs else score_of("classification")
    cells = [
        {
            "seed": str(record.spec.seed),
            "status": text(f"report.status-{record.status}"),
            "epochs": str(len(record.history)),
            "kept": str(kept_epoch(record) or NOTHING),
            "train": figure(record.train_score, score.unit),
            "validation": figure(record.validation_score, score.unit),
            "test": figure(record.test_score, score.unit),
            "seconds": NOTHING if isnan(record.seconds) else duration(record.seconds),
        }
        for record in runs
    ]
    return make_table("report.column-", cells, {"status"}, unit=unit_of(score))


def comparison_table(study: Study, comparisons: Iterable[Comparison]) -> Table:
    """Return the comparisons, a row each: the question by its title, then treatment − reference."""
    found = list(comparisons)
    cells = [
        {
            "question": study.question_title(each.question),
            "variants": f"{each.treatment} − {each.reference}",
            "metric": str(title_of(each.metric)),
            "means": both_means(each),
            "seeds": str(len(each.seeds)),
            "difference": str(Difference(each.difference, each.unit, short=True, beside=each.interval)),
            "interval": str(DifferenceInterval(each.interval, each.unit)),
            "p": str(PValue(each.p_adjusted)),
            "verdict": text(f"comparison.verdict-{each.verdict}") + ("*" if each.confounded_by else ""),
        }
        for each in found
    ]
    sort: list[Mapping[str, float | None]] = [
        {"seeds": len(each.seeds), "difference": each.difference, "p": each.p_adjusted} for each in found
    ]
    notes: list[str] = []
    if any(each.verdict is Verdict.UNDECIDED and each.seeds for each in found):
        notes.append(text("comparison.not-equal"))
    if any(each.confounded_by for each in found):
        notes.append(text("comparison.note-confounded"))
    texts = {"question", "variants", "metric", "means", "interval", "verdict"}
    table = make_table("comparison.column-", cells, texts, sort=sort, notes=notes)
    if all(each.is_of_score for each in found):
        return table.only(*(column for column in table.headings if column not in ("metric", "means")))
    return table


def images_of(used: DataUsed) -> str:
    """Return how many examples there are; a dash where a function of the user's gets them by itself."""
    if not used.train:
        return "–"
    return text("report.images", train=number(used.train, ","), test=number(used.test, ","))


def image_table(data: Iterable[DataUsed]) -> Table:
    """Return which images were used, a row a data set."""
    found = list(data)
    are_own = any(used.source for used in found)
    cells = [
        {
            "data": label(used),
            **({"source": used.source} if are_own else {}),
            "images": images_of(used),
            "sha256": used.sha256,
        }
        for used in found
    ]
    notes = [text("report.note-code", data=used.name, digest=used.code) for used in found if used.code]
    table = make_table("report.column-", cells, {"data", "source", "images", "sha256"}, notes=notes)
    return replace(table, code=frozenset({"sha256"}))


def variant_blocks(study: Study, variant: str, records: Iterable[RunRecord]) -> Iterable[Block]:
    """Return a variant as a notebook and the terminal show it: what it changes, its network and its runs."""
    runs = list(records)
    about = text("run.summary-title", variant=study.named(variant), changes=changes(study, variant))
    yield Paragraph("" if runs else text("report.not-run"), about=about)
    if summary := network_summary(runs):
        yield Code(summary)
    if runs:
        yield run_table(runs).grid()


def network_summary(records: Iterable[RunRecord]) -> str:
    """Return Keras's summary of a variant's network; empty while no run has ended."""
    return next((run.result.summary for run in records if run.result and run.result.summary), "")


def title(study: Study) -> str:
    """Return the study's title, or its name."""
    return translated(study.title) or study.name


def changes(study: Study, variant: str) -> str:
    """Return what a variant changes and from which it starts, in words; that it is the base where it is."""
    return describe.describe_variant(study.variants, variant) or text("report.base")


def label(data: DataUsed) -> str:
    """Return the images' name, and how far they may be trusted."""
    code = "stand-in" if data.stand_in else "verified" if data.verified else "unverified"
    return text(f"report.data-{code}", name=data.name)


def statuses(row: Row) -> str:
    """Return the number of runs where all have finished, else how many have which status."""
    if set(row.statuses) <= {Status.FINISHED}:
        return str(row.runs) if row.statuses else NOTHING
    counted = (
        text("report.runs-of-status", number=count, status=text(f"report.status-{status}"))
        for status, count in row.statuses.items()
    )
    return ", ".join(counted)


def _published(row: Row) -> str:
    if row.comparability is Comparability.STAND_IN:
        return ""
    if row.published is None or row.published.own_test is None:
        return NOTHING
    return percent(row.published.own_test) + ("*" if row.comparability is Comparability.UNVERIFIED else "")


def baselines(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return what a constant prediction scores, a sentence a data set."""
    return tuple(dict.fromkeys(str(row.baseline.sentence) for row in rows if row.baseline))


def _result_notes(study: Study, rows: Sequence[Row]) -> Iterable[str]:
    if any(row.runs for row in rows):
        code = "accuracies" if study.score.unit == "percent" else "scores"
        is_own = all(each.configuration.train is not None for each in study.variants.values())
        origin = f"report.note-{'own' if is_own else code}"
        origin = "imported.note-scores" if study.imported is not None else origin
        yield text(origin, score=name_of(study.score))
    yield from baselines(rows)
    failed = tuple(count_of(row.variant, row.failures) for row in rows if row.failures.failed)
    if failed:
        yield text("report.note-failed", rates=Joined(failed, between="; "))
    if any(data.stand_in and data.name == "cifar10" for row in rows for data in row.data):
        yield text("report.note-tiles")
    published = [row for row in rows if row.published is not None and row.published.test is not None]
    left_out = [row.variant for row in published if row.comparability is Comparability.STAND_IN]
    if left_out and len(left_out) < len(published):
        yield text("report.note-stand-in-some", variants=", ".join(map(study.named, left_out)))
    elif left_out:
        yield text("report.note-stand-in")
    if any(row.comparability is Comparability.UNVERIFIED for row in published):
        yield text("report.note-unverified")
    for row in published:
        if row.published and row.published.note and row.comparability is not Comparability.STAND_IN:
            yield text("report.note-published", variant=row.variant, note=translated(row.published.note))
