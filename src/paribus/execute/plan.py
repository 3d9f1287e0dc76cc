"""From a study to the runs that are missing, the longest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict

from paribus.record import checkpoint
from paribus.record.run import DataUsed, RunSpec, Status
from paribus.record.store import Store, specs
from paribus.study.datasets import IMAGE_SETS
from paribus.study.model import Study
from paribus.study.size import multiply_adds, parameters

_MEMORY = 40  # multiply-adds done in the time that one update takes to move one weight (measured)


@dataclass(frozen=True)
class PlannedRun:
    """One run, and how it stands.

    Args:
        spec: What is asked.
        names: The variants it serves; several where they mean the same.
        status: How its record stands; None where it has none.
        epochs_done: Epochs behind its newest checkpoint.
        updates: Updates of the weights, if no early stopping ends it.
        multiply_adds: Of the whole run, forwards and backwards, validation included.
        parameters: Number of trainable weights.
    """

    spec: RunSpec
    names: tuple[str, ...]
    status: Status | None
    epochs_done: int
    updates: int
    multiply_adds: int
    parameters: int

    @property
    def work(self) -> int:
        """Multiply-adds that take about as long as the run: its own, and the weights' way through memory."""
        return self.multiply_adds + _MEMORY * self.updates * self.parameters

    @property
    def is_done(self) -> bool:
        """Whether it has an end that is not tried again."""
        return self.status in {Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED}


@dataclass(frozen=True)
class Task:
    """Runs of one trajectory that go on from the same epoch: trained together, once."""

    runs: tuple[PlannedRun, ...]

    @property
    def work(self) -> int:
        """That of the longest of them: what decides which task starts first."""
        return max(run.work for run in self.runs)


@dataclass(frozen=True)
class Plan:
    """Every run of a study, in its order."""

    runs: tuple[PlannedRun, ...]

    @property
    def missing(self) -> tuple[PlannedRun, ...]:
        """The runs that have no end yet, or a failed one."""
        return tuple(run for run in self.runs if not run.is_done)

    def tasks(self) -> tuple[Task, ...]:
        """What is to be trained, the longest first."""
        groups: dict[tuple[str, int], list[PlannedRun]] = {}
        for run in self.missing:
            groups.setdefault((run.spec.trajectory, run.epochs_done), []).append(run)
        tasks = [Task(tuple(group)) for group in groups.values()]
        return tuple(sorted(tasks, key=lambda task: -task.work))


def plan(
    study: Study,
    data: Mapping[str, DataUsed],
    *,
    store: Store,
    names: Iterable[str],
    seeds: Iterable[int],
) -> Plan:
    """What a study asks for, and what of it is there already.

    Args:
        study: What is asked.
        data: The images each data set's name stands for.
        store: Where earlier runs lie.
        names: Which variants.
        seeds: Which seeds.
    """
    found: dict[str, tuple[RunSpec, list[str]]] = {}
    for name, spec in specs(study, data, names, seeds):
        found.setdefault(spec.digest, (spec, []))[1].append(name)
    return Plan(
        tuple(
            _planned(spec, tuple(served), data[spec.data.name].train, store)
            for spec, served in found.values()
        )
    )


def looked_up_again(planned: Plan, store: Store) -> Plan:
    """The same runs as they stand now, which another process may have changed since they were planned."""
    return Plan(tuple(replace(run, **_standing(run.spec, store)) for run in planned.runs))


def _planned(spec: RunSpec, names: tuple[str, ...], images: int, store: Store) -> PlannedRun:
    configuration = spec.configuration
    validation = math.ceil(images * configuration.validation)
    training = images - validation
    shape = IMAGE_SETS[configuration.data].shape
    forward = multiply_adds(configuration.layers, shape)
    return PlannedRun(
        spec=spec,
        names=names,
        updates=configuration.epochs * math.ceil(training / configuration.batch_size),
        multiply_adds=configuration.epochs * forward * (3 * training + validation),
        parameters=parameters(configuration.layers, shape),
        **_standing(spec, store),
    )


class _Standing(TypedDict):
    status: Status | None
    epochs_done: int


def _standing(spec: RunSpec, store: Store) -> _Standing:
    folder = store.run(spec)
    result = folder.checked_result()
    unfinished = Status.INTERRUPTED if folder.spec() is not None else None
    status = result.status if result else unfinished
    return {"status": status, "epochs_done": checkpoint.epoch(folder.path)}
