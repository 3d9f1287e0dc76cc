"""What a value of a study may be: a number and its bounds, a choice, a technique."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from paribus.errors import Fault
from paribus.study.configuration import Scalar
from paribus.study.faults import format_value, unknown_name
from paribus.study.techniques import Kind
from paribus.study.yaml_node import YamlNode
from paribus.texts import number, text

_BOUNDS = {
    (False, False): "to",
    (False, True): "below",
    (True, False): "above-to",
    (True, True): "between",
}
"""What a number's bounds are called, by whether the lower and the upper are left out."""


_PERCENT = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*%\s*")


@dataclass(frozen=True)
class Number:
    """A finite number; whole ones are int, the others float, however they are written.

    Args:
        low: The smallest, or a bound that it must exceed.
        high: The largest, or a bound that it must not reach.
        above: Whether `low` itself is left out.
        below: Whether `high` itself is left out.
        whole: Whether it counts something.
        share: Whether it is a share, which some would give in percent.
    """

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    whole: bool = False
    share: bool = False

    @property
    def largest(self) -> float:
        """The largest size that is read, whatever the bounds."""
        return 2**31 - 1 if self.whole else 1e300

    def __str__(self) -> str:
        kind = "whole" if self.whole else "number"
        low, high = (
            None if bound is None else number(bound, ",") if self.whole else f"{bound:g}"
            for bound in (self.low, self.high)
        )
        if low is None and high is None:
            return text(f"study.a-{kind}")
        if low is None:
            bounds = "up-to"
        elif high is None:
            bounds = "above" if self.above else "from"
        else:
            bounds = _BOUNDS[self.above, self.below]
        return text(f"study.a-{kind}-{bounds}", low=low, high=high)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        value = written.value
        if self._number(value) is not None:
            return
        percent = self._percent(value) if self.share else None
        if percent is not None:
            share = f"{percent / 100:g}"
            yield written.fault("looks-like-percent", given=format_value(value), share=share)
        else:
            yield _not_allowed(written, self)

    def _percent(self, value: object) -> float | None:
        """Return what seems to be a percentage: 30, 30% as a text, or a 1 where 1 is left out."""
        if isinstance(value, str):
            found = _PERCENT.fullmatch(value)
            percent = float(found[1].replace(",", ".")) if found else 0.0
            return percent if 0 < percent <= 100 else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        is_one = value == 1 and self.above and self.below
        return float(value) if is_one or 1 < value <= 100 else None

    def convert(self, written: YamlNode) -> int | float:
        """Return the number, or 1 in its place."""
        number = self._number(written.value)
        return 1 if number is None else int(number) if self.whole else float(number)

    def _number(self, value: object) -> int | float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not abs(value) <= self.largest or (self.whole and value != int(value)):
            return None
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            return None
        if self.high is not None and (value > self.high or (self.below and value == self.high)):
            return None
        return value


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def __str__(self) -> str:
        return text("study.a-flag")

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        if not isinstance(written.value, bool):
            yield _not_allowed(written, self)

    def convert(self, written: YamlNode) -> bool:
        """Return whether the flag is set."""
        return bool(written.value)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return text("study.a-choice", names=", ".join(self.words))

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        word = written.text
        if word is None:
            yield _not_allowed(written, self)
        elif word not in self.words:
            yield unknown_name("choice", written, word, self.words)

    def convert(self, written: YamlNode) -> str:
        """Return the word, or the first one in its place."""
        return next((word for word in self.words if word == written.text), self.words[0])


@dataclass(frozen=True)
class Sides:
    """A number for each side of an image or a volume; one number is all of them.

    Args:
        count: How many sides there are.
        low: The smallest number.
    """

    count: int = 2
    low: int = 1

    def __str__(self) -> str:
        return text("study.a-pair" if self.count == 2 else "study.a-triple", low=self.low)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        sides, side = self._sides(written), Number(self.low, whole=True)
        if len(sides) != self.count or any(fault for each in sides for fault in side.faults(each)):
            yield _not_allowed(written, self)

    def convert(self, written: YamlNode) -> list[Scalar]:
        """Return the numbers, or ones in their place."""
        if any(self.faults(written)):
            return [1] * self.count
        return [Number(self.low, whole=True).convert(each) for each in self._sides(written)]

    def _sides(self, written: YamlNode) -> list[YamlNode]:
        return written.value if isinstance(written.value, list) else [written] * self.count


@dataclass(frozen=True)
class Margins:
    """What is added or cut at both ends of each side: equal ends by one number, others by two.

    Args:
        count: How many sides there are.
    """

    count: int

    def __str__(self) -> str:
        return text("study.a-margin" if self.count == 1 else "study.some-margins", count=self.count)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        if self._ends(written) is None:
            yield _not_allowed(written, self)

    def convert(self, written: YamlNode) -> int | list[Scalar]:
        """Return a number a side where all ends are equal, else two a side, one after the other."""
        ends = self._ends(written) or [0] * 2 * self.count
        if ends[::2] == ends[1::2]:
            return ends[0] if self.count == 1 else [*ends[::2]]
        return [*ends]

    def _ends(self, written: YamlNode) -> list[int] | None:
        sides = written.value if isinstance(written.value, list) else [written] * self.count
        if len(sides) == self.count and not (self.count == 1 and isinstance(written.value, list)):
            pairs = [side.value if isinstance(side.value, list) else [side, side] for side in sides]
            flat = [end for pair in pairs for end in pair if len(pair) == 2]
        else:
            flat = sides
        if len(flat) != 2 * self.count or any(fault for end in flat for fault in WHOLE.faults(end)):
            return None
        return [int(WHOLE.convert(end)) for end in flat]


