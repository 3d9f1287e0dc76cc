"""The user's file, run to get the function that trains; what goes wrong in it, with the line."""

from __future__ import annotations

import hashlib
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from paribus.data.own.function import REFUSED
from paribus.errors import ParibusError, RunError, UsageError
from paribus.study import reading

_loading: list[Path] = []


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
    function = getattr(module, name, None)
    if not callable(function):
        raise RunError(f"run.train-{'below' if is_cut else 'no-function'}", file=file.name, name=name)
    return function


def failed(error: BaseException, file: Path) -> BaseException:
    """Return an error of the user's code with the line of the user's file that it came from.

    Args:
        error: What was raised.
        file: The user's.
    """
    if isinstance(error, MemoryError):
        return error
    line = _line(error, file)
    if isinstance(error, SystemExit):
        return RunError("run.train-exits", file=file.name, line=line, code=error.code)
    if isinstance(error, ParibusError):
        code = "run.train-misused" if line else "run.train-lacks"
        return RunError(code, file=file.name, line=line, reason=error)
    reason = (str(error).strip().splitlines() or [""])[0]
    kind = type(error).__name__
    if not line:
        return RunError("run.train-failed-outside", file=file.name, error=kind, reason=reason)
    return RunError("run.train-failed", file=file.name, line=line, error=kind, reason=reason)


def _line(error: BaseException, file: Path) -> int:
    """Return the last line of the user's file on the way to an error; 0 where there is none."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames: Any = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == str(file)), 0)
