"""What ending tries early saves in epochs, and what it costs in the winner's accuracy: simulated searches.

A search tries learning rates from low to high. A setting's true accuracy falls off from the best one; its
curve gets there with a time constant of its own. A run adds its own quality, each epoch the noise of its
validation examples. ``python -m benchmarks.early_end`` writes the table of docs/tuning.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.tuning_bias import EXAMPLES, RUN, TRIAL_SEEDS
from paribus.study.early_end import Halving, Median, Stop, default_of_halving, default_of_median
from paribus.study.tuning import Tune, TuneRange
from paribus.workflow.early_end import rounds

SEARCHES, EPOCHS, TRIES = 10_000, 27, (9, 27)
FALL, RISE = 0.08, 0.4
"""How far the true accuracy at the end of the range may lie below the best, and how far all begin below."""
CURVES: Mapping[str, tuple[float, float]] = {
    "all settings learn equally fast": (4.0, 4.0),
    "low rates learn four times as slowly": (8.0, 2.0),
    "low rates learn ten times as slowly": (20.0, 2.0),
}
"""The time constants of the lowest and of the highest rate, in epochs."""
Floats: TypeAlias = NDArray[np.float64]

_PAGE = Path(__file__).parents[1] / "docs" / "tuning.md"
_BEGIN, _END = "<!-- simulated: early endings -->", "<!-- end of early endings -->"


def rules(epochs: int = EPOCHS) -> Mapping[str, Stop | None]:
    """Return the rules with what they are where nothing else is said; None for the search without one."""
    quarter = default_of_median(epochs)
    return {
        "none": None,
        "`median`": Median(warmup=quarter, interval=quarter),
        "`halving`": Halving(min_resource=default_of_halving(epochs)),
    }


def searches(kind: str, tries: int, number: int = SEARCHES) -> tuple[Floats, Floats]:
    """Draw searches.

    Args:
        kind: Of `CURVES`.
        tries: Settings of each.
        number: How many.

    Returns:
        The true accuracies after the last epoch, shape (number, tries), and what a search sees: means over
        its seeds, shape (number, tries, epochs).
    """
    draw = np.random.default_rng([23, tries, *kind.encode()])
    place = np.linspace(0, 1, tries)
    best = draw.uniform(0.1, 0.9, (number, 1))
    slow, fast = CURVES[kind]
    constant = np.exp(np.log(slow) + place * np.log(fast / slow))
    left = RISE * np.exp(-np.arange(1, EPOCHS + 1) / constant[:, None])
    curves = (0.95 - FALL * (place - best) ** 2)[..., None] - left
    own = draw.normal(0, RUN / TRIAL_SEEDS**0.5, (number, tries, 1))
    seen = curves + own + draw.normal(0, EXAMPLES / TRIAL_SEEDS**0.5, curves.shape)
    return curves[..., -1], seen


def trained(stop: Stop | None, seen: Floats) -> NDArray[np.intp]:
    """Return after how many epochs each try ends, by the rules of `paribus.workflow.early_end` on a grid.

    Args:
        stop: The rule.
        seen: From `searches`.
    """
    number, tries, epochs = seen.shape
    until = np.full((number, tries), epochs)
    if isinstance(stop, Halving):
        alive = np.ones((number, tries), bool)
        for rung in stop.checks(epochs):
            score = np.where(alive, seen[..., rung - 1], -np.inf)
            count = max(1, int(alive.sum(axis=1)[0]) // stop.reduction_factor)
            bar = -np.sort(-score, axis=1)[:, count - 1 : count]
            ends = alive & (score < bar)
            until[ends] = rung
            alive &= ~ends
    elif stop is not None:
        first, rest = rounds(grid_of(tries, stop), tries)
        alive = np.ones((number, len(rest)), bool)
        for check in stop.checks(epochs):
            bar = np.median(seen[:, first, check - 1], axis=1, keepdims=True)
            ends = alive & (seen[:, rest, :check].max(axis=-1) < bar)
            until[:, rest] = np.where(ends, check, until[:, rest])
            alive &= ~ends
    return until


def grid_of(tries: int, stop: Stop | None) -> Tune:
    """Return how such a search is written."""
    ranges = {"learning_rate": TuneRange(low=1e-4, high=1, scale="log", points=tries)}
    return Tune(settings=ranges, on="val_accuracy", budget=tries, stop=stop)


def costs(kind: str, tries: int, number: int = SEARCHES) -> Iterator[tuple[str, float, float, float]]:
    """Yield the rule, its share of all epochs, what its winner loses to the best, how often it is another.

    Args:
        kind: Of `CURVES`.
        tries: Settings of each search.
        number: How many are simulated.
    """
    true, seen = searches(kind, tries, number)
    rows = np.arange(number)
    without: Sequence[int] | None = None
    for name, stop in rules().items():
        until = trained(stop, seen)
        won = np.where(until == EPOCHS, seen[..., -1], -np.inf).argmax(axis=1)
        without = won if without is None else without
        lost = true.max(axis=1) - true[rows, won]
        yield name, float(until.mean() / EPOCHS), float(lost.mean()), float(np.mean(won != without))


def table() -> Iterator[str]:
    """Yield the table as Markdown."""
    yield "| curves | tries | `stop` | epochs trained | winner below the best setting | another winner |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for kind in CURVES:
        for tries in TRIES:
            for name, share, lost, other in costs(kind, tries):
                numbers = f"{100 * share:.0f} % | {100 * lost:.2f} points | {100 * other:.0f} %"
                yield f"| {kind} | {tries} | {name} | {numbers} |"


def main() -> None:
    """Write the table into the page."""
    words = _PAGE.read_text(encoding="utf-8")
    before, _, rest = words.partition(_BEGIN)
    after = rest.partition(_END)[2]
    made = "\n".join(table())
    _PAGE.write_text(f"{before}{_BEGIN}\n\n{made}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
