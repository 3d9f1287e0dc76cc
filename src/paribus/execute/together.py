"""How many seeds of one variant are trained in one computation.

One computation of many small networks keeps a GPU busy that one of them would leave idle. Its bits differ
from those of a run that is trained alone, so how many there are is recorded, as threads are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from paribus.execute.devices import find
from paribus.execute.plan import Plan, PlannedRun
from paribus.study.configuration import Configuration
from paribus.study.memory import training_bytes
from paribus.study.together import Together, reason_not_together

MOST = 256
"""Seeds of one computation with ``auto``, whatever the memory holds."""
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
    runs = [_together(run, partners[_alike(run)], asked) if not run.is_done else run for run in plan.runs]
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


def _together(run: PlannedRun, partners: int, asked: Together) -> PlannedRun:
    if run.epochs_done:
        resumes = run.update_mode == "together"
        return replace(run, together=_most(run, asked if asked != 1 else "auto")) if resumes else run
    most = _most(run, asked)
    if partners < 2 or most < 2 or reason_not_together(run.spec.configuration, run.update_mode):
        return run
    return replace(run, update_mode="together", together=most)


def _most(run: PlannedRun, asked: Together) -> int:
    """Return how many seeds of a run's configuration are trained in one computation."""
    if asked != "auto":
        return asked
    if run.device == "cpu" and not run.epochs_done and not gains(run.spec.configuration):
        return 1
    memory = 0 if run.device == "cpu" else (gpu.memory if (gpu := find().gpu) else 0)
    held = int(_SHARE * (memory or _UNKNOWN_MEMORY) / max(1, training_bytes(run.spec.configuration)))
    return max(1, min(held, MOST))


def gains(configuration: Configuration) -> bool:
    """Return whether a processor trains several seeds faster together than one after the other."""
    return False


def _alike(run: PlannedRun) -> tuple[str, str, str, int]:
    """Return what runs share that differ in their seed alone."""
    return run.alike, run.device, run.update_mode, run.threads
