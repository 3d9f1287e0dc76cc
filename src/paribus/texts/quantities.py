"""Quantities as a person reads them, in the language of the moment in which they are read.

Those that a `Message` names are small objects, formatted when the message is; the functions format at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from paribus.texts import number, text

NOTHING = "–"
"""Stands where there is no number."""


@dataclass(frozen=True)
class Difference:
    """A difference of a metric: accuracies in percentage points, the others as they are.

    Args:
        value: The difference; None where there is none.
        metric: Of what.
        signed: Whether a plus is written.
        short: Whether the unit is abbreviated, as in a table.

    Example:
        >>> str(Difference(0.018, "test_accuracy")), str(Difference(-0.01234, "test_loss"))
        ('+1.80 percentage points', '−0.0123')
        >>> str(Difference(0.005, "test_accuracy", signed=False)), str(Difference(None, "test_loss"))
        ('0.50 percentage points', '–')
        >>> str(Difference(-0.018, "test_accuracy", short=True))
        '−1.80 pp'
    """

    value: float | None
    metric: str
    signed: bool = True
    short: bool = False

    def __str__(self) -> str:
        if self.value is None:
            return NOTHING
        sign = "+" if self.signed else ""
        if self.metric == "test_accuracy":
            code = "comparison.points-short" if self.short else "comparison.points"
            return text(code, value=number(100 * self.value, f"{sign}.2f"))
        return number(self.value, f"{sign}.3g")


@dataclass(frozen=True)
class DifferenceInterval:
    """An interval of differences of a metric, in the units of `Difference` and without their name.

    Args:
        ends: Its lower and upper end; None where there is no interval.
        metric: Of what.

    Example:
        >>> str(DifferenceInterval((0.016, 0.02), "test_accuracy"))
        '+1.60 to +2.00'
    """

    ends: tuple[float, float] | None
    metric: str

    def __str__(self) -> str:
        if self.ends is None:
            return NOTHING
        low, high = self.ends
        if self.metric == "test_accuracy":
            return text("comparison.span", low=number(100 * low, "+.2f"), high=number(100 * high, "+.2f"))
        return text("comparison.span", low=number(low, "+.3g"), high=number(high, "+.3g"))


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


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as a percentage to two places, without its sign.

    Example:
        >>> percent(0.9641), percent(1), percent(None)
        ('96.41', '100.00', '–')
    """
    return NOTHING if share is None else number(100 * share, ".2f")


def signed_percent(difference: float) -> str:
    """Return a difference of shares in percentage points to one place, with its sign and without the unit.

    Example:
        >>> signed_percent(0.0468), signed_percent(-0.797), signed_percent(0.0)
        ('+4.7', '−79.7', '0.0')
    """
    rounded = round(100 * difference, 1) + 0.0  # which has no minus
    return number(rounded, "+.1f" if rounded else ".1f")


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
