"""Runs side by side on this machine: worker processes, by default of one thread each."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread

from paribus.execute import failure
from paribus.execute.devices import variables
from paribus.execute.executor import Capacity
from paribus.execute.messages import Assignment, Ended, Event, Idle, RunEvent, Started, parse_event
from paribus.record.store import Store
from paribus.study import interpreter

Events = SimpleQueue[tuple["Process", Event | None]]

ONE_THREAD = {
    "NPROC": "1",  # of XLA, whose bits depend on it
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "KERAS_BACKEND": "jax",
    "PYTHONUNBUFFERED": "1",
}
MEMORY_PER_WORKER = 3 * 2**29  # bytes
_EXIT_SECONDS = 5.0  # that a dying worker gets


def settings(assignment: Assignment) -> dict[str, str]:
    """Return the environment variables of a worker that trains an assignment on its device and threads.

    XLA divides large steps, in which its threads pay. Delayed updates divide products themselves, by threads
    that need no variable. Functions and commands of the user's have libraries that read theirs.
    """
    threads = str(assignment.threads)
    one = {**ONE_THREAD, **variables(assignment.device)}
    if assignment.specs[0].configuration.train is not None:
        return {**one, **dict.fromkeys(("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)}
    return one if assignment.updates == "delayed" else {**one, "NPROC": threads}


def cores() -> int:
    """Return the number of cores that this process may use."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def most_workers() -> int:
    """Return how many workers the free memory holds, at least one."""
    import psutil

    return max(1, int(psutil.virtual_memory().available / MEMORY_PER_WORKER))


def default_workers() -> int:
    """Return as many workers as this process has cores and its free memory holds."""
    return min(cores(), most_workers())


def execute(assignments: Sequence[Assignment], workers: int, observe: Callable[[RunEvent], None]) -> None:
    """Train every assignment, in this order, on worker processes.

    The runs of a worker that dies fail, with its signal or the last line of its standard error as the cause;
    another worker takes its place, and so where the next assignment has another number of threads. However
    this function is left, no worker outlives it.

    Args:
        assignments: What is missing, in the order of the plan.
        workers: The largest number of processes.
        observe: Called with every event, in this thread.
    """
    events: Events = SimpleQueue()
    waiting = list(assignments)
    processes: list[Process] = []
    with ExitStack() as stack:

        def start() -> None:
            assignment = waiting.pop(0)
            process = stack.enter_context(Process(events, settings(assignment)))
            processes.append(process)
            process.assign(assignment)

        while waiting and len(processes) < workers:
            start()
        while any(process.assignment for process in processes):
            process, event = next_event(events, processes)
            if event is None and process.is_retired:
                continue
            if event is None:
                for failed in process.record_death():
                    observe(failed)
                if waiting:
                    start()
            elif isinstance(event, Idle):
                process.assignment = None
                if waiting and settings(waiting[0]) == process.settings:
                    process.assign(waiting.pop(0))
                elif waiting:
                    process.retire()
                    start()
            else:
                process.note(event)
                observe(event)


def next_event(events: Events, processes: Iterable[Process]) -> tuple[Process, Event | None]:
    """Wait for the next event in short turns, since Windows delivers Ctrl-C only between them.

    Before each, what has trained for too long is killed, which its end then reports.
    """
    while True:
        for process in processes:
            process.check_time()
        with suppress(Empty):
            return events.get(timeout=0.5)


class Local:
    """Trains on this machine."""

    def capacity(self) -> Capacity:
        """Return its cores and how many workers its free memory holds."""
        return Capacity(cores(), most_workers())

    def execute(
        self, assignments: Sequence[Assignment], workers: int, observe: Callable[[RunEvent], None]
    ) -> None:
        """Train every assignment on worker processes, as `execute` does."""
        execute(assignments, workers, observe)


@dataclass
class Process:
    """A worker process: what it is told, what it reports, and how it ends.

    Args:
        events: What it reports, with itself; no event where it has ended.
        settings: Its environment variables, beside those of this process.
        assignment: What it trains now.
        ended: The runs of it that have ended.
        is_retired: Whether it was ended since nothing is left for it.
    """

    events: Events
    settings: dict[str, str]
    assignment: Assignment | None = None
    ended: set[str] = field(default_factory=set[str])
    is_retired: bool = False
    since: float | None = None
    """When the run began that a function of the user's trains; None between two."""
    is_late: bool = False

    def __enter__(self) -> Process:
        self._last_line = ""
        self._process = subprocess.Popen(  # noqa: S603 - this Python, with a module of Paribus
            interpreter.command("paribus.execute.worker"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self.settings},
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches the study's process, which then ends its workers
        )
        Thread(target=self._read_events, daemon=True).start()
        self._stderr = Thread(target=self._read_stderr, daemon=True)
        self._stderr.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def assign(self, assignment: Assignment) -> None:
        """Give the process what it trains next."""
        self.assignment = assignment
        stdin = self._process.stdin
        if stdin is not None:
            with suppress(BrokenPipeError):  # it died, which the thread that reads its events reports
                stdin.write(assignment.to_line() + "\n")
                stdin.flush()

    def note(self, event: RunEvent) -> None:
        """Note when a run begins, and that it has ended."""
        if isinstance(event, Started):
            self.since = time.monotonic()
        elif isinstance(event, Ended):
            self.since = None
            self.ended.add(event.run)

    @property
    def _limit(self) -> float | None:
        """How many seconds a run may take; a command's own process watches over that."""
        program = self.assignment.source.program if self.assignment else None
        is_command = bool(
            self.assignment and (own := self.assignment.specs[0].configuration.train) and own.command
        )
        return program.timeout if program is not None and not is_command else None

    def check_time(self) -> None:
        """Kill the process where its run takes longer than the study allows."""
        limit = self._limit
        if limit is not None and self.since is not None and time.monotonic() - self.since > limit:
            self.is_late, self.since = True, None
            self.close()

    def close(self) -> None:
        """Kill the process, and those that a function of the user's started; its files are complete."""
        is_own = self.assignment is not None and self.assignment.source.program is not None
        if is_own and hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session of its own
        self._process.kill()
        self._process.wait()

    def retire(self) -> None:
        """End the idle process, since the next assignment needs one with other settings."""
        self.is_retired = True
        self.close()

    def record_death(self) -> list[Ended]:
        """Record as failed the runs that the process was training when it died."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_SECONDS)  # its own exit code, not that of our kill, is the cause
        self.close()
        if self.assignment is None:
            return []
        self._stderr.join(_EXIT_SECONDS)
        store = Store(self.assignment.folder)
        lost = [spec for spec in self.assignment.specs if spec.digest not in self.ended]
        is_own = self.assignment.source.program is not None
        cause = failure.exit_cause(self._process.returncode, self._last_line, is_own=is_own)
        if self.is_late:
            cause = failure.late_cause(self._limit)
        self.assignment = None
        results = {spec.digest: failure.record(store.run(spec), cause) for spec in lost}
        return [Ended(run=run, status=end.status, cause=end.cause) for run, end in results.items()]

    def _read_events(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith("\n"):  # a process that is killed may leave half a line
                self.events.put((self, parse_event(line)))
        self.events.put((self, None))

    def _read_stderr(self) -> None:
        for line in self._process.stderr or ():
            self._last_line = line.strip() or self._last_line
