"""A watcher beside a training: started, told of the end, waited for briefly, and killed where it hangs."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from paribus.errors import UsageError
from paribus.study import interpreter
from paribus.texts import text
from paribus.texts.message import Message
from paribus.trackers.watcher import END

_START_SECONDS = 300.0  # until it says something for the first time: a slow disk takes minutes for a database
_PATIENCE = 15.0  # seconds without anything sent, after which it is taken to hang
_LONGEST = 300.0  # seconds after the end of a training, however it goes on
_MODULES = {"tensorboard": "tensorboard.summary.writer", "parquet": "pyarrow"}


def require(extra: str) -> None:
    """Check that the package of an extra is installed.

    Raises:
        UsageError: It is not; the message has the command that installs it.
    """
    module = _MODULES.get(extra, extra)
    try:
        is_there = importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        is_there = False
    if not is_there:
        raise UsageError("trackers.not-installed", package=module.partition(".")[0], extra=extra)


@dataclass
class Outcome:
    """What a watcher has done.

    Args:
        kind: The tracker's name.
        runs: How many runs the tracker has to their end.
        place: Where they are.
        error: Why not everything was sent, in the tracker's words; empty where it was.
    """

    kind: str
    runs: int = 0
    place: str = ""
    error: str | Message = ""

    def sentence(self, folder: Path) -> str:
        """Return what was sent and where it can be looked at, or what is missing and how to send it."""
        place, name = shlex.quote(self.place), text(f"trackers.{self.kind}")
        if self.error:
            again = f"paribus export {shlex.quote(str(folder))} --format {self.kind}"
            return text("trackers.failed", tracker=name, cause=self.error, command=again)
        if self.kind == "tensorboard":
            look = f"tensorboard --logdir {place}"
        elif self.kind == "mlflow":
            look = (
                f"mlflow ui --backend-store-uri {place}" if self.place.startswith("sqlite:") else self.place
            )
        else:
            is_here = Path(self.place).is_dir()
            look = f"wandb sync {place}/offline-run-*" if is_here else self.place
        return text("trackers.sent", tracker=name, runs=self.runs, look=look)


class Watching:
    """The process of a watcher.

    Args:
        folder: The study's.
        kind: The tracker's name.
        place: Where it writes files in place of the study's folder.
        patience: Seconds without anything sent after the end, after which it is taken to hang.
    """

    def __init__(
        self, folder: Path, kind: str, *, place: Path | None = None, patience: float | None = None
    ) -> None:
        self._outcome = Outcome(kind, error=Message("trackers.silent"))
        self._patience = _PATIENCE if patience is None else patience
        self._last_line = ""
        self._has_spoken = False
        self._moved = time.monotonic()
        arguments = [str(folder), kind, *([str(place)] if place else [])]
        self._process = subprocess.Popen(  # noqa: S603 - this program
            interpreter.command("paribus.trackers.watcher", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches the study's process, which then ends this one
        )
        self._readers = [Thread(target=read, daemon=True) for read in (self._read_lines, self._read_stderr)]
        for reader in self._readers:
            reader.start()

    def end(self) -> None:
        """Say that the training has ended."""
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.write(f"{END}\n")
                self._process.stdin.flush()

    def wait(self) -> Outcome:
        """Wait as long as something is sent, and return what was."""
        begun = self._moved = time.monotonic()
        while self._process.poll() is None:
            now = time.monotonic()
            patience = self._patience if self._has_spoken else max(self._patience, _START_SECONDS)
            if now - self._moved > patience or now - begun > _LONGEST:
                break
            time.sleep(0.05)
        else:
            for reader in self._readers:
                reader.join(1)
            if isinstance(self._outcome.error, Message) and self._last_line:
                self._outcome.error = self._last_line
        return self._outcome

    def kill(self) -> None:
        """End the process and whatever it has started, at once."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session of its own
        self._process.kill()
        self._process.wait()

    def _read_lines(self) -> None:
        for line in self._process.stdout or ():
            self._moved, self._has_spoken = time.monotonic(), True
            with suppress(ValueError):
                said = json.loads(line)
                if "place" in said:
                    self._outcome = Outcome(self._outcome.kind, **said)

    def _read_stderr(self) -> None:
        for line in self._process.stderr or ():
            self._last_line = line.strip() or self._last_line


@contextmanager
def watching(folder: Path, kinds: Sequence[str]) -> Generator[list[Outcome]]:
    """Send runs to trackers while they are trained in here; in the list is, after it, what was sent.

    Nothing that a tracker does reaches the training: each has a process of its own, which reads files alone.

    Args:
        folder: The study's, with the study in it.
        kinds: Names of trackers.
    """
    outcomes: list[Outcome] = []
    started: list[Watching] = []
    try:
        with suppress(OSError):  # a machine that starts no more processes still trains
            started += (Watching(folder, kind) for kind in kinds)
        yield outcomes
        for each in started:
            each.end()
        outcomes += [each.wait() for each in started]
    finally:
        for each in started:
            each.kill()
