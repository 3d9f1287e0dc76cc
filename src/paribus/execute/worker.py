"""A process that trains what it is told: `python -m paribus.execute.worker`, spoken to over pipes.

Assignments come in on standard input, events leave on what was standard output, one line of JSON each.
The process ends when its input does, and so when the study's process is gone, however that ended. It listens
before it loads JAX, which takes seconds: the engine is imported where it is used.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from paribus.data.dataset import Dataset
from paribus.data.decoded import mapped
from paribus.data.source import find
from paribus.execute import failure
from paribus.execute.messages import Assignment, Event, ended
from paribus.record.checkpoint import Checkpoint
from paribus.record.environment import environment
from paribus.record.folder import Timing, Trained
from paribus.record.probes import Probe
from paribus.record.run import EpochRow, Result, RunSpec
from paribus.record.store import Store
from paribus.study.configuration import Configuration
from paribus.study.update_mode import UpdateMode, update_mode
from paribus.texts import set_language

if TYPE_CHECKING:
    from paribus.engine.program import Program

Say = Callable[[Event], None]


class Worker:
    """Trains assignments one after the other, keeping what the next one can use again.

    Args:
        say: Takes each event.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._data: tuple[object, Dataset] | None = None
        self._programs: dict[tuple[str, str], Program] = {}

    def work(self, assignment: Assignment) -> None:
        """Train an assignment; whatever goes wrong is recorded as its runs' failure."""
        store = Store(assignment.folder)
        sink = _StoreSink(store, self._say)
        try:
            self._train(assignment, store, sink)
        except Exception as error:
            sys.stderr.write(traceback.format_exc())
            for spec in assignment.specs:
                sink.fail(spec, failure.of_error(error, store.run(spec).path))
            self._data = None  # what a failure left behind, memory above all, is not for the next run
            self._programs.clear()
        self._say(Event("idle"))

    def _train(self, assignment: Assignment, store: Store, sink: _StoreSink) -> None:
        from paribus.engine.training import Resumed, train

        configuration = assignment.specs[0].configuration
        way = update_mode(configuration, assignment.updates)
        here = {**environment(), "path": way}
        begun: dict[int, list[RunSpec]] = {}
        resumed: dict[str, Resumed] = {}
        for spec in assignment.specs:
            folder = store.run(spec)
            folder.start(spec, here)
            checkpoint, history = folder.resume()
            if checkpoint:
                resumed[spec.digest] = Resumed(checkpoint, history)
            begun.setdefault(len(history), []).append(spec)
            self._say(Event("started", spec.digest, {"epoch": len(history)}, folder.seconds()))
        dataset = self._dataset(assignment)
        program = self._program(configuration, dataset, way)
        # One group, unless a checkpoint was damaged and its run goes back further than the others.
        for specs in begun.values():
            train(specs, dataset, sink, program=program, resumed=resumed)

    def _dataset(self, assignment: Assignment) -> Dataset:
        """The images, as the study's process decoded them; from their files where it could not keep them."""
        data, source = assignment.specs[0].data, assignment.source
        key = (data, source)
        if self._data is None or self._data[0] != key:
            self._data = None  # let the one before go first
            found = mapped(source.decoded, data.name, data.sha256) if source.decoded else None
            self._data = (
                key,
                found or find(data.name, data_dir=source.data_dir, embedded=source.embedded, download=False),
            )
        return self._data[1]

    def _program(self, configuration: Configuration, dataset: Dataset, way: UpdateMode) -> Program:
        """The compiled functions, shared by all runs that differ only in seed or in where they stop."""
        from paribus.engine.program import Program

        key = way, configuration.model_copy(update={"epochs": 1, "early_stopping": None}).model_dump_json()
        if key not in self._programs:
            self._programs[key] = Program(configuration, dataset.x_train.shape[1:], way)
        return self._programs[key]


class _StoreSink:
    """Writes what happens into the store, then says it."""

    def __init__(self, store: Store, say: Say) -> None:
        self._store = store
        self._say = say
        self._ended: set[str] = set()

    def epoch(self, spec: RunSpec, row: EpochRow, timing: Timing, probes: Sequence[Probe]) -> None:
        self._store.run(spec).append(row, timing, probes)
        self._say(Event("epoch", spec.digest, dict(row), timing.training + timing.validation))

    def checkpoint(self, spec: RunSpec, state: Checkpoint) -> None:
        self._store.run(spec).save(state)

    def end(self, spec: RunSpec, result: Result, trained: Trained | None) -> None:
        self._store.run(spec).finish(result, trained)
        self._ended.add(spec.digest)
        self._say(ended(spec.digest, result))

    def fail(self, spec: RunSpec, cause: str) -> None:
        """Record that a run failed, unless it had ended before."""
        if spec.digest in self._ended:
            return
        result = failure.record(self._store.run(spec), cause)
        self._ended.add(spec.digest)
        self._say(ended(spec.digest, result))


def _load_engine() -> None:
    """Import what takes seconds, and have compiled programs kept, before anything is compiled."""
    import paribus.engine.training  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from paribus.engine.compiled import keep

    keep()


def main() -> None:
    """Work until standard input ends, and tell in English what is kept of it."""
    set_language("en")
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with the events

    def say(event: Event) -> None:
        events.write(event.to_line() + "\n")
        events.flush()

    lines: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    Thread(target=listen, daemon=True).start()
    with suppress(Exception):  # the first run fails with it, and says so
        _load_engine()
    worker = Worker(say)
    while True:
        worker.work(Assignment.from_line(lines.get()))


if __name__ == "__main__":
    main()
