"""Comparisons that stay valid however often one has looked: t-test martingales on paired differences.

Under H0 (mean 0, any standard deviation, normal) the processes below are martingales that start at 1, as
functions of the t statistics alone. Ville's inequality then bounds, for all numbers of seeds at once, the
chance that one of them ever reaches 1 / level, so stopping at a welcome result changes nothing.

Sources: Wang and Ramdas, "Anytime-valid t-tests and confidence sequences for Gaussian means with unknown
variance", Sequential Analysis 44 (2025), theorem on the Gaussian mixture of scale-invariant likelihood
ratios; Perez-Ortiz, Lardy, de Heide and Grünwald, "E-statistics, group invariance and anytime-valid
testing", Annals of Statistics 52 (2024).
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paribus.analysis.questions.statistics import ImageVariance, Interval, Paired
from paribus.analysis.questions.tails import ALPHA, critical, one_sided, two_sided
from paribus.record.looks import MIN_SEEDS

EFFECT = 2.0
"""Standard deviation of the mixture over mean / standard deviation, fixed for every study: what a technique
changes is often several times the standard deviation over seeds. `docs/sequential.md` shows what other values
would cost."""

LOOKS = 10
"""Looks at exponential differences that count as independent: so many that looking after each of 50 seeds
claims a difference in at most 10 % of studies (`benchmarks.calibration`)."""

_HUGE = 600.0  # a logarithm that is still a number when raised
_ROUNDING = 1e-10  # a spread below this share of the differences is what rounding left of equal ones

Alternative = Literal["two-sided", "less", "greater"]
Floats = NDArray[np.float64]


def anytime(
    found: Paired,
    margin: float | None = None,
    images: ImageVariance | None = None,
    *,
    rounding: float = 0.0,
) -> Paired:
    """Return the same differences, with an interval and p-values that hold at every number of seeds.

    What does not hold at every number, such as the sign-flip test, is left out. Holm's method over questions
    holds at every number as well, since it assumes nothing about how p-values depend on each other. On 1 over
    the largest e-value so far it is that of Vovk and Wang, "E-values: calibration, combination and
    applications", Annals of Statistics 49 (2021).

    Two cautions make the claims rarer than the e-values alone would. What new images bring is added to the
    variance over seeds, which can only lower an e-value. And a claim must survive exponential differences, as
    in `paribus.analysis.questions.tails`: `LOOKS` times the chance that these give at one look.

    Args:
        found: The differences, in the order in which the seeds were added.
        margin: Means closer to 0 than this count as equal.
        images: What new test images add to the variance of the mean; None where it is not known.
        rounding: A spread no larger than this is none.

    Returns:
        The interval, the p-value that the mean is 0, and the p-value that it is not within the margin. The
        interval is None while nothing is excluded; all are None where seeds contradict each other.

    Example:
        >>> from paribus.analysis.questions.statistics import paired
        >>> after = anytime(paired([0.981, 0.978, 0.980, 0.983, 0.979, 0.980], [0.960] * 6), margin=0.005)
        >>> round(after.p_value, 4), [round(end, 3) for end in after.interval], after.p_equivalence
        (0.0008, [0.014, 0.026], 1.0)
    """
    bare = Paired(found.differences, found.mean, higher=found.higher, lower=found.lower)
    if found.mean is None or len(found.differences) < MIN_SEEDS:
        return bare
    if found.is_exact:
        return replace(bare, is_exact=True, p_value=found.p_exact, p_equivalence=found.p_equivalence)
    mean, deviation = moments(found.differences, rounding)
    errors = _standard_errors(deviation, images)
    ends = confidence_sequence(mean, errors)
    if ends is None or ends[0] > max(0, found.mean) or ends[1] < min(0, found.mean):
        return bare
    p_equivalence = None
    if margin is not None:
        p_equivalence = max(p_value(side / errors, "greater") for side in (margin - mean, margin + mean))
    return replace(
        bare,
        interval=ends if math.isfinite(ends[0]) else None,
        p_value=p_value(mean / errors),
        p_equivalence=p_equivalence,
    )


def interval(
    found: Paired, images: ImageVariance | None = None, *, rounding: float = 0.0, level: float = ALPHA
) -> Interval | None:
    """Return the interval for the mean difference that holds at every number of seeds.

    Args:
        found: The differences, in the order in which the seeds were added.
        images: As in `anytime`.
        rounding: As in `anytime`.
        level: The chance of ever excluding the true mean.

    Returns:
        None while nothing is excluded, and where seeds contradict each other.
    """
    mean, deviation = moments(found.differences, rounding)
    ends = confidence_sequence(mean, _standard_errors(deviation, images), level=level)
    return ends if ends is not None and math.isfinite(ends[0]) else None


def min_seeds(questions: int) -> int:
    """Return the least number of seeds with which one of so many questions can be better or worse.

    Args:
        questions: Over which Holm's method is used, at least 1.

    Example:
        >>> min_seeds(1), min_seeds(15)
        (4, 5)
    """
    return next(
        seeds for seeds in itertools.count(2) if math.isfinite(critical_t(seeds, level=ALPHA / questions))
    )


def moments(differences: ArrayLike, rounding: float = 0.0) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the first n differences, for every n.

    Args:
        differences: Shape (..., num_seeds), in the order of the seeds.
        rounding: A deviation no larger than this is none.

    Returns:
        The means, and the deviations: not a number where the differences so far are equal, but for rounding.
    """
    values = np.asarray(differences, dtype=np.float64)
    count = np.arange(1, values.shape[-1] + 1)
    # From the first value on, the sums of squares lose nothing where the spread is small beside the mean.
    origin = values[..., :1]
    moved = values - origin
    mean = np.cumsum(moved, axis=-1) / count
    squares = np.cumsum(moved**2, axis=-1) - count * mean**2
    deviation = np.sqrt(np.maximum(squares, 0) / np.maximum(count - 1, 1))
    least = np.maximum(rounding, _ROUNDING * np.maximum.accumulate(np.abs(values), axis=-1))
    return origin + mean, np.where(deviation > least, deviation, np.nan)


