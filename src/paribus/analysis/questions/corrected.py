"""The interval that decides: as wide as the adjustment for several questions asks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from paribus.analysis.questions import anytime
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.statistics import ROUNDING, Interval, standard_error
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.record.looks import MIN_SEEDS


def holm_factors(p_values: Sequence[float | None]) -> tuple[float, ...]:
    """Return by how much Holm's method multiplies each p-value, before it is cut at 1.

    Args:
        p_values: One a question of the family; None where there is none, which counts as 1.

    Example:
        >>> [round(factor, 2) for factor in holm_factors([0.01, None, 0.04])]
        [3.0, 1.0, 2.0]
    """
    family = np.array([1.0 if p is None else p for p in p_values])
    order = np.argsort(family)
    stepped = np.maximum.accumulate(family[order] * np.arange(len(family), 0, -1))
    factors = np.empty_like(family)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors[order] = np.where(family[order] > 0, stepped / family[order], len(family))
    return tuple(float(factor) for factor in factors)


def corrected_interval(comparison: Comparison, factor: float) -> Interval | None:
    """Return the interval for the difference at level 5 % / factor.

    With the factor by which Holm's method multiplied the comparison's p-value, it leaves out 0 just where the
    adjusted p-value is at most 0.05. So it shows what decides.

    Args:
        comparison: With its differences, and the interval at 5 %.
        factor: From `holm_factors`, 1 or more.

    Returns:
        None where there is no interval at 5 % either.
    """
    found, images = comparison.paired, comparison.image_interval and comparison.image_interval.variance
    if comparison.interval is None or comparison.means is None or found.mean is None:
        return None
    level, pairs = ALPHA / factor, len(found.differences)
    if comparison.procedure == "sequential":
        rounding = ROUNDING * max(map(abs, comparison.means))
        return anytime.interval(found, images, rounding=rounding, level=level)
    if pairs < MIN_SEEDS:
        return None
    error = standard_error(found.differences, images)
    half = critical(error.freedom, level, pairs) * error.value
    return found.mean - half, found.mean + half
