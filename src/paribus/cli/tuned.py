"""What tuning found on the terminal: each question at both settings, and each variant's choice."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from paribus.cli.tables import say, show_table
from paribus.report import early_end
from paribus.report.material import Material
from paribus.report.tuned_answers import asked_twice
from paribus.report.tuning import answer_table, expected_lines, notes, variant_table, warnings
from paribus.texts import text

_SPARE_ANSWERS = ("variants", "shared-difference")
_SPARE_VARIANTS = ("enough", "epochs", "tries", "written", "test-shared")
"""The columns of each table that a narrow screen goes without, the first of them first."""


def show(screen: Console, material: Material, *, whole: bool = False) -> None:
    """Print both comparisons; nothing where nothing is tuned.

    Args:
        screen: Where to print.
        material: Of the study.
        whole: Whether what was found for each variant is printed too; else what to beware of.
    """
    found = material.tuned
    if found is None:
        return
    if whole:
        say(screen, text("tune.about"))
    else:
        screen.print()
    if asked := [*asked_twice(found)]:
        table = answer_table(found)
        show_table(screen, table, text("tune.heading"), unwrapped={"variants"}, spare=_SPARE_ANSWERS)
    else:
        screen.print(Text(text("tune.heading"), style="bold"))
    if not whole:
        for line in warnings(found):
            say(screen, line, "yellow")
        return
    for each in asked:
        if each.best.is_answered:
            say(screen, " ".join((f"{each.title}.", text("tune.at-best"), *each.best.sentences)))
    table = variant_table(found, material.rows_by_variant)
    show_table(screen, table, text("tune.caption-variants"), unwrapped={"variant"}, spare=_SPARE_VARIANTS)
    for line in (*notes(found), *early_end.notes(found), *expected_lines(found)):
        say(screen, line)
    if (ended := early_end.ended_table(found)) is not None:
        show_table(screen, ended, text("tune.caption-ended"), unwrapped={"variant", "ended"})
