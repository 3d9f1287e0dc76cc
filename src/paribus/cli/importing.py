"""`paribus import`: what was understood of results that others made, and what to type next."""

from __future__ import annotations

import shlex

from rich.console import Console

from paribus.cli.onward import say_next
from paribus.cli.tables import say, show_table
from paribus.report.imported import import_notes
from paribus.texts import text
from paribus.workflow.importing import Import


def show(screen: Console, written: Import) -> None:
    """Print counts, a row a column, what is not known, and the commands that come next."""
    for line in written.lines:
        say(screen, line)
    show_table(screen, written.table, "", unwrapped={"column"})
    for line in import_notes(written.found.study):
        say(screen, line)
    say(screen, text("imported.written", folder=written.folder))
    folder = shlex.quote(str(written.folder))
    say_next(screen, [f"paribus {name} {folder}" for name in ("show", "diagnose", "report")])
