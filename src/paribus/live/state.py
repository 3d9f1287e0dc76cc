"""The state of a study, read from the files in its folder alone."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from paribus.errors import StoreError
from paribus.execute.cost import TYPICAL, epoch_cost
from paribus.execute.plan import turn
from paribus.execute.time_left import Machine, TaskProgress, recent, time_left
from paribus.record import folder as layout
from paribus.record import lock, store
from paribus.record import rows as row_reader
from paribus.record.folder import RunFolder
from paribus.record.history import History
from paribus.record.index import Ended
from paribus.record.records import Records
from paribus.record.run import DataUsed, EpochRow, Result, RunRecord, RunSpec, Status
from paribus.record.store import Store
from paribus.record.tail import LineFollower, stamp
from paribus.study.study import Study
from paribus.study.update_mode import update_mode

Phase: TypeAlias = Literal["waiting", "training", "stopped", "complete"]

_CLOCK_SECONDS = 2.0  # seconds by which a lock's time, kept in whole ones, may lie behind that of a file


@dataclass(frozen=True)
class RunState:
    """How far one run is.

    Args:
        spec: Its specification.
        names: Its variants.
        status: Its status; None where it has not begun.
        rows: One for each epoch, up to the first damaged one.
        seconds: Of each epoch, training and validation; of a run that has ended perhaps the last alone.
        result: Its result; None while it has none.
        changed: When its last epoch was written, in seconds since 1970; 0 before there is one.
        folder: The folder with its files.
        begun: When it began or was continued, in seconds since 1970; 0 before that.
        predicted: Seconds of an epoch on a typical machine.
        trajectory: What runs share that are trained together.
        spent: Seconds of all epochs.
    """

    spec: RunSpec
    names: tuple[str, ...]
    status: Status | None
    rows: Sequence[EpochRow]
    seconds: tuple[float, ...]
    result: Result | None
    changed: float
    folder: Path
    begun: float = 0.0
    predicted: float = 1.0
    trajectory: str = ""
    spent: float = 0.0

    @property
    def key(self) -> str:
        """Its name on the page: that of its folder."""
        return self.folder.name

    @property
    def epochs(self) -> int:
        """The last epoch, if nothing ends the run before."""
        return self.spec.configuration.epochs

    @property
    def at_most(self) -> bool:
        """Whether early stopping may end it earlier."""
        return self.spec.configuration.early_stopping is not None

    @property
    def share(self) -> float:
        """The share of its epochs that is done, in [0, 1]."""
        return 1.0 if self.result else min(1.0, len(self.rows) / self.epochs)

    @property
    def pace(self) -> float | None:
        """Seconds that an epoch took lately; None before one was timed."""
        return recent(self.seconds)

    def record(self, used: DataUsed) -> RunRecord:
        """Return the run's record."""
        status = self.status or Status.INTERRUPTED
        return RunRecord(self.spec, status, self.rows, self.result, self.spent, used, self.folder)


