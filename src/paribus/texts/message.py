"""Texts that are made when they are read: a code and its values, in the language of that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from paribus.texts import text, translated


@dataclass(frozen=True)
class Message:
    """A sentence of the catalogue, by its code.

    Args:
        code: Its code in the catalogues.
        values: What it names; other messages among them.

    Example:
        >>> str(Message("finding.and", {"first": "1", "last": "2"}))
        '1 and 2'
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    def __str__(self) -> str:
        return text(self.code, **self.values)


@dataclass(frozen=True)
class Listed:
    """Several things as a sentence lists them.

    Args:
        things: Texts, messages or numbers.
        most: How many to name where there are more; None for all.

    Example:
        >>> str(Listed(("1", "2", "3a"))), str(Listed(("1",))), str(Listed(("1", "2", "3a", "3b"), most=2))
        ('1, 2 and 3a', '1', '1, 2 and 2 more')
    """

    things: tuple[object, ...]
    most: int | None = None

    def __str__(self) -> str:
        words = [str(each) for each in self.things]
        if len(words) < 2:
            return "".join(words)
        if self.most is not None and len(words) > self.most + 1:
            named, more = words[: self.most], len(words) - self.most
            return text("finding.and-more", first=", ".join(named), number=more)
        return text("finding.and", first=", ".join(words[:-1]), last=words[-1])


@dataclass(frozen=True)
class Joined:
    """Several texts one after the other, runs of white space as one space.

    Args:
        parts: Texts, messages or numbers; empty ones are left out.
        between: What stands between two of them.

    Example:
        >>> str(Joined((Message("comparison.verdict-better"), "", 5), between=", "))
        'better, 5'
    """

    parts: tuple[object, ...]
    between: str = " "

    def __str__(self) -> str:
        return self.between.join(words for part in self.parts if (words := " ".join(str(part).split())))


@dataclass(frozen=True)
class Made:
    """A text that a function makes when it is read, such as a variant's label.

    Args:
        make: Makes it.

    Example:
        >>> str(Made(lambda: text("comparison.verdict-better")))
        'better'
    """

    make: Callable[[], str]

    def __str__(self) -> str:
        return self.make()


@dataclass(frozen=True)
class Translated:
    """A sentence that a study contains, translated where the study is built in."""

    sentence: str

    def __str__(self) -> str:
        return translated(self.sentence)
