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
_NODES = 2_000
_WIDEST = 4.0  # standard deviations of exponential numbers beyond it, over their mean, have no weight
_FLAT = 1e-9  # a change of a logarithm below which a cell counts as flat
_MOST_PAIRS = 400  # beyond it a mean of exponential differences is as good as normal


def two_sided(t: float, freedom: float, pairs: int | None = None) -> float:
    """Return the p-value of a mean that lies t standard errors from zero, on either side.

    It is the larger of two: Student's, and 5/7 of the one that exponential differences would give.

    Args:
        t: Mean / standard error.
        freedom: Degrees of freedom of the standard error; pairs − 1 where it comes from pairs alone.
        pairs: How many differences there are; freedom + 1 where not given. New test images add to the
            freedom, but not to the differences, and it is these that are skewed.

    Example:
        >>> round(two_sided(3.0, 4), 3), round(two_sided(3.0, 49), 4), round(two_sided(3.0, 9.7, 5), 3)
        (0.075, 0.0097, 0.075)
    """
    below, above = skewed_tails(abs(t), _pairs(freedom, pairs))
    return max(students_p(t, freedom), ALPHA / SKEWED_ALPHA * (below + above))


def students_p(t: float, freedom: float) -> float:
    """Return the p-value of a mean that lies t standard errors from zero, if differences are normal.

    Args:
        t: As in `two_sided`.
        freedom: As in `two_sided`.

    Example:
        >>> round(students_p(3.0, 4), 3)
        0.04
    """
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t)))


def students_critical(freedom: float) -> float:
    """Return how many standard errors from zero a mean must lie for `students_p` of 5 %.

    Example:
        >>> round(students_critical(4), 2)
        2.78
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - ALPHA / 2))


def one_sided(t: float, freedom: float, pairs: int | None = None) -> float:
    """Return the p-value of a mean that lies t standard errors above the largest that is excluded.

    Args:
        t: As in `two_sided`; below zero there is no evidence.
        freedom: As in `two_sided`.
        pairs: As in `two_sided`.

    Example:
        >>> round(one_sided(3.0, 4), 3), one_sided(-1.0, 4)
        (0.073, 1.0)
    """
    from scipy.special import stdtr

    if t <= 0:
        return 1.0
    below, _ = skewed_tails(t, _pairs(freedom, pairs))
    return max(float(stdtr(freedom, -t)), ALPHA / SKEWED_ALPHA * below)


@lru_cache(maxsize=1024)
def critical(freedom: float, level: float = ALPHA, pairs: int | None = None) -> float:
    """Return how many standard errors from zero a mean must lie for a two-sided p of `level`.

    Args:
        freedom: As in `two_sided`.
        level: Above 0.
        pairs: As in `two_sided`.

    Example:
        >>> [round(critical(pairs - 1), 2) for pairs in (3, 5, 10, 50)]
        [6.34, 3.84, 2.69, 2.01]
    """
    from scipy.optimize import brentq

    def excess(log_t: float) -> float:
        return math.log(max(two_sided(math.exp(log_t), freedom, pairs), _SMALLEST) / level)

    root: Any = brentq(excess, math.log(1e-3), math.log(1e7), xtol=1e-10)
    return math.exp(root)


def skewed_tails(t: float, pairs: int) -> tuple[float, float]:
    """Return the chance that t lies below −t, and above t, if differences are exponential with mean zero.

    Exponential numbers divided by their mean are independent of their sum, which is gamma distributed. Given
    the standard deviation c of the divided ones, t lies below −t where the sum is less than
    n / (1 + t c / √n). That chance is exact; it is averaged over the distribution of c by quadrature.

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

    deviations, weights = _deviations(pairs)
    scaled = t * deviations / math.sqrt(pairs)
    below = float(weights @ gammainc(pairs, pairs / (1 + scaled)))
    is_reachable = scaled < 1
    above = weights[is_reachable] @ gammaincc(pairs, pairs / (1 - scaled[is_reachable]))
    return below, float(above)


@lru_cache(maxsize=64)
def _deviations(pairs: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return standard deviations of n exponential numbers divided by their mean, and their weights."""
    nodes = _nodes(pairs)
    logs = (pairs - 2) * np.log(nodes) + _log_mean(pairs)
    weights = np.exp(logs - logs.max()) * np.gradient(nodes)
    weights[-1] /= 2
    return nodes, weights / weights.sum()


@lru_cache(maxsize=_MOST_PAIRS)
def _log_mean(pairs: int) -> NDArray[Any]:
    """Return the logarithm of the density of c at each node, over c^(n − 2).

    The divided numbers lie evenly on a simplex. From its middle, it consists of n cones over its facets, each
    a simplex of n − 1 numbers. So c² of n numbers is u^(2 / (n − 1)) · a², with u even on [0, 1] and with
    a² = n / (n − 1)² · (1 + n (n − 2) / (n − 1) · c²) of n − 1 numbers on the facet. The density of c is
    thus c^(n − 2) times the mean of a^(1 − n) where a > c: one integral for each further number.

    Source: Devroye, chapter V, theorem 2.1, for the even distribution; the cones are elementary.
    """
    if pairs < 3:
        return np.zeros(_NODES)
    facet = _nodes(pairs - 1)
    apart = np.sqrt(pairs / (pairs - 1) ** 2 * (1 + pairs * (pairs - 2) / (pairs - 1) * facet**2))
    log_density = (pairs - 3) * np.log(facet) + _log_mean(pairs - 1) - (pairs - 1) * np.log(apart)
    return np.interp(_nodes(pairs), apart, _log_integrals(facet, log_density))


def _nodes(pairs: int) -> NDArray[Any]:
    """Return the values of c for so many numbers, close to each other near zero, where large t come from."""
    return min(math.sqrt(pairs), _WIDEST) * (np.arange(1, _NODES + 1) / _NODES) ** 2


def _log_integrals(nodes: NDArray[Any], log_density: NDArray[Any]) -> NDArray[Any]:
    """Return the logarithm of the integral from each node to the last, exponential in between."""
    change = np.abs(np.diff(log_density))
    safe = np.maximum(change, _FLAT)
    cells = np.maximum(log_density[1:], log_density[:-1]) + np.log(-np.expm1(-safe) / safe * np.diff(nodes))
    integrals = np.logaddexp.accumulate(cells[::-1])[::-1]
    return np.append(integrals, integrals[-1] - 50) - integrals[0]


def _pairs(freedom: float, pairs: int | None) -> int:
    return max(2, min(math.floor(freedom) + 1 if pairs is None else pairs, _MOST_PAIRS))
