"""Every table of results as a person reads it: the terminal, Markdown, HTML and notebooks take these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from paribus.analysis.comparability import Comparability
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.published import Agreement, PublishedComparison
from paribus.analysis.result_table import Row
from paribus.record.run import DataUsed, RunRecord, Status
from paribus.study import describe
from paribus.study.study import Study
from paribus.texts import text, translated
from paribus.texts.message import Joined, Message
from paribus.texts.printable import Block, Code, Grid, Paragraph
from paribus.texts.quantities import (
    NOTHING,
    Difference,
    DifferenceInterval,
    PValue,
    ShareInterval,
    duration,
    epoch_range,
    percent,
)

RESULT_COLUMNS = (
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
COMPARISON_COLUMNS = ("question", "metric", "seeds", "difference", "interval", "p", "verdict")
PUBLISHED_COLUMNS = (
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


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Args:
        headings: By the names of the columns, in their order.
        rows: The cells of each row, by column.
        numbers: The columns of numbers, which are set to the right.
        sort: What to sort rows by, by column: the numbers behind the cells; empty where these do.
        notes: What must be known to read it, a sentence each.
    """

    headings: Mapping[str, str]
    rows: Sequence[Mapping[str, str]]
    numbers: frozenset[str] = frozenset()
    sort: Sequence[Mapping[str, float | None]] = ()
    notes: Sequence[str] = ()

    def only(self, *columns: str) -> Table:
        """Return the table with some of its columns.

        Args:
            columns: Their names, in the order wanted.
        """
        rows = [{column: row[column] for column in columns} for row in self.rows]
        return replace(self, headings={column: self.headings[column] for column in columns}, rows=rows)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows, each a text a column."""
        return [tuple(row.values()) for row in self.rows]

    def grid(self) -> Grid:
        """Return the table as a block of what prints itself."""
        return Grid(tuple(self.headings.values()), self.cells)


def result_table(study: Study, rows: Sequence[Row]) -> Table:
    """Return the result table, a row a variant.

    A published figure is left out beside stand-in images and marked with ``*`` beside unverified ones; the
    notes say why.

    Args:
        study: The study.
        rows: From `paribus.analysis.result_table.rows`.
    """
    cells = [
        {
            "variant": row.variant,
            "changes": changes(study, row.variant),
            "runs": statuses(row),
            "epochs": epoch_range(row.epochs),
            "train": percent(row.train),
            "validation": percent(row.validation),
            "test": percent(row.test),
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
            "published": row.published.test if row.published else None,
            "seconds": row.seconds,
        }
        for row in rows
    ]
    numbers = frozenset({"epochs", "train", "validation", "test", "published", "seconds"})
    return Table(_headings("report", RESULT_COLUMNS), cells, numbers, sort, tuple(_result_notes(rows)))


def run_table(records: Iterable[RunRecord]) -> Table:
    """Return the runs of a variant, a row each.

    Args:
        records: The runs, ended or not.
    """
    cells = [
        {
            "seed": str(record.spec.seed),
            "status": text(f"report.status-{record.status}"),
            "epochs": str(len(record.history)),
            "kept": str(record.result.kept_epoch) if record.result and record.result.test else NOTHING,
            "train": percent(record.kept_row.get("accuracy")),
            "validation": percent(record.kept_row.get("val_accuracy")),
            "test": percent(record.test_accuracy),
            "seconds": duration(record.seconds),
        }
        for record in records
    ]
    return Table(_headings("report", RUN_COLUMNS), cells, frozenset(RUN_COLUMNS) - {"status"})


def comparison_table(comparisons: Iterable[Comparison]) -> Table:
    """Return the comparisons, a row each.

    Args:
        comparisons: Of a study.
    """
    found = list(comparisons)
    cells = [
        {
            "question": str(each.title),
            "metric": text(f"comparison.metric-{each.metric}"),
            "seeds": str(len(each.seeds)),
            "difference": str(Difference(each.difference, each.metric)),
            "interval": str(DifferenceInterval(each.interval, each.metric)),
            "p": str(PValue(each.p_adjusted)),
            "verdict": text(f"comparison.verdict-{each.verdict}") + ("*" if each.confounded_by else ""),
        }
        for each in found
    ]
    sort: list[Mapping[str, float | None]] = [
        {"seeds": len(each.seeds), "difference": each.difference, "p": each.p_adjusted} for each in found
    ]
    confounded = any(each.confounded_by for each in found)
    notes = [text("comparison.note-confounded")] if confounded else []
    headings = _headings("comparison", COMPARISON_COLUMNS)
    return Table(headings, cells, frozenset({"seeds", "difference", "p"}), sort, notes)


def published_table(rows: Sequence[PublishedComparison]) -> Table:
    """Return our results beside the published figures, a row a variant.

    Args:
        rows: From `paribus.analysis.questions.published.compare_with_published`.
    """
    cells = [
        {
            "variant": row.variant,
            "published": percent(row.published.test),
            "ours": percent(row.ours.test),
            "seeds": str(len(row.seeds)),
            "prediction": "–".join(map(percent, row.interval or (None,))),
            "p": str(PValue(row.p_adjusted)),
            "train": f"{percent(row.published.train)} / {percent(row.ours.train)}",
            "dev": f"{percent(row.published.dev)} / {percent(row.ours.dev)}",
            "epochs": f"{row.published.epochs or NOTHING} / {epoch_range(row.ours.epochs)}",
            "data": text(f"verify.data-{row.comparability}") if row.seeds else NOTHING,
            "verdict": text(f"verify.verdict-{row.agreement}"),
        }
        for row in rows
    ]
    headings, numbers = _headings("verify", PUBLISHED_COLUMNS), set(PUBLISHED_COLUMNS)
    texts = {"variant", "data", "verdict"}
    return Table(headings, cells, frozenset(numbers - texts), notes=tuple(_published_notes(rows)))


def variant_blocks(study: Study, variant: str, records: Iterable[RunRecord]) -> Iterable[Block]:
    """Return a variant as a notebook and the terminal show it: what it changes, its network and its runs.

    Args:
        study: The study.
        variant: As in the study.
        records: Its runs.
    """
    runs = list(records)
    title = text("run.summary-title", variant=variant, changes=changes(study, variant))
    yield Paragraph("" if runs else text("report.not-run"), about=title)
    summary = next((run.result.summary for run in runs if run.result and run.result.summary), "")
    if summary:
        yield Code(summary)
    if runs:
        yield run_table(runs).grid()


def changes(study: Study, variant: str) -> str:
    """Return what a variant changes and from which it starts, in words; that it is the base where it is.

    Args:
        study: The variant's study.
        variant: As in the study.
    """
    return describe.describe_variant(study.variants, variant) or text("report.base")


def label(data: DataUsed) -> str:
    """Return the images' name, and how far they may be trusted.

    Args:
        data: The images a run was made with.
    """
    code = "stand-in" if data.stand_in else "verified" if data.verified else "unverified"
    return text(f"report.data-{code}", name=data.name)


def statuses(row: Row) -> str:
    """Return the number of runs where all have finished, else how many have which status.

    Args:
        row: The variant's row.
    """
    if set(row.statuses) <= {Status.FINISHED}:
        return str(row.runs) if row.statuses else NOTHING
    return ", ".join(f"{count} {text(f'report.status-{status}')}" for status, count in row.statuses.items())


def _headings(domain: str, columns: Sequence[str]) -> dict[str, str]:
    return {column: text(f"{domain}.column-{column}") for column in columns}


def _published(row: Row) -> str:
    if row.comparability is Comparability.STAND_IN:
        return ""
    if row.published is None or row.published.test is None:
        return NOTHING
    return percent(row.published.test) + ("*" if row.comparability is Comparability.UNVERIFIED else "")


def _result_notes(rows: Sequence[Row]) -> Iterable[str]:
    if any(row.runs for row in rows):
        yield text("report.note-accuracies")
    failed = tuple(_rate(row) for row in rows if row.failures.failed)
    if failed:
        yield text("report.note-failed", rates=Joined(failed, between="; "))
    published = [row for row in rows if row.published is not None and row.published.test is not None]
    for comparability in (Comparability.STAND_IN, Comparability.UNVERIFIED):
        if any(row.comparability is comparability for row in published):
            yield text(f"report.note-{comparability}")
    for row in published:
        if row.published and row.published.note and row.comparability is not Comparability.STAND_IN:
            yield text("report.note-published", variant=row.variant, note=translated(row.published.note))


def _published_notes(rows: Sequence[PublishedComparison]) -> Iterable[str]:
    kinds = {row.agreement for row in rows}
    if kinds & {Agreement.HOLDS, Agreement.DIFFERS}:
        yield text("verify.note-method")
    for kind in (Agreement.UNDECIDED, Agreement.MISSING, Agreement.NOT_COMPARABLE):
        if kind in kinds:
            yield text(f"verify.note-{kind}")
    if any(row.comparability is Comparability.UNVERIFIED for row in rows):
        yield text("verify.note-unverified")
    for row in rows:
        if row.published.note:
            yield text("verify.note-row", variant=row.variant, note=translated(row.published.note))


def _rate(row: Row) -> Message:
    """Return how many runs of a variant failed to train, with the rate's interval."""
    rate = row.failures
    values = {
        "variant": row.variant,
        "failed": rate.failed,
        "runs": rate.runs,
        "rate": ShareInterval(*rate.interval),
    }
    return Message("comparison.rate", values)