@dataclass(frozen=True)
class StudyState:
    """How far a study is.

    Args:
        study: The study.
        data: The images that each data set's name stands for.
        runs: The runs that were requested last or have begun, in the study's order.
        training: Whether a process trains into the folder now.
        workers: Number of its workers.
        made: Changes whenever the study or the list of runs does.
        pid: The number of the process that trains, where that runs on this machine.
        command: The words of the command that trains what is missing; none where it is not known.
        names: Each variant's name with its label, as pages show it.
    """

    study: Study
    data: Mapping[str, DataUsed]
    runs: tuple[RunState, ...]
    training: bool
    workers: int
    made: str
    pid: int | None = None
    command: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ended(self) -> int:
        """The number of runs that have ended, failed and diverged ones included."""
        return sum(run.result is not None for run in self.runs)

    @property
    def share(self) -> float:
        """The share of all epochs that is done, in [0, 1]."""
        total = sum(run.epochs for run in self.runs)
        return sum(run.share * run.epochs for run in self.runs) / total if total else 0.0

    @property
    def phase(self) -> Phase:
        """Whether the study waits, trains, is stopped or is complete."""
        if self.training:
            return "training"
        if self.runs and self.ended == len(self.runs):
            return "complete"
        return "stopped" if any(run.status for run in self.runs) else "waiting"

    def time_left(self, clock: float) -> float | None:
        """Estimate the seconds to the end of the last run; None where nothing trains or was timed.

        Args:
            clock: The time, in seconds since 1970.
        """
        trajectories: dict[str, list[RunState]] = {}
        for run in self.runs:
            trajectories.setdefault(run.trajectory, []).append(run)
        if not self.training or self.ended == len(self.runs):
            return None
        tasks = sorted(trajectories.values(), key=lambda task: turn(task[0].spec.seed, self._work(task)))
        return time_left([self._progress(task, clock) for task in tasks], Machine(self.workers))

    def _progress(self, runs: list[RunState], clock: float) -> TaskProgress:
        unended = [run for run in runs if run.result is None]
        is_begun = any(run.status is Status.RUNNING for run in unended)
        last_epoch = max(run.changed for run in runs)
        return TaskProgress(
            epochs_left=max((max(0, run.epochs - len(run.rows)) for run in unended), default=None),
            predicted=runs[0].predicted,
            measured=max(runs, key=lambda run: len(run.rows) if run.seconds else -1).pace,
            waited=max(0.0, clock - (last_epoch or clock)) if is_begun else None,
        )

    def _work(self, runs: list[RunState]) -> float:
        return runs[0].predicted * max(run.epochs for run in runs)

    @cached_property
    def records(self) -> Records:
        """The records of the runs that have begun."""
        found: dict[tuple[str, int], RunRecord] = {}
        for name in self.study.variants:
            for run in self.of(name):
                if run.status is not None:
                    found[name, run.spec.seed] = run.record(self.data[run.spec.data.name])
        return Records(found)

    def waited(self, run: RunState, clock: float) -> float:
        """Return the seconds since a run's last epoch ended, or since it began."""
        return max(0.0, clock - max(run.changed, run.begun))

    def of(self, variant: str) -> tuple[RunState, ...]:
        """Return the runs of a variant."""
        return self._by_variant.get(variant, ())

    @cached_property
    def _by_variant(self) -> Mapping[str, tuple[RunState, ...]]:
        found: dict[str, list[RunState]] = {}
        for run in self.runs:
            for name in run.names:
                found.setdefault(name, []).append(run)
        return {name: tuple(its) for name, its in found.items()}


