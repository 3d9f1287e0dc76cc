"""The worker process, `python -m paribus.execute.worker`, which trains what it receives over pipes.

Assignments arrive on standard input and events leave on what was standard output, one line of JSON each.
The process ends when its input does, and so when the study's process is gone, however that ended. It reads
its input before it loads JAX, which takes seconds: the engine is imported where it is used.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from paribus.data.dataset import Dataset
from paribus.data.decoded import map_images
from paribus.data.own.load import load
from paribus.data.source import find
from paribus.execute import failure
from paribus.execute.messages import Assignment, Ended, EpochDone, Event, Idle, Started
from paribus.record.checkpoint import Checkpoint
from paribus.record.environment import environment
from paribus.record.folder import Timing, Trained
from paribus.record.probes import Probe
from paribus.record.run import EpochRow, Result, RunSpec
from paribus.record.store import Store
from paribus.study.configuration import Configuration
from paribus.study.device import Device
from paribus.study.update_mode import UpdateMode, Updates, update_mode
from paribus.texts import set_language

if TYPE_CHECKING:
    from paribus.engine.kept import Kept
    from paribus.engine.program import Program

Send = Callable[[Event], None]


class Worker:
    """Train assignments one after the other and keep what the next one can use again."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._data: tuple[object, Dataset] | None = None
        self._programs: dict[tuple[str, int, str], Program] = {}

    def work(self, assignment: Assignment) -> None:
        """Train an assignment and record whatever goes wrong as the failure of its runs."""
        store = Store(assignment.folder.absolute())  # a user's function may change to another folder
        sink = _StoreSink(store, self._send, assignment.threads, assignment.device)
        try:
            self._train(assignment, store, sink)
        except Exception as error:
            sys.stderr.write(traceback.format_exc())
            for spec in assignment.specs:
                sink.fail(spec, failure.error_cause(error, store.run(spec).path))
            self._data = None  # the next run must not inherit what a failure left, memory above all
            self._programs.clear()
        self._send(Idle())

    def _train(self, assignment: Assignment, store: Store, sink: _StoreSink) -> None:
        if assignment.specs[0].configuration.train is not None:
            self._call(assignment, store, sink)
            return
        from paribus.engine import devices
        from paribus.engine.together import train_together
        from paribus.engine.training import Resumed, train

        configuration = assignment.specs[0].configuration
        mode = _mode(configuration, assignment.updates)
        on = {"device": devices.name()} if assignment.device == "gpu" else {}
        here = {**environment(), "path": mode, **_threads(assignment), **on}
        groups: dict[int, list[RunSpec]] = {}
        resumed: dict[str, Resumed] = {}
        for spec in assignment.specs:
            folder = store.run(spec)
            folder.start(spec, here)
            checkpoint, history = folder.resume()
            if checkpoint:
                resumed[spec.digest] = Resumed(checkpoint, history)
            groups.setdefault(len(history), []).append(spec)
            self._send(Started(run=spec.digest, epoch=len(history), seconds=folder.seconds()))
        devices.require(assignment.device)
        dataset = self._dataset(assignment)
        program = self._program(configuration, dataset, mode, assignment)
        # There is one group, unless a checkpoint was damaged and its run resumes from an earlier epoch.
        for specs in groups.values():
            trained = train_together if mode == "together" else train
            trained(specs, dataset, sink, program=program, resumed=resumed, until=assignment.until)

    def _call(self, assignment: Assignment, store: Store, sink: _StoreSink) -> None:
        """Train with a function of the user's, in which JAX is not needed."""
        from paribus.custom.training import train

        program = assignment.source.program
        for spec in assignment.specs:
            folder, own = store.run(spec), spec.configuration.train
            folder.start(spec, {**environment(), **_threads(assignment)})
            resumed = folder.resume()
            self._send(Started(run=spec.digest, epoch=len(resumed[1]), seconds=folder.seconds()))
            if program is None or own is None:
                raise ValueError("the assignment names no file that trains")
            has_data = spec.data.sha256 != own.sha256
            dataset = self._dataset(assignment) if has_data else None
            used = train(
                spec,
                program,
                dataset,
                sink,
                folder=folder.path,
                resumed=resumed,
                threads=assignment.threads,
                device=assignment.device,
            )
            examples = {"examples": [*used.examples]} if used.examples else {}
            folder.write_environment({**environment(used.versions), **_threads(assignment), **examples})

    def _dataset(self, assignment: Assignment) -> Dataset:
        """Return the images, from the cache of decoded ones or else from their files."""
        data, source = assignment.specs[0].data, assignment.source
        key = (data, source)
        if self._data is None or self._data[0] != key:
            self._data = None  # free the memory of the previous one first
            own = assignment.specs[0].configuration.own
            found = map_images(source.decoded, data.name, data.sha256, own) if source.decoded else None
            if found is None and source.own is not None:
                found = load(source.own)[0]
            self._data = (
                key,
                found or find(data.name, data_dir=source.data_dir, embedded=source.embedded, download=False),
            )
        return self._data[1]

    def _program(
        self,
        configuration: Configuration,
        dataset: Dataset,
        mode: UpdateMode,
        assignment: Assignment,
    ) -> Program:
        """Return the compiled functions, which runs share that differ only in their seed and last epoch."""
        from paribus.engine.program import Program

        alike = configuration.model_copy(update={"epochs": 1, "early_stopping": None}).model_dump_json()
        threads, file, functions = assignment.threads, assignment.source.program, assignment.source.functions
        key = mode, threads, alike
        if key not in self._programs:
            image = dataset.x_train.shape[1:]
            can_keep = file is None and not functions and assignment.device == "cpu"
            kept = _kept(configuration, image, mode) if can_keep else None
            way: Updates = "stepwise" if mode == "together" else mode
            self._programs[key] = Program(
                configuration, image, way, threads, kept=kept, file=file, functions=functions
            )
        return self._programs[key]


