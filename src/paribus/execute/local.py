"""Runs side by side on this machine: worker processes of one thread each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

from paribus.execute import failure
from paribus.execute.messages import Assignment, Event, ended
from paribus.record.store import Store

Observe = Callable[[Event], None]
_Events = SimpleQueue[tuple["_Process", Event | None]]

ONE_THREAD = {
    "NPROC": "1",  # XLA repeats a result bit for bit only on one thread
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "jax",
    "PYTHONUNBUFFERED": "1",
}
_MEMORY_PER_WORKER = 1.5 * 2**30
_LAST_SECONDS = 5.0  # that a dying worker gets


def default_workers() -> int:
    """As many workers as there are cores to this process, and as its free memory holds."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(allowed, psutil.cpu_count(logical=False) or allowed)
    return max(1, min(cores, int(psutil.virtual_memory().available / _MEMORY_PER_WORKER)))


def execute(assignments: Sequence[Assignment], workers: int, observe: Observe) -> None:
    """Train every assignment, in this order, on so many worker processes.

    A worker that dies fails the runs it had, its signal or its last words being the cause; another takes its
    place. However this function is left, no worker outlives it.

    Args:
        assignments: What is missing, the longest first.
        workers: How many processes at most.
        observe: Called with every event, in this thread.
    """
    events: _Events = SimpleQueue()
    waiting = list(assignments)
    processes: list[_Process] = []
    with ExitStack() as stack:

        def start() -> None:
            process = stack.enter_context(_Process(events))
            processes.append(process)
            process.give(waiting.pop(0))

        while waiting and len(processes) < workers:
            start()
        while any(process.assignment for process in processes):
            process, event = _next(events)
            if event is None:
                for death in process.lost():
                    observe(death)
                if waiting:
                    start()
            elif event.kind == "idle":
                process.assignment = None
                if waiting:
                    process.give(waiting.pop(0))
            else:
                process.note(event)
                observe(event)


def _next(events: _Events) -> tuple[_Process, Event | None]:
    """The next event; awaited in short turns, as Windows hands on Ctrl-C only between them."""
    while True:
        with suppress(Empty):
            return events.get(timeout=0.5)


@dataclass
class _Process:
    """A worker process, and the threads that listen to it."""

    events: _Events
    assignment: Assignment | None = None
    ended: set[str] = field(default_factory=set[str])

    def __enter__(self) -> _Process:
        self._last_words = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "paribus.execute.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD},
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches the study's process, which then ends its workers
        )
        Thread(target=self._listen, daemon=True).start()
        self._hearing = Thread(target=self._hear, daemon=True)
        self._hearing.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def give(self, assignment: Assignment) -> None:
        self.assignment = assignment
        stdin = self._process.stdin
        if stdin is not None:
            with suppress(BrokenPipeError):  # it died; the listening thread says so
                stdin.write(assignment.to_line() + "\n")
                stdin.flush()

    def note(self, event: Event) -> None:
        if event.kind == "ended":
            self.ended.add(event.run)

    def close(self) -> None:
        """End the process; what it has written so far is whole."""
        self._process.kill()
        self._process.wait()

    def lost(self) -> list[Event]:
        """Record as failed what the process was training when it died, if it was."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_SECONDS)  # its own end, not ours, is the cause
        self.close()
        if self.assignment is None:
            return []
        self._hearing.join(_LAST_SECONDS)
        store = Store(self.assignment.folder)
        lost = [spec for spec in self.assignment.specs if spec.digest not in self.ended]
        cause = failure.of_exit(self._process.returncode, self._last_words)
        self.assignment = None
        return [ended(spec.digest, failure.record(store.run(spec), cause)) for spec in lost]

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith("\n"):  # a process that is killed may leave half a line
                self.events.put((self, Event.from_line(line)))
        self.events.put((self, None))

    def _hear(self) -> None:
        for line in self._process.stderr or ():
            self._last_words = line.strip() or self._last_words
