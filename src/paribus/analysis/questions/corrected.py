"""The interval that decides: as wide as the adjustment for several questions asks."""

from __future__ import annotations

from paribus.analysis.questions import anytime
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.contrast import Contrasted
from paribus.analysis.questions.statistics import ROUNDING, Interval, standard_error
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.analysis.questions.unpaired import interval_of
from paribus.record.looks import MIN_SEEDS


def corrected_interval(comparison: Comparison | Contrasted, factor: float) -> Interval | None:
    """Return the interval for the difference at level 5 % / factor.

    With the factor by which Holm's method multiplied the comparison's p-value, it leaves out 0 just where the
    adjusted p-value is at most 0.05. So it shows what decides.

    Args:
        comparison: With its differences, and the interval at 5 %.
        factor: From `statistics.holm_factors`, 1 or more.

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
    if found.groups is not None:
        return interval_of(found, level)
    if pairs < MIN_SEEDS:
        return None
    error = standard_error(found.differences, images, found.overlap)
    half = critical(error.freedom, level, pairs) * error.value
    return found.mean - half, found.mean + half
