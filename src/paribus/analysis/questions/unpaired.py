"""Statistics of two groups of runs that nothing pairs: Welch's test and its interval.

Runs that share no draws, or of which that is not known, are two independent samples. Their variances may
differ, and so may their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.statistics import ROUNDING, Interval, Paired, StandardError
from paribus.analysis.questions.tails import critical, one_sided, students_critical, students_p, two_sided
from paribus.record.looks import MIN_SEEDS

Groups: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]

_MOST_NORMAL = 100  # beyond it Student's tails, with as few runs as there are, are wider than the skewed ones


def unpaired(treatment: Sequence[float], reference: Sequence[float], margin: float | None = None) -> Paired:
    """Compute what follows from the values of two variants whose runs are not paired.

    The test is Welch's; `Paired.p_t` is its p-value and `Paired.t_interval` its interval. What decides is as
    careful with skewed values as for paired differences, see `skewed_runs`.

    Source: Welch, "The generalization of Student's problem when several different population variances are
    involved", Biometrika 34 (1947).

    Args:
        treatment: Its metric, one value a run.
        reference: The same of the reference; it may have more runs, or fewer.
        margin: Differences smaller than this count as none; None where the study declares no margin.

    Raises:
        ValueError: A value is not a finite number.

    Example:
        >>> found = unpaired([0.98, 0.97, 0.99], [0.96, 0.95, 0.96, 0.97])
        >>> round(found.mean, 3), round(found.p_t, 3), found.differences
        (0.02, 0.049, ())
    """
    groups: Groups = (tuple(map(float, treatment)), tuple(map(float, reference)))
    if not np.isfinite([*groups[0], *groups[1]]).all():
        raise ValueError("a value is not finite")
    if not all(groups):
        return Paired((), groups=groups)
    mean = float(np.mean(groups[0]) - np.mean(groups[1]))
    fewest = min(map(len, groups))
    if fewest < 2:
        return Paired((), mean, groups=groups)
    error, runs = welch(groups), skewed_runs(groups)
    if not error.value:
        return _without_spread(groups, mean, margin)
    half = critical(error.freedom, pairs=runs) * error.value
    plain = students_critical(error.freedom) * error.value
    t = mean / error.value
    is_tested = fewest >= MIN_SEEDS
    within = (margin or 0.0) - abs(mean)
    return Paired(
        (),
        mean,
        interval=(mean - half, mean + half),
        p_value=two_sided(t, error.freedom, runs) if is_tested else None,
        p_equivalence=one_sided(within / error.value, error.freedom, runs)
        if is_tested and margin is not None
        else None,
        t_interval=(mean - plain, mean + plain),
        p_t=students_p(t, error.freedom),
        p_normal=students_p(t, error.freedom) if is_tested else None,
        groups=groups,
    )


def interval_of(found: Paired, level: float) -> Interval | None:
    """Return the interval for the difference of two unpaired groups at some level.

    Args:
        found: From `unpaired`.
        level: The chance of missing the difference.
    """
    if found.groups is None or found.mean is None or min(map(len, found.groups)) < MIN_SEEDS:
        return None
    error = welch(found.groups)
    if not error.value:
        return None
    half = critical(error.freedom, level, skewed_runs(found.groups)) * error.value
    return found.mean - half, found.mean + half


def welch(groups: Groups) -> StandardError:
    """Return the standard error of a difference of two means, with Welch's degrees of freedom.

    Args:
        groups: Two values or more each.

    Example:
        >>> found = welch(((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)))
        >>> round(found.value, 3), found.freedom
        (0.816, 4.0)
    """
    parts = [_variance(each) / len(each) for each in groups]
    total = sum(parts)
    if not total:
        return StandardError(0.0, float(sum(map(len, groups)) - 2))
    below = sum(part**2 / (len(each) - 1) for part, each in zip(parts, groups, strict=True))
    return StandardError(math.sqrt(total), total**2 / below)


def skewed_runs(groups: Groups) -> int:
    """Return of how many exponential numbers the mean is as skewed as this difference may be.

    If both groups are exponential, the third cumulants of their means subtract. Equal groups leave nothing of
    them, so that the difference is as good as normal; where only one varies, it is as skewed as that one.

    Args:
        groups: Two values or more each.

    Example:
        >>> skewed_runs(((1.0, 2.0, 3.0), (5.0, 5.0, 5.0))), skewed_runs(((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)))
        (3, 100)
    """
    second = sum(_variance(each) / len(each) for each in groups)
    third, other = (_variance(each) ** 1.5 / len(each) ** 2 for each in groups)
    apart = (third - other) ** 2
    if not second or apart * _MOST_NORMAL <= second**3:
        return _MOST_NORMAL
    return max(2, round(second**3 / apart))


def fisher(treatment: FailureRate, reference: FailureRate) -> float:
    """Return Fisher's exact p for runs of two variants failing equally often, two-sided.

    Source: Fisher, "The Design of Experiments" (1935), section 21.1.

    Args:
        treatment: How many of its runs failed.
        reference: The same of the reference's.

    Example:
        >>> round(fisher(FailureRate(4, 5), FailureRate(0, 5)), 3)
        0.048
    """
    from scipy import stats

    table = [[each.failed, each.runs - each.failed] for each in (treatment, reference)]
    found: Any = stats.fisher_exact(table)
    return float(found.pvalue)


def _variance(values: Sequence[float]) -> float:
    """Return the variance, 0 where values differ by rounding alone."""
    given = np.asarray(values, np.float64)
    is_flat = np.ptp(given) <= ROUNDING * np.abs(given).max()
    return 0.0 if is_flat else float(given.var(ddof=1))


def _without_spread(groups: Groups, mean: float, margin: float | None) -> Paired:
    """Return the exact permutation test, where the runs of each variant are all alike."""
    together = np.array([*groups[0], *groups[1]])
    p_exact = 1.0 if abs(mean) <= ROUNDING * float(np.abs(together).max()) else _smallest(groups)
    found = Paired((), mean, is_exact=True, p_exact=p_exact, groups=groups)
    if min(map(len, groups)) < MIN_SEEDS:
        return found
    within = None if margin is None else 0.5 ** min(map(len, groups)) if abs(mean) < margin else 1.0
    return Paired(
        (), mean, p_value=p_exact, p_equivalence=within, is_exact=True, p_exact=p_exact, groups=groups
    )


def _smallest(groups: Groups) -> float:
    """Return the smallest p of a permutation test: how seldom runs fall into just these two groups."""
    first, second = map(len, groups)
    return (2.0 if first == second else 1.0) / math.comb(first + second, first)
