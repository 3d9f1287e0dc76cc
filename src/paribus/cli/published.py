"""What `paribus verify` draws: ours beside the published figures, and what may be said of them."""

from __future__ import annotations

from paribus.analysis.questions.published import Verification
from paribus.cli.tables import console, rich_table, say
from paribus.report.published import difference_table, figure_table, published_notes
from paribus.report.tables import Table
from paribus.texts import text

_NARROW = ("published", "ours", "half", "seeds", "verdict")
_MIDDLE = ("published", "ours", "half", "seeds", "prediction", "verdict")
"""The columns, after the first, of a screen that is narrower than 100 or 140 characters."""


def show(study: str, verification: Verification) -> None:
    """Print the tables, then what must be known to read them.

    Args:
        study: Its name.
        verification: From `Results.verify`.
    """
    screen = console()
    if not verification.rows:
        say(screen, text("verify.nothing", study=study))
        return
    tables = {"verify.title": figure_table, "verify.title-differences": difference_table}
    for title, table_of in tables.items():
        table = _fitting(table_of(verification), screen.width)
        if table.rows:
            first = next(iter(table.headings))
            screen.print(rich_table(table, text(title, study=study), unwrapped={first}))
    for note in published_notes(verification):
        say(screen, note)


def _fitting(table: Table, width: int) -> Table:
    """Return the table with the columns for which a screen has room."""
    if width >= 140:
        return table
    return table.only(next(iter(table.headings)), *(_NARROW if width < 100 else _MIDDLE))
