"""How wide each column of a table is on a screen, and which columns it has room for.

Where a table is too wide, texts wrap between words; where that is not enough, whole columns are left out.
Nothing is ever cut off.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from paribus.report.tables import Table
from paribus.texts.inert import inert

_WORD = re.compile(r"(\s*)(\S+)")
_BEGIN = re.compile(r"^ *(- )?")

BETWEEN = 2
"""Characters that a table draws for each column beside its cells."""
EDGE = 1
"""Characters that a table draws once beside its columns."""

_LEAST = 16
"""A column of texts is not made narrower than this: shorter lines are hard to read."""


@dataclass(frozen=True)
class Layout:
    """The columns that are shown.

    Args:
        widths: Of the columns that are shown, in characters, in the table's order.
        left_out: The columns for which there is no room, in the table's order.
        needed: The narrowest screen that has room for all.
    """

    widths: dict[str, int]
    left_out: tuple[str, ...]
    needed: int


def lay_out(table: Table, width: int, *, unwrapped: Container[str] = (), spare: Sequence[str] = ()) -> Layout:
    """Return how a table is drawn on a screen; its first column is always shown.

    Args:
        table: What is drawn.
        width: Of the screen, in characters.
        unwrapped: The columns of texts whose lines are not wrapped while they take up less than half the
            screen. Numbers never are.
        spare: The columns that are left out first, in this order; then those on the right.

    Example:
        >>> table = Table({"name": "name", "note": "note"}, [{"name": "plain", "note": "as good as it gets"}])
        >>> lay_out(table, 80).widths, lay_out(table, 20).widths
        ({'name': 5, 'note': 18}, {'name': 5})
    """
    columns = {name: _Column(table, name, width // 2, name in unwrapped) for name in table.headings}
    needed = _total(each.least for each in columns.values())
    shown = dict(columns)
    for name in (*spare, *reversed(list(columns))):
        if _total(each.least for each in shown.values()) <= width or len(shown) == 1:
            break
        if name in shown and name != next(iter(columns)):
            del shown[name]
    widths = {name: each.least for name, each in shown.items()}
    if len(widths) == 1:
        widths = {name: max(1, min(least, width - BETWEEN - EDGE)) for name, least in widths.items()}
    _widen(widths, {name: each.natural for name, each in shown.items()}, width - _total(widths.values()))
    return Layout(widths, tuple(name for name in columns if name not in shown), needed)


def shown(cell: str) -> str:
    """Return a cell in one line of characters that a terminal can show.

    Example:
        >>> shown("one\\ttwo\\x1b[1m")
        'one two�[1m'
    """
    return inert(cell, keep="")


def wrapped(line: str, width: int) -> str:
    """Return a line broken between words where it is wider than a screen; a longer word is left whole.

    Lines that follow begin where the words of the first do, after its spaces and its dash.

    Example:
        >>> wrapped("one two /a/long/path", 8), wrapped("- one two", 6)
        ('one two\\n/a/long/path', '- one\\n  two')
    """
    lines: list[str] = []
    for paragraph in line.split("\n"):
        built, begin = "", " " * (len(paragraph) - len(_BEGIN.sub("", paragraph)))
        for space, word in _WORD.findall(paragraph):
            longer = f"{built}{space}{word}"
            if built.strip(" -") and cell_len(longer) > width:
                lines.append(built)
                built = begin + word
            else:
                built = longer
        lines.append(built)
    return "\n".join(lines)


class _Column:
    """How wide a column is unwrapped, and how narrow it may be."""

    def __init__(self, table: Table, name: str, most: int, unwrapped: bool) -> None:
        cells = [shown(each) for each in (table.headings[name], *(row[name] for row in table.rows))]
        word = max((cell_len(each) for cell in cells for each in cell.split()), default=1)
        line = max((cell_len(each) for each in cells[1:]), default=1)
        heading = cell_len(cells[0])
        self.natural = max(1, line, heading)
        if name in table.numbers:
            self.least = max(1, line, word)
        else:
            wished = max(line, word) if unwrapped else max(_LEAST, word)
            self.least = max(1, min(self.natural, wished, max(_LEAST, most)))


def _total(widths: Iterable[int]) -> int:
    found = list(widths)
    return sum(found) + BETWEEN * len(found) + EDGE


def _widen(widths: dict[str, int], natural: dict[str, int], room: int) -> None:
    """Give room that is left to the columns that lack it, in equal parts."""
    while room > 0 and (lacking := [name for name in widths if widths[name] < natural[name]]):
        for name in lacking[:room]:
            widths[name] += 1
        room -= len(lacking[:room])
