"""The tables of docs/diagnosis.md on the hold-out, from what was measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.faults.tables import table

FIRST_SET, FRESH_SET, WIDER_SET = ("first", "mended"), ("fresh", "fresh, mended"), ("wider", "wider, mended")
"""The passes over each set of cases: with the rules before and after they were corrected on it."""

_BETWEEN = re.compile(r"(<!-- measured: (holdout[\w-]*) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str, measured: Mapping[str, Any]) -> str:
    """Return the page with new tables; hand-written text is unchanged."""
    return _BETWEEN.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](measured)}\n{found[3]}", page)


def _counts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    faults = [row for row in rows if row["fault"]]
    missed = sum(bool(row["missed"]) for row in faults)
    alarmed = sum(bool(row["alarms"]) for row in rows)
    hits = [f"{len(faults) - missed} of {len(faults)}", str(missed)] if faults else ["", ""]
    return [*hits, f"{alarmed} of {len(rows)}"]


def _named_causes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [row["named"] for row in rows if "named" in row]
    return [f"{sum(told)} of {len(told)}" if told else ""]


def _summary(measured: Mapping[str, Any], passes: Sequence[str], *, causes: bool = False) -> str:
    """Tabulate hits, misses, false alarms and, on demand, named causes, by kind and pass."""
    passes = [each for each in passes if each in measured]
    headings = ["what was built in"]
    for each in passes:
        headings += [f"{each}: hits", "misses", "false alarms", *(["cause named"] if causes else [])]
    kinds = [*dict.fromkeys(row["kind"] for each in passes[:1] for row in measured[each]), "all"]
    rows = []
    for kind in kinds:
        cells = [kind]
        for each in passes:
            of_kind = [row for row in measured[each] if kind in (row["kind"], "all")]
            cells += [*_counts(of_kind), *(_named_causes(of_kind) if causes else [])]
        rows.append(cells)
    return table(headings, rows)


def _cases(measured: Mapping[str, Any], passes: Sequence[str]) -> str:
    """Tabulate every case of a set with its outcome in each pass."""
    passes = [each for each in passes if each in measured]
    verdicts = [{(row["data"], row["case"]): verdict(row) for row in measured[each]} for each in passes]
    rows = [
        [*described(row), *(each[row["data"], row["case"]] for each in verdicts)]
        for name in passes[:1]
        for row in measured[name]
    ]
    return table(("case", "truth", "test accuracy", *passes), rows)


def described(row: Mapping[str, Any]) -> list[str]:
    """Return a case's name, its truth and its accuracy, in words."""
    accuracy = ", ".join(f"{100 * each:.1f}" for each in row["test_accuracy"])
    return [f"{row['data']} `{row['case']}`", row["truth"], accuracy]


def verdict(row: Mapping[str, Any]) -> str:
    """Return what was missed of a case and what was a false alarm, in words."""
    errors = [f"missed: {_any(any_of)}" for any_of in row["missed"]]
    errors += [f"false alarm: `{code}`" for code in row["alarms"]]
    return "; ".join(errors) or ("hit" if row["fault"] else "no alarm")


def _any(codes: Sequence[str]) -> str:
    told = [f"`{code}`" for code in codes] or ["its cause"]
    return " or ".join(told) if len(told) < 4 else f"{', '.join(told[:2])} or any of {len(told) - 2} more"


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "holdout": partial(_summary, passes=FIRST_SET),
    "holdout-fresh": partial(_summary, passes=FRESH_SET),
    "holdout-wider": partial(_summary, passes=WIDER_SET, causes=True),
    "holdout-cases": partial(_cases, passes=FIRST_SET),
    "holdout-fresh-cases": partial(_cases, passes=FRESH_SET),
    "holdout-wider-cases": partial(_cases, passes=WIDER_SET),
}
