"""How often answers to questions about factors are wrong: simulated studies, in docs/statistics.md.

Run ``python -m benchmarks.designs``. Every study has one question, of the level 5 %. A claim is made where
the first step of Holm's method makes one; under the null there is no other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.tails import ALPHA, critical
from paribus.analysis.questions.trend import rank_weights

STUDIES = 10_000
SEEDS = (3, 5, 10)
DOSES = 4
EFFECTS = (1.0, 2.0, 4.0)
Floats: TypeAlias = NDArray[np.float64]

DRAWS: Mapping[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": lambda draw, shape: draw.normal(size=shape),
    "exponential": lambda draw, shape: draw.exponential(size=shape) - 1,
    "heavy tails": lambda draw, shape: draw.standard_t(3, size=shape),
    "one level varies five times as much": lambda draw, shape: (
        draw.normal(size=shape) * np.array([1.0] * (shape[-1] - 1) + [5.0])
    ),
}
_PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
_BEGIN, _END = "<!-- simulated: designs -->", "<!-- end of designs -->"


def trend_contrasts(doses: int = DOSES) -> tuple[Floats, Floats]:
    """Return the weights of a trend question's contrasts, and their shares, the trend first."""
    pairs = list(itertools.combinations(range(doses), 2))
    weights = [rank_weights(doses)]
    for low, high in pairs:
        weights.append(tuple(float(place == high) - float(place == low) for place in range(doses)))
    return np.array(weights), np.array([0.5] + [0.5 / len(pairs)] * len(pairs))


def factor_contrasts(factors: int = 3) -> tuple[Floats, Floats]:
    """Return the weights of main effects and two-way interactions of two-level factors, and their shares."""
    cells = np.array(list(itertools.product((-1, 1), repeat=factors)), np.float64)
    columns = [cells[:, place] for place in range(factors)]
    columns += [2 * one * other for one, other in itertools.combinations(columns, 2)]
    weights = np.array(columns) / (len(cells) / 2)
    return weights, np.full(len(weights), 1 / len(weights))


def t_values(scores: Floats, weights: Floats) -> Floats:
    """Return t of every contrast, of scores of the shape (studies, seeds, levels)."""
    by_seed = scores @ weights.T
    seeds = scores.shape[1]
    return by_seed.mean(1) / (by_seed.std(1, ddof=1) / np.sqrt(seeds))


def claimed(scores: Floats, weights: Floats, shares: Floats) -> NDArray[np.bool_]:
    """Return which contrasts are claimed, by the first step of Holm's method."""
    seeds = scores.shape[1]
    least = np.array([critical(seeds - 1, ALPHA * float(share), seeds) for share in shares])
    return np.abs(t_values(scores, weights)) >= least


def _scores(kind: str, seeds: int, levels: int) -> Floats:
    draw = np.random.default_rng([seeds, levels, *kind.encode()])
    block = draw.normal(size=(STUDIES, seeds, 1)) * 3  # what runs of one seed have in common
    return block + DRAWS[kind](draw, (STUDIES, seeds, levels))


def tables() -> Iterator[str]:
    """Yield the tables as Markdown."""
    designs = {"trend": trend_contrasts(), "effects": factor_contrasts()}
    yield "| scores | seeds | trend: any false claim | effects: any false claim | trend interval covers |"
    yield "| --- | --- | --- | --- | --- |"
    for kind, seeds in itertools.product(DRAWS, SEEDS):
        cells = [kind, str(seeds)]
        for weights, shares in designs.values():
            any_claim = claimed(_scores(kind, seeds, weights.shape[1]), weights, shares).any(1)
            cells.append(f"{100 * any_claim.mean():.1f}")
        weights, _ = designs["trend"]
        t = t_values(_scores(kind, seeds, DOSES), weights[:1])
        cells.append(f"{100 * np.mean(np.abs(t) < critical(seeds - 1, pairs=seeds)):.1f}")
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield from _power(designs)


def _power(designs: Mapping[str, tuple[Floats, Floats]]) -> Iterator[str]:
    shapes: Mapping[str, Sequence[float]] = {
        "even steps": np.linspace(0, 1, DOSES).tolist(),
        "a cliff at the last dose": [0.0] * (DOSES - 1) + [-1.0],
        "a peak inside": [0.0, 1.0, 1.0, 0.0],
    }
    yield "| what is there | size | " + " | ".join(f"{seeds} seeds" for seeds in SEEDS) + " |"
    yield "| --- | --- |" + " --- |" * len(SEEDS)
    weights, shares = designs["trend"]
    for (name, shape), size in itertools.product(shapes.items(), EFFECTS):
        cells = [name, f"{size:g}"]
        for seeds in SEEDS:
            found = claimed(_scores("normal", seeds, DOSES) + size * np.array(shape), weights, shares)
            cells.append(f"{100 * _right(name, found).mean():.1f}")
        yield f"| {' | '.join(cells)} |"
    weights, shares = designs["effects"]
    for place, name in ((0, "a main effect"), (3, "an interaction")):
        for size in EFFECTS:
            cells = [name, f"{size:g}"]
            for seeds in SEEDS:
                lift = size * weights[place] / np.sum(weights[place] ** 2)
                found = claimed(_scores("normal", seeds, 8) + lift, weights, shares)
                cells.append(f"{100 * found[:, place].mean():.1f}")
            yield f"| {' | '.join(cells)} |"


def _right(name: str, found: NDArray[Any]) -> NDArray[Any]:
    """Return in which studies what is there is claimed: the trend, the last step, or a peak."""
    pairs = list(itertools.combinations(range(DOSES), 2))
    if name.startswith("a cliff"):
        return found[:, 1 + pairs.index((DOSES - 2, DOSES - 1))]
    if name.startswith("a peak"):
        inner = range(1, DOSES - 1)
        both = [
            found[:, 1 + pairs.index((0, each))] & found[:, 1 + pairs.index((each, DOSES - 1))]
            for each in inner
        ]
        return np.any(both, axis=0)
    return found[:, 0]


def main() -> None:
    """Write the tables into the page."""
    words = _PAGE.read_text(encoding="utf-8")
    before, _, rest = words.partition(_BEGIN)
    after = rest.partition(_END)[2]
    made = "\n".join(tables())
    _PAGE.write_text(f"{before}{_BEGIN}\n\n{made}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
