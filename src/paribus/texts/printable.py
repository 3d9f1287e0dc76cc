"""What shows itself: as HTML in a notebook, as text when it is printed, from one list of blocks."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from paribus.texts.inert import inert, on_one_line


@dataclass(frozen=True)
class Heading:
    """A heading."""

    words: object


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, with what it is about on a line above it.

    Args:
        words: Its sentences; empty where the line above says all.
        about: The line above; empty for none.
    """

    words: object
    about: object = ""


@dataclass(frozen=True)
class Lines:
    """A list, an item a line."""

    items: Sequence[object]


@dataclass(frozen=True)
class Grid:
    """A table of texts."""

    headings: Sequence[object]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class Code:
    """Something to be pasted into a file."""

    source: str


Block: TypeAlias = Heading | Paragraph | Lines | Grid | Code


class Printable(ABC):
    """Shows its `blocks` as HTML in a notebook and as text where it is printed."""

    @abstractmethod
    def blocks(self) -> Iterable[Block]:
        """Return what is shown, in order."""

    def __str__(self) -> str:
        return as_text(self.blocks())

    def _repr_html_(self) -> str:
        return as_html(self.blocks())


def as_html(blocks: Iterable[Block]) -> str:
    """Return blocks as HTML, every text escaped.

    Example:
        >>> as_html([Paragraph("a < b", about="Rule")])
        '<p><strong>Rule</strong><br>a &lt; b</p>'
    """
    return "".join(_html(block) for block in blocks)


def as_text(blocks: Iterable[Block]) -> str:
    """Return blocks as plain text, a blank line between two of them but none before a list.

    Example:
        >>> print(as_text([Heading("Two runs"), Grid(["run", "test"], [["plain", "96.4"], ["l2", "97.8"]])]))
        Two runs
        <BLANKLINE>
        run    test
        plain  96.4
        l2     97.8
    """
    found = ""
    for block in blocks:
        between = "\n" if isinstance(block, Lines) else "\n\n"
        found += (between if found else "") + _text(block)
    return inert(found)


def _html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h4>{_escaped(block.words)}</h4>"
        case Paragraph():
            about = [f"<strong>{_escaped(block.about)}</strong>"] if str(block.about) else []
            words = [_escaped(block.words)] if str(block.words) else []
            return f"<p>{'<br>'.join([*about, *words])}</p>"
        case Lines():
            return f"<ul>{''.join(f'<li>{_escaped(each)}</li>' for each in block.items)}</ul>"
        case Grid():
            head = "".join(f"<th>{_escaped(each)}</th>" for each in block.headings)
            rows = (f"<tr>{''.join(f'<td>{_escaped(each)}</td>' for each in row)}</tr>" for row in block.rows)
            return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        case Code():
            return f"<pre>{_escaped(block.source)}</pre>"


def _text(block: Block) -> str:
    match block:
        case Heading():
            return str(block.words)
        case Paragraph():
            return "\n".join(each for each in (str(block.about), str(block.words)) if each)
        case Lines():
            return "\n".join(f"- {each}" for each in block.items)
        case Grid():
            table = [[on_one_line(str(cell)) for cell in row] for row in (block.headings, *block.rows)]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            lines = (
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table
            )
            return "\n".join(line.rstrip() for line in lines)
        case Code():
            return block.source


def _escaped(words: object) -> str:
    return html.escape(inert(str(words)))
