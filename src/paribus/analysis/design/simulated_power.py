"""The power of a study as it is asked: which differences its questions will see, simulated.

Differences are normal, on fixed test images, and one variant differs from the others, which are alike. The
random numbers are the same for every difference and number of seeds, so that more of either never sees less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.ranking import true_pairs
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.study.ranking import RankingKind

AskedKind: TypeAlias = Literal["pair"] | RankingKind

POWER = 0.8
"""The chance of seeing a difference that is there."""
STUDIES = 2_000
_MOST_VALUES = 4_000_000  # of what is simulated at once
_LARGEST = 1e4  # standard deviations
_STEPS = 24  # halvings of the interval in which the difference lies


@dataclass(frozen=True)
class Asked:
    """A question as it is simulated.

    Args:
        kind: Of two variants, or as of a `paribus.study.ranking.Ranking`.
        variants: How many are compared: two of a pair; with ``each`` those of the list and the one other.
        level: That its tests share: 5 % over the number of the study's questions.
    """

    kind: AskedKind
    variants: int
    level: float = ALPHA

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Its comparisons, by the numbers of the variants; the last one is what ``each`` is compared with."""
        last = self.variants - 1
        if self.kind == "each":
            return tuple((place, last) for place in range(last))
        return tuple(combinations(range(self.variants), 2))

    def thresholds(self, freedom: float) -> NDArray[Any]:
        """Return how many standard errors from zero a mean must lie, for the largest first."""
        count = len(self.pairs)
        if self.kind == "best_of":
            return np.full(count, critical(freedom, self.level / (self.variants - 1)))
        left = range(count, 0, -1)
        steps = left
        if self.kind == "all_pairs":
            steps = [max(n for n in true_pairs(self.variants) if n <= each) for each in left]
        return np.array([critical(freedom, self.level / step) for step in steps])


def shown(asked: Asked, values: NDArray[Any]) -> NDArray[Any]:
    """Return which differences are shown, as signs: 1 where the first of a pair is higher, 0 where open.

    Args:
        asked: The question.
        values: The metric, shape (studies, variants, seeds).

    Returns:
        Shape (studies, pairs).
    """
    first, second = (np.array(side) for side in zip(*asked.pairs, strict=True))
    differences = values[:, first] - values[:, second]
    seeds = values.shape[-1]
    error = differences.std(axis=-1, ddof=1) / np.sqrt(seeds)
    t = differences.mean(axis=-1) / np.where(error > 0, error, np.inf)
    order = np.argsort(-np.abs(t), axis=-1)
    ordered = np.take_along_axis(np.abs(t), order, axis=-1)
    steps = np.logical_and.accumulate(ordered >= asked.thresholds(seeds - 1), axis=-1)
    found = np.empty_like(steps)
    np.put_along_axis(found, order, steps, axis=-1)
    return np.where(found, np.sign(t), 0.0)


def may_be_best(asked: Asked, signs: NDArray[Any]) -> NDArray[Any]:
    """Return which variants are not shown to be lower than each that none is shown to be higher than.

    Args:
        asked: A question of kind ``best_of``.
        signs: From `shown`.

    Returns:
        Shape (studies, variants).
    """
    beaten = np.zeros((len(signs), asked.variants, asked.variants), bool)
    for place, (first, second) in enumerate(asked.pairs):
        beaten[:, first, second] = signs[:, place] < 0
        beaten[:, second, first] = signs[:, place] > 0
    unbeaten: NDArray[Any] = ~np.any(beaten, axis=2)
    by_each: NDArray[Any] = np.all(beaten | ~unbeaten[:, None, :], axis=2)
    return ~by_each | unbeaten


def power(asked: Asked, difference: float, seeds: int, *, studies: int = STUDIES) -> float:
    """Return the chance of seeing that one variant is lower than the others by so much.

    It is seen where it is shown to be worse than the best, to differ from another one, or from the one that
    each is compared with.

    Args:
        asked: The question.
        difference: In standard deviations of a paired difference.
        seeds: Of each variant.
        studies: How many are simulated.

    Example:
        >>> round(power(Asked("pair", 2), 2.0, 5), 1)
        0.7
    """
    noise = _noise(_fewer(asked, seeds, studies), asked.variants, seeds)
    values = noise.copy()
    values[:, 0] -= difference
    signs = shown(asked, values)
    if asked.kind == "best_of":
        return float(np.mean(~may_be_best(asked, signs)[:, 0]))
    return float(np.mean(signs[:, asked.pairs.index((0, asked.variants - 1))] < 0))


def smallest_seen(asked: Asked, seeds: int, *, studies: int = STUDIES) -> float:
    """Return the smallest difference that is seen four times in five, in standard deviations.

    Args:
        asked: The question.
        seeds: Of each variant, three or more.
        studies: How many are simulated.

    Example:
        >>> round(smallest_seen(Asked("pair", 2), 5), 1)
        2.2
    """
    low, high = 0.0, 1.0
    while power(asked, high, seeds, studies=studies) < POWER and high < _LARGEST:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        if high - low < 0.005 * high:
            break
        middle = (low + high) / 2
        if power(asked, middle, seeds, studies=studies) >= POWER:
            high = middle
        else:
            low = middle
    return high


def _fewer(asked: Asked, seeds: int, studies: int) -> int:
    """Return how many studies are simulated: fewer where each has many pairs."""
    return max(200, min(studies, _MOST_VALUES // (len(asked.pairs) * seeds)))


@lru_cache(maxsize=4)
def _noise(studies: int, variants: int, seeds: int) -> NDArray[Any]:
    """Return normal numbers of which the difference of two has the standard deviation 1."""
    drawn = np.random.default_rng(0).normal(scale=0.5**0.5, size=(seeds, studies, variants))
    return np.ascontiguousarray(drawn.transpose(1, 2, 0))
