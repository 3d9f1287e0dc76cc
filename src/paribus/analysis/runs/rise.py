"""How far a curve that should fall has risen from its best, where noise may persist from epoch to epoch.

Medians and clipped residuals are used throughout: one epoch far off neither makes a rise nor hides one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.runs.curves import (
    MIN_EPOCHS,
    N_SIGMA,
    WINDOW,
    degrees_of_freedom,
    median,
    once_a_curve,
)

Curve = NDArray[np.float64]

_MAD = 1.4826
"""Times the median absolute deviation: the standard deviation of a normal distribution."""
_MAX_RATIO = 20.0
"""Times the noise of neighbouring epochs that a rise may be asked to exceed: a smooth course that bends looks
like noise that persists, and is none. Noise alone exceeds it in fewer than 1 of 100 runs, correlations up to
0.8 (simulated)."""
_HIGHEST = 0.95
MIN_SHORT = 4
"""Epochs of which the order can be tested: 1 of 24 orders of four is the rising one."""


@dataclass(frozen=True)
class Rise:
    """How far a curve that should fall has risen from its best.

    Args:
        window: How many neighbours are taken together: three, or a tenth of the epochs where those are more.
        best_epoch: The middle one of the neighbours with the lowest median.
        best: That median.
        last: The median of the last neighbours.
        noise: Standard error of `last` − `best` by the curve's own noise.
        limit: What noise alone exceeds in one run of twenty at most, also where it persists.
        correlation: Of neighbouring epochs around the course, corrected for the short curve; 0 at least.
    """

    window: int
    best_epoch: int
    best: float
    last: float
    noise: float
    limit: float
    correlation: float

    @property
    def size(self) -> float:
        """From the best to the end; 0 where the end is the best."""
        return self.last - self.best

    @property
    def place(self) -> int:
        """Which of the `running_median` values is the best, counted from 0."""
        return self.best_epoch - 1 - self.window // 2


def running_median(values: ArrayLike, window: int = WINDOW) -> Curve:
    """Medians of neighbouring epochs, shape (epochs − window + 1,); entry i begins with epoch i + 1.

    Args:
        values: One an epoch.
        window: How many neighbours.

    Example:
        >>> running_median([1.0, 2.0, 9.0, 3.0])
        array([2., 3.])
    """
    given = np.asarray(values, np.float64)
    if len(given) < window:
        return given[:0]
    return median(np.lib.stride_tricks.sliding_window_view(given, window))


@once_a_curve
def rise(values: ArrayLike) -> Rise | None:
    """Return how far a curve ends above its best, and how far noise alone would carry it.

    The standard error of a difference of two windows, widened by √((1 + r)/(1 − r)) where neighbouring
    epochs correlate by r: the effective sample size of a first-order autoregression. Three of them are the
    limit, each wider by one standard error of its own, of as many fewer degrees of freedom, since the best of
    many epochs lies low by chance.

    Source: Bayley and Hammersley, Supplement to the Journal of the Royal Statistical Society 8 (1946).

    Args:
        values: One an epoch: a loss.

    Returns:
        None below nine epochs.
    """
    given = np.asarray(values, np.float64)
    epochs = len(given)
    if epochs < MIN_EPOCHS or not np.isfinite(given).all():
        return None
    window = max(WINDOW, epochs // 10)
    medians = running_median(given, window)
    place = int(medians.argmin())
    best_epoch = place + 1 + window // 2
    late = given[epochs // 3 :]
    residuals = _around_course(late, max(0, best_epoch - 1 - epochs // 3))
    correlation = _correlation(residuals)
    spread = math.sqrt(float(residuals @ residuals) / (len(residuals) - 3))
    persistence = (1 + correlation) / (1 - correlation)
    error = spread * math.sqrt(persistence * 2 / window)
    limit = N_SIGMA * error * (1 + math.sqrt(persistence / (2 * degrees_of_freedom(epochs))))
    limit = min(limit, _MAX_RATIO * _robust_neighbour_noise(late))
    return Rise(window, best_epoch, float(medians[place]), float(medians[-1]), error, limit, correlation)


def loss_rise(losses: ArrayLike) -> Rise | None:
    """Return how far a loss ends above its best, its noise being taken as a share of it.

    A loss that has risen to twice its size also moves twice as much from epoch to epoch.

    Args:
        losses: One an epoch.

    Returns:
        None below nine epochs, and where a loss is not positive.
    """
    given = np.asarray(losses, np.float64)
    found = rise(np.log(given)) if (given > 0).all() else None
    if found is None:
        return None
    best, last = math.exp(found.best), math.exp(found.last)
    noise, limit = best * found.noise, best * math.expm1(found.limit)
    return replace(found, best=best, last=last, noise=noise, limit=limit)


def _around_course(values: Curve, turn: int) -> Curve:
    """Return the residuals around two straight lines that meet at the turn, those far off clipped."""
    time = np.arange(len(values), dtype=np.float64) - turn
    lines = np.column_stack([np.ones(len(values)), np.minimum(time, 0), np.maximum(time, 0)])
    smooth = np.concatenate([values[:1], running_median(values), values[-1:]])
    residuals = values - lines @ np.linalg.lstsq(lines, smooth, rcond=None)[0]
    limit = N_SIGMA * _MAD * float(median(np.abs(residuals)))
    return np.clip(residuals, -limit, limit)


def _correlation(residuals: Curve) -> float:
    """Return the correlation of neighbouring residuals, corrected for the bias of so few, in [0, 0.95].

    Around a fitted course it comes out too low by about (3 + 5r)/m of m residuals (simulated; Kendall,
    Biometrika 41 (1954), has (1 + 4r)/m around a mean).
    """
    centred = residuals - median(residuals)
    square = float(centred @ centred)
    if not square:
        return 0.0
    number = len(residuals)
    found = float(centred[1:] @ centred[:-1]) / square
    return min(_HIGHEST, max(0.0, (number * found + 3) / max(1, number - 5)))


def _robust_neighbour_noise(values: Curve) -> float:
    residuals = values[1:-1] - (values[:-2] + values[2:]) / 2
    return _MAD * float(median(np.abs(residuals))) / math.sqrt(1.5)


def short_rise(values: ArrayLike) -> Rise | None:
    """Return how far a curve of four to eight epochs ends above its best, where it rose in order.

    So few epochs do not tell their own noise. Their order does: from the best on, Kendall's test finds
    that they rise, exactly and one-sided at 5 %, which takes three rises in a row at least.

    Source: Kendall, Biometrika 30 (1938).

    Args:
        values: One an epoch: a loss.

    Returns:
        None where they do not rise in order, and for other numbers of epochs.

    Example:
        >>> short_rise([0.5, 0.3, 0.4, 0.6, 0.9]).size, short_rise([0.5, 0.3, 0.4, 0.35, 0.9])
        (0.6000000000000001, None)
    """
    given = np.asarray(values, np.float64)
    if not MIN_SHORT <= len(given) < MIN_EPOCHS or not np.isfinite(given).all():
        return None
    place = int(given.argmin())
    since = given[place:]
    if len(since) < MIN_SHORT or not is_ordered(since):
        return None
    return Rise(1, place + 1, float(since[0]), float(since[-1]), 0.0, 0.0, 0.0)


def is_ordered(values: Curve) -> bool:
    """Return whether so few pairs are out of order, or tied, that one of twenty orders at most has as few."""
    first, second = np.triu_indices(len(values), 1)
    out_of_order = int((values[second] <= values[first]).sum())
    orders = np.ones(1)  # how many orders have 0, 1, 2, ... pairs out of order
    for size in range(2, len(values) + 1):
        orders = np.convolve(orders, np.ones(size))
    return bool(orders[: out_of_order + 1].sum() <= ALPHA * orders.sum())