@dataclass(frozen=True)
class Numbers:
    """A list of numbers or words, `empty` or not."""

    each: Number | Choice
    empty: bool = False

    def __str__(self) -> str:
        return text("study.a-list", each=self.each)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        if not isinstance(written.value, list) or not (written.items or self.empty):
            yield _not_allowed(written, self)
        for item in written.items:
            yield from self.each.faults(item)

    def convert(self, written: YamlNode) -> list[Scalar]:
        """Return the numbers or words, in their order."""
        return [self.each.convert(item) for item in written.items]


@dataclass(frozen=True)
class OneOrMore:
    """A number, or a list of them."""

    each: Number

    def __str__(self) -> str:
        return text("study.one-or-more", each=self.each)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        domain = Numbers(self.each) if isinstance(written.value, list) else self.each
        yield from domain.faults(written)

    def convert(self, written: YamlNode) -> Scalar | list[Scalar]:
        """Return the number, or the list."""
        if isinstance(written.value, list):
            return Numbers(self.each).convert(written)
        return self.each.convert(written)


@dataclass(frozen=True)
class OrNull:
    """A value, or null for none."""

    inner: Number | Sides | Numbers | OneOrBounds

    def __str__(self) -> str:
        return text("study.or-null", inner=self.inner)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        if written.value is not None:
            yield from self.inner.faults(written)

    def convert(self, written: YamlNode) -> Scalar | list[Scalar]:
        """Return the value, or None."""
        return None if written.value is None else self.inner.convert(written)


@dataclass(frozen=True)
class OfKind:
    """A technique of a kind, or a number in its place; `paribus.study.arguments` reads it."""

    kind: Kind
    number: Number | None = None

    def __str__(self) -> str:
        return text(f"reference.a-{self.kind}", number=self.number or "")


@dataclass(frozen=True)
class ShareOrCount:
    """A share of something, up to all of it, or how many."""

    def __str__(self) -> str:
        return text("study.a-share-or-count")

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        value = written.value
        if any(self._kind(value).faults(written)):
            yield _not_allowed(written, self)

    def convert(self, written: YamlNode) -> int | float:
        """Return a share as float and a number of examples as int."""
        return self._kind(written.value).convert(written)

    def _kind(self, value: object) -> Number:
        is_count = isinstance(value, int | float) and not isinstance(value, bool) and value > 1
        return Number(2, whole=True) if is_count else FROM_ABOVE_ZERO_TO_ONE


@dataclass(frozen=True)
class ByInput:
    """One of a few words, or one for each of several inputs by name."""

    each: Choice

    def __str__(self) -> str:
        return text("study.a-choice-by-input", names=", ".join(self.each.words))

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        by_name = isinstance(written.value, dict)
        for node in written.branches.values() if by_name else [written]:
            if node.value is not None or not by_name:
                yield from self.each.faults(node)

    def convert(self, written: YamlNode) -> str | dict[str, str]:
        """Return the word, or the words by name."""
        if not isinstance(written.value, dict):
            return self.each.convert(written)
        given = written.branches.items()
        return {name: self.each.convert(node) for name, node in given if node.value is not None}


@dataclass(frozen=True)
class OneOrBounds:
    """A number, or the lowest and the highest of a range."""

    each: Number

    def __str__(self) -> str:
        return text("study.a-number-or-bounds", each=self.each)

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        if not isinstance(written.value, list):
            yield from self.each.faults(written)
            return
        wrong = [fault for item in written.items for fault in self.each.faults(item)]
        bounds = [self.each.convert(item) for item in written.items]
        if wrong or len(bounds) != 2 or bounds[0] > bounds[1]:
            yield _not_allowed(written, self)

    def convert(self, written: YamlNode) -> Scalar | list[Scalar]:
        """Return the number, or the two."""
        if isinstance(written.value, list):
            return [self.each.convert(item) for item in written.items]
        return self.each.convert(written)


ArgumentDomain: TypeAlias = (
    Number
    | Flag
    | Choice
    | Sides
    | Margins
    | Numbers
    | OneOrMore
    | OneOrBounds
    | ShareOrCount
    | OrNull
    | OfKind
)


def _not_allowed(written: YamlNode, allowed: object) -> Fault:
    return written.fault("not-allowed", given=format_value(written.plain()), allowed=allowed)


ANY = Number()
POSITIVE = Number(0, above=True)
FROM_ZERO = Number(0)
BELOW_ONE = Number(0, 1, below=True)
SHARE = Number(0, 1, below=True, share=True)
ACCURACY = Number(0, 1, share=True)
MARGIN = Number(0, 1, above=True, below=True, share=True)
TO_ONE = Number(0, 1)
FROM_ABOVE_ZERO_TO_ONE = Number(0, 1, above=True, share=True)
AMOUNT = ShareOrCount()
UP_TO_ONE_WAY = Number(-1, 1)
COUNT = Number(1, whole=True)
WHOLE = Number(0, whole=True)
FLAG = Flag()
