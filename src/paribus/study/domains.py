"""What each argument and setting may be: numbers and their bounds, switches, choices, pairs, techniques."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from paribus.study.configuration import Argument, Scalar
from paribus.study.faults import Faults, Sentence, shown
from paribus.study.techniques import Kind
from paribus.study.yaml_node import YamlNode


@dataclass(frozen=True)
class Number:
    """A finite number; whole ones are int, the others float, whichever way they are written.

    Args:
        low: The smallest, or what it must lie above.
        high: The largest, or what it must lie below.
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

    def __str__(self) -> str:
        kind = "whole" if self.whole else "number"
        low, high = (None if bound is None else f"{bound:g}" for bound in (self.low, self.high))
        if low is None and high is None:
            return str(Sentence(f"study.a-{kind}"))
        if low is None:
            bounds = "up-to"
        elif high is None:
            bounds = "above" if self.above else "from"
        else:
            bounds = "between" if self.above else "below" if self.below else "to"
        return str(Sentence(f"study.a-{kind}-{bounds}", (("low", low), ("high", high))))

    def accept(self, written: YamlNode, faults: Faults) -> int | float:
        """The number, or 1 in its place once a fault is noted."""
        value = written.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not self._holds(value):
            if self.share and isinstance(value, int | float) and 1 < value <= 100:
                faults.add("looks-like-percent", written, given=shown(value), share=f"{value / 100:g}")
            else:
                faults.wrong(written, self)
            return 1
        return int(value) if self.whole else float(value)

    def _holds(self, value: float) -> bool:
        largest = 2**53 if self.whole else 1e300
        if not abs(value) <= largest or (self.whole and value != int(value)):
            return False
        if self.low is not None and (value < self.low or (self.above and value == self.low)):
            return False
        return self.high is None or value < self.high or (value == self.high and not self.below)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def __str__(self) -> str:
        return str(Sentence("study.a-flag"))

    def accept(self, written: YamlNode, faults: Faults) -> bool:
        """The switch."""
        if not isinstance(written.value, bool):
            faults.wrong(written, self)
        return bool(written.value)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return str(Sentence("study.a-choice", (("names", ", ".join(self.words)),)))

    def accept(self, written: YamlNode, faults: Faults) -> str:
        """The word."""
        word = written.text
        if word not in self.words:
            if word is None:
                faults.wrong(written, self)
            else:
                faults.unknown("choice", written, word, self.words)
            return self.words[0]
        return word


@dataclass(frozen=True)
class Pair:
    """Height and width; one number stands for both."""

    low: int = 1

    def __str__(self) -> str:
        return str(Sentence("study.a-pair", (("low", self.low),)))

    def accept(self, written: YamlNode, faults: Faults) -> list[Scalar]:
        """Height and width."""
        pieces = written.value if isinstance(written.value, list) else [written, written]
        inner = Faults()
        pair: list[Scalar] = [Number(self.low, whole=True).accept(piece, inner) for piece in pieces]
        if len(inner) or len(pair) != 2:
            faults.wrong(written, self)
            return [1, 1]
        return pair


@dataclass(frozen=True)
class Numbers:
    """A list of numbers."""

    each: Number

    def __str__(self) -> str:
        return str(Sentence("study.a-list", (("each", self.each),)))

    def accept(self, written: YamlNode, faults: Faults) -> list[Scalar]:
        """The numbers, in their order."""
        if not isinstance(written.value, list) or not written.value:
            faults.wrong(written, self)
            return []
        return [self.each.accept(piece, faults) for piece in written.value]


@dataclass(frozen=True)
class Maybe:
    """Something, or null for none of it."""

    inner: Number | Pair

    def __str__(self) -> str:
        return str(Sentence("study.or-null", (("inner", self.inner),)))

    def accept(self, written: YamlNode, faults: Faults) -> Argument:
        """The value, or None."""
        if written.value is None:
            return None
        return self.inner.accept(written, faults)


@dataclass(frozen=True)
class Made:
    """A technique, read by `paribus.study.arguments`.

    Args:
        kind: What it may be.
        number: Also allowed in its place.
    """

    kind: Kind
    number: Number | None = None


Domain: TypeAlias = Number | Flag | Choice | Pair | Numbers | Maybe | Made

ANY = Number()
POSITIVE = Number(0, above=True)
FROM_ZERO = Number(0)
BELOW_ONE = Number(0, 1, below=True)
SHARE = Number(0, 1, below=True, share=True)
ACCURACY = Number(0, 1, share=True)
MARGIN = Number(0, 1, above=True, below=True, share=True)
TO_ONE = Number(0, 1)
COUNT = Number(1, whole=True)
WHOLE = Number(0, whole=True)
FLAG = Flag()
