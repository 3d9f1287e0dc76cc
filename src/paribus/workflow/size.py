"""Whether a machine can do what a study asks for; what it cannot is refused before it is planned."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.errors import UsageError
from paribus.study.memory import training_bytes
from paribus.study.study import Study

MAX_RUNS = 100_000
"""Runs that are planned at once; ten a second would take three hours."""


def check_size(study: Study, names: Iterable[str], seeds: int) -> None:
    """Refuse a study with more runs than can be planned, or a network that this machine cannot hold.

    Args:
        study: What is asked.
        names: The variants that are to run.
        seeds: Of each.

    Raises:
        UsageError: It asks for too much; the message says how much.
    """
    import psutil

    chosen = tuple(names)
    runs = len(chosen) * seeds
    if runs > MAX_RUNS:
        epochs = seeds * sum(study.variants[name].configuration.epochs for name in chosen)
        raise UsageError(
            "run.too-many-runs", variants=len(chosen), seeds=seeds, runs=runs, epochs=epochs, most=MAX_RUNS
        )
    memory = psutil.virtual_memory().total
    for name in chosen:
        needed = training_bytes(study.variants[name].configuration)
        if needed > memory:
            raise UsageError(
                "run.needs-memory", variant=study.named(name), needed=needed / 1e9, there=memory / 1e9
            )
