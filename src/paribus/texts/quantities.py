"""Quantities as a person reads them, in the language of the moment in which they are read.

Those that a `Message` names are small objects, formatted when the message is; the functions format at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias, TypeGuard

from paribus.texts import number, text

Unit: TypeAlias = Literal["percent", "plain"]
"""How a metric is written: shares in percent, their differences in percentage points, others as they are."""

NOTHING = "–"
"""Stands where there is no number."""


@dataclass(frozen=True)
class Difference:
    """A difference of a metric: shares in percentage points, the others as they are.

    Args:
        value: The difference; None where there is none.
        unit: The metric's.
        signed: Whether a plus is written.
        short: Whether the unit is abbreviated, as in a table.
        beside: The interval that is written with it, which has as many places; None without one.

    Example:
        >>> str(Difference(0.018, "percent")), str(Difference(-0.01234, "plain"))
        ('+1.80 percentage points', '−0.0123')
        >>> str(Difference(0.005, "percent", signed=False)), str(Difference(None, "plain"))
        ('0.50 percentage points', '–')
        >>> str(Difference(-0.018, "percent", short=True))
        '−1.80 pp'
    """

    value: float | None
    unit: Unit
    signed: bool = True
    short: bool = False
    beside: tuple[float, float] | None = None

    def __str__(self) -> str:
        if self.value is None:
            return NOTHING
        sign = "+" if self.signed else ""
        if self.unit == "percent":
            code = "comparison.points-short" if self.short else "comparison.points"
            return text(code, value=number(100 * self.value, f"{sign}.2f"))
        return number(self.value, f"{sign}{places_of(self.beside)}")


@dataclass(frozen=True)
class DifferenceInterval:
    """An interval of differences of a metric, in the units of `Difference` and without their name.

    Args:
        ends: Its lower and upper end; None where there is no interval.
        unit: The metric's.

    Example:
        >>> str(DifferenceInterval((0.016, 0.02), "percent"))
        '+1.60 to +2.00'
        >>> str(DifferenceInterval((-0.13, 0.0301), "plain"))
        '−0.130 to +0.030'
    """

    ends: tuple[float, float] | None
    unit: Unit

    def __str__(self) -> str:
        if self.ends is None:
            return NOTHING
        low, high = self.ends
        if self.unit == "percent":
            return text("comparison.span", low=number(100 * low, "+.2f"), high=number(100 * high, "+.2f"))
        form = f"+{places_of(self.ends)}"
        return text("comparison.span", low=number(low, form), high=number(high, form))


@dataclass(frozen=True)
class Distances:
    """An interval of distances of a metric: without a sign, in the units of `Difference`, without their name.

    Args:
        low: The least.
        high: The most.
        unit: The metric's.

    Example:
        >>> str(Distances(0.006, 0.019, "percent")), str(Distances(0.0, 0.0301, "plain"))
        ('0.60 to 1.90', '0.0000 to 0.0301')
    """

    low: float
    high: float
    unit: Unit

    def __str__(self) -> str:
        times, places = (100, ".2f") if self.unit == "percent" else (1, places_of((self.low, self.high)))
        low, high = (number(times * end, places) for end in (self.low, self.high))
        return text("comparison.span", low=low, high=high)


def places_of(interval: tuple[float, float] | None) -> str:
    """Return the format in which the width of an interval has three significant digits.

    Args:
        interval: Its ends; None or an open one gives three significant digits of whatever is written.

    Example:
        >>> places_of((-0.13, 0.0301)), places_of((2.0, 47.0)), places_of((-1500.0, 3.0)), places_of(None)
        ('.3f', '.1f', '.0f', '.3g')
    """
    width = 0.0 if interval is None else interval[1] - interval[0]
    if not 1e-4 <= width < 1e6:
        return ".3g"
    return f".{max(0, 2 - math.floor(math.log10(width)))}f"


@dataclass(frozen=True)
class ShareInterval:
    """An interval of shares in [0, 1], such as accuracies, in percent.

    Example:
        >>> str(ShareInterval(0.9579, 0.9654))
        '95.79–96.54%'
    """

    low: float
    high: float
    places: int = 2

    def __str__(self) -> str:
        low, high = (number(100 * end, f".{self.places}f") for end in (self.low, self.high))
        return text("comparison.shares", low=low, high=high)


@dataclass(frozen=True)
class Figure:
    """A metric's value in running text, with the percent sign of a share.

    Example:
        >>> str(Figure(0.9641, "percent")), str(Figure(-0.2, "plain"))
        ('96.41%', '−0.2')
    """

    value: float | None
    unit: Unit

    def __str__(self) -> str:
        return figure_with_unit(self.value, self.unit)


@dataclass(frozen=True)
class FigureRange:
    """From one value of a metric to another; of a share within 0 and 1.

    Example:
        >>> str(FigureRange(0.9579, 1.02, "percent")), str(FigureRange(-0.1, 0.2, "plain"))
        ('95.79–100.00%', '−0.1 to 0.2')
    """

    low: float
    high: float
    unit: Unit

    def __str__(self) -> str:
        if self.unit == "percent":
            return str(ShareInterval(max(0.0, self.low), min(1.0, self.high)))
        return text("comparison.span", low=figure(self.low, self.unit), high=figure(self.high, self.unit))


@dataclass(frozen=True)
class PValue:
    """A p-value.

    Example:
        >>> str(PValue(0.0312)), str(PValue(1e-9)), str(PValue(None))
        ('0.031', '< 0.0001', '–')
    """

    p: float | None

    def __str__(self) -> str:
        if self.p is None:
            return NOTHING
        if self.p < 0.0001:
            return f"< {number(0.0001)}"
        return number(self.p, ".2g" if self.p < 0.1 else ".2f")


@dataclass(frozen=True)
class PRelation:
    """A p-value with the sign that a sentence writes between it and the letter p.

    Example:
        >>> f"p {PRelation(0.0312)}", f"p {PRelation(1e-9)}"
        ('p = 0.031', 'p < 0.0001')
    """

    p: float | None

    def __str__(self) -> str:
        written = str(PValue(self.p))
        return written if written.startswith("<") else f"= {written}"


@dataclass(frozen=True)
class Count:
    """A number of things, with a mark between the thousands.

    Example:
        >>> str(Count(10_000))
        '10,000'
    """

    value: int

    def __str__(self) -> str:
        return number(self.value, ",")


def is_there(value: float | None) -> TypeGuard[float]:
    """Return whether there is a number to write: NaN is none, as R² of one example.

    Example:
        >>> is_there(0.0), is_there(float("nan")), is_there(None)
        (True, False, False)
    """
    return value is not None and not math.isnan(value)


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as a percentage to two places, without its sign.

    Example:
        >>> percent(0.9641), percent(1), percent(None)
        ('96.41', '100.00', '–')
    """
    return number(100 * share, ".2f") if is_there(share) else NOTHING


