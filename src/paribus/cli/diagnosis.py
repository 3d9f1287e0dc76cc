"""A diagnosis on the terminal: what was found and where, then each problem, variant by variant."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from paribus.analysis.finding import Finding, Severity
from paribus.cli.findings import STYLES, show_found
from paribus.cli.tables import detail_grid, say, show_indented
from paribus.report.findings import cause_sentence, suggestion
from paribus.texts import text
from paribus.workflow.diagnosis import Diagnosis


def show(screen: Console, found: Diagnosis, *, notes: bool = False) -> None:
    """Print a line a kind of finding, then each problem with its numbers, its cause and what to do.

    Args:
        screen: Where to print.
        found: The diagnosis.
        notes: Whether notes, where nothing is wrong, are told at length too.
    """
    say(screen, str(found.heading))
    if not len(found):
        say(screen, str(found.nothing))
        return
    screen.print()
    show_found(screen, tuple(found), found.variants, found.places)
    for variant, findings in found.by_variant().items():
        told = [each for each in findings if notes or each.severity is not Severity.INFO]
        if told:
            screen.print(Text(f"\n{_named(found, variant)}", style="bold"))
            show_indented(screen, _rows(told))
    if found.advice:
        screen.print(Text(f"\n{text('advice.heading')}", style="bold"))
    for each in (suggestion(each, _named(found, each.variant)) for each in found.advice):
        screen.print(Text(f"\n{each.heading}"))
        screen.print(Padding(Text(each.words), (0, 0, 0, 2)))
        if each.yaml:
            screen.print(Text(indent(each.yaml, "    "), style="cyan"), soft_wrap=True)  # as it is pasted


def _named(found: Diagnosis, variant: str) -> str:
    return found.labels.get(variant, variant)


def _rows(findings: Sequence[Finding]) -> Table:
    grid = detail_grid()
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
