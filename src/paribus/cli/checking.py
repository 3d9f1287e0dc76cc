"""Hand-ins on the terminal: a row a student."""

from __future__ import annotations

from rich.console import Console

from paribus.cli.tables import say
from paribus.texts import text
from paribus.workflow.checking.check import GRADES, Checked


def show(screen: Console, checked: Checked) -> None:
    """Print a line a student: what the hand-in is, its points, and why; then where everything lies."""
    for student, standing, points, rerun, reason in checked.lines:
        say(
            screen, text("check.line", student=student, standing=standing, points=points, rerun=rerun), "bold"
        )
        say(screen, f"  {reason}")
    say(screen, "")
    say(screen, text("check.written", folder=checked.folder, file=GRADES))
