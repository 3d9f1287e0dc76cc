"""Objects of a program that train - functions of a notebook, estimators, networks - on their way to workers.

A worker is another process. The object is pickled with cloudpickle, which takes along what stands in a
script or a notebook itself, into a folder of this program's own that goes with it. Nothing else is ever
unpickled: no file of a study's folder, and no bytes that this very program has not made.
"""

from __future__ import annotations

import atexit
import hashlib
import inspect
import pickle
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pydantic import JsonValue

from paribus.custom.identity import identity
from paribus.errors import RunError, UsageError
from paribus.study.configuration import OwnTraining
from paribus.study.programs import Program, hand_over


def handed_over(
    training: Callable[..., object],
    *,
    name: str,
    what: object = None,
    source: str = "",
    settings: Mapping[str, JsonValue] | None = None,
) -> dict[str, str]:
    """Hand over an object that trains, and return what a study has under ``train`` for it.

    Args:
        training: Called in a worker with settings, seed and a `paribus.custom.run.Run`.
        name: What it is called in tables.
        what: What decides its training, for its identity; None for itself.
        source: What a report shows of it.
        settings: Its own settings, beside those of the study.

    Raises:
        UsageError: It refers to something that cannot be sent to another process, such as an open file.
    """
    import cloudpickle

    try:
        written: bytes = cloudpickle.dumps(training)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise UsageError(
            "run.train-not-sent", name=name, error=type(error).__name__, reason=reason
        ) from error
    own = OwnTraining(
        file=name,
        function="",
        sha256=identity(training if what is None else what),
        settings=dict(settings or {}),
    )
    pickled = hashlib.sha256(written).hexdigest()
    path = _folder() / pickled
    path.write_bytes(written)
    paths = tuple(str(Path(each or ".").resolve()) for each in sys.path)
    return hand_over(own, Program(path=path, source=source, pickled=pickled, paths=paths))


def hand_over_function(function: Callable[..., object]) -> dict[str, str]:
    """Hand over a function that no file has: of a notebook or a console, a lambda, one within another.

    Raises:
        UsageError: It refers to something that cannot be sent to another process.
    """
    name = getattr(function, "__name__", type(function).__name__)
    source = ""
    with suppress(OSError, TypeError):
        source = textwrap.dedent(inspect.getsource(function))
    return handed_over(function, name="lambda" if name == "<lambda>" else name, source=source)


def load_object(program: Program) -> Callable[..., object]:
    """Return an object that the program which planned the run has handed over.

    Args:
        program: As that program sent it to this worker.

    Raises:
        RunError: Its file is gone or is another, or what it needs cannot be imported here.
    """
    sys.path += [each for each in program.paths if each not in sys.path]
    try:
        written = program.path.read_bytes()
    except OSError as error:
        raise RunError("run.train-gone") from error
    if hashlib.sha256(written).hexdigest() != program.pickled:
        raise RunError("run.train-gone")
    try:
        return pickle.loads(written)  # noqa: S301 - the very bytes that the study's process has made
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise RunError("run.train-not-received", error=type(error).__name__, reason=reason) from error


def file_of(function: Any, name: str) -> Path:
    """Return where a function was written, to find the lines of its errors; its name where nobody knows."""
    code = getattr(function, "__code__", None)
    return Path(getattr(code, "co_filename", "") or name)


@cache
def _folder() -> Path:
    """Return a folder that this user alone can enter, and that goes when this program ends."""
    folder = Path(mkdtemp(prefix="paribus-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
