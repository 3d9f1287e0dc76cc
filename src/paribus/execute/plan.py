"""The plan of a study: its runs, which of them are missing, and the tasks that train these."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict, cast, get_args

from paribus.errors import UsageError
from paribus.execute.cost import TYPICAL, epoch_cost
from paribus.record import checkpoint
from paribus.record.run import DataUsed, RunSpec, Status
from paribus.record.store import Store, specs
from paribus.study.datasets import IMAGE_SETS
from paribus.study.shapes import multiply_adds, parameters
from paribus.study.study import Study
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
        status: The status of its record; None where it has none.
        epochs_done: Number of epochs up to its newest checkpoint.
        update_mode: How its epochs are or were computed: as they began, else as requested.
        images: Number of training images, those held out included.
        updates: Number of weight updates without early stopping.
        multiply_adds: Multiply-adds of the whole run, forward and backward, validation included.
        parameters: Number of trainable weights.
    """

    spec: RunSpec
    names: tuple[str, ...]
    status: Status | None
    epochs_done: int
    update_mode: UpdateMode
    images: int
    updates: int
    multiply_adds: int
    parameters: int

    @property
    def work(self) -> float:
        """How long it takes on a typical machine, to compare runs by."""
        configuration = self.spec.configuration
        return configuration.epochs * TYPICAL.epoch(epoch_cost(configuration, self.images, self.update_mode))

    @property
    def is_done(self) -> bool:
        """Whether it has ended and is not tried again."""
        return self.status in {Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED}


@dataclass(frozen=True)
class Task:
    """Runs of one trajectory that continue from the same epoch in the same update mode; trained together."""

    runs: tuple[PlannedRun, ...]

    @property
    def data(self) -> str:
        """The name of the images that they are trained on."""
        return self.runs[0].spec.data.name

    @property
    def update_mode(self) -> UpdateMode:
        """How their epochs are computed."""
        return self.runs[0].update_mode

    @property
    def work(self) -> float:
        """The work of the longest run, by which tasks are ordered."""
        return max(run.work for run in self.runs)


@dataclass(frozen=True)
class Plan:
    """Every requested run of a study, in the study's order.

    Args:
        runs: Each run once.
        updates: The requested update mode of new runs.
    """

    runs: tuple[PlannedRun, ...]
    updates: Updates = "auto"

    @property
    def missing(self) -> tuple[PlannedRun, ...]:
        """The runs that have not ended or have failed."""
        return tuple(run for run in self.runs if not run.is_done)

    def tasks(self) -> tuple[Task, ...]:
        """Return the tasks that train the missing runs, the longest first."""
        groups: dict[tuple[str, int, str], list[PlannedRun]] = {}
        for run in self.missing:
            groups.setdefault((run.spec.trajectory, run.epochs_done, run.update_mode), []).append(run)
        tasks = [Task(tuple(group)) for group in groups.values()]
        return tuple(sorted(tasks, key=lambda task: -task.work))


def plan(
    study: Study,
    data: Mapping[str, DataUsed],
    *,
    store: Store,
    names: Iterable[str],
    seeds: Iterable[int],
    updates: Updates = "auto",
) -> Plan:
    """Plan the runs of a study, and find which of them exist already.

    Args:
        study: The study.
        data: The images that each data set's name stands for.
        store: The folder with earlier runs.
        names: The variants.
        seeds: The seeds.
        updates: The requested update mode of new runs.

    Raises:
        UsageError: `updates` is ``delayed``, and the updates of a variant cannot be delayed.
    """
    return plan_each(study, data, store=store, seeds=dict.fromkeys(names, tuple(seeds)), updates=updates)


def plan_each(
    study: Study,
    data: Mapping[str, DataUsed],
    *,
    store: Store,
    seeds: Mapping[str, Iterable[int]],
    updates: Updates = "auto",
) -> Plan:
    """Plan as `plan` does, with seeds of its own for each variant.

    Args:
        study: The study.
        data: The images that each data set's name stands for.
        store: The folder with earlier runs.
        seeds: The seeds, by variant.
        updates: The requested update mode of new runs.

    Raises:
        UsageError: `updates` is ``delayed``, and the updates of a variant cannot be delayed.
    """
    _check_update_mode(updates, study, tuple(seeds))
    found: dict[str, tuple[RunSpec, list[str]]] = {}
    for variant in study.variants:
        for name, spec in specs(study, data, [variant], seeds.get(variant, ())):
            found.setdefault(spec.digest, (spec, []))[1].append(name)
    return Plan(
        tuple(
            _planned(spec, tuple(served), data[spec.data.name].train, _run_state(spec, store, updates))
            for spec, served in found.values()
        ),
        updates,
    )


def refresh(planned: Plan, store: Store) -> Plan:
    """Read again how the runs of a plan are, which another process may have changed since."""
    runs = tuple(replace(run, **_run_state(run.spec, store, planned.updates)) for run in planned.runs)
    return replace(planned, runs=runs)


def _check_update_mode(updates: Updates, study: Study, names: tuple[str, ...]) -> None:
    """Raise an error that names every variant whose updates cannot be computed as requested."""
    if updates != "delayed":
        return
    configurations = {name: study.variants[name].configuration for name in names}
    reasons = [
        text(
            "run.cannot-delay-variant",
            variant=name,
            why=text(
                code, optimizer=each.optimizer.name, arguments=", ".join(arguments_needing_kernel(each))
            ),
        )
        for name, each in configurations.items()
        if (code := reason_not_delayed(each))
    ]
    if reasons:
        raise UsageError("run.cannot-delay", reasons="\n".join(reasons))


def _planned(spec: RunSpec, names: tuple[str, ...], images: int, state: _RunState) -> PlannedRun:
    configuration = spec.configuration
    validation = math.ceil(images * configuration.validation)
    training = images - validation
    shape = IMAGE_SETS[configuration.data].shape
    forward = multiply_adds(configuration.layers, shape)
    return PlannedRun(
        spec=spec,
        names=names,
        images=images,
        updates=configuration.epochs * math.ceil(training / configuration.batch_size),
        multiply_adds=configuration.epochs * forward * (3 * training + validation),
        parameters=parameters(configuration.layers, shape),
        **state,
    )


class _RunState(TypedDict):
    status: Status | None
    epochs_done: int
    update_mode: UpdateMode


def _run_state(spec: RunSpec, store: Store, updates: Updates) -> _RunState:
    folder = store.run(spec)
    result = folder.checked_result()
    unfinished = Status.INTERRUPTED if folder.spec() is not None else None
    status = result.status if result else unfinished
    newest = checkpoint.newest(folder.path)
    began = newest.update_mode if newest else result.update_mode if result else ""
    mode = (
        began
        if began in get_args(UpdateMode)
        else update_mode(spec.configuration, "auto" if newest else updates)
    )
    epochs = newest.epoch if newest else 0
    return {"status": status, "epochs_done": epochs, "update_mode": cast("UpdateMode", mode)}