def e_values(t: ArrayLike, *, alternative: Alternative = "two-sided", effect: float = EFFECT) -> Floats:
    """Return the likelihood ratio of the t statistic, mixture over null, for every number of seeds.

    With d = mean / standard deviation drawn from N(0, c²), and r² = 1 + n c², the statistic t is r times one
    of Student's with n - 1 degrees of freedom; the ratio of the two densities is

        E = (1/r) [(1 + t²/(n-1)) / (1 + t²/((n-1) r²))]^(n/2).

    A one-sided alternative takes d from that half of N(0, c²) only, which gives 2 E P(d on that side | t);
    given t, the mean over its posterior scale is Student's with n degrees of freedom (normal mean, scale of
    density 1 / scale). It rises with t (`greater`) or falls (`less`), so that it is smaller still, path by
    path, for every mean on the other side of the null: H0 may be the whole half line.

    Args:
        t: (Mean − null) / standard error of the first n seeds, in the last axis, from n = 1 on; not a number
            where they do not vary.
        alternative: The mean is not the null, less than it, or greater.
        effect: c; another than `EFFECT` is for measuring what it would cost.

    Returns:
        The same shape; 1 where t is not a number, as nothing is tested there.

    Example:
        >>> e_values([np.nan, 11.0, 11.7]).round(1).tolist()
        [1.0, 2.8, 10.2]
    """
    from scipy.special import stdtr

    t = np.asarray(t, np.float64)
    n = np.arange(1, t.shape[-1] + 1)
    r2 = 1 + n * effect**2
    with np.errstate(divide="ignore", invalid="ignore"):
        share = t**2 / (n - 1)
        growth = (np.log1p(share) - np.log1p(share / r2)) * n / 2
        ratio = np.exp(np.minimum(growth, _HUGE)) / np.sqrt(r2)
        if alternative != "two-sided":
            location = n * effect * t / np.sqrt(r2 * (n - 1) + t**2)
            ratio = 2 * ratio * stdtr(n, location if alternative == "greater" else -location)
    return np.where(np.isnan(t), 1.0, ratio)


