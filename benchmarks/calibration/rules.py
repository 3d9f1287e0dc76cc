"""The tests before and now as critical values, so that ten thousand studies are judged as quickly as one.

A question's strength is the largest family for whose first place its p-value suffices: how many of the
critical values at 5 %, 5 % / 2, 5 % / 3, ... its statistic reaches. Holm's method needs no more than that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq
from scipy.special import bdtr

from benchmarks.calibration.draw import Flags, Floats
from paribus.analysis.questions.tails import ALPHA, critical, one_sided

Strengths = NDArray[np.intp]


@dataclass(frozen=True)
class Rule:
    """How a mean difference is judged.

    Args:
        two_sided: From degrees of freedom and level to the least |mean / standard error| of a difference.
        one_sided: The same of a mean that is shown to lie on one side.
        minds_failures: Whether failed runs are an outcome of their own; if not, they are values.
    """

    two_sided: Callable[[float, float], float]
    one_sided: Callable[[float, float], float]
    minds_failures: bool


@cache
def one_sided_critical(freedom: float, level: float) -> float:
    """Return how many standard errors a mean must lie above a bound for a one-sided p of `level`."""

    def excess(log_t: float) -> float:
        return one_sided(math.exp(log_t), freedom) / level - 1

    root: Any = brentq(excess, math.log(1e-3), math.log(1e7), xtol=1e-10)
    return math.exp(root)


BEFORE = Rule(
    lambda freedom, level: float(stats.t.isf(level / 2, freedom)),
    lambda freedom, level: float(stats.t.isf(level, freedom)),
    minds_failures=False,
)
"""Student's paired t-test, and two one-sided ones for equivalence."""
NOW = Rule(critical, one_sided_critical, minds_failures=True)


def strengths(
    statistic: Floats, pairs: NDArray[np.intp], needed: Callable[[float, float], float], most: int
) -> Strengths:
    """Return the strength of every question; 0 below three pairs.

    Args:
        statistic: Standard errors from what is excluded; not a number where nothing varies.
        pairs: How many differences each rests on.
        needed: From degrees of freedom and level to a critical value.
        most: The largest strength.
    """
    found = np.zeros(statistic.shape, np.intp)
    for number in np.unique(pairs[pairs >= 3]):
        values = [needed(int(number) - 1, ALPHA / of) for of in range(1, most + 1)]
        here = (pairs == number) & np.isfinite(statistic)
        found[here] = np.searchsorted(values, statistic[here], side="right")
    return found


def strengths_of(p_values: Floats, most: int) -> Strengths:
    """Return the strengths of p-values."""
    return np.minimum(ALPHA / p_values + 1e-9, most).astype(np.intp)


def holm_rejects(strength: Strengths) -> Flags:
    """Return which questions of each study Holm's method shows.

    The i-th strongest is shown if it and all before it suffice for a family of what is left.

    Args:
        strength: Shape (studies, questions).
    """
    questions = strength.shape[1]
    needed = np.arange(questions, 0, -1)
    shown = np.cumprod(np.sort(strength, axis=1)[:, ::-1] >= needed, axis=1).sum(axis=1, keepdims=True)
    return strength > questions - shown


def mcnemar_p(treatment_failed: Flags, reference_failed: Flags) -> Floats:
    """Return McNemar's exact p of as many failures on both sides, over the last axis."""
    only_treatment = (treatment_failed & ~reference_failed).sum(axis=-1)
    only_reference = (reference_failed & ~treatment_failed).sum(axis=-1)
    return exact_p(only_treatment, only_reference)


def exact_p(one: NDArray[np.intp], other: NDArray[np.intp]) -> Floats:
    """Return the two-sided binomial p of two counts that are equally likely to grow."""
    return np.minimum(1.0, 2 * bdtr(np.minimum(one, other), one + other, 0.5))
