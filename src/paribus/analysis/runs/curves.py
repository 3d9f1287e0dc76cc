"""What a curve over epochs does, and what of it is noise. Pure functions of numbers.

Three sources of noise are told apart: which images were drawn (`standard_error`), which epoch of several
neighbours is looked at (`neighbour_noise`), and which seed (`paribus.analysis.runs.diagnosis` counts those).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Curve = NDArray[np.float64]

N_SIGMA = 3.0
"""Standard errors beyond which something is no longer put down to noise: 5 % over the 30 looks that a run of
thirty epochs allows, by Bonferroni's inequality (z of 0.05 / 30 is 2.94)."""

WINDOW = 3
"""Neighbouring epochs that are averaged where the best of a curve is looked for."""

MIN_EPOCHS = 9
"""Epochs below which a curve does not tell its own noise."""

_JUMP = 0.8
"""Of the variance: what two levels must explain to be two levels."""


_REMEMBERED = 64
"""Curves whose numbers are remembered: those of a few runs, since many rules ask for the same ones."""

R = TypeVar("R")


def once_a_curve(function: Callable[[Curve], R]) -> Callable[[ArrayLike], R]:
    """Let a function of a curve compute once what several rules ask for; nobody changes what it returns.

    Args:
        function: Of the values alone, one an epoch.
    """

    @lru_cache(maxsize=_REMEMBERED)
    def of_bytes(content: bytes) -> R:
        return function(np.frombuffer(content, np.float64))

    @wraps(function)
    def of_values(values: ArrayLike) -> R:
        return of_bytes(np.asarray(values, np.float64).tobytes())

    return of_values


def median(values: NDArray[Any]) -> Any:
    """Return the median over the last axis, of one value at least, which NumPy takes long for.

    Example:
        >>> median(np.array([[3.0, 1.0, 2.0, 9.0], [1.0, 1.0, 5.0, 7.0]]))
        array([2.5, 3. ])
    """
    middle = values.shape[-1] // 2
    is_long = values.shape[-1] > 100  # a sort of short rows is faster
    ordered = (
        np.partition(values, [max(0, middle - 1), middle], axis=-1) if is_long else np.sort(values, axis=-1)
    )
    upper = ordered[..., middle]
    return upper if values.shape[-1] % 2 else (ordered[..., middle - 1] + upper) / 2


def standard_error(share: float, images: int) -> float:
    """Standard error of a share of so many images, two of each kind added so that it is never zero.

    Source: Agresti and Coull, The American Statistician 52 (1998).

    Args:
        share: In [0, 1].
        images: How many it was measured on, 1 or more.

    Example:
        >>> round(standard_error(0.96, 10_000), 4), round(standard_error(1.0, 100), 4)
        (0.002, 0.0135)
    """
    added = images + 4
    adjusted = (share * images + 2) / added
    return math.sqrt(adjusted * (1 - adjusted) / added)


@once_a_curve
def neighbour_noise(values: ArrayLike) -> float | None:
    """Standard deviation of a curve around its own course, from each epoch and its two neighbours.

    √(Σ(yₜ − (yₜ₋₁ + yₜ₊₁)/2)² / 1.5n) over the last two thirds of the epochs, where a straight course
    cancels out. A jump to another level is no noise: the two epochs beside it do not count.

    Source: Gasser, Sroka and Jennen-Steinmetz, Biometrika 73 (1986).

    Args:
        values: One an epoch, shape (epochs,).

    Returns:
        None below nine epochs.

    Example:
        >>> neighbour_noise(range(30)), round(neighbour_noise([0, 1] * 15), 2)
        (0.0, 0.82)
    """
    residuals = neighbour_residuals(values)
    return None if residuals is None else float(np.sqrt(np.mean(residuals**2) / 1.5))


