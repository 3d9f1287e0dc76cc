"""A diagnosis on the terminal: variant by variant, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from paribus.analysis.finding import Finding, Severity
from paribus.cli.review import STYLES
from paribus.cli.tables import say
from paribus.report.findings import cause_sentence
from paribus.texts import text
from paribus.workflow.diagnosis import Diagnosis


def show(screen: Console, found: Diagnosis) -> None:
    """Print every finding: what was seen with its numbers, its cause, what to do.

    What to do about a note, where nothing is wrong, is left to ``--json``.

    Args:
        screen: Where to draw.
        found: What to show.
    """
    say(screen, str(found.heading))
    if not len(found):
        say(screen, str(found.nothing))
    for variant, findings in found.by_variant().items():
        screen.print(Text(f"\n{variant}", style="bold"))
        screen.print(Padding(_rows(findings), (0, 0, 0, 2), expand=False))

    if found.advice:
        screen.print(Text(f"\n{text('advice.heading')}", style="bold"))
    for each in found.advice:
        screen.print(Text("\n" + text("advice.about", variant=each.variant, title=str(each.finding.title))))
        screen.print(Padding(Text(f"{each.do} {each.keep} {each.expect}"), (0, 0, 0, 2)))
        screen.print(Padding(Text(each.yaml, style="cyan"), (0, 0, 0, 4)))


def _rows(findings: Sequence[Finding]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for finding in findings:
        severity = Text(text(f"finding.severity-{finding.severity}"), style=STYLES[finding.severity])
        heading = Text(str(finding.title), style="bold")
        heading.append(f"  {finding.code}", style="dim not bold")
        grid.add_row(severity, heading)
        grid.add_row("", Text(str(finding.why)))
        if cause := cause_sentence(finding):
            grid.add_row("", Text(cause))
        if finding.severity is not Severity.INFO:
            grid.add_row("", Text(f"→ {finding.remedy}", style="italic"))
    return grid
