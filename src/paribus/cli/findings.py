"""Findings on the terminal: a line a kind with the variants it was found in, then what is worth reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
_ROOM = 26
"""Characters that where a finding was made has at least."""
_BESIDE = 12
"""Characters of the severity and of what is between columns."""


def show_found(
    screen: Console, findings: Sequence[Finding], total: int, places: Mapping[tuple[str, ...], str]
) -> None:
    """Print a line a kind of finding, the worst first: how serious, what, and where.

    Args:
        screen: Where to print.
        findings: In any order.
        total: How many variants there are: where it is all of them, it says so.
        places: The variants and the pairs that questions compare, in words, as `Study.places`.
    """
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(overflow="fold")
    longest = max((len(str(each.title)) for each in findings), default=0)
    room = max(_ROOM, screen.width - _BESIDE - longest)
    for found in by_code(sorted(findings, key=lambda each: each.severity.rank)).values():
        first = found[0]
        where = _places(found, total, places, 2 * room)
        severity = Text(text(f"finding.severity-{first.severity}"), style=STYLES[first.severity])
        grid.add_row(severity, Text(str(first.title)), Text(where, style="dim"))
    screen.print(grid)


def _places(found: Sequence[Finding], total: int, places: Mapping[tuple[str, ...], str], room: int) -> str:
    """Return where findings of a kind were made: variants or questions, in words if there is room."""
    sides = tuple(dict.fromkeys(each.variants for each in found if each.variants))
    if sides and all(len(each) == 2 and each in places for each in sides):
        titles = str(Listed(tuple(places[each] for each in sides)))
        asked = tuple(text("comparison.question", treatment=one, reference=other) for one, other in sides)
        bare = text("cli.in-variants", count=2 * len(asked), variants=Listed(asked, _NAMED))
        return titles if len(titles) <= room else bare
    names = tuple(dict.fromkeys(name for each in sides for name in each))
    if total > 1 and len(names) == total:
        return text("cli.everywhere", count=total)
    if not names:
        return ""
    named, bare = (
        text("cli.in-variants", count=len(names), variants=Listed(words, _NAMED))
        for words in (tuple(places.get((name,), name) for name in names), names)
    )
    has_commas = any("," in places.get((name,), name) for name in names)
    return bare if has_commas or len(named) > room else named