class StudyFolder:
    """Read a study's folder repeatedly, each time only what has changed."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self._stamps: object = None
        self._study: tuple[Study, dict[str, DataUsed]] | None = None
        self._asked: object = None
        self._seeds: dict[str, int | None] = {}
        self._runs: dict[str, _RunFiles] = {}
        self._requested: set[str] = set()
        self._workers = 1
        self._command: tuple[str, ...] = ()
        self._names: dict[str, str] = {}

    def read(self) -> StudyState:
        """Return the current state of the study.

        Raises:
            StoreError: It is damaged, or a newer Paribus wrote it.
        """
        folder = self.store.folder
        asked = [stamp(folder / name) for name in (store.STUDY, store.LAST_REQUEST)]
        stamps = (asked, stamp(folder / store.RUNS))
        if stamps != self._stamps:
            self._read_runs(asked)
            self._stamps = stamps
        assert self._study is not None
        study, data = self._study
        holder = lock.read(folder / lock.HOLDER)
        training = holder is not None and holder.is_alive
        since = _since(holder) if holder is not None and training else math.inf
        found = {digest: run.read(since) for digest, run in self._runs.items()}
        shown = tuple(run for digest, run in found.items() if run.status or digest in self._requested)
        made = f"{hash((study.name, tuple((run.key, run.names) for run in shown)))}"
        pid = holder.pid if holder is not None and training and holder.is_here else None
        return StudyState(study, data, shown, training, self._workers, made, pid, self._command, self._names)

    def _read_runs(self, asked: object) -> None:
        """Find out which runs there are, unless no folder of a run on another seed has come since."""
        index = self.store.index()
        known, before = self._seeds, {*self._seeds.values()}
        read = {name: known.get(name) for name in index.names}  # none of a folder that is just being made
        self._seeds = {name: index.seed(name) if seed is None else seed for name, seed in read.items()}
        seeds = {*self._seeds.values()}
        if asked == self._asked and seeds == before:
            return
        self._asked = asked
        self._study = study, data = self.store.study()
        self._names = {name: study.named(name) for name in study.variants}
        request = self.store.last_request()
        seeds_by_variant = (
            request.seeds if request else {name: tuple(range(study.seeds)) for name in study.variants}
        )
        self._workers = request.workers if request else 1
        self._command = request.command if request else ()
        of_runs = store.of_study(seed for seed in seeds if seed is not None)
        seeds = sorted({*of_runs, *(seed for each in seeds_by_variant.values() for seed in each)})
        runs: dict[str, tuple[RunSpec, list[str]]] = {}
        self._requested = set()
        for name, spec in store.specs(study, data, study.variants, seeds):
            digest = spec.digest
            runs.setdefault(digest, (spec, []))[1].append(name)
            if spec.seed in seeds_by_variant.get(name, ()):
                self._requested.add(digest)
        followed = self._runs
        self._runs = {}
        costs: dict[int, float] = {}  # of a configuration's runs it is the same
        for digest, (spec, names) in runs.items():
            run = followed.get(digest)
            if run is None:
                used, configuration = data[spec.data.name], spec.configuration
                if id(configuration) not in costs:
                    cost = epoch_cost(configuration, used.train, update_mode(configuration))
                    costs[id(configuration)] = TYPICAL.epoch(cost)
                run = _RunFiles(spec, self.store.run(spec), costs[id(configuration)])
                run.know(index.learned(spec, used))
            run.names = tuple(names)
            self._runs[digest] = run
        index.keep()


class _RunFiles:
    """Read a run's files repeatedly, each time only what has changed."""

    def __init__(self, spec: RunSpec, folder: RunFolder, predicted: float) -> None:
        self.names: tuple[str, ...] = ()
        self._spec, self._folder = spec, folder
        self._known = predicted, spec.trajectory  # costly to compute at every look
        self._whole: RunState | None = None
        self._result = folder.path / layout.RESULT
        self._follow()
        self._ended: tuple[object, Result | None] = (None, None)

    def _follow(self) -> None:
        self._history = LineFollower(self._folder.path / layout.HISTORY)
        self._timing = LineFollower(self._folder.path / layout.TIMING)

    def know(self, ended: Ended | None) -> None:
        """Take what is known of a run that has ended, so that its files need not be read."""
        if ended is None:
            return
        path, result = self._folder.path, ended.result
        times = [stamp(path / name) for name in (layout.HISTORY, layout.SPEC)]
        changed, first = (0.0 if each is None else each[2] / 1e9 for each in times)
        self._ended = stamp(self._result), result
        stands = (self._spec, self.names, result.status, ended.history, ended.lately, result)
        self._whole = RunState(*stands, changed, path, first, *self._known, ended.seconds)

    def read(self, since: float) -> RunState:
        path = self._folder.path
        result_stamp = stamp(self._result)
        if self._whole is not None and result_stamp == self._ended[0]:
            # What has ended does not change, and most runs of a large study have.
            if self._whole.names != self.names:
                self._whole = replace(self._whole, names=self.names)
            return self._whole
        self._whole = None
        if result_stamp != self._ended[0]:
            self._ended = result_stamp, self._folder.result() if result_stamp else None
        result = self._ended[1]
        begun = stamp(path / layout.SPEC)
        status: Status | None = None
        if result is not None:
            status = result.status
        elif begun is not None:
            is_running = begun[2] / 1e9 >= since - _CLOCK_SECONDS
            status = Status.RUNNING if is_running else Status.INTERRUPTED
        rows = tuple(row_reader.history(self._history.read()))
        seconds = tuple(row_reader.epoch_seconds(self._timing.read()) or ())
        changed = self._history.changed if rows else 0.0
        first = begun[2] / 1e9 if begun else 0.0
        shown = (self._spec, self.names, status, rows, seconds, result, changed, path, first)
        state = RunState(*shown, *self._known, sum(seconds))
        if result is not None:
            self._whole = state = replace(state, rows=History(rows))
            self._follow()  # which lets go of what was read
        return state


def study_folders(folder: Path) -> dict[str, Path]:
    """Return the study folders: the folder itself or those directly in it, by name.

    A name that is no text is written with the numbers of its bytes.

    Raises:
        StoreError: There is no such folder.
    """
    if not folder.is_dir():
        raise StoreError("live.no-folder", folder=folder)
    if (folder / store.STUDY).exists():
        return {_key(folder.resolve()) or "study": folder}
    with suppress(OSError):
        return {
            _key(each): each
            for each in sorted(folder.iterdir(), key=lambda one: one.name)
            if (each / store.STUDY).exists()
        }
    return {}


def _key(folder: Path) -> str:
    return os.fsencode(folder.name).decode(errors="backslashreplace")


def _since(holder: lock.Holder) -> float:
    try:
        return datetime.fromisoformat(holder.since).timestamp()
    except ValueError:
        return math.inf
