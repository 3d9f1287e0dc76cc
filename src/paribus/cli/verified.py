"""What `paribus verify` draws: ours beside the published figures, and what may be said of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.markup import escape
from rich.table import Table

from paribus.analysis import table
from paribus.analysis.answer import chance
from paribus.analysis.published import Standing
from paribus.analysis.verification import Against, Agreement
from paribus.cli.tables import console, say
from paribus.texts import text, translated

_COLUMNS = (
    "variant",
    "published",
    "ours",
    "seeds",
    "prediction",
    "p",
    "train",
    "dev",
    "epochs",
    "data",
    "verdict",
)


def show(study: str, rows: Sequence[Against]) -> None:
    """The table, then what must be known to read it.

    Args:
        study: Its name.
        rows: Its rows, from `Results.verification`.
    """
    screen = console()
    if not rows:
        say(screen, text("verify.nothing", study=study))
        return
    drawn = Table(
        title=escape(text("verify.title", study=study)),
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column in _COLUMNS:
        left = column in {"variant", "data", "verdict"}
        drawn.add_column(text(f"verify.column-{column}"), justify="left" if left else "right")
    for row in rows:
        drawn.add_row(*map(escape, _cells(row)))
    screen.print(drawn)
    for note in _notes(rows):
        say(screen, note)


def _cells(row: Against) -> tuple[str, ...]:
    published, ours = row.published, row.ours
    low, high = row.interval or (None, None)
    return (
        row.variant,
        table.percent(published.test),
        table.percent(ours.test),
        str(len(row.seeds)),
        table.NOTHING if low is None else f"{table.percent(low)}–{table.percent(high)}",
        chance(row.p_adjusted),
        _pair(published.train, ours.train),
        _pair(published.dev, ours.dev),
        f"{published.epochs or table.NOTHING} / {table.span(ours.epochs)}",
        text(f"verify.data-{row.standing}") if row.seeds else table.NOTHING,
        text(f"verify.verdict-{row.agreement}"),
    )


def _pair(published: float | None, ours: float | None) -> str:
    return f"{table.percent(published)} / {table.percent(ours)}"


def _notes(rows: Sequence[Against]) -> list[str]:
    kinds = {row.agreement for row in rows}
    notes = [text("verify.note-method")] if kinds & {Agreement.HOLDS, Agreement.DIFFERS} else []
    notes += [
        text(f"verify.note-{kind}")
        for kind in (Agreement.UNDECIDED, Agreement.MISSING, Agreement.NOT_COMPARABLE)
        if kind in kinds
    ]
    if any(row.standing is Standing.UNVERIFIED for row in rows):
        notes.append(text("verify.note-unverified"))
    return notes + [
        text("verify.note-row", variant=row.variant, note=translated(row.published.note))
        for row in rows
        if row.published.note
    ]