def p_value(t: Floats, alternative: Alternative = "two-sided") -> float:
    """Return the smallest p-value so far: 1 / e-value, or what exponential differences give if that is more.

    Args:
        t: As in `e_values`, shape (num_seeds,).
        alternative: ``two-sided`` or ``greater``.
    """
    by_evidence = 1 / np.maximum(e_values(t, alternative=alternative), 1)
    once = one_sided if alternative == "greater" else two_sided
    smallest = 1.0
    for place in np.argsort(by_evidence[MIN_SEEDS - 1 :]) + MIN_SEEDS - 1:
        if by_evidence[place] >= smallest:
            break
        smallest = min(smallest, max(float(by_evidence[place]), LOOKS * once(float(t[place]), float(place))))
    return smallest


def critical_t(seeds: int, *, level: float = ALPHA, effect: float = EFFECT) -> float:
    """Return the absolute t from which on mean 0 is excluded at this number of seeds; infinite for few.

    Args:
        seeds: How many differences, at least 1.
        level: The chance of ever excluding the true mean.
        effect: As in `e_values`.

    Example:
        >>> [round(critical_t(seeds), 2) for seeds in (3, 4, 5, 10, 30)]
        [inf, 7.21, 5.36, 3.97, 3.56]
    """
    r2 = 1 + seeds * effect**2
    growth = (math.sqrt(r2) / level) ** (2 / seeds)  # E = 1 / level, solved for t²
    return math.sqrt((seeds - 1) * (growth - 1) / (1 - growth / r2)) if growth < r2 else math.inf


def confidence_sequence(mean: Floats, errors: Floats, *, level: float = ALPHA) -> Interval | None:
    """Return the means that no number of seeds so far has excluded: the intersection of all intervals.

    Args:
        mean: Of the first n seeds, shape (num_seeds,), from n = 1 on.
        errors: Its standard errors; not a number where nothing varies.
        level: The chance of ever excluding the true mean.

    Returns:
        Its ends, infinite while nothing is excluded; None where every mean is excluded, which has a
        probability of `level` at most.
    """
    low, high = -math.inf, math.inf
    for pairs, (middle, error) in enumerate(zip(mean, errors, strict=True), start=1):
        limit = critical_t(pairs, level=level)
        if pairs >= MIN_SEEDS and math.isfinite(limit) and np.isfinite(error):
            half = max(limit, critical(pairs - 1, level / LOOKS)) * float(error)
            low, high = max(low, float(middle) - half), min(high, float(middle) + half)
    return (low, high) if low <= high else None


def _standard_errors(deviation: Floats, images: ImageVariance | None) -> Floats:
    """Return the standard error of the mean at every number of seeds; not a number where nothing varies."""
    n = np.arange(1, len(deviation) + 1)
    if images is None:
        return deviation / np.sqrt(n)
    of_seeds = np.maximum(np.nan_to_num(deviation) ** 2 / n, images.rest * len(n) / n)
    total = np.sqrt(of_seeds + images.between)
    return np.where((n > 1) & (total > 0), total, np.nan)


def p_of_counts(first: ArrayLike, second: ArrayLike) -> Floats:
    """Return the p-value, valid at every number of seeds, of two counts being draws of a fair coin.

    With k of n draws on one side, 2ⁿ B(k + 1, n − k + 1) is the likelihood ratio of a coin whose chance is
    uniform on [0, 1] over a fair one: a martingale that starts at 1. The p-value is 1 over it.

    Source: Ville, "Étude critique de la notion de collectif" (1939); Robbins, "Statistical methods related to
    the law of the iterated logarithm", Annals of Mathematical Statistics 41 (1970).

    Args:
        first: Draws on one side.
        second: Draws on the other, same shape.

    Example:
        >>> p_of_counts([0, 4, 9], [0, 0, 0]).round(3).tolist()
        [1.0, 0.312, 0.02]
    """
    from scipy.special import betaln

    heads, tails = np.asarray(first, np.float64), np.asarray(second, np.float64)
    growth = (heads + tails) * math.log(2) + betaln(heads + 1, tails + 1)
    return np.minimum(1.0, np.exp(-growth))
