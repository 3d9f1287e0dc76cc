"""The plan of a study: its runs, which of them are missing, and the tasks that train these."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast, get_args

from paribus.errors import UsageError
from paribus.execute.cost import TYPICAL, epoch_cost, size_of
from paribus.record import checkpoint
from paribus.record.index import Index
from paribus.record.run import DataUsed, RunSpec, Status
from paribus.record.store import Store, specs
from paribus.study.configuration import Configuration
from paribus.study.device import Device
from paribus.study.step_size import held_out, trained_on, training_images
from paribus.study.study import Study
from paribus.study.together import Together
from paribus.study.update_mode import (
    UpdateMode,
    Updates,
    arguments_needing_kernel,
    reason_not_delayed,
    update_mode,
)
from paribus.texts import text


@dataclass(frozen=True)
class PlannedRun:
    """One run, and how far it is.

    Args:
        spec: Its specification.
        names: Its variants; several where they mean the same.
        images: Number of training images, those held out included.
        status: The status of its record; None where it has none.
        epochs_done: Number of epochs up to its newest checkpoint.
        update_mode: How its epochs are or were computed: as they began, else as requested.
        threads: On how many threads it is or was trained: as it began, else as chosen.
        until: The epoch after which it pauses; None where it is trained to its end.
        device: Where it is or was trained: as it began, else as its variant says, else as requested.
        together: How many seeds at most are trained in one computation, with that update mode.
    """

    spec: RunSpec
    names: tuple[str, ...]
    images: int
    status: Status | None
    epochs_done: int
    update_mode: UpdateMode
    threads: int = 1
    until: int | None = None
    device: Device = "cpu"
    together: int = 1

    @cached_property
    def alike(self) -> str:
        """What runs share that differ in nothing but the seed, and in when they end."""
        return self.spec.model_copy(update={"seed": 0}).trajectory

    @property
    def updates(self) -> int:
        """Number of weight updates without early stopping."""
        configuration = self.spec.configuration
        return configuration.epochs * math.ceil(self._trained_on / configuration.batch_size)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of the whole run, forward and backward, validation included."""
        configuration = self.spec.configuration
        forward = size_of(configuration)[0]
        return configuration.epochs * forward * (3 * self._trained_on + held_out(configuration, self.images))

    @property
    def parameters(self) -> int:
        """Number of trainable weights."""
        return size_of(self.spec.configuration)[1]

    @cached_property
    def work(self) -> float:
        """How long it takes on a typical machine, to compare runs by."""
        configuration = self.spec.configuration
        return configuration.epochs * TYPICAL.epoch(epoch_cost(configuration, self.images, self.update_mode))

    @property
    def is_done(self) -> bool:
        """Whether it has ended and is not tried again."""
        return self.status in {Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED}

    @property
    def last_epoch(self) -> int:
        """The epoch up to which it is to be trained, unless its own early stopping ends it before."""
        epochs = self.spec.configuration.epochs
        return epochs if self.until is None else min(epochs, self.until)

    @property
    def _trained_on(self) -> int:
        return trained_on(self.spec.configuration, self.images)


@dataclass(frozen=True)
class Task:
    """Runs that continue from one epoch in the same way: of one trajectory, or of several seeds together."""

    runs: tuple[PlannedRun, ...]

    @property
    def update_mode(self) -> UpdateMode:
        """How their epochs are computed."""
        return self.runs[0].update_mode

    @property
    def threads(self) -> int:
        """On how many threads they are trained."""
        return self.runs[0].threads

    @property
    def until(self) -> int | None:
        """The epoch after which they pause; None where they are trained to their end."""
        return self.runs[0].until

    @property
    def device(self) -> Device:
        """Where they are trained."""
        return self.runs[0].device

    @property
    def work(self) -> float:
        """The work of the longest run of each seed."""
        longest: dict[int, float] = {}
        for run in self.runs:
            longest[run.spec.seed] = max(longest.get(run.spec.seed, 0.0), run.work)
        return sum(longest.values())

    @property
    def seeds(self) -> int:
        """How many seeds are trained in one computation."""
        return len({run.spec.seed for run in self.runs})

    @property
    def seed(self) -> int:
        """The first seed of its runs."""
        return min(run.spec.seed for run in self.runs)


@dataclass(frozen=True)
class Chosen:
    """How many runs are trained side by side, and on how many threads each; see `paribus.execute.threads`.

    Args:
        threads: Of a new run.
        workers: Runs side by side.
        cores: Of the machine.
        is_auto: Whether only those runs have several threads that are faster with them.
        gain: How many times as fast the missing runs are trained as with one thread each.
    """

    threads: int = 1
    workers: int = 1
    cores: int = 1
    is_auto: bool = False
    gain: float = 1.0


@dataclass(frozen=True)
class Plan:
    """Every requested run of a study, in the study's order.

    Args:
        runs: Each run once.
        updates: The requested update mode of new runs.
        chosen: How many threads and workers train them.
        device: That of new runs whose variant names none.
        together: How many seeds are trained in one computation, as requested.
    """

    runs: tuple[PlannedRun, ...]
    updates: Updates = "auto"
    chosen: Chosen = Chosen()
    device: Device = "cpu"
    together: Together = 1

    @property
    def missing(self) -> tuple[PlannedRun, ...]:
        """The runs that have not ended or have failed."""
        return tuple(run for run in self.runs if not run.is_done)

    def tasks(self) -> tuple[Task, ...]:
        """Return the tasks that train the missing runs, in the order in which workers take them."""
        return self._tasks

    @cached_property
    def _tasks(self) -> tuple[Task, ...]:
        groups: dict[tuple[object, ...], list[PlannedRun]] = {}
        for run in self.missing:
            name = run.alike if run.update_mode == "together" else run.spec.trajectory
            key = name, run.epochs_done, run.update_mode, run.threads, run.until, run.device
            groups.setdefault(key, []).append(run)
        tasks = [Task(part) for group in groups.values() for part in _parts(group)]
        return tuple(sorted(tasks, key=lambda task: turn(task.seed, task.work)))


