"""Every error a user can meet.

ParibusError                    exit 1: something failed that was not the user's doing
├── InputError                  exit 2: the user's input was wrong
│   ├── StudyError              the study's text: all its faults at once, each at file:line
│   ├── UsageError              an argument of a command or of a Python call
│   │   └── UnknownVariantError     it names no variant of the study; a KeyError as well
│   ├── DataError               a data set is missing, damaged or in an unknown layout
│   ├── StoreError              the results' folder cannot be used
│   ├── SourceError             results to be imported cannot be read or understood
│   └── ExtensionError          an installed package registers a rule that cannot be used
└── RunError                    a run failed
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from paribus.texts import text
from paribus.texts.inert import inert

_ON_COMMAND_LINE: ContextVar[bool] = ContextVar("on_command_line", default=False)
_OPTION = re.compile(
    r"--(aa|data-dir|device|embedded|finding|log|max-seeds|on|only|out|pairs|prefer|ray-address|seeds|shard"
    r"|threads|together|until-decided|updates|workers)\b(?: (delayed|gpu|cpu|ray))?"
)
_SWITCHES = ("aa", "embedded", "until_decided")


class ParibusError(Exception):
    """An error, which is one sentence of the catalogue in the language of whoever reads it.

    Args:
        code: The sentence's code in `paribus.texts`, such as ``data.missing``.
        values: What the sentence names.
    """

    exit_status = 1

    def __init__(self, code: str, /, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code)

    def __str__(self) -> str:
        words = text(self.code, **self.values)
        return words if _ON_COMMAND_LINE.get() else as_arguments(words)


@contextmanager
def on_command_line() -> Generator[None]:
    """Spell options in errors as they are typed, ``--max-seeds``; elsewhere they are arguments of Python."""
    before = _ON_COMMAND_LINE.set(True)
    try:
        yield
    finally:
        _ON_COMMAND_LINE.reset(before)


def as_arguments(words: str) -> str:
    """Return a sentence with the options of commands as arguments of Python's functions.

    Lines that show a command stay as they are.

    Example:
        >>> as_arguments("--max-seeds limits --until-decided.")
        'max_seeds limits until_decided=True.'
    """
    lines = words.split("\n")
    return "\n".join(line if "paribus " in line else _OPTION.sub(_argument, line) for line in lines)


def _argument(option: re.Match[str]) -> str:
    name = option[1].replace("-", "_")
    value = "=True" if name in _SWITCHES else f'="{option[2]}"' if option[2] else ""
    return name + value


class InputError(ParibusError):
    """The user's input was wrong; the message says where, what was given and what is allowed."""

    exit_status = 2


class UsageError(InputError):
    """An argument of a command or of a Python call is not one that is allowed."""


class UnknownVariantError(UsageError, KeyError):
    """A name is none of the study's variants; a `KeyError` too, as results are a mapping."""


class DataError(InputError):
    """A data set is missing, damaged or in an unknown layout."""


class StoreError(InputError):
    """The folder of results cannot be read or written."""


class SourceError(InputError):
    """Results that are to be imported cannot be read, or cannot be understood."""


class ExtensionError(InputError):
    """An installed package registers a rule that cannot be used."""


class RunError(ParibusError):
    """A run failed; the others went on."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a study: which sentence says it, and where it stands.

    Args:
        code: The sentence's code in `paribus.texts`.
        path: The keys that lead to the place, such as ``("variants", "fast", "optimizer")``.
        values: What the sentence names.
        line: The line in the file, counted from 1; None when the study was not read from a file.
    """

    code: str
    path: tuple[str | int, ...] = ()
    values: dict[str, object] = field(default_factory=dict[str, object])
    line: int | None = None

    @property
    def where(self) -> str:
        """Return the path as a person writes it: ``variants.fast.optimizer``."""
        return ".".join(str(key) for key in self.path)

    def message(self, file: str) -> str:
        """Return the fault as one message, with file, line and key in front."""
        place = f"{file}:{self.line}" if self.line is not None else file
        key = f"{self.where}: " if self.path else ""
        return f"{inert(f'{place}: {key}')}{text(self.code, **self.values)}"


class StudyError(InputError):
    """A study cannot be understood; carries every fault found, in the order of the file."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line or 0))
        super().__init__("study.faults", count=len(faults), file=file)

    def __str__(self) -> str:
        return "\n".join(fault.message(self.file) for fault in self.faults)
