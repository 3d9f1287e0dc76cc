"""The duration of a plan: from earlier runs of the same configuration, else from the machine's rates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from paribus.execute.cost import Rates, epoch_cost
from paribus.execute.plan import Plan, PlannedRun
from paribus.execute.simulate import Overhead, simulate
from paribus.execute.threads import speedup
from paribus.record.environment import processor
from paribus.record.run import RunSpec
from paribus.record.store import Store

_MOST_MEASURED = 20
"""Runs of one configuration whose times are read: with more of them, the median hardly moves."""


@dataclass(frozen=True)
class RunTime:
    """The duration of what a run still lacks.

    Args:
        epoch: Seconds of an epoch; None where neither runs nor the machine were measured.
        epochs: Number of epochs it lacks.
        at_most: Whether early stopping may end it earlier.
        is_measured: Whether `epoch` is from runs of the same configuration, not from the machine's rates.
    """

    epoch: float | None
    epochs: int
    at_most: bool
    is_measured: bool

    @property
    def seconds(self) -> float | None:
        """Seconds of all these epochs, without the worker's start and compilation."""
        return None if self.epoch is None else self.epoch * self.epochs


@dataclass(frozen=True)
class PlanTime:
    """The duration of a plan.

    Args:
        runs: The duration of each missing run, by its digest.
        seconds: From the start to the end of the last run; None where it is not known.
        at_most: Whether early stopping may end it earlier.
        workers: Number of processes side by side.
    """

    runs: Mapping[str, RunTime]
    seconds: float | None
    at_most: bool
    workers: int


def estimate(plan: Plan, store: Store, rates: Rates | None, workers: int) -> PlanTime:
    """Estimate the duration of the missing runs."""
    known = _measured_epochs(plan, store)
    runs: dict[str, RunTime] = {}
    beside = {run.spec.digest: task.seeds for task in plan.tasks() for run in task.runs}
    for run in plan.missing:
        alike = _measured(run, known)
        # How long a function of the user's takes is not known, and a GPU is not measured beforehand.
        is_known = run.spec.configuration.train is None and run.device == "cpu"
        predicted = predict_epoch(run, rates) * beside[run.spec.digest] if rates and is_known else None
        runs[run.spec.digest] = RunTime(
            epoch=predicted if alike is None else alike,
            epochs=max(0, run.last_epoch - run.epochs_done),
            at_most=run.spec.configuration.early_stopping is not None,
            is_measured=alike is not None,
        )
    lengths: list[tuple[tuple[str, str, str], float]] = []
    for task in plan.tasks():
        seconds = [runs[run.spec.digest].seconds for run in task.runs]
        length = max(math.nan if each is None else each for each in seconds)
        lengths.append((kind_of(task.runs[0].spec, task.update_mode, task.device), length))
    overhead = Overhead(rates.start, rates.setup) if rates and lengths else Overhead()
    total = simulate(lengths, workers, overhead).seconds
    return PlanTime(
        runs,
        None if any(math.isnan(length) for _, length in lengths) else total,
        any(each.at_most for each in runs.values()),
        workers,
    )


def predict_epoch(run: PlannedRun, rates: Rates) -> float:
    """Return the seconds that an epoch of a run takes by the rates of a machine."""
    alone = rates.epoch(epoch_cost(run.spec.configuration, run.images, run.update_mode))
    return alone / speedup(run.spec.configuration, run.update_mode, run.threads)


_Known = Mapping[tuple[str, str, str], Mapping[int, float]]
"""Measured seconds of an epoch, by group and number of threads."""


def _measured(run: PlannedRun, known: _Known) -> float | None:
    """Return what an epoch took on as many threads, else by how much faster these are than those measured."""
    found = known.get(kind_of(run.spec, run.update_mode, run.device), {})
    if not found or run.threads in found:
        return found.get(run.threads)
    threads, seconds = min(found.items())
    here, there = (speedup(run.spec.configuration, run.update_mode, n) for n in (run.threads, threads))
    return seconds * there / here


def _measured_epochs(plan: Plan, store: Store) -> _Known:
    """Return what epochs took of runs like the missing ones: of no more than `_MOST_MEASURED` of a kind."""
    wanted = {kind_of(run.spec, "")[0] for run in plan.missing}
    specs = {store.run(run.spec).path.name: run.spec for run in plan.runs}
    found: dict[tuple[str, str, str], dict[int, list[float]]] = {}
    counted: Counter[str] = Counter()
    here = processor()
    for folder in store.folders() if wanted else ():
        spec = specs.get(folder.path.name) or folder.spec()
        trajectory = "" if spec is None else kind_of(spec, "")[0]
        if spec is None or trajectory not in wanted or counted[trajectory] >= _MOST_MEASURED:
            continue
        environment, seconds = folder.environment(), folder.epoch_seconds()
        if not seconds or environment.get("processor") != here:
            continue
        counted[trajectory] += 1
        result = folder.result()
        mode = result.update_mode if result and result.update_mode else str(environment.get("path", ""))
        threads = environment.get("threads", 1)
        device = "gpu" if environment.get("device") else "cpu"
        of_group = found.setdefault((trajectory, mode, device), {})
        of_group.setdefault(threads if isinstance(threads, int) else 1, []).append(median(seconds))
    return {group: {n: median(each) for n, each in by.items()} for group, by in found.items()}


def kind_of(spec: RunSpec, mode: str, device: str = "cpu") -> tuple[str, str, str]:
    """Return what runs share whose epochs take equally long: all but the seed and the last epoch."""
    return spec.model_copy(update={"seed": 0}).trajectory, mode, device
