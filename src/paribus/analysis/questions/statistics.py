"""Statistics of numbers paired by seed: tests, intervals, and Holm's adjustment of p-values.

Nothing here knows of studies or runs. The tests take differences in the last axis, so that ten thousand
studies are tested as quickly as one. The distributions are scipy's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paribus.analysis.questions.tails import (
    ALPHA,
    critical,
    one_sided,
    students_critical,
    students_p,
    two_sided,
)
from paribus.record.looks import MIN_SEEDS

Interval: TypeAlias = tuple[float, float]

ROUNDING = 2e-7  # of a value: what float32, in which runs are scored, cannot tell apart
_EXACT_UP_TO = 15  # pairs whose 2¹⁵ sign patterns are counted one by one
_DRAWS = 9_999
_MIN_BOOTSTRAP = 8  # pairs; with fewer, resampling knows too little of the tails


@dataclass(frozen=True)
class ImageVariance:
    """The part of a mean difference's variance that new test images bring, and the part of the rest.

    Args:
        images: How many were tested.
        between: What new images bring beyond the rest.
        rest: Of seeds and images together, as part of the mean's variance.
    """

    images: int
    between: float
    rest: float


@dataclass(frozen=True)
class StandardError:
    """The standard error of a mean difference, with its degrees of freedom.

    Args:
        value: In the metric's unit; 0 where nothing varies.
        freedom: Satterthwaite's where it has several parts.
    """

    value: float
    freedom: float


@dataclass(frozen=True)
class Paired:
    """Paired differences, and the tests and intervals that follow from them.

    `interval`, `p_value` and `p_equivalence` are those that decide: of new seeds and, where the images are
    known, of new test images, and careful enough for skewed differences (`paribus.analysis.questions.tails`).
    The other numbers stand beside them.

    Args:
        differences: Treatment minus reference, one a seed.
        mean: Their mean; None without any.
        interval: 95 % interval for the mean; None where it cannot be computed.
        p_value: Of a mean of zero, two-sided; of the sign-flip test where nothing varies.
        p_equivalence: Of the two one-sided tests against the margin, the larger.
        is_exact: Whether nothing varies, so that the sign-flip test takes the place of the others.
        t_interval: Student's 95 % interval over new seeds alone, these images kept.
        p_t: Of the paired t-test over seeds alone.
        p_normal: Of Student's test with new test images counted as well: that of a mean of zero, if
            differences are normal.
        p_exact: Of the sign-flip test, two-sided.
        p_exact_smallest: The smallest that test can give with so many pairs.
        bootstrap: The bootstrap's 95 % BCa interval over new seeds; None with fewer than eight.
        overlap: How many examples are tested for each that is trained on, where seeds are folds; else 0.
        higher: At how many seeds the treatment's value is the higher one.
        lower: At how many it is the lower one.
        groups: The values of treatment and reference, where seeds do not pair them
            (`paribus.analysis.questions.unpaired`); there are then no differences by seed.
    """

    differences: tuple[float, ...]
    mean: float | None = None
    interval: Interval | None = None
    p_value: float | None = None
    p_equivalence: float | None = None
    is_exact: bool = False
    t_interval: Interval | None = None
    p_t: float | None = None
    p_normal: float | None = None
    p_exact: float | None = None
    p_exact_smallest: float | None = None
    bootstrap: Interval | None = None
    overlap: float = 0.0
    higher: int = 0
    lower: int = 0
    groups: tuple[tuple[float, ...], tuple[float, ...]] | None = None

    @property
    def is_tested(self) -> bool:
        """Whether there are enough pairs for a test."""
        return self.p_value is not None


def paired(
    treatment: Sequence[float],
    reference: Sequence[float],
    margin: float | None = None,
    images: ImageVariance | None = None,
    *,
    overlap: float = 0.0,
) -> Paired:
    """Compute everything that follows from one pair of values a seed.

    Args:
        treatment: Its metric, one value a seed.
        reference: Same length; entry i shares seed i.
        margin: Differences smaller than this count as none; None where the study declares no margin.
        images: What new test images add to the variance of the mean; None where it is not known.
        overlap: As in `standard_error`.

    Raises:
        ValueError: They are not equally many, or one is not a finite number.

    Example:
        >>> found = paired([0.98, 0.97, 0.99], [0.96, 0.96, 0.96])
        >>> round(found.mean, 3), round(found.p_t, 3), round(found.p_value, 3), found.p_exact
        (0.02, 0.074, 0.106, 0.25)
    """
    if len(treatment) != len(reference):
        raise ValueError("each seed needs a value of both")
    values = np.asarray([treatment, reference], np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a value is not finite")
    differences = values[0] - values[1]
    found = Paired(tuple(float(each) for each in differences), overlap=overlap)
    if not found.differences:
        return found
    rounding = ROUNDING * float(np.abs(values).max())
    found = replace(
        found,
        mean=float(differences.mean()),
        higher=int(np.sum(differences > rounding)),
        lower=int(np.sum(differences < -rounding)),
    )
    if len(differences) == 1:
        return found
    has_spread = float(np.ptp(differences)) > rounding
    error = standard_error(differences if has_spread else np.zeros(len(differences)), images, overlap)
    return _with_decision(_with_seeds_alone(found, has_spread=has_spread), error, margin)


def _with_seeds_alone(found: Paired, *, has_spread: bool) -> Paired:
    """Return the same with the numbers that stand beside the decision."""
    differences = np.array(found.differences)
    if found.overlap and has_spread and found.mean is not None:
        # Signs and resampling take folds for independent, so only the corrected t-test stands here.
        error = standard_error(differences, overlap=found.overlap)
        half = students_critical(error.freedom) * error.value
        p_t = students_p(found.mean / error.value, error.freedom)
        return replace(found, p_t=p_t, t_interval=(found.mean - half, found.mean + half))
    found = replace(
        found,
        p_exact=float(sign_flip(differences)),
        p_exact_smallest=smallest_exact(len(differences)),
    )
    if not has_spread:
        return found
    p_t, low, high = t_test(differences)
    return replace(
        found, p_t=float(p_t), t_interval=(float(low), float(high)), bootstrap=_bootstrap(differences)
    )


def _with_decision(found: Paired, error: StandardError, margin: float | None) -> Paired:
    """Return the same with the numbers that decide; nothing decides below three pairs."""
    pairs, mean = len(found.differences), found.mean
    if mean is None:
        return found
    if not error.value:
        if pairs < MIN_SEEDS:
            return found
        within = None if margin is None else 0.5**pairs if abs(mean) < margin else 1.0
        return replace(found, is_exact=True, p_value=found.p_exact, p_equivalence=within)
    half = critical(error.freedom, pairs=pairs) * error.value
    found = replace(found, interval=(mean - half, mean + half))
    if pairs < MIN_SEEDS:
        return found
    return replace(
        found,
        p_value=two_sided(mean / error.value, error.freedom, pairs),
        p_normal=students_p(mean / error.value, error.freedom),
        p_equivalence=None
        if margin is None
        else one_sided((margin - abs(mean)) / error.value, error.freedom, pairs),
    )


def standard_error(
    differences: ArrayLike, images: ImageVariance | None = None, overlap: float = 0.0
) -> StandardError:
    """Return the standard error of a mean difference over new seeds and, where known, new images.

    With the variances s² / n over the seeds, and v over new images beyond the rest r, both drawn at random,
    it is √(max(s² / n, r) + v): the estimate of an analysis of variance with two crossed random factors, in
    which no part is taken for negative. Its degrees of freedom are Satterthwaite's.

    Seeds that are folds share most of their training examples, so that their differences are correlated: the
    variance is s² (1 / n + overlap), that of the corrected resampled t-test.

    Source: Searle, Casella and McCulloch, "Variance Components" (1992), chapter 4; Satterthwaite, Biometrics
    Bulletin 2 (1946); Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52
    (2003).

    Args:
        differences: One a seed, two or more.
        images: What new test images add; None where that is not known.
        overlap: How many examples are tested for each that is trained on, 1 / (k − 1) with k folds; 0 where
            seeds are independent.

    Example:
        >>> standard_error([1.0, 2.0, 3.0]).freedom
        2.0
        >>> round(standard_error([1.0, 2.0, 3.0], overlap=1 / 2).value, 3)
        0.913
    """
    given = np.asarray(differences, np.float64)
    freedom = float(len(given) - 1)
    of_seeds = float(given.var(ddof=1)) * (1 / len(given) + overlap)
    if images is None:
        return StandardError(of_seeds**0.5, freedom)
    of_seeds = max(of_seeds, images.rest)
    total = of_seeds + images.between
    if not total:
        return StandardError(0.0, freedom)
    parts = of_seeds**2 / freedom + images.between**2 / (images.images - 1)
    return StandardError(total**0.5, total**2 / parts)


def _bootstrap(differences: NDArray[Any]) -> Interval | None:
    """Return the BCa interval of Efron (1987) for the mean over new seeds."""
    if len(differences) < _MIN_BOOTSTRAP:
        return None
    from scipy import stats

    found: Any = stats.bootstrap(
        (differences,), np.mean, confidence_level=1 - ALPHA, method="BCa", rng=np.random.default_rng(0)
    )
    ends = float(found.confidence_interval.low), float(found.confidence_interval.high)
    return ends if np.isfinite(ends).all() else None


def t_test(differences: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return Student's paired t-test of a mean difference of zero, and the 95 % interval that goes with it.

    Source: Student, "The probable error of a mean", Biometrika 6 (1908).

    Args:
        differences: Shape (..., pairs), two pairs or more.

    Returns:
        Two-sided p, lower and upper end of the interval, each of shape (...).
    """
    from scipy import stats

    found: Any = stats.ttest_1samp(np.asarray(differences), 0.0, axis=-1)
    interval = found.confidence_interval(1 - ALPHA)
    return np.asarray(found.pvalue), np.asarray(interval.low), np.asarray(interval.high)


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Return the 95 % t interval for the mean of values like these; None where they do not vary.

    Args:
        values: One a seed.

    Example:
        >>> [round(end, 4) for end in mean_interval([0.961, 0.963, 0.965])], mean_interval([0.96])
        ([0.958, 0.968], None)
    """
    if len(values) < 2 or np.ptp(values) <= ROUNDING * np.abs(values).max():
        return None
    _, low, high = t_test(values)
    return float(low), float(high)


def sign_flip(differences: ArrayLike) -> NDArray[Any]:
    """Test exactly whether differences are as likely to have either sign: all 2ⁿ signs, two-sided.

    It assumes that differences are distributed symmetrically around zero if the two techniques are equal, and
    nothing else of their distribution. With n pairs it cannot give less than 2/2ⁿ. Above fifteen pairs 9,999
    patterns are drawn, always the same ones, and the one observed is counted among them, which keeps the
    level (Phipson and Smyth, 2010).

    Source: Fisher, "The Design of Experiments" (1935), section 21.

    Args:
        differences: Shape (..., pairs), two pairs or more.

    Returns:
        p, of shape (...).
    """
    from scipy import stats

    given = np.asarray(differences, np.float64)
    largest = np.abs(given).max(axis=-1, keepdims=True)
    scaled = given / np.where(largest > 0, largest, 1.0)
    pairs = given.shape[-1]
    found: Any = stats.permutation_test(
        (scaled,),
        _rounded_sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=2**pairs if pairs <= _EXACT_UP_TO else _DRAWS,
        batch=max(1, 2_000_000 // given.size),
        axis=-1,
        rng=np.random.default_rng(0),
    )
    return np.asarray(found.pvalue)


def smallest_exact(pairs: int) -> float:
    """Return the smallest two-sided p that the sign-flip test can give.

    Args:
        pairs: How many there are.

    Example:
        >>> smallest_exact(5)
        0.0625
    """
    return 2.0 ** (1 - pairs)


def _rounded_sum(values: NDArray[Any], axis: int) -> NDArray[Any]:
    """Return sums rounded so that equal patterns are ties in whatever order their terms were added."""
    return np.round(np.sum(values, axis=axis), 9)


def holm(p_values: Sequence[float | None], shares: Sequence[float] | None = None) -> tuple[float | None, ...]:
    """Adjust p-values for the number of questions, by Holm's method.

    A question that could not be tested counts as one with p = 1: the family is what was declared, so that
    a result does not become weaker when a later run makes another question testable.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6 (1979),
    with weights as in its section 5 where there are shares.

    Args:
        p_values: One a question, or several; None where there is none.
        shares: What part of a question's level each has; 1 where not given.

    Example:
        >>> holm([0.01, None, 0.04])
        (0.03, None, 0.08)
        >>> [round(p, 3) for p in holm([0.01, 0.001, 0.04], [1, 0.5, 0.5])]
        [0.015, 0.004, 0.04]
    """
    stepped = _stepped(p_values, shares)
    return tuple(None if p is None else min(s, 1.0) for p, s in zip(p_values, stepped, strict=True))


def holm_factors(
    p_values: Sequence[float | None], shares: Sequence[float] | None = None
) -> tuple[float, ...]:
    """Return by how much Holm's method multiplies each p-value, before it is cut at 1.

    Args:
        p_values: As in `holm`.
        shares: As in `holm`.

    Example:
        >>> [round(factor, 2) for factor in holm_factors([0.01, None, 0.04])]
        [3.0, 1.0, 2.0]
    """
    parts = [1.0] * len(p_values) if shares is None else shares
    stepped = zip(p_values, _stepped(p_values, shares), parts, strict=True)
    return tuple(s / (1.0 if p is None else p) if p != 0 else sum(parts) / part for p, s, part in stepped)


def _stepped(p_values: Sequence[float | None], shares: Sequence[float] | None = None) -> list[float]:
    """Return p-values multiplied by the steps of Holm's method, none less than a smaller one's."""
    parts = np.ones(len(p_values)) if shares is None else np.asarray(shares, np.float64)
    family = np.array([1.0 if p is None else p for p in p_values]) / parts
    order = np.argsort(family)
    stepped = np.empty_like(family)
    left = np.cumsum(parts[order][::-1])[::-1]
    stepped[order] = np.maximum.accumulate(family[order] * left)
    return [float(each) for each in stepped]
