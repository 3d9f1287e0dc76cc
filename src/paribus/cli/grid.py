"""A grid without lines on the terminal: words wrap where there is little room, then whole columns go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from paribus.cli.layout import shown, wrapped

_WIDEST = 140
"""Characters used: longer lines are hard to follow."""
_LEAST = 20
"""A column whose words wrap is not made narrower than this, unless nothing in it is as wide."""
_GAP = 2


@dataclass(frozen=True)
class Cell:
    """A piece of a line.

    Args:
        words: What it says.
        style: How it looks.
    """

    words: str
    style: str = ""

    @property
    def width(self) -> int:
        """How many characters of a terminal it takes in one line."""
        return cell_len(shown(self.words))

    def lines(self, width: int) -> list[str]:
        """Return its words in lines of a width, broken between words; inside one only where it is wider."""
        lines = wrapped(shown(self.words), width).split("\n")
        return [part for line in lines for part in (chop_cells(line, width) or [""])]


@dataclass(frozen=True)
class Column:
    """What holds for all cells below each other.

    Args:
        heading: Above them; empty where they need none.
        right: Whether they stand at its right, as numbers do.
        wraps: Whether their words may take several lines.
        spare: The columns with the highest go first where there is no room; one with 0 always stays.
    """

    heading: str = ""
    right: bool = False
    wraps: bool = False
    spare: int = 0


def show_grid(
    screen: Console, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], title: str = ""
) -> None:
    """Print cells in columns; the last cell of a row that has fewer runs to the end of the line.

    Args:
        screen: Where to print.
        columns: From left to right.
        rows: Each has a cell a column, or fewer.
        title: At the left of the headings, or above them where there is no room.
    """
    room = min(screen.width, _WIDEST)
    widths = _widths(columns, rows, room)
    heading = _line(widths, columns, [Cell(each.heading, "dim") for each in columns])[0]
    if title:
        fits = heading.plain[: len(title) + 1].isspace() or not heading.plain
        heading = Text(title, style="bold") + heading[len(title) :] if fits else heading
        if not fits:
            screen.print(Text(wrapped(title, room), style="bold"))
    for line in (heading, *(line for row in rows for line in _line(widths, columns, row, room))):
        screen.print(line, no_wrap=True, overflow="ignore", crop=False)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int) -> dict[int, int]:
    """Return how wide each column is that is shown, by its place."""
    natural = {
        place: max(
            [cell_len(column.heading), *(row[place].width for row in rows if _is_inside(row, place, columns))]
        )
        for place, column in enumerate(columns)
    }
    most = max(_LEAST, room // 2)
    least = {
        place: min(width, most, max(_LEAST, _longest_word(rows, place))) if columns[place].wraps else width
        for place, width in natural.items()
    }
    kept = dict(least)
    for place in sorted(least, key=lambda place: (-columns[place].spare, -place)):
        if columns[place].spare and _total(kept) > room:
            del kept[place]
    left = room - _total(kept)
    for place, width in kept.items():
        more = max(0, min(natural[place] - width, left))
        kept[place], left = width + more, left - more
    return kept


def _is_inside(row: Sequence[Cell], place: int, columns: Sequence[Column]) -> bool:
    """Return whether a row has a cell that takes the width of this column."""
    return place < (len(row) if len(row) == len(columns) else len(row) - 1)


def _longest_word(rows: Sequence[Sequence[Cell]], place: int) -> int:
    words = (word for row in rows if place < len(row) for word in row[place].words.split())
    return max(map(cell_len, words), default=0)


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _line(
    widths: dict[int, int], columns: Sequence[Column], row: Sequence[Cell], room: int = _WIDEST
) -> list[Text]:
    """Return a row as the lines that it takes."""
    blocks: list[tuple[int, int, Cell, bool]] = []
    at = 0
    for place, width in widths.items():
        if place >= len(row):
            continue
        runs_on = not _is_inside(row, place, columns)
        blocks.append((at, room - at if runs_on else width, row[place], columns[place].right and not runs_on))
        at += width + _GAP
    return list(_joined(blocks))


def _joined(blocks: Sequence[tuple[int, int, Cell, bool]]) -> Iterator[Text]:
    cells = [
        [(at, width, words, cell.style, right) for words in cell.lines(width)]
        for at, width, cell, right in blocks
    ]
    for parts in zip_longest(*cells):
        line = Text()
        for part in parts:
            if part is None:
                continue
            at, width, words, style, right = part
            indent = width - cell_len(words) if right else 0
            line.append(" " * max(0, at + indent - cell_len(line.plain)))
            line.append(words, style=style or None)
        line.rstrip()
        yield line