def _mode(configuration: Configuration, asked: Updates | UpdateMode) -> UpdateMode:
    """Return how epochs are computed; that seeds are trained together is decided by the plan alone."""
    return "together" if asked == "together" else update_mode(configuration, asked)


def _threads(assignment: Assignment) -> dict[str, int]:
    """Return the number of threads, as an environment has it: one is left out, as ever."""
    return {"threads": assignment.threads} if assignment.threads > 1 else {}


class _StoreSink:
    def __init__(self, store: Store, send: Send, threads: int, device: Device) -> None:
        self._store = store
        self._send = send
        self._threads, self._device = threads, device
        self._ended: set[str] = set()

    def epoch(self, spec: RunSpec, row: EpochRow, timing: Timing, probes: Sequence[Probe]) -> None:
        self._store.run(spec).append(row, timing, probes)
        seconds = timing.training + timing.validation
        self._send(EpochDone(run=spec.digest, row=dict(row), seconds=seconds))

    def checkpoint(self, spec: RunSpec, state: Checkpoint) -> None:
        self._store.run(spec).save(replace(state, threads=self._threads, device=self._device))

    def end(self, spec: RunSpec, result: Result, trained: Trained | None) -> None:
        result = replace(result, threads=self._threads, device=self._device)
        self._store.run(spec).finish(result, trained)
        self._report(spec, result)

    def fail(self, spec: RunSpec, cause: str) -> None:
        """Record that a run failed, unless it had ended before."""
        if spec.digest not in self._ended:
            self._report(spec, failure.record(self._store.run(spec), cause))

    def _report(self, spec: RunSpec, result: Result) -> None:
        self._ended.add(spec.digest)
        self._send(Ended(run=spec.digest, status=result.status, cause=result.cause))


def _kept(configuration: Configuration, image: tuple[int, ...], mode: UpdateMode) -> Kept | None:
    """Return what earlier processes have kept of a configuration; None where that cannot be known."""
    from paribus.engine.compiled import enable_cache
    from paribus.engine.kept import Kept

    with suppress(OSError):
        return Kept(enable_cache(), configuration, image, mode)
    return None


@cache
def _load_engine() -> None:
    """Import what takes seconds, and switch on the cache of compiled programs before anything is compiled."""
    import paribus.engine.training  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from paribus.engine.compiled import enable_cache
    from paribus.engine.memory import keep_freed

    keep_freed()
    enable_cache()


def main() -> None:
    """Train assignments until standard input ends; all that is stored is in English."""
    set_language("en")
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with the events
    assignments = os.fdopen(os.dup(0), encoding="utf-8")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # for whoever asks for input, or closes it, as processes of a pool do

    def send(event: Event) -> None:
        events.write(event.to_line() + "\n")
        events.flush()

    lines: SimpleQueue[str] = SimpleQueue()

    def read_input() -> None:
        for line in assignments:
            lines.put(line)
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)  # with what a user's function or command started
        os._exit(0)

    Thread(target=read_input, daemon=True).start()
    if hasattr(os, "register_at_fork"):  # a process that the user's code forks must not write events
        os.register_at_fork(after_in_child=lambda: os.dup2(2, events.fileno()))
    worker = Worker(send)
    while True:
        assignment = Assignment.model_validate_json(lines.get())
        if assignment.specs[0].configuration.train is None:
            with suppress(Exception):  # the first run fails with the same error and reports it
                _load_engine()
        worker.work(assignment)


if __name__ == "__main__":
    main()