def figure(value: float | None, unit: Unit, digits: str = ".4g", shares: str = ".2f") -> str:
    """Return a metric's value as tables have it: shares in percent without the sign, others as they are.

    Args:
        value: The value; None where there is none, NaN where it is not defined.
        unit: The metric's.
        digits: Of values that are no shares.
        shares: Of percentages.

    Example:
        >>> figure(0.9641, "percent"), figure(0.41234, "plain"), figure(None, "plain")
        ('96.41', '0.4123', '–')
        >>> figure(412_234.0, "plain"), figure(4.12e8, "plain"), figure(math.nan, "plain")
        ('412,200', '4.12×10⁸', '–')
    """
    if not is_there(value):
        return NOTHING
    if unit == "percent":
        return number(100 * value, shares)
    rounded = float(format(value, digits))
    return number(rounded, ",.0f" if 1e4 <= abs(rounded) < 1e7 else digits)


def figure_with_unit(value: float | None, unit: Unit) -> str:
    """Return a metric's value in running text.

    Example:
        >>> figure_with_unit(0.9641, "percent"), figure_with_unit(-0.2, "plain")
        ('96.41%', '−0.2')
    """
    words = figure(value, unit)
    return text("comparison.percent", share=words) if unit == "percent" and is_there(value) else words


