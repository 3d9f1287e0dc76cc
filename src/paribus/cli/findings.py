"""Findings on the terminal: a line a kind with the variants it was found in, then what is worth reading."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paribus.analysis.design.review import by_code
from paribus.analysis.finding import Finding, Severity
from paribus.texts import text
from paribus.texts.message import Listed

STYLES = {Severity.SERIOUS: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
"""How each severity looks."""
_NAMED = 6


def show_found(
    screen: Console, findings: Sequence[Finding], total: int, pairs: Collection[tuple[str, str]]
) -> None:
    """Print a line a kind of finding, the worst first: how serious, what, and where.

    Args:
        screen: Where to print.
        findings: In any order.
        total: How many variants there are: where it is all of them, it says so.
        pairs: The variants that questions compare, treatment first.
    """
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(overflow="fold")
    for found in by_code(sorted(findings, key=lambda each: each.severity.rank)).values():
        first = found[0]
        severity = Text(text(f"finding.severity-{first.severity}"), style=STYLES[first.severity])
        grid.add_row(severity, Text(str(first.title)), Text(_places(found, total, pairs), style="dim"))
    screen.print(grid)


def _places(found: Sequence[Finding], total: int, pairs: Collection[tuple[str, str]]) -> str:
    """Return where findings of a kind were made: the variants, or the two of each question."""
    sides = tuple(dict.fromkeys(each.variants for each in found if each.variants))
    if sides and all(each in pairs for each in sides):
        asked = tuple(text("comparison.question", treatment=one, reference=other) for one, other in sides)
        return text("cli.in-variants", count=2 * len(asked), variants=Listed(asked, _NAMED))
    names = tuple(dict.fromkeys(name for each in sides for name in each))
    if total > 1 and len(names) == total:
        return text("cli.everywhere", count=total)
    return text("cli.in-variants", count=len(names), variants=Listed(names, _NAMED)) if names else ""
