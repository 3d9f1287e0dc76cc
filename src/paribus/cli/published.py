"""Published figures on the terminal: how many agree, a line each, then the same in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from paribus.analysis.comparability import Comparability
from paribus.analysis.questions.prediction import Agreement, Judgement
from paribus.analysis.questions.published import PublishedComparison, PublishedDifference, Verification
from paribus.cli.grid import Cell, Column, show_grid
from paribus.cli.tables import say, show_indented, show_table
from paribus.report.published import difference_table, figure_table, published_heading, published_notes
from paribus.report.tables import Table
from paribus.texts import text
from paribus.texts.message import Listed
from paribus.texts.quantities import NOTHING

_MARKS: Mapping[Agreement, tuple[str, str]] = {
    Agreement.WITHIN: ("✓", "green"),
    Agreement.DIFFERS: ("✗", "red"),
    Agreement.TOO_FEW_SEEDS: ("?", "yellow"),
    Agreement.TOO_FEW_PUBLISHED: ("?", "yellow"),
    Agreement.NOT_COMPARABLE: ("–", "dim"),
    Agreement.MISSING: ("–", "dim"),
}
_MORE = ("variant", "seeds", "half", "p", "train", "dev", "epochs")
_SPARE = ("p", "half", "epochs", "dev")
"""The columns that a narrow screen goes without, the first of them first."""


def show(screen: Console, verification: Verification, *, whole: bool = False) -> None:
    """Print how many published numbers agree with ours, then each in a line.

    Args:
        screen: Where to print.
        verification: Of a study.
        whole: Whether what may be said of each is told in sentences too.
    """
    if not verification.rows:
        say(screen, text("verify.nothing", study=verification.study.name))
        return
    say(screen, published_heading(verification))
    images = {row.comparability for row in verification.rows}
    if Comparability.STAND_IN in images:
        say(screen, text("verify.not-comparable-stand-in"), "yellow")
    if Comparability.UNVERIFIED in images:
        say(screen, text("verify.note-unverified"), "yellow")
    screen.print()
    _show_lines(screen, verification)
    if any(each.prediction for each in verification.judgements):
        say(screen, text("verify.legend"), "dim")
    if whole:
        _show_details(screen, verification)


def _show_lines(screen: Console, verification: Verification) -> None:
    differences = verification.comparable_differences
    judgements = [each.judgement for each in (*verification.rows, *differences)]
    names = ["verdict", "variant", "published", "ours", "interval"]
    if len(judgements) > 1 and len({each.agreement for each in judgements}) == 1:
        names.remove("verdict")  # the line above says it of all
    if not any(each.prediction for each in judgements):
        names.remove("interval")
    columns = [
        Column(
            "" if name == "verdict" else text(f"verify.column-{name}"),
            right=name in _NUMBERS,
            wraps=name == "variant",
            spare=name == "interval",
        )
        for name in names
    ]
    rows = [[Cell(text("verify.figures"), "bold")]] if differences else []
    rows += _rows(figure_table(verification), verification.rows, names)
    if differences:
        rows.append([Cell(text("verify.differences"), "bold")])
        rows += _rows(difference_table(verification), differences, names)
    show_grid(screen, columns, rows)


_NUMBERS = ("published", "ours", "interval")


def _rows(
    table: Table, items: Sequence[PublishedComparison | PublishedDifference], columns: Sequence[str]
) -> Iterator[list[Cell]]:
    for row, item in zip(table.rows, items, strict=True):
        mark, color = _MARKS[item.judgement.agreement]
        cells = {
            "verdict": Cell(f"{mark} {text(f'verify.short-{item.judgement.agreement}')}", color),
            "variant": Cell(next(iter(row.values()))),
            "published": Cell(row["published"]),
            "ours": Cell(row["ours"]),
            "interval": Cell(row["prediction"] if item.judgement.prediction else NOTHING),
        }
        yield [cells[name] for name in columns]


def _show_details(screen: Console, verification: Verification) -> None:
    screen.print()
    table = figure_table(verification).only(*_MORE)
    show_table(screen, table, text("verify.more"), unwrapped={"variant"}, spare=_SPARE)
    screen.print()
    grid = RichTable.grid()
    for sentence, names in _told(verification).items():
        words = Text(str(Listed(tuple(names))), style="bold")
        grid.add_row(words.append(f"\n{sentence}", style="not bold"))
    show_indented(screen, grid)
    for note in published_notes(verification):
        say(screen, note)


def _told(verification: Verification) -> dict[str, list[str]]:
    """Return what may be said of the published numbers, each sentence with all that it holds for."""
    study = verification.study
    judged: list[tuple[str, Judgement]] = [
        (study.named(row.variant), row.judgement) for row in verification.rows
    ]
    judged += [
        (study.question_title(each.question), each.judgement) for each in verification.comparable_differences
    ]
    found: dict[str, list[str]] = {}
    for name, judgement in judged:
        found.setdefault(str(judgement.sentence), []).append(name)
    return found
