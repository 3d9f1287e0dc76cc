"""Ctrl-C and the signals that ask a process to end: one clean way out of a command."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from paribus.texts import text

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_PATIENCE = 5.0  # seconds that stopping may take


class Stopped(BaseException):
    """A signal asked the command to stop; no `Exception`, so that nothing takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_status = 128 + number
        self.message = ""


@contextmanager
def stopping() -> Generator[None]:
    """Raise `Stopped` in here when a signal asks the process to end.

    A second signal changes nothing while the command is on its way out. A signal that was ignored from the
    start, as SIGHUP is under nohup, stays ignored.
    """
    patient_until = 0.0
    stopped = False

    def stop(number: int, _frame: object) -> None:
        nonlocal patient_until, stopped
        if time.monotonic() >= patient_until:
            patient_until = time.monotonic() + _PATIENCE
            stopped = True
            raise Stopped(number)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    wanted = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            # After a stop the process is about to end, which one more Ctrl-C must not disturb.
            signal.signal(number, signal.SIG_IGN if stopped else handler)


@contextmanager
def resumable(folder: Path) -> Generator[None]:
    """Say where everything is kept, and how to go on, when a signal stops what happens in here."""
    try:
        yield
    except Stopped as stopped:
        stopped.message = text("cli.interrupted", folder=folder)
        raise
