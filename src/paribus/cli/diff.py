"""What differs between two studies, on the terminal."""

from __future__ import annotations

from rich.console import Console

from paribus.cli.tables import say, show_table
from paribus.texts import text
from paribus.workflow.study_diff import StudyDiff


def show(screen: Console, found: StudyDiff) -> None:
    """Print what differs in the studies, in their runs and in their answers."""
    say(screen, found.heading)
    study, answers = found.study_table, found.answer_table
    if study.rows:
        show_table(screen, study, text("diff.title-study"), unwrapped={"what", "name"})
    for line in found.lines:
        say(screen, line)
    if answers.rows:
        show_table(screen, answers, text("diff.title-answers"), unwrapped=answers.headings.keys())
