"""How far a mean must lie from zero, in standard errors, before a difference is claimed.

Student's t needs normal differences, and a handful of seeds cannot show whether they are. A claim therefore
has to survive a second distribution, as skewed as differences of runs are likely to be: the exponential. It
may be wrong in 5 % of studies if differences are normal, and in 7 % if they are exponential.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
"""The level of every test where differences are normal; intervals then cover 95 %."""
SKEWED_ALPHA = 0.07
"""The level of every test where differences are exponential; intervals then cover 93 %."""

_SMALLEST = 1e-300  # a p-value that still has a logarithm
_DRAWS = 10_000
_MOST_PAIRS = 400  # beyond it a mean of exponential differences is as good as normal


def two_sided(t: float, freedom: float) -> float:
    """Return the p-value of a mean that lies t standard errors from zero, on either side.

    It is the larger of two: Student's, and 5/7 of the one that exponential differences would give.

    Args:
        t: Mean / standard error.
        freedom: Degrees of freedom of the standard error; pairs − 1 where it comes from pairs alone.

    Example:
        >>> round(two_sided(3.0, 4), 3), round(two_sided(3.0, 49), 4)
        (0.074, 0.0096)
    """
    from scipy.special import stdtr

    below, above = skewed_tails(abs(t), _pairs(freedom))
    return max(2 * float(stdtr(freedom, -abs(t))), ALPHA / SKEWED_ALPHA * (below + above))


def one_sided(t: float, freedom: float) -> float:
    """Return the p-value of a mean that lies t standard errors above the largest that is excluded.

    Args:
        t: As in `two_sided`; below zero there is no evidence.
        freedom: As in `two_sided`.

    Example:
        >>> round(one_sided(3.0, 4), 3), one_sided(-1.0, 4)
        (0.072, 1.0)
    """
    from scipy.special import stdtr

    if t <= 0:
        return 1.0
    below, _ = skewed_tails(t, _pairs(freedom))
    return max(float(stdtr(freedom, -t)), ALPHA / SKEWED_ALPHA * below)


@lru_cache(maxsize=1024)
def critical(freedom: float, level: float = ALPHA) -> float:
    """Return how many standard errors from zero a mean must lie for a two-sided p of `level`.

    Args:
        freedom: As in `two_sided`.
        level: Above 0.

    Example:
        >>> [round(critical(pairs - 1), 2) for pairs in (3, 5, 10, 50)]
        [6.38, 3.82, 2.68, 2.01]
    """
    from scipy.optimize import brentq

    def excess(log_t: float) -> float:
        return math.log(max(two_sided(math.exp(log_t), freedom), _SMALLEST) / level)

    root: Any = brentq(excess, math.log(1e-3), math.log(1e7), xtol=1e-10)
    return math.exp(root)


def skewed_tails(t: float, pairs: int) -> tuple[float, float]:
    """Return the chance that t lies below −t, and above t, if differences are exponential with mean zero.

    Exponential numbers divided by their sum are independent of the sum, which is gamma distributed. Given
    the standard deviation d of the divided ones, t lies below −t where the sum is less than
    n / (1 + t d √n). That chance is exact; it is averaged over the same 10,000 draws of d each time.

    Source: Devroye, "Non-Uniform Random Variate Generation" (1986), chapter V, theorem 2.2, for the
    independence.

    Args:
        t: Zero or above.
        pairs: How many differences, two or more.

    Example:
        >>> [round(each, 3) for each in skewed_tails(2.776, 5)]
        [0.113, 0.004]
    """
    from scipy.special import gammainc, gammaincc

    scaled = t * _deviations(pairs) * math.sqrt(pairs)
    below = float(np.mean(gammainc(pairs, pairs / (1 + scaled))))
    reachable = scaled[scaled < 1]
    above = float(np.sum(gammaincc(pairs, pairs / (1 - reachable)))) / _DRAWS
    return below, above


@lru_cache(maxsize=64)
def _deviations(pairs: int) -> NDArray[Any]:
    """Return standard deviations of exponential numbers divided by their sum."""
    drawn = np.random.default_rng(0).standard_exponential((_DRAWS, pairs))
    return np.std(drawn / drawn.sum(axis=1, keepdims=True), axis=1, ddof=1)


def _pairs(freedom: float) -> int:
    return max(2, min(math.floor(freedom) + 1, _MOST_PAIRS))
