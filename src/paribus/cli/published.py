"""What `paribus verify` draws: ours beside the published figures, and what may be said of them."""

from __future__ import annotations

from collections.abc import Sequence

from paribus.analysis.questions.published import PublishedComparison
from paribus.cli.tables import console, rich_table, say
from paribus.report.tables import published_table
from paribus.texts import text


def show(study: str, rows: Sequence[PublishedComparison]) -> None:
    """Print the table, then what must be known to read it."""
    screen = console()
    if not rows:
        say(screen, text("verify.nothing", study=study))
        return
    table = published_table(rows)
    screen.print(rich_table(table, text("verify.title", study=study)))
    for note in table.notes:
        say(screen, note)
