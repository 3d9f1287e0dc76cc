"""Simulate what repeated looking costs and does to a fixed test, and write it to docs/sequential.md.

    python -m benchmarks.anytime

The figures go to benchmarks/anytime.json, and from there to the page's tables.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from paribus.analysis.questions.anytime import EFFECT, e_process, moments
from paribus.analysis.questions.tails import ALPHA

ROOT = Path(__file__).parent.parent
MEASURED = ROOT / "benchmarks" / "anytime.json"
PAGE = ROOT / "docs" / "sequential.md"
STUDIES, SEEDS, SEED = 10_000, 100, 20_261_125
EFFECTS, QUESTIONS = (0.5, 1, 2, 4, 8), (1, 5, 15)
MIXTURES = (0.5, 1.0, 2.0, 4.0)

_BETWEEN = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
Draw = Callable[[np.random.Generator, tuple[int, int]], NDArray[Any]]
NULLS: dict[str, Draw] = {
    "normal": lambda draw, shape: draw.normal(size=shape),
    "heavy tails (t, 3 degrees of freedom)": lambda draw, shape: draw.standard_t(3, shape) / np.sqrt(3),
    "skewed (exponential)": lambda draw, shape: draw.exponential(size=shape) - 1,
    "now and then far off (1 in 10, five times as wide)": lambda draw, shape: (
        draw.normal(size=shape) * np.where(draw.random(shape) < 0.1, 5, 1) / np.sqrt(3.4)
    ),
    "coarse (whole standard deviations)": lambda draw, shape: np.rint(draw.normal(size=shape)),
}
"""Differences of mean 0 and standard deviation about 1."""


def measure() -> dict[str, Any]:
    """Simulate every figure of the page."""
    draw = np.random.default_rng(SEED)
    nulls = {name: made(draw, (STUDIES, SEEDS)) for name, made in NULLS.items()}
    normal = nulls["normal"]
    return {
        "studies": STUDIES,
        "seeds": SEEDS,
        "effect": EFFECT,
        "alarms": [{"differences": name, **_alarms(values)} for name, values in nulls.items()],
        "price": [_price(effect, normal + effect) for effect in EFFECTS],
        "equivalence": [_equivalence(margin, normal) for margin in (1, 2, 4)],
        "mixtures": [
            {"effect": c, "median": [_first(e_process(normal + d, effect=c), 1)[0] for d in EFFECTS]}
            for c in MIXTURES
        ],
    }


def _alarms(values: NDArray[Any]) -> dict[str, float]:
    fixed = np.stack(
        [stats.ttest_1samp(values[:, :seeds], 0, axis=1).pvalue <= ALPHA for seeds in range(2, 31)]
    )
    process = e_process(values)
    edge = values + 1.0  # the margin is 1 standard deviation, and the mean on it
    less = e_process(edge, null=1.0, side="less")
    greater = e_process(edge, null=-1.0, side="greater")
    both = np.minimum(*(np.maximum.accumulate(each, axis=1) for each in (less, greater)))
    return {
        "fixed_at_5": float(fixed[3].mean()),
        "fixed_every_time": float(fixed.any(axis=0).mean()),
        "sequential_to_30": float((process[:, :30] >= 1 / ALPHA).any(axis=1).mean()),
        "sequential_to_100": float((process >= 1 / ALPHA).any(axis=1).mean()),
        "equivalence_to_100": float((both >= 1 / ALPHA).any(axis=1).mean()),
    }


def _price(effect: float, values: NDArray[Any]) -> dict[str, Any]:
    process = e_process(values)
    return {
        "effect": effect,
        "fixed": [_fixed(values, questions) for questions in QUESTIONS],
        "sequential": [_first(process, questions) for questions in QUESTIONS],
    }


def _fixed(values: NDArray[Any], questions: int) -> int | None:
    """Return the fewest seeds with which a Bonferroni-adjusted t-test finds the effect in 9 of 10 studies."""
    mean, deviation = moments(values)
    seeds = np.arange(2, SEEDS + 1)
    t = mean[:, 1:] / deviation[:, 1:] * np.sqrt(seeds)
    found = np.abs(t) >= stats.t.isf(ALPHA / questions / 2, seeds - 1)
    enough = seeds[found.mean(axis=0) >= 0.9]
    return int(enough[0]) if len(enough) else None


def _first(process: NDArray[Any], questions: int) -> list[int | None]:
    """Return the seeds after which half and nine of ten studies are decided; None beyond those drawn."""
    reached = process >= questions / ALPHA
    first = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, SEEDS + 1)
    counts = [int(np.quantile(first, share, method="higher")) for share in (0.5, 0.9)]
    return [count if count <= SEEDS else None for count in counts]


def _equivalence(margin: float, values: NDArray[Any]) -> dict[str, Any]:
    both = np.minimum(
        np.maximum.accumulate(e_process(values, null=margin, side="less"), axis=1),
        np.maximum.accumulate(e_process(values, null=-margin, side="greater"), axis=1),
    )
    for seeds in range(2, SEEDS):
        few = values[:, :seeds]
        above = stats.ttest_1samp(few, -margin, axis=1, alternative="greater").pvalue
        below = stats.ttest_1samp(few, margin, axis=1, alternative="less").pvalue
        if (np.maximum(above, below) <= ALPHA).mean() >= 0.9:
            return {"margin": margin, "fixed": seeds, "sequential": _first(both, 1)}
    raise ValueError(margin)


def filled(page: str, measured: dict[str, Any]) -> str:
    """Return the page with new tables; hand-written text is unchanged."""
    return _BETWEEN.sub(lambda found: f"{found[1]}\n{TABLES[found[2]](measured)}\n{found[3]}", page)


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _alarm_table(measured: dict[str, Any]) -> str:
    columns = (
        "fixed_at_5",
        "fixed_every_time",
        "sequential_to_30",
        "sequential_to_100",
        "equivalence_to_100",
    )
    headings = (
        "differences",
        "t-test, once, at 5 seeds",
        "t-test, after every seed from 2 to 30",
        "sequential, after every seed to 30",
        f"sequential, to {measured['seeds']}",
        f"equivalence at the margin's edge, to {measured['seeds']}",
    )
    rows = [
        [each["differences"], *(f"{100 * each[name]:.1f}" for name in columns)] for each in measured["alarms"]
    ]
    return _table(headings, rows)


def _counts(pair: Sequence[int | None]) -> str:
    return ", ".join("> 100" if count is None else str(count) for count in pair)


def _price_table(measured: dict[str, Any]) -> str:
    asked = ["1 question" if number == 1 else f"{number} questions" for number in QUESTIONS]
    headings = ["mean / spread", *(f"{each}: {kind}" for each in asked for kind in ("fixed", "sequential"))]
    rows = [
        [
            f"{each['effect']:g}",
            *(
                cell
                for fixed, looked in zip(each["fixed"], each["sequential"], strict=True)
                for cell in (_counts([fixed]), _counts(looked))
            ),
        ]
        for each in measured["price"]
    ]
    return _table(headings, rows)


def _equivalence_table(measured: dict[str, Any]) -> str:
    rows = [
        [f"{each['margin']:g}", str(each["fixed"]), _counts(each["sequential"])]
        for each in measured["equivalence"]
    ]
    return _table(("margin / spread", "fixed", "sequential"), rows)


def _mixture_table(measured: dict[str, Any]) -> str:
    headings = ["c", *(f"mean / spread {effect:g}" for effect in EFFECTS)]
    rows = [[f"{each['effect']:g}", *(_counts([n]) for n in each["median"])] for each in measured["mixtures"]]
    return _table(headings, rows)


TABLES = {
    "alarms": _alarm_table,
    "price": _price_table,
    "equivalence": _equivalence_table,
    "mixtures": _mixture_table,
}


def main() -> int:
    """Simulate, then update the page."""
    measured = measure()
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), measured), encoding="utf-8")
    print(f"Written: {MEASURED.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
