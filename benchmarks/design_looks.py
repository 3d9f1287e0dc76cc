"""How often answers about factors are ever wrong where seeds are added until they are decided.

Run ``python -m benchmarks.design_looks``; the table is in docs/statistics.md. Studies without any effect are
looked at after every seed from 3 on, as ``--until-decided`` does at most. A claim is made where the first
step of Holm's method makes one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.sequential import t_statistics, thresholds, thresholds_before
from benchmarks.designs import DOSES, DRAWS, Floats, factor_contrasts, trend_contrasts
from paribus.analysis.questions.trend import rank_weights

STUDIES = 10_000
LOOKS = (3, 5, 10, 30)
"""The last looks of the table's rows."""
FAILS = "one run in ten fails"
SHARE_FAILED = 0.1
KINDS = ("normal", "exponential", "heavy tails", "one level varies five times as much", FAILS)
Flags = NDArray[np.bool_]

_PAGE = Path(__file__).parents[1] / "docs" / "statistics.md"
_BEGIN, _END = "<!-- simulated: design looks -->", "<!-- end of design looks -->"


def drawn(kind: str, levels: int, studies: int = STUDIES, seeds: int = LOOKS[-1]) -> tuple[Floats, Flags]:
    """Draw scores of variants that do not differ, and which runs have failed by each seed.

    Returns:
        Both of the shape (studies, levels, seeds).
    """
    draw = np.random.default_rng([11, levels, seeds, *kind.encode()])
    shape = DRAWS.get(kind, DRAWS["normal"])(draw, (studies, seeds, levels))
    block = 3 * draw.normal(size=(studies, seeds, 1))  # what runs of one seed have in common
    failed = draw.random((studies, levels, seeds)) < (SHARE_FAILED if kind == FAILS else 0)
    return (block + shape).transpose(0, 2, 1), np.logical_or.accumulate(failed, axis=-1)


@cache
def _limits(share: float, seeds: int, *, now: bool) -> Floats:
    """Return from which |t| on a contrast is claimed, by number of seeds."""
    return thresholds(1 / share, seeds=seeds) if now else thresholds_before(1 / share, seeds)


def _claimed(scores: Floats, weights: Floats, share: float, *, now: bool) -> Flags:
    """Return at which looks a contrast is claimed; shape (studies, seeds)."""
    t = t_statistics(np.einsum("l,sln->sn", weights, scores))
    with np.errstate(invalid="ignore"):
        return np.abs(t) >= _limits(share, scores.shape[-1], now=now)


def trend_claims(scores: Floats, failed: Flags, *, now: bool) -> Flags:
    """Return at which looks a trend question claims anything; shape (studies, seeds).

    A dose of which a run has failed is left out from then on, and the line goes through the others.

    Args:
        scores: Shape (studies, doses, seeds).
        failed: Which doses have failed by each seed, same shape.
        now: By the sequential procedure; else by Student's test, which does not know of looks.
    """
    weights, shares = trend_contrasts(scores.shape[1])
    found = np.zeros((len(scores), scores.shape[-1]), bool)
    for low, high in itertools.combinations(range(scores.shape[1]), 2):
        place = 1 + [*itertools.combinations(range(scores.shape[1]), 2)].index((low, high))
        are_used = ~failed[:, low] & ~failed[:, high]
        found |= are_used & _claimed(scores, weights[place], float(shares[place]), now=now)
    for count in range(3, scores.shape[1] + 1):
        for used in itertools.combinations(range(scores.shape[1]), count):
            line = np.zeros(scores.shape[1])
            line[list(used)] = rank_weights(count)
            rest = [each for each in range(scores.shape[1]) if each not in used]
            is_this = ~failed[:, list(used)].any(1) & failed[:, rest].all(1)
            found |= is_this & _claimed(scores, line, float(shares[0]), now=now)
    return found


def effect_claims(scores: Floats, failed: Flags, *, now: bool) -> Flags:
    """Return at which looks a question about crossed factors claims anything, as `trend_claims`.

    Where a run of a cell has failed there are no effects.
    """
    weights, shares = factor_contrasts()
    claims = [
        _claimed(scores, weights[place], float(shares[place]), now=now) for place in range(len(weights))
    ]
    return np.any(claims, axis=0) & ~failed.any(1)


def ever(claims: Flags) -> Mapping[int, float]:
    """Return the share of studies with a claim at any look, by the last look."""
    by_then = np.logical_or.accumulate(claims, axis=-1)
    return {last: float(by_then[:, last - 1].mean()) for last in LOOKS if last <= claims.shape[-1]}


def table() -> Iterator[str]:
    """Yield the table as Markdown."""
    yield "| scores | looks at 3 seeds to | trend: ever a false claim | effects: ever a false claim |"
    yield "| --- | --- | --- | --- |"
    for kind in KINDS:
        trends, effects = (
            [ever(claims(*drawn(kind, levels), now=now)) for now in (False, True)]
            for claims, levels in ((trend_claims, DOSES), (effect_claims, 8))
        )
        for last in LOOKS:
            cells = [f"{100 * was[last]:.1f} → {100 * now[last]:.1f}" for was, now in (trends, effects)]
            yield f"| {kind} | {last} | {' | '.join(cells)} |"


def main() -> None:
    """Write the table into the page."""
    words = _PAGE.read_text(encoding="utf-8")
    before, _, rest = words.partition(_BEGIN)
    after = rest.partition(_END)[2]
    made = "\n".join(table())
    _PAGE.write_text(f"{before}{_BEGIN}\n\n{made}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
