"""What `paribus verify` draws: ours beside the published figures, and what may be said of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from paribus.analysis.questions.published import COLUMNS, PublishedComparison, cells, notes
from paribus.cli.tables import console, say
from paribus.texts import text


def show(study: str, rows: Sequence[PublishedComparison]) -> None:
    """The table, then what must be known to read it.

    Args:
        study: Its name.
        rows: Its rows, from `Results.verification`.
    """
    screen = console()
    if not rows:
        say(screen, text("verify.nothing", study=study))
        return
    drawn = Table(
        title=escape(text("verify.title", study=study)),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column in COLUMNS:
        left = column in {"variant", "data", "verdict"}
        drawn.add_column(text(f"verify.column-{column}"), justify="left" if left else "right")
    for row in rows:
        drawn.add_row(*map(escape, cells(row)))
    screen.print(drawn)
    for note in notes(rows):
        say(screen, note)