def degrees_of_freedom(epochs: int) -> float:
    """Degrees of freedom of `neighbour_noise`: its terms overlap, which leaves 18/35 of their number.

    Under independent noise neighbouring residuals correlate by −2/3 and next ones by 1/6; the number of
    independent squares is n / (1 + 2(4/9 + 1/36)).

    Args:
        epochs: Of the curve.
    """
    return max(1.0, (epochs - epochs // 3 - 2) * 18 / 35)


@once_a_curve
def neighbour_residuals(values: ArrayLike) -> Curve | None:
    """Return how far late epochs lie off the mean of their neighbours; those beside a jump are left out.

    Args:
        values: One an epoch.

    Returns:
        None below nine epochs.
    """
    given = np.asarray(values, np.float64)
    late = given[len(given) // 3 :]
    if len(given) < MIN_EPOCHS or not np.isfinite(late).all():
        return None
    off = late[1:-1] - (late[:-2] + late[2:]) / 2
    beside = [place - 1 + side for place in _jumps(late) for side in (-1, 0)]
    return np.delete(off, [place for place in beside if 0 <= place < len(off)])


@once_a_curve
def _jumps(values: Curve) -> list[int]:
    """Return where a curve goes to another level and stays there, as when the learning rate is lowered.

    Two levels, of three epochs or more each, explain four fifths of its variance; a straight line lets them
    explain three quarters. The levels are then looked through by themselves.
    """
    number = len(values)
    if number < 2 * WINDOW:
        return []
    splits = range(WINDOW, number - WINDOW + 1)
    between = [
        place * (number - place) / number * float(values[:place].mean() - values[place:].mean()) ** 2
        for place in splits
    ]
    best = int(np.argmax(between))
    if between[best] <= _JUMP * number * float(values.var()):
        return []
    place = splits[best]
    return [*_jumps(values[:place]), place, *(place + each for each in _jumps(values[place:]))]


def root_mean_square(values: Curve) -> float:
    """Return the root of the mean of squares; 0 of no values.

    Example:
        >>> root_mean_square(np.array([1.0, 7.0])), root_mean_square(np.array([]))
        (5.0, 0.0)
    """
    return math.sqrt(float(np.mean(values**2))) if len(values) else 0.0


def smoothed(values: ArrayLike, window: int = WINDOW) -> Curve:
    """Means of neighbouring epochs, shape (epochs − window + 1,); entry i covers epochs i + 1 to i + window.

    Args:
        values: One an epoch.
        window: How many neighbours.

    Example:
        >>> smoothed([1.0, 2.0, 3.0, 7.0])
        array([2., 4.])
    """
    given = np.asarray(values, np.float64)
    return np.convolve(given, np.ones(window) / window, "valid") if len(given) >= window else given[:0]


def level_epochs(epochs: int) -> int:
    """How many of the last epochs a curve's level is taken over: a fifth, at least three.

    Args:
        epochs: Of the curve.
    """
    return max(WINDOW, epochs // 5)


def convergence_band(values: ArrayLike, images: int) -> float | None:
    """How far an accuracy's smoothed curve may lie from its level and still count as there.

    One standard error of the level on so many images, or three of a smoothed value by the curve's own
    noise, whichever is larger.

    Args:
        values: Accuracies in [0, 1], one an epoch.
        images: How many they were measured on.

    Returns:
        None below nine epochs.
    """
    noise = neighbour_noise(values)
    if noise is None:
        return None
    level = float(np.mean(np.asarray(values, np.float64)[-level_epochs(np.size(values)) :]))
    return max(standard_error(level, images), N_SIGMA * noise / math.sqrt(WINDOW))


def convergence_epoch(values: ArrayLike, within: float) -> int | None:
    """The epoch from which on a rising curve's smoothed values stay no further than so much below its level.

    Args:
        values: Accuracies, one an epoch.
        within: From `convergence_band`.

    Returns:
        None where that is not before the epochs that the level is taken over.

    Example:
        >>> convergence_epoch([0.2, 0.5, 0.8, 0.9, 0.95] + [0.96] * 10, 0.01)
        6
    """
    given = np.asarray(values, np.float64)
    means = smoothed(given)
    if not len(means):
        return None
    level = float(given[-level_epochs(len(given)) :].mean())
    below = np.flatnonzero(means < level - within)
    place = int(below[-1]) + 1 if len(below) else 0
    epoch = place + 1 + WINDOW // 2 if place else 1
    # the level's first epoch itself may be where it jumped there, which means of three see one epoch late
    return epoch if epoch <= len(given) - level_epochs(len(given)) + 2 else None


@dataclass(frozen=True)
class Gain:
    """What the last epochs added.

    Args:
        epochs: How many were compared with as many before them.
        size: The difference of their means.
        noise: Its standard error by the curve's own noise.
        slope: How much it rises within the last epochs, by the median of all slopes between two of them; of
            those since it jumped, where it did.
        slope_noise: Its standard error by the curve's own noise.
    """

    epochs: int
    size: float
    noise: float
    slope: float
    slope_noise: float

    @property
    def is_over(self) -> bool:
        """Whether it rises no more, beyond a quarter of the gain: it came as a jump, or has levelled off."""
        return self.slope + 2 * self.slope_noise < self.size / 4


@once_a_curve
def late_gain(values: ArrayLike) -> Gain | None:
    """How much higher the last epochs lie than as many before them, and whether they still rise.

    Source: Sen, Journal of the American Statistical Association 63 (1968), for the slope.

    Args:
        values: One an epoch: an accuracy.

    Returns:
        None below nine epochs.
    """
    given = np.asarray(values, np.float64)
    noise = neighbour_noise(given)
    if noise is None:
        return None
    last = level_epochs(len(given))
    size = float(given[-last:].mean() - given[-2 * last : -last].mean())
    late = given[len(given) // 3 :]
    since = min(last, len(late) - max(_jumps(late), default=0))
    slope = _median_slope(given[-since:])
    slope_noise = noise * math.sqrt(12 / (since**3 - since))
    return Gain(last, size, noise * math.sqrt(2 / last), last * slope, last * slope_noise)


def _median_slope(values: Curve) -> float:
    first, second = _pairs(len(values))
    return float(median((values[second] - values[first]) / (second - first)))


@lru_cache(maxsize=64)
def _pairs(number: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(number, 1)
    return first, second


@dataclass(frozen=True)
class Plateau:
    """A stretch in which a curve stood still before it went on.

    Args:
        first: Its first epoch.
        last: Its last.
        level: The curve's mean there.
        change: How much it rose from its first epoch to its last.
        after: How much it rose in as many epochs after it.
    """

    first: int
    last: int
    level: float
    change: float
    after: float


def plateau(values: ArrayLike, noise: float) -> Plateau | None:
    """The longest stretch of three epochs or more on which an accuracy stands still, and then goes on.

    It stands still where all its values lie within `noise` of each other, and goes on where as many epochs
    later it has risen by three times the noise and three times what it rose on the stretch: a curve that
    merely levels off rises less and less.

    Args:
        values: Accuracies, one an epoch.
        noise: One standard error of such a value.
    """
    given = np.asarray(values, np.float64)
    found: Plateau | None = None
    least = WINDOW
    highest = np.fmax.accumulate(given[::-1])[::-1].tolist()  # of the values from each epoch on
    for first, (stands, lowest) in enumerate(_standing(given.tolist(), noise)[: max(0, len(given) - WINDOW)]):
        rest = given[first:]
        longest = min(stands, len(rest) - 1)
        then = min(len(given), first + 2 * least) - 1
        if longest < least or not highest[then] - lowest > N_SIGMA * noise:
            continue
        lengths = np.arange(least, longest + 1)
        ends, thens = rest[lengths - 1], rest[np.minimum(len(rest) - 1, 2 * lengths - 1)]
        changes, gains = ends - rest[0], thens - ends
        goes_on = np.flatnonzero(gains > N_SIGMA * np.maximum(noise, changes))
        if len(goes_on):
            place = goes_on[-1]
            length = int(lengths[place])
            level, change, after = rest[:length].mean(), changes[place], gains[place]
            found = Plateau(first + 1, first + length, float(level), float(change), float(after))
            least = length + 1
    return found


def _standing(values: Sequence[float], noise: float) -> list[tuple[int, float]]:
    """Return for each epoch on how many values from it on lie within the noise, and the lowest of these.

    Args:
        values: One an epoch.
        noise: How far the highest may lie above the lowest.

    Example:
        >>> _standing([0.0, 1.0, 1.5, 9.0], 1.0)
        [(2, 0.0), (2, 1.0), (1, 1.5), (1, 9.0)]
    """
    found: list[tuple[int, float]] = []
    highs: deque[int] = deque()  # places of values with none higher, or lower, between them and the end
    lows: deque[int] = deque()
    end = 0
    for first in range(len(values)):
        while end < len(values):
            value = values[end]
            high = max(value, values[highs[0]]) if highs else value
            low = min(value, values[lows[0]]) if lows else value
            if not high - low <= noise:  # nor where it is not a number
                break
            while highs and values[highs[-1]] <= value:
                highs.pop()
            while lows and values[lows[-1]] >= value:
                lows.pop()
            highs.append(end)
            lows.append(end)
            end += 1
        found.append((end - first, values[lows[0]] if lows else math.nan))
        for places in (highs, lows):
            if places and places[0] == first:
                places.popleft()
        end = max(end, first + 1)
    return found
