"""A plan as one tree of plain values: what ``paribus plan --json`` prints."""

from __future__ import annotations

from paribus.execute.estimate import PlanTime
from paribus.record.files import finite
from paribus.workflow.training import Training

SCHEMA = 2
"""Of what is printed; 2 renamed ``path`` to ``update_mode``."""


def plan_tree(training: Training, time: PlanTime) -> dict[str, object]:
    """Return the plan as JSON can hold it.

    Programs rely on these names: a name may be added, none is taken away without a new ``schema``.
    """
    runs: list[object] = []
    for run in training.plan.runs:
        needed = time.runs.get(run.spec.digest)
        of_engine = run.spec.configuration.train is None  # of a function of the user's they are not known
        runs += [
            {
                "variant": name,
                "seed": run.spec.seed,
                "status": run.status.value if run.status else "missing",
                "update_mode": run.update_mode if of_engine else None,
                "threads": run.threads,
                "device": run.device,
                "together": run.together,
                "epochs": run.spec.configuration.epochs,
                "epochs_done": run.spec.configuration.epochs if needed is None else run.epochs_done,
                "updates": run.updates if of_engine else None,
                "parameters": run.parameters if of_engine else None,
                "multiply_adds": run.multiply_adds if of_engine else None,
                "seconds": 0.0 if needed is None else needed.seconds,
                "at_most": needed is not None and needed.at_most,
                "measured": needed is not None and needed.is_measured,
                "digest": run.spec.digest,
            }
            for name in run.names
        ]
    tree: dict[str, object] = {
        "study": training.study.name,
        "schema": SCHEMA,
        "workers": time.workers,
        "seconds": time.seconds,
        "at_most": time.at_most,
        "runs": runs,
    }
    return {name: finite(value) for name, value in tree.items()}