def _parts(group: Sequence[PlannedRun]) -> Iterator[tuple[PlannedRun, ...]]:
    """Yield runs that go on alike by as many seeds as are trained in one computation."""
    seeds = sorted({run.spec.seed for run in group})
    size = group[0].together if group[0].update_mode == "together" else len(seeds)
    for start in range(0, len(seeds), size):
        chosen = seeds[start : start + size]
        yield tuple(run for run in group if run.spec.seed in chosen)


def turn(seed: int, work: float) -> tuple[bool, float]:
    """Return what tasks are sorted by: seed 0 of every variant comes first, then the longest task.

    After seed 0 every variant has a curve, long before the study ends. The longest first, within
    these and within the others, leaves the least time in which only one worker has something to do.

    Args:
        seed: Of its runs.
        work: Of its longest run.

    Example:
        >>> sorted([(0, 1.0), (1, 9.0), (0, 5.0), (2, 3.0)], key=lambda task: turn(*task))
        [(0, 5.0), (0, 1.0), (1, 9.0), (2, 3.0)]
    """
    return seed != 0, -work


def plan(
    study: Study,
    data: Mapping[str, DataUsed],
    *,
    store: Store,
    seeds: Mapping[str, Iterable[int]],
    updates: Updates = "auto",
    device: Device = "cpu",
) -> Plan:
    """Plan the runs of a study, and find which of them exist already.

    Args:
        study: What is asked.
        data: The images that each data set's name stands for.
        store: The study's folder.
        seeds: Of each variant.
        updates: How the epochs of new runs are computed.
        device: Where new runs are trained whose variant does not say.

    Raises:
        UsageError: `updates` is ``delayed``, and the updates of a variant cannot be delayed.
    """
    if updates == "delayed":
        _check_delayed({name: study.variants[name].configuration for name in seeds})
    found: dict[str, tuple[RunSpec, list[str]]] = {}
    for variant in study.variants:
        for name, spec in specs(study, data, [variant], seeds.get(variant, ())):
            found.setdefault(spec.digest, (spec, []))[1].append(name)
    index = store.index()
    asked = updates, device
    runs = [
        _planned(spec, tuple(names), _images(spec.configuration, data[spec.data.name]), index, asked)
        for spec, names in found.values()
    ]
    index.keep()
    return Plan(tuple(runs), updates, device=device)


def _images(configuration: Configuration, data: DataUsed) -> int:
    return training_images(configuration, data.train, data.test)


def refresh(planned: Plan, store: Store) -> Plan:
    """Read again how the runs of a plan are, which another process may have changed since."""
    index = store.index()
    asked = planned.updates, planned.device
    read = [(run, _planned(run.spec, run.names, run.images, index, asked)) for run in planned.runs]
    index.keep()
    return replace(planned, runs=tuple(_as_planned(was, now) for was, now in read))


def _as_planned(was: PlannedRun, now: PlannedRun) -> PlannedRun:
    """Return a run as it is now, trained as it was planned unless it has begun."""
    now = replace(now, together=was.together, until=was.until)
    if now.is_done or now.epochs_done:
        return now
    return replace(now, threads=was.threads, update_mode=was.update_mode)


def _check_delayed(configurations: Mapping[str, Configuration]) -> None:
    reasons: list[str] = []
    for name, each in configurations.items():
        if code := reason_not_delayed(each):
            arguments = ", ".join(arguments_needing_kernel(each))
            why = text(code, optimizer=each.optimizer.name, arguments=arguments)
            reasons.append(text("run.cannot-delay-variant", variant=name, why=why))
    if reasons:
        raise UsageError("run.cannot-delay", reasons="\n".join(reasons))


def _planned(
    spec: RunSpec, names: tuple[str, ...], images: int, index: Index, asked: tuple[Updates, Device]
) -> PlannedRun:
    """Return a run as it is in the folder; a new one in the update mode and on the device asked for."""
    updates, device = asked
    ended, folder = index.checked(spec), index.folder(spec)
    if ended is None and not os.path.lexists(folder.path):
        where = _device(spec.configuration, device)
        mode = update_mode(spec.configuration, "stepwise" if where == "gpu" else updates)
        return PlannedRun(spec, names, images, status=None, epochs_done=0, update_mode=mode, device=where)
    result = ended.result if ended else folder.checked_result()
    newest = None if ended else checkpoint.newest(folder.path)
    mode = newest.update_mode if newest else result.update_mode if result else ""
    where = newest.device if newest else result.device if result else _device(spec.configuration, device)
    if mode not in get_args(UpdateMode):
        way = "auto" if newest else updates
        mode = update_mode(spec.configuration, "stepwise" if where == "gpu" else way)
    unfinished = Status.INTERRUPTED if result is None and folder.spec() is not None else None
    return PlannedRun(
        spec=spec,
        names=names,
        images=images,
        status=result.status if result else unfinished,
        epochs_done=newest.epoch if newest else 0,
        update_mode=cast("UpdateMode", mode),
        threads=newest.threads if newest else result.threads if result else 1,
        device="gpu" if where == "gpu" else "cpu",
    )


def _device(configuration: Configuration, wanted: Device) -> Device:
    """Return where a new run is trained; a function of the user's chooses by itself."""
    if configuration.train is not None:
        return "cpu"
    return configuration.device if configuration.device != "cpu" else wanted
