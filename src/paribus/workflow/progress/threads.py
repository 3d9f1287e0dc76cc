"""What is said of threads before a study is trained: how many, why, and where they differ from before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from paribus.execute.plan import Plan, PlannedRun
from paribus.execute.threads import speedup, threads_of
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.progress.devices import device_lines
from paribus.workflow.progress.state import label, resumed_lines


def head_lines(study: Study, plan: Plan) -> list[str]:
    """Return what is said before the first epoch: of devices, threads, and runs resumed otherwise."""
    return [
        *device_lines(study, plan),
        *thread_lines(plan),
        *resumed_on(study, plan),
        *resumed_lines(study, plan),
    ]


def thread_lines(plan: Plan) -> Iterator[str]:
    """Yield how many threads new runs have and why; nothing where each has one, as ever."""
    chosen, new = plan.chosen, [run for run in plan.missing if not run.epochs_done]
    if new and chosen.is_auto:
        yield _automatic(plan, new)
    elif new and chosen.threads > 1:
        yield text("run.threads-asked", threads=chosen.threads, workers=chosen.workers)
    old = {count for run in new for count in _of_others(plan, run)}
    if old:
        yield text("run.threads-differ", old=_listed(old), new=_listed({run.threads for run in new}))


def resumed_on(study: Study, plan: Plan) -> list[str]:
    """Return a line for each run that is resumed on another number of threads than new runs have."""
    return [
        text("run.threads-goes-on", run=label(study, run), threads=run.threads, epoch=run.epochs_done)
        for run in plan.missing
        if run.epochs_done and run.threads != threads_of(run, plan.chosen)
    ]


def _automatic(plan: Plan, new: Iterable[PlannedRun]) -> str:
    chosen = plan.chosen
    if chosen.threads > 1:
        few = sum(run.threads == 1 for run in new)
        code = "run.threads-chosen-some" if few else "run.threads-chosen"
        return text(code, threads=chosen.threads, workers=chosen.workers, gain=chosen.gain, few=few)
    most = max(2, chosen.cores)
    gains = any(speedup(run.spec.configuration, run.update_mode, most) > 1 for run in new)
    reason = "single" if chosen.cores == 1 else "enough" if gains else "small"
    return text(f"run.threads-one-{reason}", cores=chosen.cores, tasks=len(plan.tasks()))


def _of_others(plan: Plan, run: PlannedRun) -> set[int]:
    """Return the other numbers of threads that a new run's variants have been trained on."""
    begun = (each for each in plan.runs if each.is_done or each.epochs_done)
    return {each.threads for each in begun if set(each.names) & set(run.names)} - {run.threads}


def _listed(counts: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(counts)))
