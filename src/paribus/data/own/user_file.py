"""The user's file, run to get a function of it; what goes wrong in it, with the line."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from paribus.data.own.function import REFUSED
from paribus.errors import ParibusError, RunError, UsageError
from paribus.study import reading
from paribus.texts import text

_loading: list[Path] = []
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class StudyStarted(BaseException):
    """The user's file asks for a study to be trained, while a worker runs it only to get its function."""


def is_loading() -> bool:
    """Return whether this process is running a user's file to get its function."""
    return bool(_loading)


def check_allowed(name: str) -> None:
    """Check that the user does not refuse code that a study brings.

    Args:
        name: Of the file or command that would train.

    Raises:
        UsageError: The user does.
    """
    if os.environ.get(REFUSED):
        raise UsageError("run.train-refused", name=name)


def load_function(file: Path, name: str, sha256: str) -> Callable[..., object]:
    """Run a file and return a function of it.

    The file is run anew each time, so that no run sees what an earlier one left in it. A file that trains its
    own study when it is run, as a script does, is run up to there.

    Args:
        file: The user's.
        name: Of the function.
        sha256: Of the file, as the study was read.

    Raises:
        RunError: The file has changed or is gone, fails, or has no such function.
    """
    module, is_cut = _run(file, sha256)
    function = getattr(module, name, None)
    if not callable(function):
        raise RunError(f"run.train-{'below' if is_cut else 'no-function'}", file=file.name, name=name)
    return function


def load_names(file: Path, sha256: str) -> dict[str, Any]:
    """Run a file as `load_function` does and return what it defines, by name.

    Args:
        file: The user's.
        sha256: Of the file, as the study was read.

    Raises:
        RunError: The file has changed or is gone, or fails.
    """
    return {name: each for name, each in vars(_run(file, sha256)[0]).items() if not name.startswith("__")}


def _run(file: Path, sha256: str) -> tuple[ModuleType, bool]:
    """Run a file anew and return its module, and whether it was cut where it trains a study."""
    try:
        content = reading.read_bytes(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise RunError("run.train-file", file=file, reason=reason or error) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise RunError("run.train-changed", file=file)
    module = ModuleType(file.stem)
    module.__file__ = str(file)
    if getattr(sys.modules.get(file.stem), "__file__", str(file)) == str(file):
        sys.modules[file.stem] = module  # processes of its own find what they unpickle by this name
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    _loading.append(file)
    is_cut = False
    try:
        exec(compile(content, str(file), "exec"), module.__dict__)  # noqa: S102 - the study names it
    except StudyStarted:
        is_cut = True
    except (Exception, SystemExit) as error:
        raise failed(error, file) from error
    finally:
        _loading.pop()
    return module, is_cut


def failed(error: BaseException, file: Path, name: str = "") -> BaseException:
    """Return an error of the user's code with the line of the user's file that it came from.

    Args:
        error: What was raised.
        file: The user's.
        name: What it is called; empty for the file's own name.
    """
    if isinstance(error, MemoryError):
        return error
    line = _line(error, file)
    if isinstance(error, SystemExit):
        return RunError("run.train-exits", file=name or file.name, line=line, code=error.code)
    if isinstance(error, ParibusError):
        code = "run.train-misused" if line else "run.train-lacks"
        return RunError(code, file=name or file.name, line=line, reason=error)
    reason = reason_of(error)
    kind = type(error).__name__
    if not line:
        return RunError("run.train-failed-outside", file=name or file.name, error=kind, reason=reason)
    return RunError("run.train-failed", file=name or file.name, line=line, error=kind, reason=reason)


def reason_of(error: BaseException) -> str:
    """Return what an error says in its first line; of one that Keras wraps, in the first of its own.

    Args:
        error: Any.

    Example:
        >>> reason_of(ValueError("Exception encountered when calling Net.call().\\n\\nNo such axis."))
        'No such axis.'
    """
    lines = [_COLOUR.sub("", line).strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    return said[0] if said else ""


def line_in(error: BaseException, file: Path) -> str:
    """Return the place in the user's file that an error came from, in words; empty where it is none of its.

    Args:
        error: What was raised.
        file: The user's.
    """
    line = _line(error, file)
    return text("run.line-of", file=file.name, line=line) if line else ""


def _line(error: BaseException, file: Path) -> int:
    """Return the last line of the user's file on the way to an error; 0 where there is none."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames: Any = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == str(file)), 0)