def signed_percent(difference: float) -> str:
    """Return a difference of shares in percentage points to one place, with its sign and without the unit.

    Example:
        >>> signed_percent(0.0468), signed_percent(-0.797), signed_percent(0.0)
        ('+4.7', '−79.7', '0.0')
    """
    rounded = round(100 * difference, 1) + 0.0  # which has no minus
    return number(rounded, "+.1f" if rounded else ".1f")


def interval(low: str, high: str) -> str:
    """Return the ends of an interval in brackets, kept apart where a comma is the decimal mark.

    Example:
        >>> from paribus.texts import language
        >>> interval("−0.3", "+0.7")
        '[−0.3, +0.7]'
        >>> with language("vi"):
        ...     interval("−0,3", "+0,7")
        '[−0,3; +0,7]'
    """
    return text("comparison.brackets", low=low, high=high)


def day(on: date) -> str:
    """Return a day as the language writes it.

    Example:
        >>> from paribus.texts import language
        >>> day(date(2026, 3, 9))
        '9 March 2026'
        >>> with language("vi"):
        ...     day(date(2026, 3, 9))
        '09/03/2026'
    """
    month = text("report.months").split()[on.month - 1]
    return text("report.day", day=on.day, month=month, year=on.year)


def moment(written: str) -> str:
    """Return a moment as the language writes it, with its time zone where that is known.

    Args:
        written: The moment, as ISO 8601; anything else is returned as it is.

    Example:
        >>> moment("2026-11-29T17:30:05+00:00"), moment("2026-11-29T17:30"), moment("long ago")
        ('29 November 2026, 17:30 UTC', '29 November 2026, 17:30', 'long ago')
    """
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written
    code = "report.moment" if at.tzinfo is None else "report.moment-of-zone"
    return text(code, day=day(at), time=f"{at:%H:%M}", zone=at.tzname())


def epoch_range(epochs: tuple[int, int] | None) -> str:
    """Return fewest and most epochs as a range, or as one number where they are equal.

    Example:
        >>> epoch_range((30, 30)), epoch_range((10, 14)), epoch_range(None)
        ('30', '10–14', '–')
    """
    if epochs is None:
        return NOTHING
    fewest, most = epochs
    return str(most) if fewest == most else f"{fewest}–{most}"


def duration(seconds: float | None) -> str:
    """Return seconds, with one decimal place below a hundred.

    Example:
        >>> duration(41.23), duration(0.512), duration(1234.5), duration(None)
        ('41.2', '0.5', '1,234', '–')
    """
    if seconds is None:
        return NOTHING
    return number(seconds, ",.1f" if seconds < 100 else ",.0f")


def file_size(size: float) -> str:
    """Return how much room files take on a disk, in units of a thousand.

    Args:
        size: Their bytes.

    Example:
        >>> file_size(0), file_size(1_530), file_size(2.5e9)
        ('0 B', '1.5 kB', '2.5 GB')
    """
    units = ("B", "kB", "MB", "GB", "TB")
    place = min(len(units) - 1, max(0, len(str(int(size))) - 1) // 3)
    return f"{number(size / 1000**place, '.1f' if place else '.0f')} {units[place]}"


def spoken_duration(seconds: float) -> str:
    """Return how long something takes as one says it: in seconds, minutes or hours.

    Example:
        >>> spoken_duration(8.2), spoken_duration(75), spoken_duration(5000), spoken_duration(9000)
        ('8 seconds', '1.2 minutes', '83 minutes', '2.5 hours')
    """
    if seconds < 60:
        count = max(1, round(seconds))
        return text("run.duration-seconds", count=count, number=number(count))
    if seconds < 2 * 3600:
        minutes = seconds / 60
        return text("run.duration-minutes", number=number(minutes, ".1f" if minutes < 10 else ".0f"))
    return text("run.duration-hours", number=number(seconds / 3600, ",.1f"))
