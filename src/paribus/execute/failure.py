"""The causes of failed runs in words, always in English, and how they are recorded."""

from __future__ import annotations

import errno
import signal
from contextlib import suppress
from pathlib import Path

from paribus.errors import ParibusError
from paribus.record.folder import RunFolder
from paribus.record.run import Result, Status
from paribus.texts import language, text

_MAX_LINE = 120
_KILLED = -9  # the return code after SIGKILL, which Windows does not name


@language("en")
def record(folder: RunFolder, cause: str) -> Result:
    """Record that a run failed after the epochs in its history, unless it has already ended.

    Where not even that can be written, as on a full disk, the run has no result and counts as interrupted.

    Returns:
        How the run ended.
    """
    epochs = 0
    with suppress(OSError, ValueError):
        kept = folder.checked_result()
        if kept is not None and kept.status is not Status.FAILED:
            return kept  # the process died after it wrote this and before it reported it
        epochs = folder.epochs()
    code = "run.failed-after" if epochs else "run.failed-before"
    result = Result(Status.FAILED, epochs, epochs, cause=text(code, epoch=epochs, cause=cause))
    with suppress(OSError):
        folder.finish(result)
    return result


@language("en")
def error_cause(error: Exception, folder: Path) -> str:
    """Return the cause when an error ended the training.

    Args:
        error: What was raised.
        folder: What was being written to, for a system's error that names no file.
    """
    if isinstance(error, ParibusError):
        return str(error)
    # Messages of Keras and JAX fill pages; the first line says what is wrong.
    reason = (str(error).strip().splitlines() or [""])[0]
    if _is_out_of_memory(error):
        return text("run.out-of-memory", error=type(error).__name__, reason=reason)
    if isinstance(error, OSError) and error.strerror:
        return text("run.failed-by-system", reason=error.strerror, file=error.filename or folder)
    return text("run.failed-by", error=type(error).__name__, reason=reason)


@language("en")
def exit_cause(code: int, last_line: str, *, is_own: bool = False) -> str:
    """Return the cause when the training process ended.

    Args:
        code: Its return code; below zero, the number of the signal that killed it.
        last_line: The last line that it wrote on standard error; empty where there is none.
        is_own: Whether a function of the user's trained, whose last line may be anything that it printed.
    """
    if code == _KILLED:
        return text("run.worker-killed-by-system")
    if code < 0:
        return text("run.worker-killed", signal=_signal_name(-code))
    if is_own:
        line = last_line if len(last_line) <= _MAX_LINE else f"{last_line[:_MAX_LINE]}…"
        return text("run.train-died" if line else "run.train-died-silent", code=code, line=line)
    return text("run.worker-died", how=last_line or text("run.exit-code", code=code))


@language("en")
def late_cause(seconds: float | None) -> str:
    """Return the cause when a run took longer than its study allows.

    Args:
        seconds: How many it may take.
    """
    return text("run.train-timeout", seconds=seconds or 0.0)


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return True
    return isinstance(error, OSError) and error.errno == errno.ENOMEM


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return str(number)
