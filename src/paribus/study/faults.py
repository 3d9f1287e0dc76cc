"""Faults on the way: collected all, each once, and told with what is known and what was probably meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from paribus.errors import Fault
from paribus.study.yaml_node import KeyPath, YamlNode
from paribus.texts import text

_LONGEST = 60
_MAX_KNOWN = 40


@dataclass(frozen=True)
class Known:
    """The names that would have been right, and the one that was probably meant; told when it is read.

    Args:
        word: What was written.
        names: What is known, in the order to tell it.

    Example:
        >>> str(Known("adamm", ("adam", "sgd")))
        "Known: adam, sgd. Did you mean 'adam'?"
    """

    word: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        if not self.names:
            return text("study.known-none")
        known = text(
            "study.known",
            names=", ".join(
                [*map(printable, self.names[:_MAX_KNOWN]), *["…"][: len(self.names) > _MAX_KNOWN]]
            ),
        )
        lower = {name.lower(): name for name in self.names}
        close = get_close_matches(self.word.lower().replace("-", "_")[:100], lower, n=1, cutoff=0.6)
        return f"{known} {text('study.meant', name=printable(lower[close[0]]))}" if close else known


@dataclass(frozen=True)
class Sentence:
    """A part of a fault's sentence that is a sentence of the catalogue itself.

    Args:
        code: Its code.
        values: What it names, as pairs.
    """

    code: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return text(self.code, **dict(self.values))


def shown(value: object) -> str:
    """A value as a person would write it in a study, shortened.

    Example:
        >>> shown("adamm"), shown(None), shown([1, 2]), shown(True)
        ("'adamm'", 'null', '[1, 2]', 'true')
    """
    return (
        f"'{printable(value)}'"
        if isinstance(value, str)
        else printable(json.dumps(value, ensure_ascii=False, default=str))
    )


def printable(words: str) -> str:
    """Words that are safe to print, whatever a file holds: no control characters, and not too many."""
    short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in short)


class Faults:
    """The faults found so far; the same fault met on several ways is one."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, KeyPath], Fault] = {}

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._found.values())

    def add(self, code: str, place: YamlNode, *keys: str | int, **values: object) -> None:
        """Note a fault.

        Args:
            code: Its sentence, without the domain.
            place: The piece it is about, or the nearest one there is.
            keys: What leads from there to where it would stand.
            values: What the sentence names.
        """
        self.take(Fault(f"study.{code}", (*place.path, *keys), values, place.line))

    def wrong(self, place: YamlNode, allowed: object) -> None:
        """Note a value that is not allowed where it stands."""
        self.add("not-allowed", place, given=shown(place.plain()), allowed=allowed)

    def unknown(self, what: str, place: YamlNode, word: str, names: Iterable[str], owner: str = "") -> None:
        """Note a name that is not known.

        Args:
            what: The sentence's ending: ``unknown-<what>``.
            place: Where it stands.
            word: The name.
            names: The ones that are known.
            owner: Whose names they are.
        """
        self.add(f"unknown-{what}", place, given=shown(word), known=Known(word, tuple(names)), owner=owner)

    def take(self, *faults: Fault) -> None:
        """Note faults that were found elsewhere."""
        for fault in faults:
            path = tuple(printable(key) if isinstance(key, str) else key for key in fault.path)
            self._found.setdefault((fault.code, fault.path), replace(fault, path=path))
