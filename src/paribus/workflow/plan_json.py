"""How long a study will take, and the plan as one tree of plain values: what `paribus plan --json` prints."""

from __future__ import annotations

from collections.abc import Callable

from paribus.execute.calibration import rates
from paribus.execute.estimate import PlanTime, estimate
from paribus.execute.local import default_workers
from paribus.record.files import finite
from paribus.record.run import SCHEMA
from paribus.texts import text
from paribus.workflow.run import Prepared


def time_of(prepared: Prepared, workers: int | None, say: Callable[[str], None]) -> PlanTime:
    """How long what is missing takes; measures the machine where that was not done before and is needed.

    Args:
        prepared: A study ready to be trained.
        workers: Number of processes; None for as many as the machine carries.
        say: Told before a measurement, which takes seconds.
    """
    count = workers or default_workers()
    known = rates(measure=False)
    told = estimate(prepared.plan, prepared.store, known, count)
    if known is not None or all(run.is_measured for run in told.runs.values()):
        return told
    say(text("run.measures"))
    return estimate(prepared.plan, prepared.store, rates(), count)


def tree(prepared: Prepared, taken: PlanTime) -> object:
    """The plan as JSON can hold it.

    Programs rely on these names: a name may be added, none is taken away without a new ``schema``.

    Args:
        prepared: A study ready to be trained.
        taken: How long it takes.
    """
    runs: list[object] = []
    for run in prepared.plan.runs:
        time = taken.runs.get(run.spec.digest)
        runs += [
            {
                "variant": name,
                "seed": run.spec.seed,
                "status": run.status.value if run.status else "missing",
                "path": run.update_mode,
                "epochs": run.spec.configuration.epochs,
                "epochs_done": run.spec.configuration.epochs if time is None else run.epochs_done,
                "updates": run.updates,
                "parameters": run.parameters,
                "multiply_adds": run.multiply_adds,
                "seconds": 0.0 if time is None else time.seconds,
                "at_most": time is not None and time.at_most,
                "measured": time is not None and time.is_measured,
                "digest": run.spec.digest,
            }
            for name in run.names
        ]
    return finite(
        {
            "study": prepared.study.name,
            "schema": SCHEMA,
            "workers": taken.workers,
            "seconds": taken.seconds,
            "at_most": taken.at_most,
            "runs": runs,
        }
    )
