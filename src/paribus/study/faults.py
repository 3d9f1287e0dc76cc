"""What is wrong in a study: faults, collected by the readers of its parts, with what was probably meant."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Protocol, TypeVar

from paribus.errors import Fault
from paribus.study.hints import meant_elsewhere
from paribus.study.yaml_node import KeyPath, YamlNode
from paribus.texts import text
from paribus.texts.inert import inert

_MAX_LENGTH = 60
_MAX_NAMES = 40
_DEVICE = re.compile(r"con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]", re.IGNORECASE)

T = TypeVar("T")
D = TypeVar("D")
T_co = TypeVar("T_co", covariant=True)


class Domain(Protocol[T_co]):
    """What a value may be; its text completes "Give ...", such as "a number above 0"."""

    def faults(self, written: YamlNode) -> Iterator[Fault]:
        """Yield what is wrong with a value."""
        ...

    def convert(self, written: YamlNode) -> T_co:
        """Return the value; where it has a fault, one that reading can go on with."""
        ...


class Faults:
    """The faults found so far; one that is found twice, as in a base and its variants, is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, KeyPath], Fault] = {}

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._found.values())

    def add(self, *faults: Fault) -> None:
        """Keep faults, their keys made safe to print."""
        for fault in faults:
            path = tuple(printable_text(key) if isinstance(key, str) else key for key in fault.path)
            self._found.setdefault((fault.code, fault.path), replace(fault, path=path))


class PartReader:
    """Reads a part of a study."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def value(self, domain: Domain[T], written: YamlNode) -> T:
        """Return a value as its domain has it, and add its faults."""
        self.faults.add(*domain.faults(written))
        return domain.convert(written)

    def setting(self, place: YamlNode, key: str, domain: Domain[T], default: D) -> T | D:
        """Return the value under a key as its domain has it; the default where it is absent or null."""
        written = place.get(key)
        return default if written is None else self.value(domain, written)

    def check_keys(
        self, what: str, branches: Mapping[str, YamlNode], known: Collection[str], owner: str = ""
    ) -> None:
        """Add the fault of each key that is not known, see `unknown_name`."""
        unknown = ((key, written) for key, written in branches.items() if key not in known)
        self.faults.add(*(unknown_name(what, written, key, known, owner) for key, written in unknown))

    def known_name(self, what: str, written: YamlNode, known: Collection[str]) -> str | None:
        """Return a name; None where it is not known, see `unknown_name`."""
        name = written.text
        if name is None:
            self.faults.add(written.fault("not-words"))
        elif name not in known:
            self.faults.add(unknown_name(what, written, name, known))
        return name if name in known else None

    def text(self, place: YamlNode, key: str) -> str:
        """Return the text under a key; empty where there is none."""
        written = place.get(key)
        if written is None:
            return ""
        if written.text is None:
            self.faults.add(written.fault("not-words"))
        return written.text or ""


@dataclass(frozen=True)
class KnownNames:
    """The names that would have been right, and the one that was probably meant; a text when it is read.

    Args:
        given: What was written.
        names: What is known, in the order to list it.

    Example:
        >>> str(KnownNames("adamm", ("adam", "sgd")))
        "Known: adam, sgd. Did you mean 'adam'?"
        >>> str(KnownNames("lr", ("learning_rate", "epochs")))
        "Did you mean 'learning_rate'?"
    """

    given: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        if not self.names:
            return text("study.known-none")
        if elsewhere := meant_elsewhere(self.given, self.names):
            return text("study.meant", name=elsewhere)
        more = ["…"] if len(self.names) > _MAX_NAMES else []
        known = text("study.known", names=", ".join([*map(printable_text, self.names[:_MAX_NAMES]), *more]))
        lower = {name.lower(): name for name in self.names}
        given = self.given.lower().replace("-", "_")[:100]
        ending = [name for name in lower if name.endswith(f"_{given}")]  # as accuracy for test_accuracy
        ending = ending or [name for name in lower if f"_{given}_" in name]  # as f1 for test_f1_macro
        close = ending or get_close_matches(given, lower, n=1, cutoff=0.6)
        return f"{known} {text('study.meant', name=printable_text(lower[close[0]]))}" if close else known


def unknown_name(what: str, written: YamlNode, name: str, names: Iterable[str], owner: str = "") -> Fault:
    """Return the fault of a name that is not known.

    Args:
        what: The ending of the sentence's code: ``unknown-<what>``.
        written: The node that names it.
        owner: Whose names they are.
    """
    known = KnownNames(name, tuple(names))
    return written.fault(f"unknown-{what}", given=format_value(name), known=known, owner=owner)


def format_value(value: object) -> str:
    """Return a value as a person would write it in a study, shortened.

    Example:
        >>> format_value("adamm"), format_value(None), format_value([1, 2]), format_value(True)
        ("'adamm'", 'null', '[1, 2]', 'true')
    """
    if isinstance(value, str):
        return f"'{printable_text(value)}'"
    return printable_text(json.dumps(value, ensure_ascii=False, default=str))


def is_device(name: str) -> bool:
    """Return whether a name, whatever its ending, is a device of Windows and so no file's.

    Example:
        >>> is_device("CON.yaml"), is_device("com1"), is_device("conv")
        (True, True, False)
    """
    return _DEVICE.fullmatch(name.partition(".")[0].rstrip()) is not None


def printable_text(words: str) -> str:
    """Return words of a file without control characters, cut after 60 letters."""
    short = words if len(words) <= _MAX_LENGTH else f"{words[: _MAX_LENGTH - 1]}…"
    return inert(short, keep="", blank="\N{REPLACEMENT CHARACTER}")
