"""What a study's folder looks like now: numbers, from its files alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias, cast

from paribus.errors import StoreError
from paribus.execute.cost import TYPICAL, epoch_cost
from paribus.execute.time_left import Machine, TaskProgress, recent, time_left
from paribus.live.tail import Lines, state
from paribus.record import folder as layout
from paribus.record import lock, store
from paribus.record.folder import RunFolder
from paribus.record.records import Records
from paribus.record.run import DataUsed, EpochRow, Result, RunRecord, RunSpec, Status
from paribus.record.store import Store
from paribus.study.model import Study
from paribus.study.update_mode import update_mode

Phase: TypeAlias = Literal["waiting", "training", "stopped", "complete"]

_CLOCK = 2.0  # seconds by which a lock's time, kept in whole ones, may lie behind that of a file


@dataclass(frozen=True)
class RunState:
    """How far one run is.

    Args:
        spec: What is asked.
        names: The variants that it serves.
        status: How it stands; None where it has not begun.
        rows: One an epoch, as far as they are whole.
        seconds: Of each epoch, training and validation.
        result: Its end; None while it has none.
        changed: When its last epoch was written, in seconds since 1970; 0 before there is one.
        folder: Where its files lie.
    """

    spec: RunSpec
    names: tuple[str, ...]
    status: Status | None
    rows: tuple[EpochRow, ...]
    seconds: tuple[float, ...]
    result: Result | None
    changed: float
    folder: Path

    @property
    def key(self) -> str:
        """By which the page knows it."""
        return self.spec.digest[:16]

    @property
    def epochs(self) -> int:
        """The last epoch, if nothing ends the run before."""
        return self.spec.configuration.epochs

    @property
    def at_most(self) -> bool:
        """Whether early stopping may end it before."""
        return self.spec.configuration.early_stopping is not None

    @property
    def share(self) -> float:
        """The part that is done, in [0, 1]."""
        return 1.0 if self.result else min(1.0, len(self.rows) / self.epochs)

    @property
    def pace(self) -> float | None:
        """Seconds an epoch takes lately; None before one has been timed."""
        return recent(self.seconds)

    def record(self, used: DataUsed) -> RunRecord:
        """The run as the other rooms read it.

        Args:
            used: The images it is made with.
        """
        status = self.status or Status.INTERRUPTED
        spent = sum(self.seconds)
        return RunRecord(self.spec, status, self.rows, self.result, spent, used, self.folder)


@dataclass(frozen=True)
class StudyState:
    """How far a study is.

    Args:
        study: What is asked.
        data: The images each data set's name stands for.
        runs: Those asked for last, and whatever has run besides, in the study's order.
        training: Whether a process trains into the folder now.
        workers: Its processes side by side.
        made: Differs when the study, or which runs there are, has changed.
    """

    study: Study
    data: Mapping[str, DataUsed]
    runs: tuple[RunState, ...]
    training: bool
    workers: int
    made: str

    @property
    def ended(self) -> int:
        """How many runs have ended, failed and diverged ones included."""
        return sum(run.result is not None for run in self.runs)

    @property
    def share(self) -> float:
        """The part of all epochs that is done, in [0, 1]."""
        total = sum(run.epochs for run in self.runs)
        return sum(run.share * run.epochs for run in self.runs) / total if total else 0.0

    @property
    def phase(self) -> Phase:
        """How it stands as a whole."""
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
            trajectories.setdefault(run.spec.trajectory, []).append(run)
        if not self.training or self.ended == len(self.runs):
            return None
        # The plan hands the longest task to a worker first.
        tasks = sorted(trajectories.values(), key=self._work, reverse=True)
        return time_left([self._progress(task, clock) for task in tasks], Machine(self.workers))

    def _progress(self, runs: list[RunState], clock: float) -> TaskProgress:
        unended = [run for run in runs if run.result is None]
        is_begun = any(run.status is Status.RUNNING for run in unended)
        last_epoch = max(run.changed for run in runs)
        return TaskProgress(
            epochs_left=max((max(0, run.epochs - len(run.rows)) for run in unended), default=None),
            predicted=self._predicted(runs[0]),
            measured=max(runs, key=lambda run: len(run.seconds)).pace,
            waited=max(0.0, clock - (last_epoch or clock)) if is_begun else None,
        )

    def _predicted(self, run: RunState) -> float:
        """Return the seconds of an epoch on a typical machine."""
        configuration = run.spec.configuration
        images = self.data[run.spec.data.name].train
        return TYPICAL.epoch(epoch_cost(configuration, images, update_mode(configuration)))

    def _work(self, runs: list[RunState]) -> float:
        return self._predicted(runs[0]) * max(run.epochs for run in runs)

    @cached_property
    def records(self) -> Records:
        """What has run, by variant and seed, as the other rooms read it."""
        found: dict[tuple[str, int], RunRecord] = {}
        for name in self.study.variants:
            for run in self.of(name):
                if run.status is not None:
                    found[name, run.spec.seed] = run.record(self.data[run.spec.data.name])
        return Records(found)

    def of(self, variant: str) -> tuple[RunState, ...]:
        """The runs that serve a variant.

        Args:
            variant: Its name.
        """
        return tuple(run for run in self.runs if variant in run.names)


class StudyFolder:
    """A study's folder, of which only what changed is read again.

    Args:
        folder: It holds ``study.json``.
    """

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder)
        self._stands: object = None
        self._study: tuple[Study, dict[str, DataUsed]] | None = None
        self._runs: dict[str, _RunFiles] = {}
        self._asked: set[str] = set()
        self._workers = 1

    def read(self) -> StudyState:
        """The study as it stands now.

        Raises:
            StoreError: It is damaged, or a newer Paribus wrote it.
        """
        folder = self.store.folder
        stands = [state(folder / name) for name in (store.STUDY, store.LAST_REQUEST, store.RUNS)]
        if stands != self._stands:
            self._look_up()
            self._stands = stands
        assert self._study is not None
        study, data = self._study
        holder = lock.read(folder / lock.HOLDER)
        training = holder is not None and holder.is_alive
        since = _since(holder) if holder is not None and training else math.inf
        found = {digest: run.read(since) for digest, run in self._runs.items()}
        shown = tuple(run for digest, run in found.items() if run.status or digest in self._asked)
        made = f"{hash((study.name, tuple((run.key, run.names) for run in shown)))}"
        return StudyState(study, data, shown, training, self._workers, made)

    def _look_up(self) -> None:
        self._study = study, data = self.store.study()
        asked = self.store.last_request()
        wanted = asked.seeds if asked else {name: tuple(range(study.seeds)) for name in study.variants}
        self._workers = asked.workers if asked else 1
        seeds = sorted({*self.store.seeds(), *(seed for each in wanted.values() for seed in each)})
        served: dict[str, tuple[RunSpec, list[str]]] = {}
        self._asked = set()
        for name, spec in store.specs(study, data, study.variants, seeds):
            digest = spec.digest
            served.setdefault(digest, (spec, []))[1].append(name)
            if spec.seed in wanted.get(name, ()):
                self._asked.add(digest)
        known = self._runs
        self._runs = {}
        for digest, (spec, names) in served.items():
            run = known.get(digest) or _RunFiles(spec, self.store.run(spec))
            run.names = tuple(names)
            self._runs[digest] = run


class _RunFiles:
    """One run's files."""

    def __init__(self, spec: RunSpec, folder: RunFolder) -> None:
        self.names: tuple[str, ...] = ()
        self._spec, self._folder = spec, folder
        self._history = Lines(folder.path / layout.HISTORY)
        self._timing = Lines(folder.path / layout.TIMING)
        self._ended: tuple[object, Result | None] = (None, None)

    def read(self, since: float) -> RunState:
        """How it stands, where a process has been training since then."""
        path = self._folder.path
        stands = state(path / layout.RESULT)
        if stands != self._ended[0]:
            self._ended = stands, self._folder.result() if stands else None
        result = self._ended[1]
        begun = state(path / layout.SPEC)
        status: Status | None = None
        if result is not None:
            status = result.status
        elif begun is not None:
            is_at_work = begun[2] / 1e9 >= since - _CLOCK
            status = Status.RUNNING if is_at_work else Status.INTERRUPTED
        rows = tuple(_numbers(row) for row in self._history.read())
        seconds = tuple(_seconds(self._timing.read()))
        changed = self._history.changed if rows else 0.0
        return RunState(self._spec, self.names, status, rows, seconds, result, changed, path)


def study_folders(folder: Path) -> dict[str, Path]:
    """The studies in a folder by the names of their folders: itself, or those directly in it.

    Args:
        folder: A study's folder, or one of many studies.

    Raises:
        StoreError: There is no such folder.
    """
    if not folder.is_dir():
        raise StoreError("live.no-folder", folder=folder)
    if (folder / store.STUDY).exists():
        return {folder.resolve().name or "study": folder}
    with suppress(OSError):
        return {
            each.name: each
            for each in sorted(folder.iterdir(), key=lambda one: one.name)
            if (each / store.STUDY).exists()
        }
    return {}


def _since(holder: lock.Holder) -> float:
    try:
        return datetime.fromisoformat(holder.since).timestamp()
    except ValueError:
        return math.inf


def _numbers(row: Mapping[str, object]) -> EpochRow:
    numbers = cast("Mapping[str, float | None]", row)
    return {name: math.nan if value is None else value for name, value in numbers.items()}


def _seconds(rows: list[dict[str, object]]) -> list[float]:
    with suppress(KeyError, TypeError):
        return [row["training"] + row["validation"] for row in cast("list[dict[str, float]]", rows)]
    return []
