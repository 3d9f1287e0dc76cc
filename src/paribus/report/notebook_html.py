"""Results as a notebook shows them: small HTML, every name escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from paribus.analysis import result_table as table
from paribus.record.run import RunRecord
from paribus.texts import text


def as_table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of texts.

    Args:
        headings: Of the columns.
        rows: A text a cell.

    Example:
        >>> as_table(["a"], [["<b>"]])
        '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{html.escape(each)}</th>" for each in headings)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def result_table(rows: Sequence[table.Row]) -> str:
    """A study's result table.

    Args:
        rows: One a variant.
    """
    return as_table(table.headings(), (table.cells(row) for row in rows))


def variant(row: table.Row, records: Iterable[RunRecord]) -> str:
    """A variant: what it changes, and its runs.

    Args:
        row: Its row of the result table.
        records: Its runs.
    """
    title = html.escape(text("run.summary-title", variant=row.variant, changes=row.changes))
    runs = [table.run_cells(record) for record in records]
    if not runs:
        return f"<p><strong>{title}</strong><br>{html.escape(text('report.not-run'))}</p>"
    headings = [text(f"report.column-{column}") for column in table.RUN_COLUMNS]
    return f"<p><strong>{title}</strong></p>{as_table(headings, runs)}"
