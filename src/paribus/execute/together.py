"""How many seeds of one variant are trained in one computation.

One computation of many small networks keeps a GPU busy that one of them would leave idle. Its bits differ
from those of a run that is trained alone, so how many there are is recorded, as threads are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from paribus.execute.devices import find
from paribus.execute.plan import Plan, PlannedRun
from paribus.study.configuration import Configuration
from paribus.study.memory import training_bytes
from paribus.study.shapes import multiply_adds
from paribus.study.together import Together, reason_not_together

MOST = 256
"""Seeds of one computation with ``auto``, whatever the memory holds."""
_MOST_ON_CPU, _SMALL = 10, 10_000
"""Seeds, and multiply-adds of one example's forward pass, with which a processor gains: docs/gpu.md."""
_SHARE = 0.5  # of a GPU's memory that they may take by `training_bytes`, which counts too little
_UNKNOWN_MEMORY = 8 * 2**30  # of a GPU that does not say


def default(plan: Plan) -> Together:
    """Return how many seeds are trained together where the user says nothing: one on a processor."""
    return "auto" if any(run.device == "gpu" for run in plan.missing) else 1


def assign(plan: Plan, wanted: Together | None) -> Plan:
    """Return the plan with the runs that are trained together; those that began go on as they began.

    Args:
        plan: With the device and the update mode of each run.
        wanted: How many seeds at most; None for `default`.
    """
    asked = default(plan) if wanted is None else wanted
    plan = replace(plan, together=asked)
    if asked == 1 and not any(run.update_mode == "together" for run in plan.missing):
        return plan
    partners = Counter(_alike(run) for run in plan.missing if not run.epochs_done)

    def assigned(run: PlannedRun) -> PlannedRun:
        return _together(run, asked, partners[_alike(run)], plan.chosen.workers)

    runs = (run if run.is_done else assigned(run) for run in plan.runs)
    return replace(plan, runs=tuple(runs))


def reasons(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the variants of runs that begin and cannot be trained together, by the code of the reason."""
    found: dict[str, dict[str, None]] = {}
    for run in plan.missing:
        code = reason_not_together(run.spec.configuration, run.update_mode)
        if code and not run.epochs_done:
            found.setdefault(code, {}).update(dict.fromkeys(run.names))
    return {code: tuple(names) for code, names in found.items()}


def sizes(runs: Iterable[PlannedRun]) -> tuple[int, ...]:
    """Return how many seeds at most the runs that are trained together are trained with, each number once."""
    return tuple(sorted({run.together for run in runs if run.update_mode == "together"}))


def _together(run: PlannedRun, asked: Together, partners: int, workers: int) -> PlannedRun:
    if run.epochs_done:
        number = 1 if asked == "auto" else asked
        resumed = replace(run, together=number if number > 1 else _held(run))
        return resumed if run.update_mode == "together" else run
    most = asked if asked != "auto" else _chosen(run, math.ceil(partners / workers))
    if partners < 2 or most < 2 or reason_not_together(run.spec.configuration, run.update_mode):
        return run
    return replace(run, update_mode="together", together=most)


def _chosen(run: PlannedRun, each: int) -> int:
    """Return how many seeds are trained at once with ``auto``, given how many each worker has."""
    if run.device == "gpu":
        return _held(run)
    return max(1, min(each, _MOST_ON_CPU)) if gains(run.spec.configuration) else 1


def _held(run: PlannedRun) -> int:
    """Return how many seeds of a run's configuration the memory holds; nothing is known of a processor's."""
    memory = 0 if run.device == "cpu" else (gpu.memory if (gpu := find().gpu) else 0)
    held = int(_SHARE * (memory or _UNKNOWN_MEMORY) / max(1, training_bytes(run.spec.configuration)))
    return max(1, min(held, MOST))


def gains(configuration: Configuration) -> bool:
    """Return whether a processor trains several seeds faster together than one after the other.

    So it is where a step has little to multiply and much around it: in small networks of dense layers.

    Args:
        configuration: What is trained.
    """
    if configuration.train is not None or configuration.network is not None:
        return False
    is_dense = all(layer.kind in ("dense", "dropout", "flatten") for layer in configuration.layers)
    return is_dense and multiply_adds(configuration.layers, configuration.facts.entering) <= _SMALL


def _alike(run: PlannedRun) -> tuple[str, str, str, int]:
    """Return what runs share that differ in their seed alone."""
    return run.alike, run.device, run.update_mode, run.threads
