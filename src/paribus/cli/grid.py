"""Cells in columns, as the first screens show them: one column wraps, nothing is cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from paribus.cli.layout import shown, wrapped

_WIDEST = 100
"""Columns used: longer lines are hard to follow."""
_LEAST = 24
"""A column that wraps is not made narrower than this before other columns go."""
_GAP = "  "


@dataclass(frozen=True)
class Cell:
    """A piece of a line.

    Args:
        words: What it says.
        style: How it looks.
        right: Whether it stands at the right of its column.
    """

    words: str
    style: str = ""
    right: bool = False

    @property
    def width(self) -> int:
        """How many characters of a terminal it takes."""
        return cell_len(shown(self.words))

    def filled(self, width: int) -> str:
        """Return its words with spaces up to a width."""
        words, space = shown(self.words), " " * (width - self.width)
        return space + words if self.right else words + space


def show_grid(
    screen: Console,
    rows: Sequence[Sequence[Cell]],
    headings: Sequence[Cell],
    *,
    wraps: int,
    title: str = "",
) -> None:
    """Print cells in columns, without lines.

    Where there is no room, one column wraps between words, then the last columns go.

    Args:
        screen: Where to print.
        rows: Their cells; a row with fewer cells than headings runs to the end of the line, one with a
            single cell stands above those that follow.
        headings: Above the columns.
        wraps: The place of the column that wraps.
        title: Stands before the headings, where the first of them are empty.
    """
    widths = [
        max(row[place].width for row in [headings, *rows] if place < _counted(row, headings))
        for place in range(len(headings))
    ]
    room = min(screen.width, _WIDEST)
    words = [cell_len(word) for row in rows if len(row) > 1 for word in shown(row[wraps].words).split()]
    least = min(widths[wraps], max([_LEAST, *words]))
    while (over := _total(widths) - room) > 0:
        if widths[wraps] > least:
            widths[wraps] = max(least, widths[wraps] - over)
        elif len(widths) > wraps + 1:
            widths.pop()
        else:
            break
    gap = _GAP if sum(widths) + len(_GAP) * (len(widths) - 1) <= room else " "
    heading = _line(headings, widths, gap)
    if title:
        heading = Text(title, style="bold") + heading[len(title) :] if len(title) < room else Text(title)
    screen.print(heading, no_wrap=True, overflow="ignore", crop=False)
    for row in rows:
        place, width = (wraps, widths[wraps]) if len(row) > 1 else (0, room)
        for cells in _lines(row, place, width):
            screen.print(_line(cells, widths, gap), no_wrap=True, overflow="ignore", crop=False)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(widths) - 1


def _lines(row: Sequence[Cell], wraps: int, width: int) -> Iterator[list[Cell]]:
    """Yield a row's lines: its cells, then what is left of the one that wraps."""
    first, *rest = wrapped(shown(row[wraps].words), width).split("\n")
    style = row[wraps].style
    yield [*row[:wraps], Cell(first, style), *row[wraps + 1 :]]
    for line in rest:
        yield [*(Cell("") for _ in row[:wraps]), Cell(line, style)]


def _counted(row: Sequence[Cell], headings: Sequence[Cell]) -> int:
    """Return how many cells take the width of their columns: the last of a short row runs to the end."""
    return len(row) if len(row) == len(headings) else len(row) - 1


def _line(cells: Sequence[Cell], widths: Sequence[int], gap: str) -> Text:
    line = Text()
    for cell, width in zip(cells, widths, strict=False):
        line.append(cell.filled(width), style=cell.style or None)
        line.append(gap)
    line.rstrip()
    return line
