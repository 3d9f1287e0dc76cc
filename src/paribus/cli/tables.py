"""Tables on the terminal: a plan, image sets, checks, and what every table is drawn with."""

from __future__ import annotations

import os
from collections.abc import Container, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from paribus.cli.layout import lay_out, shown, wrapped
from paribus.data.availability import Availability, State
from paribus.record.run import DataUsed
from paribus.report.folding import MAX_IN_FULL
from paribus.report.tables import Table, label, make_table, title
from paribus.study.datasets import DataFacts
from paribus.texts import number, text, translated
from paribus.texts.message import Listed
from paribus.workflow.doctor import Check
from paribus.workflow.planned import StudyPlan
from paribus.workflow.screen import Screen

_LOG_WIDTH = 100
_NAMED = 3
_SPARE = ("path", "weights", "updates", "images", "changes", "epochs", "status")
"""The columns of a plan that a narrow screen goes without, the first of them first."""


def console(*, stderr: bool = False) -> Console:
    """Return where tables are drawn: as wide as the terminal or `COLUMNS` says, as a log is otherwise."""
    made = Screen(stderr=stderr, highlight=False)
    if made.is_terminal or os.environ.get("COLUMNS", "").isdigit():
        return made
    return Screen(stderr=stderr, highlight=False, width=_LOG_WIDTH)


def say(screen: Console, line: str, style: str = "") -> None:
    """Print a line of plain text, whatever characters it has.

    A terminal's lines are wrapped between words, and a longer word, such as a path, is left whole; a log's
    are not wrapped.
    """
    words = wrapped(line, screen.width) if screen.is_terminal else line
    screen.print(Text(words, style=style), soft_wrap=True)


def show_table(
    screen: Console,
    table: Table,
    heading: str,
    *,
    unwrapped: Container[str] = (),
    spare: Sequence[str] = (),
    dim: Container[int] = (),
) -> None:
    """Print a table, what must be known to read it, and for which columns there was no room.

    Args:
        screen: Where to draw.
        table: From `paribus.report.tables`.
        heading: Above it.
        unwrapped: The columns of texts whose lines are not wrapped where that can be avoided.
        spare: The columns that are left out first on a narrow screen, in this order.
        dim: The places of the rows that are printed dim.
    """
    from rich import box

    layout = lay_out(table, screen.width, unwrapped=unwrapped, spare=spare)
    drawn = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name, width in layout.widths.items():
        justify = "right" if name in table.numbers else "left"
        drawn.add_column(Text(shown(table.headings[name])), justify=justify, overflow="fold", width=width)
    for place, row in enumerate(table.rows):
        cells = (Text(shown(row[name])) for name in layout.widths)
        drawn.add_row(*cells, style="dim" if place in dim else None)
    screen.print(Text(heading, style="bold"))
    screen.print(drawn)
    for note in table.notes:
        say(screen, note)
    if layout.left_out:
        names = ", ".join(table.headings[name] for name in layout.left_out)
        say(screen, text("cli.left-out", columns=names, width=layout.needed))


def detail_grid(*, label_style: str = "") -> RichTable:
    """Return an empty grid of labels and what is said under them."""
    grid = RichTable.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style=label_style)
    grid.add_column(overflow="fold")
    return grid


def show_indented(screen: Console, grid: RichTable) -> None:
    """Print a grid below the line that it belongs to."""
    screen.print(Padding(grid, (0, 0, 0, 2), expand=False))


def data_line(used: DataUsed, facts: DataFacts) -> str:
    """Return which images, or other examples, these are, in a line."""
    if not used.train:
        return text("cli.data-own", file=used.name, digest=used.sha256[:12])
    return text(
        "cli.data-used",
        examples=facts.examples,
        label=label(used),
        train=number(used.train, ","),
        test=number(used.test, ","),
        digest=used.sha256[:12],
    )


def show_plan(screen: Console, planned: StudyPlan) -> None:
    """Print how many runs are missing and how long they take, then what each variant changes."""
    for line in planned.lines:
        say(screen, line)
    screen.print()
    table, further = planned.first(MAX_IN_FULL)
    unwrapped = table.headings.keys() - {"changes"}
    show_table(screen, table, title(planned.training.study), unwrapped=unwrapped, spare=_SPARE)
    if further:
        say(screen, text("cli.overview.more-variants", count=further))
    if planned.cluster is not None and planned.cluster.table_rows:
        show_table(screen, planned.cluster.table, text("cluster.title"))
    if planned.power is not None:
        show_table(screen, planned.power.table, text("power.title"), unwrapped={"question"})


def show_checks(screen: Console, checks: Sequence[Check]) -> None:
    """Print what `paribus doctor` looked at; what was found alike comes once."""
    checked = RichTable(box=None, show_header=False, padding=(0, 1))
    groups: dict[tuple[str, bool], list[str]] = {}
    for check in checks:
        groups.setdefault((check.found, check.holds), []).append(check.name)
    for (found, holds), names in groups.items():
        mark = "[green]✓[/]" if holds else "[bold red]✗[/]"
        checked.add_row(mark, escape(str(Listed(tuple(names), _NAMED if holds else None))), escape(found))
    screen.print(checked)


def show_data(screen: Console, sets: Sequence[Availability], *, ways: bool) -> None:
    """Print image sets, what this machine has of them, and in which `ways` missing ones are had."""
    rows = [
        {
            "name": each.name,
            "images": f"{number(each.train, ',')} + {number(each.test, ',')}",
            "shape": " × ".join(str(side) for side in each.entry.images.shape),
            "licence": translated(each.entry.licence),
            "state": text(f"cli.data.state-{each.state.value}"),
            "stand-in": text("cli.data.yes") if each.has_stand_in else "",
        }
        for each in sets
    ]
    drawn = make_table("cli.data.", rows, {"name", "images", "shape", "licence", "state", "stand-in"})
    show_table(screen, drawn, text("cli.data.title"), unwrapped=drawn.headings.keys() - {"licence"})
    for each in sets:
        if each.origin:
            say(screen, text("cli.data.origin", name=each.name, origin=each.origin, digest=each.sha256))
    for each in sets:
        if each.problem and (ways or each.state is not State.MISSING):
            say(screen, "\n" + each.problem)
    if not ways and any(each.state is State.MISSING for each in sets):
        say(screen, text("cli.data.how"))
