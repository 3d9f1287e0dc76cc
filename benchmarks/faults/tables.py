"""The tables of docs/benchmark.md, from what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.faults.programs import HEALTHY, SPLITS, Program, programs

Row = Mapping[str, Any]
Measured = Mapping[str, Sequence[Row]]

_BETWEEN = re.compile(r"(<!-- measured: (faults[\w-]*) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, measured: Measured) -> str:
    """Return the page with new tables; hand-written text is unchanged."""
    return _BETWEEN.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](measured)}\n{found[3]}", page)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def ratio(part: int, whole: int) -> str:
    """Format a share with its counts.

    Example:
        >>> ratio(3, 4), ratio(0, 0)
        ('0.75 (3 of 4)', '–')
    """
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "–"


def recall(rows: Iterable[Row]) -> str:
    """Format the share of faults of which a setting is named."""
    rows = list(rows)
    return ratio(sum(row["hit"] for row in rows), sum(row["faults"] for row in rows))


def precision(rows: Iterable[Row]) -> str:
    """Format the share of named settings that the truth has."""
    rows = list(rows)
    right = sum(len(row["right"]) for row in rows)
    return ratio(right, right + sum(len(row["wrong"]) for row in rows))


def _by_kind(measured: Measured) -> str:
    kinds = [*sorted({each.kind for each in programs()} - {HEALTHY}), "all faults", HEALTHY, "all"]
    splits = [split for split in SPLITS if split in measured]
    headings = ["fault", *(f"{split}: {what}" for split in splits for what in ("recall", "precision"))]
    rows = [
        [kind, *(each(_of_kind(measured[split], kind)) for split in splits for each in (recall, precision))]
        for kind in kinds
    ]
    return table(headings, rows)


def _of_kind(rows: Iterable[Row], kind: str) -> list[Row]:
    if kind == "all faults":
        return [row for row in rows if row["kind"] != HEALTHY]
    return [row for row in rows if kind in (row["kind"], "all")]


def _alarms(measured: Measured) -> str:
    rows = [
        [split, ratio(sum(bool(row["found"]) for row in healthy), len(healthy))]
        for split in SPLITS
        if split in measured
        for healthy in [_of_kind(measured[split], HEALTHY)]
    ]
    return table(["half", "healthy programs with a warning or worse"], rows)


def _cases(measured: Measured) -> str:
    by_name = {each.case: each for each in programs()}
    rows = [_case(by_name[row["case"]], row) for split in SPLITS for row in measured.get(split, ())]
    return table(("program", "half", "truth", "test accuracy", "repaired", "named", "wrongly named"), rows)


def _case(program: Program, row: Row) -> list[str]:
    faults = "; ".join(f"`{fault[0]}`" for fault in program.faults) or "nothing is wrong"
    hit = f"{row['hit']} of {row['faults']}" if row["faults"] else ""
    return [
        f"`{program.case}`",
        program.split,
        f"{faults}{': ' if program.cause else ''}{program.cause}",
        _percent(row["test_accuracy"]),
        _percent(row.get("repaired_accuracy", ())),
        hit,
        ", ".join(f"`{each}`" for each in row["wrong"]) or _unnamed(row),
    ]


def _unnamed(row: Row) -> str:
    return "" if row["faults"] else ", ".join(f"({code})" for code in row["found"])


def _percent(accuracies: Iterable[float]) -> str:
    return ", ".join(f"{100 * each:.1f}" for each in accuracies)


TABLES: dict[str, Callable[[Measured], str]] = {
    "faults": _by_kind,
    "faults-alarms": _alarms,
    "faults-cases": _cases,
}
