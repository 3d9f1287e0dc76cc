"""How much time a study has left, by what its epochs have taken so far."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from paribus.execute.cost import TYPICAL, epoch_cost, finished_at
from paribus.live.state import RunState, StudyState
from paribus.record.run import Status
from paribus.study.update_mode import update_mode


def left(now: StudyState, clock: float) -> float | None:
    """Seconds to the end of the last run; None where nothing is trained, or nothing tells.

    A run's epochs take what they took lately. Where none was timed, they take what those of timed runs did,
    in proportion to their work (`paribus.execute.cost`).

    Args:
        now: How far the study is.
        clock: The time, in seconds since 1970.
    """
    trajectories: dict[str, list[RunState]] = {}
    for run in now.runs:
        if run.result is None:
            trajectories.setdefault(run.spec.trajectory, []).append(run)
    if not now.training or not trajectories:
        return None
    timed = [(pace, _work(run, now)) for run in now.runs if (pace := run.pace) is not None]
    if not timed:
        return None
    ratio = median(pace / work for pace, work in timed)
    busy: list[float] = []
    waiting: list[tuple[float, float]] = []
    for runs in trajectories.values():
        longest = max(runs, key=lambda run: run.epochs - len(run.rows))
        work = _work(longest, now)
        pace = longest.pace
        epoch = ratio * work if pace is None else pace
        seconds = epoch * max(0, longest.epochs - len(longest.rows))
        if any(run.status is Status.RUNNING for run in runs):
            since = max(run.changed for run in runs) or clock
            # Of the epoch that is being trained no more can be over than it takes, however late it is.
            busy.append(max(0.0, seconds - min(epoch, max(0.0, clock - since))))
        else:
            waiting.append((work * longest.epochs, seconds))
    return finished_at(_longest_first(waiting), now.workers, busy)


def _longest_first(waiting: Sequence[tuple[float, float]]) -> list[float]:
    """As the plan orders what it hands to workers."""
    return [seconds for _, seconds in sorted(waiting, reverse=True)]


def _work(run: RunState, now: StudyState) -> float:
    """What an epoch is in work, in seconds of a typical machine."""
    configuration = run.spec.configuration
    images = now.data[run.spec.data.name].train
    return TYPICAL.epoch(epoch_cost(configuration, images, update_mode(configuration, "auto")))
