"""How an accuracy moves around its course: from epoch to epoch, or slowly up and down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from paribus.analysis.runs.curves import (
    WINDOW,
    Curve,
    neighbour_residuals,
    once_a_curve,
    root_mean_square,
    smoothed,
)

_MIN_CYCLES = 1.5
"""Highs and lows that must fit into a curve before it is said to have a period."""


@dataclass(frozen=True)
class Swing:
    """How an accuracy moves around its course, over the last two thirds of the epochs.

    Args:
        size: Standard deviation: from epoch to epoch, or around a course that rises to its best and falls
            from there, whichever is larger.
        at_end: The same over the last third.
        period: Epochs from one high to the next, where it swings slowly and at least one and a half times.
    """

    size: float
    at_end: float
    period: float | None


@once_a_curve
def swing(values: ArrayLike) -> Swing | None:
    """Return how an accuracy moves around its course: from epoch to epoch, or slowly up and down.

    Source: Gasser, Sroka and Jennen-Steinmetz, Biometrika 73 (1986), from epoch to epoch.

    Args:
        values: Accuracies, one an epoch.

    Returns:
        None below nine epochs.
    """
    given = np.asarray(values, np.float64)
    fast = neighbour_residuals(given)
    if fast is None or not np.isfinite(given).all():
        return None
    fast = fast / math.sqrt(1.5)
    slow = (given - _course(given))[len(given) // 3 :]
    third = len(given) // 3
    is_slow = root_mean_square(slow) > root_mean_square(fast)
    return Swing(
        max(map(root_mean_square, (fast, slow))),
        max(map(root_mean_square, (fast[1 - third :], slow[-third:]))),
        _period(given[len(given) // 3 :]) if is_slow else None,
    )


def _course(values: Curve) -> Curve:
    """Return the curve nearest to these values that rises up to their best, and falls from there."""
    from scipy.optimize import isotonic_regression

    best = int(smoothed(values).argmax()) + WINDOW // 2
    up = isotonic_regression(values[: best + 1]).x
    down = isotonic_regression(values[best + 1 :], increasing=False).x if best + 1 < len(values) else []
    return np.concatenate([up, down])


def _period(values: Curve) -> float | None:
    """Return the period that most of the variance has, where one and a half fit in; its height is free."""
    number = len(values)
    time = np.arange(number)
    around = values - np.polyval(np.polyfit(time, values, 1), time)
    # 16 times the length: the peak of the periodogram between whole numbers of periods
    power = np.abs(np.fft.rfft(around, 16 * number)) ** 2
    period = 16 * number / (1 + int(np.argmax(power[1:])))
    return period if _MIN_CYCLES * period <= number else None
