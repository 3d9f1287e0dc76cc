"""An axis: its bounds, its round ticks, and where a value lies on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from textwrap import wrap

from paribus.texts import number, power_of_ten

_PLAIN = (1e-3, 1e5)  # from here to below there a number is short enough to be written out
_MAX_STEPS = 6  # from the first tick to the last


@dataclass(frozen=True)
class Axis:
    """What an axis shows.

    Args:
        low: The value at its beginning.
        high: The value at its end.
        ticks: Round values along it, in ascending order.
        is_log: Whether equal distances are equal ratios.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The words beside its ticks: powers of ten where a logarithmic axis has no others.

        Example:
            >>> log_axis(0.004, 300).labels, linear_axis(0, 2_000_000).labels[-1]
            (('10⁻²', '10⁻¹', '10⁰', '10¹', '10²'), '2×10⁶')
        """
        powers = self.is_log and all(_exponent(tick)[0] == 1 for tick in self.ticks)
        return tuple(power_of_ten(_exponent(tick)[1]) if powers else _label(tick) for tick in self.ticks)

    def position(self, value: float) -> float:
        """Return where a value lies on the axis: 0 at its beginning, 1 at its end.

        Example:
            >>> Axis(0, 10, ()).position(5), Axis(1, 100, (), is_log=True).position(10)
            (0.5, 0.5)
        """
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = log10(low), log10(high), log10(value)
        return (value - low) / ((high - low) or 1.0)


def _exponent(value: float) -> tuple[float, int]:
    """Return a number but zero as a factor, from 1 to below 10, and an exponent of ten."""
    factor, exponent = f"{value:.9e}".split("e")
    return float(factor), int(exponent)


def _label(value: float) -> str:
    if value == 0 or _PLAIN[0] <= abs(value) < _PLAIN[1]:
        return number(value, ",g")
    factor, exponent = _exponent(value)
    return power_of_ten(exponent, number(factor, "g"))


def linear_axis(low: float, high: float) -> Axis:
    """Return a linear axis with round ticks."""
    return Axis(low, high, round_values(low, high))


def log_axis(low: float, high: float) -> Axis:
    """Return a logarithmic axis from above zero, ticks at powers of ten; also at 2 and 5 where few."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    subs = (1, 2, 5) if high / low < 100 else (1,)
    values = [float(f"{sub * 10.0**power:.6g}") for power in powers[:: ceil(len(powers) / 7)] for sub in subs]
    return Axis(low, high, tuple(value for value in values if low <= value <= high), is_log=True)


def round_values(low: float, high: float) -> tuple[float, ...]:
    """Return round values within a range, six or fewer steps from first to last.

    Example:
        >>> round_values(0, 1), round_values(94.2, 100)
        ((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (95.0, 96.0, 97.0, 98.0, 99.0, 100.0))
    """
    if not high > low:
        return (low,)
    power = 10.0 ** floor(log10((high - low) / _MAX_STEPS))
    step = next(step * power for step in (1, 2, 5, 10, 20) if (high - low) / (step * power) <= _MAX_STEPS)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return tuple(float(f"{count * step:.12g}") for count in range(first, last + 1))


def whole_ticks(first: int, last: int) -> tuple[int, ...]:
    """Return the epochs or updates to be named: the first, and the multiples of a round number.

    Example:
        >>> whole_ticks(1, 30), whole_ticks(1, 4)
        ((1, 5, 10, 15, 20, 25, 30), (1, 2, 3, 4))
    """
    step = next(
        step * 10**power
        for power in range(20)
        for step in (1, 2, 5)
        if last <= (_MAX_STEPS + 1) * step * 10**power
    )
    multiples = range(step, last + 1, step)
    return (first, *(tick for tick in multiples if tick > first)) if last >= first else ()


def name_lines(name: str, most: int = 18) -> list[str]:
    """Return a name in lines that fit beside a chart, broken between words.

    Example:
        >>> name_lines("5 · batch 8"), name_lines("7c · CIFAR-10, L2, batch 8, early stopping")
        (['5 · batch 8'], ['7c · CIFAR-10, L2,', 'batch 8, early', 'stopping'])
    """
    return wrap(name, most, break_on_hyphens=False) or [""]


def move_apart(heights: Sequence[float], gap: float = 0.065) -> list[float]:
    """Move ascending heights apart until no two are closer than `gap`, as little as that takes.

    Example:
        >>> [round(height, 2) for height in move_apart([0.5, 0.5, 0.9], gap=0.1)]
        [0.45, 0.55, 0.9]
    """
    groups: list[tuple[float, int]] = []
    for height in heights:
        centre, size = height, 1
        while groups and centre - groups[-1][0] < gap * (size + groups[-1][1]) / 2:
            other, members = groups.pop()
            centre = (centre * size + other * members) / (size + members)
            size += members
        groups.append((centre, size))
    return [centre + gap * (place - (size - 1) / 2) for centre, size in groups for place in range(size)]


def kept_within(heights: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move ascending heights that are `gap` apart into bounds, as far as there is room for all of them.

    Example:
        >>> [round(height, 2) for height in kept_within([-0.2, -0.1, 0.5], 0.1, 0.0, 1.0)]
        [0.0, 0.1, 0.5]
    """
    last = len(heights) - 1
    raised = [max(height, low + gap * place) for place, height in enumerate(heights)]
    return [min(height, high - gap * (last - place)) for place, height in enumerate(raised)]
