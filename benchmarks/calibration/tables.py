"""The tables of docs/statistics.md and docs/sequential.md, from benchmarks/calibration.json."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from benchmarks.calibration.crossed import SEEDS as CROSSED_SEEDS
from benchmarks.calibration.fixed import QUESTIONS
from benchmarks.calibration.price import EFFECTS, POWER_SEEDS, SEEDS
from benchmarks.calibration.ranking import KINDS

_BETWEEN = re.compile(r"(<!-- measured: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_ASKED = ["1 question", *(f"{number} questions" for number in QUESTIONS[1:])]

Measured = Mapping[str, Any]


def filled(page: str, measured: Measured) -> str:
    """Return the page with new tables; hand-written text is unchanged."""
    return _BETWEEN.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](measured)}\n{found[3]}", page)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def percent(share: float) -> str:
    """Format a share in percent."""
    return f"{100 * share:.1f}"


def _change(before: float, now: float) -> str:
    return f"{percent(before)} → {percent(now)}"


def _changes(row: Measured, before: str, now: str) -> list[str]:
    return [_change(*pair) for pair in zip(row[before], row[now], strict=True)]


def _false_verdicts(measured: Measured) -> str:
    rows = [
        [row["differences"], str(row["seeds"]), *_changes(row, "before", "now"), percent(row["coverage"])]
        for row in measured["fixed"]["false"]
    ]
    return table(["differences", "seeds", *_ASKED, "interval covers"], rows)


def _false_equivalence(measured: Measured) -> str:
    rows = [
        [row["differences"], str(row["seeds"]), *_changes(row, "equivalence_before", "equivalence_now")]
        for row in measured["fixed"]["false"]
    ]
    return table(["differences", "seeds", *_ASKED], rows)


def _sign_flip(measured: Measured) -> str:
    rows: dict[str, list[str]] = {}
    for row in measured["fixed"]["sign_flip"]:
        rows.setdefault(row["differences"], []).append(percent(row["rate"]))
    seeds = dict.fromkeys(f"{row['seeds']} seeds" for row in measured["fixed"]["sign_flip"])
    return table(["differences", *seeds], [[name, *rates] for name, rates in rows.items()])


def _hidden_failures(measured: Measured) -> str:
    keys = ("none_failed", "before", "better", "less-reliable")
    rows = [[str(row["seeds"]), *(percent(row[key]) for key in keys)] for row in measured["fixed"]["gain"]]
    return table(["seeds", "no run fails", "better, t-test", "better, now", "less reliable, now"], rows)


def _crossed(measured: Measured) -> str:
    by_shape: dict[str, list[Measured]] = {}
    for row in measured["crossed"]["once"]:
        by_shape.setdefault(row["differences"], []).append(row)
    rows = [
        [shape, what, *(percent(row[key]) for row in found)]
        for shape, found in by_shape.items()
        for what, key in (
            ("false, t-test", "before"),
            ("false, now", "now"),
            ("interval covers, now", "coverage"),
        )
    ]
    return table(["varies by seed", "", *(f"{seeds} seeds" for seeds in CROSSED_SEEDS)], rows)


def _power(questions: int) -> Callable[[Measured], str]:
    def tabulate(measured: Measured) -> str:
        rows = [
            [f"{row['effect']:g}", *_changes(row, "before", "now")]
            for row in measured["price"]["power"]
            if row["questions"] == questions
        ]
        return table(["difference", *(f"{seeds} seeds" for seeds in POWER_SEEDS)], rows)

    return tabulate


def _seeds_needed(measured: Measured) -> str:
    rows = [
        [
            f"{row['effect']:g}",
            *(
                f"{before} → {_counts([now])}"
                for before, now in zip(row["before"], row["fixed"], strict=True)
            ),
        ]
        for row in measured["price"]["seeds"]
    ]
    return table(["difference", *_ASKED], rows)


def _looking(measured: Measured) -> str:
    rows = [
        [
            row["differences"],
            *_changes(row, "before", "now"),
            *map(percent, row["equivalence_now"]),
            percent(row["coverage"]),
        ]
        for row in measured["sequential"]
    ]
    equivalent = [f"equivalent, {number}" for number in QUESTIONS]
    return table(["differences", *_ASKED, *equivalent, "interval covers"], rows)


def _crossed_looking(measured: Measured) -> str:
    rows = [
        [row["differences"], _change(row["before"], row["now"])] for row in measured["crossed"]["looking"]
    ]
    return table(["varies by seed", "t-test → sequential"], rows)


def _counts(counts: Sequence[int | None]) -> str:
    return ", ".join(f"> {SEEDS}" if count is None else str(count) for count in counts)


def _price(measured: Measured) -> str:
    headings = ["difference", *(f"{each}: {kind}" for each in _ASKED for kind in ("fixed", "looking"))]
    rows = [
        [
            f"{row['effect']:g}",
            *(
                cell
                for fixed, looking in zip(row["fixed"], row["looking"], strict=True)
                for cell in (_counts([fixed]), _counts(looking))
            ),
        ]
        for row in measured["price"]["seeds"]
    ]
    return table(headings, rows)


def _equivalence_price(measured: Measured) -> str:
    rows = [
        [f"{row['margin']:g}", str(row["fixed"]), _counts(row["looking"])]
        for row in measured["price"]["equivalence"]
    ]
    return table(["margin", "fixed", "looking"], rows)


def _mixtures(measured: Measured) -> str:
    rows = [
        [f"{row['effect']:g}", *(_counts([count]) for count in row["median"])]
        for row in measured["price"]["mixtures"]
    ]
    return table(["c", *(f"difference {effect:g}" for effect in EFFECTS)], rows)


def _rankings(measured: Measured) -> str:
    rows = [
        [
            row["differences"],
            str(row["variants"]),
            str(row["seeds"]),
            *(percent(row[key]) for key in (*KINDS, "coverage", "tukey")),
        ]
        for row in measured["ranking"]["false"]
    ]
    kinds = [f"`{kind}`" for kind in KINDS]
    return table(["values", "variants", "seeds", *kinds, "all covered", "Tukey in blocks"], rows)


def _rankings_failing(measured: Measured) -> str:
    rows = [
        [row["differences"], str(row["variants"]), str(row["seeds"]), *(percent(row[kind]) for kind in KINDS)]
        for row in measured["ranking"]["failing"]
    ]
    return table(["runs", "variants", "seeds", *(f"`{kind}`" for kind in KINDS)], rows)


def _ranking_power(measured: Measured) -> str:
    rows = [
        [str(row["variants"]), str(row["seeds"]), *(percent(row[kind]) for kind in KINDS)]
        for row in measured["ranking"]["power"]
    ]
    return table(["variants", "seeds", *(f"`{kind}`" for kind in KINDS)], rows)


STATISTICS: dict[str, Callable[[Measured], str]] = {
    "rankings": _rankings,
    "rankings-failing": _rankings_failing,
    "ranking-power": _ranking_power,
    "false-verdicts": _false_verdicts,
    "false-equivalence": _false_equivalence,
    "sign-flip": _sign_flip,
    "hidden-failures": _hidden_failures,
    "crossed": _crossed,
    "power": _power(1),
    "power-of-fifteen": _power(15),
    "seeds-needed": _seeds_needed,
}
SEQUENTIAL: dict[str, Callable[[Measured], str]] = {
    "looking": _looking,
    "crossed-looking": _crossed_looking,
    "price": _price,
    "equivalence-price": _equivalence_price,
    "mixtures": _mixtures,
}
TABLES = STATISTICS | SEQUENTIAL
