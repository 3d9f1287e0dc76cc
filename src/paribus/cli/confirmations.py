"""Suspected causes on the terminal: a line each with what came of it, then the same in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from paribus.analysis.causes.confirmation import (
    CauseVerdict,
    Confirmation,
    grouped,
    more_seeds,
    together,
)
from paribus.cli.grid import Cell, Column, show_grid
from paribus.cli.tables import detail_grid, say, show_indented
from paribus.texts import text
from paribus.texts.quantities import NOTHING
from paribus.workflow.confirmations import Confirmations

_COLORS = {
    CauseVerdict.CONFIRMED: "green",
    CauseVerdict.NOT_CONFIRMED: "red",
    CauseVerdict.NOT_ENOUGH: "yellow",
}
_MARKS = {CauseVerdict.CONFIRMED: "✓", CauseVerdict.NOT_CONFIRMED: "✗", CauseVerdict.NOT_ENOUGH: "?"}


def show(screen: Console, found: Confirmations, *, whole: bool = False) -> None:
    """Print how many causes are confirmed, then each finding with what was suspected of it, a line each.

    Args:
        screen: Where to print.
        found: From `paribus.confirm`.
        whole: Whether what came of each is told in sentences too.
    """
    say(screen, found.heading)
    if not found:
        return
    screen.print()
    columns = [
        Column(),
        Column(text("confirm.column-cause"), wraps=True),
        Column(text("confirm.column-gone"), right=True),
        Column(text("confirm.column-test"), right=True, spare=1),
    ]
    show_grid(screen, columns, list(_rows(found)))
    say(screen, text("confirm.legend"), "dim")
    if words := more_seeds(found):
        say(screen, str(words))
    if whole:
        _show_sentences(screen, found)


def _rows(found: Confirmations) -> Iterator[list[Cell]]:
    for (variant, code), group in grouped(found).items():
        yield [Cell(f"{_about(found, variant, group)}  {code}", "bold")]
        for each in group:
            yield list(_cells(each))


def _cells(each: Confirmation) -> Iterator[Cell]:
    words = f"{_MARKS[each.verdict]} {text(f'confirm.verdict-{each.verdict}')}"
    yield Cell(words, _COLORS[each.verdict])
    yield Cell(str(each.ablation.cause))
    yield Cell(f"{each.gone}/{each.counted}" if each.counted else NOTHING)
    accuracies = each.mean_accuracies
    test = NOTHING if accuracies is None else text("confirm.test", before=accuracies[0], after=accuracies[1])
    yield Cell(test)


def _about(found: Confirmations, variant: str, group: list[Confirmation]) -> str:
    return text("confirm.about", variant=found.study.named(variant), title=str(group[0].ablation.title))


def _show_sentences(screen: Console, found: Confirmations) -> None:
    for (variant, code), group in grouped(found).items():
        heading = Text(f"\n{_about(found, variant, group)}", style="bold")
        heading.append(f"  {code}", style="dim not bold")
        screen.print(heading)
        grid = detail_grid()
        for each in group:
            verdict = Text(text(f"confirm.verdict-{each.verdict}"), style=_COLORS[each.verdict])
            grid.add_row(verdict, Text(str(each.tried)))
            grid.add_row("", Text(str(each.sentence)))
        if words := together(group):
            grid.add_row("", Text(str(words)))
        show_indented(screen, grid)
