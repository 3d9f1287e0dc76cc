"""How much time a study has left, from how far its runs are: the one estimate that every display shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from paribus.execute.cost import Rates, finished_at

_RECENT_EPOCHS = 5


@dataclass(frozen=True)
class Machine:
    """What is known before the first epoch."""

    workers: int = 1
    rates: Rates | None = None


@dataclass(frozen=True)
class TaskProgress:
    """How far the runs are that are trained together.

    Args:
        epochs_left: Epochs to the end of the longest run; None where all have ended.
        predicted: Seconds of an epoch by the machine's rates, or by typical ones where these are not known.
        measured: Seconds of an epoch lately; None before one was timed.
        setup: Seconds that compilation took before the first epoch; None before it was measured.
        waited: Seconds since the task began or its last epoch ended; None where no worker has begun it.
    """

    epochs_left: int | None
    predicted: float
    measured: float | None = None
    setup: float | None = None
    waited: float | None = None


def recent(seconds: Sequence[float]) -> float | None:
    """Return what an epoch has taken lately: the median of the last five; None before the first.

    Example:
        >>> recent([9.0, 2.0, 2.0, 3.0, 2.0, 2.0]), recent([])
        (2.0, None)
    """
    return median(seconds[-_RECENT_EPOCHS:]) if seconds else None


def time_left(tasks: Sequence[TaskProgress], machine: Machine) -> float | None:
    """Estimate the seconds to the end of the last run.

    A task's epochs take what its epochs took lately. Before it has any, they take what the rates predict,
    corrected by the median factor between measured and predicted epochs of the other tasks. Tasks that wait
    are scheduled over the workers in the given order.

    Args:
        tasks: All tasks in the order in which workers take them, those that have ended included.
        machine: What is known before the first epoch.

    Returns:
        Seconds; None where neither an epoch nor the machine was timed.

    Example:
        >>> time_left([TaskProgress(4, 1.0, measured=3.0, waited=1.0), TaskProgress(5, 1.0)], Machine(1))
        26.0
    """
    factors = [task.measured / task.predicted for task in tasks if task.measured]
    if not factors and machine.rates is None:
        return 0.0 if all(task.epochs_left is None for task in tasks) else None
    factor = median(factors) if factors else 1.0
    setups = [task.setup for task in tasks if task.setup is not None]
    setup = median(setups) if setups else machine.rates.setup if machine.rates else 0.0
    busy: list[float] = []
    waiting: list[float] = []
    for task in tasks:
        if task.epochs_left is None:
            continue
        epoch = task.measured or factor * task.predicted
        start = 0.0 if task.measured else setup
        seconds = start + epoch * task.epochs_left
        if task.waited is None:
            waiting.append(seconds)
        else:
            # However late an epoch is, no more of it can be over than it takes.
            busy.append(max(0.0, seconds - min(task.waited, start + epoch)))
    return finished_at(waiting, machine.workers, busy)
