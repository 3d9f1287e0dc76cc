"""A review on the terminal: in full, or a line a code before a study is run."""

from __future__ import annotations

from itertools import zip_longest

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paribus.analysis.design.review import by_code
from paribus.analysis.finding import Finding, Severity
from paribus.cli.findings import STYLES, show_found
from paribus.cli.tables import detail_grid, say, show_indented
from paribus.texts import text
from paribus.workflow.review import Review


def show(screen: Console, review: Review, *, whole: bool = False) -> None:
    """Print a line a kind of finding, then those that are serious: where, why it matters, what to do.

    Args:
        screen: Where to print.
        review: Of a study's design.
        whole: Whether warnings and notes are told at length too.
    """
    say(screen, str(review.heading))
    for each in review.unknown:
        say(screen, str(each), style="dim")
    if not len(review):
        return
    screen.print()
    show_found(screen, tuple(review), review.variants, review.places)
    for findings in by_code(review.findings).values():
        first = findings[0]
        if not whole and first.severity is not Severity.SERIOUS:
            continue
        heading = Text(f"\n{text(f'finding.severity-{first.severity}')}", style=STYLES[first.severity])
        heading.append(f"  {first.title}", style="bold")
        heading.append(f"  {first.code}", style="dim")
        screen.print(heading)
        show_indented(screen, _rows(findings))


def show_briefly(screen: Console, review: Review, study: str) -> None:
    """Print what is serious or a warning, a line a code; nothing where there is neither."""
    shown = [each for each in review if each.severity is not Severity.INFO]
    if not shown:
        return
    say(screen, str(review.heading))
    show_found(screen, shown, review.variants, review.places)
    say(screen, text("finding.review-more", study=study))


def _rows(findings: list[Finding]) -> Table:
    """Return the findings of one code, each with its line; a remedy that they share comes once, last."""
    grid = detail_grid(label_style="dim")
    for finding, after in zip_longest(findings, findings[1:]):
        line = "" if finding.line is None else text("finding.line", line=finding.line)
        grid.add_row(line, Text(str(finding.why)))
        if after is None or str(after.remedy) != str(finding.remedy):
            grid.add_row("", Text(f"→ {finding.remedy}", style="italic"))
    return grid
