"""How much time a study has left: each run's own pace, scheduled over the workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from paribus.execute.cost import TYPICAL, Rates, finished_at
from paribus.execute.estimate import model
from paribus.execute.messages import Event
from paribus.execute.plan import PlannedRun, Task


@dataclass(frozen=True)
class Pace:
    """What is known before the first epoch.

    Args:
        workers: Processes side by side.
        rates: Of this machine; None where they are not known.
    """

    workers: int = 1
    rates: Rates | None = None


class Standing(Protocol):
    """How far a run is."""

    epoch: int
    seconds: float
    trained: int
    status: str

    @property
    def epochs(self) -> int:
        """The last epoch, if nothing ends the run before."""
        ...


class Countdown:
    """Counts down to the end of the last run.

    A task's epochs take what those took that it has trained. Before it has any, they take what the machine's
    rates say, corrected by how far these are off in the tasks that were timed.

    Args:
        tasks: What is trained, in the order in which workers take it.
        runs: How far each run is, by its digest.
        pace: What is known before the first epoch.
        clock: Gives seconds.
    """

    def __init__(
        self, tasks: Sequence[Task], runs: Mapping[str, Standing], pace: Pace, clock: Callable[[], float]
    ) -> None:
        self._tasks, self._runs, self._pace, self._clock = tasks, runs, pace, clock
        self._place = {run.spec.digest: place for place, task in enumerate(tasks) for run in task.runs}
        rates = pace.rates or TYPICAL
        self._model = [max(model(run, rates) for run in task.runs) for task in tasks]
        self._since: dict[int, float] = {}
        self._setups: dict[int, float] = {}

    def note(self, event: Event) -> None:
        """Take in an event, which its run has taken in already."""
        place, now = self._place[event.run], self._clock()
        if event.kind == "epoch" and place not in self._setups and place in self._since:
            self._setups[place] = max(0.0, now - self._since[place] - event.seconds)
        if event.kind in {"started", "epoch"}:
            self._since[place] = now

    @property
    def left(self) -> float | None:
        """Seconds to the end of the last run; None before anything tells."""
        measured = {place: seconds for place in list(self._since) if (seconds := self._measured(place))}
        if not measured and self._pace.rates is None:
            return None if self._unended() else 0.0
        correction = (
            median(seconds / self._model[place] for place, seconds in measured.items()) if measured else 1
        )
        setup = (
            median(list(self._setups.values()))
            if self._setups
            else self._pace.rates.setup
            if self._pace.rates
            else 0
        )
        busy: list[float] = []
        waiting: list[float] = []
        for place in self._unended():
            seconds = measured.get(place, correction * self._model[place]) * self._epochs(place)
            if place not in self._setups:
                seconds += setup
            if place in self._since:
                busy.append(max(0.0, seconds - (self._clock() - self._since[place])))
            else:
                waiting.append(seconds)
        return finished_at(waiting, self._pace.workers, busy)

    def _unended(self) -> list[int]:
        return [place for place in range(len(self._tasks)) if self._live(place)]

    def _live(self, place: int) -> list[Standing]:
        standings = [self._standing(run) for run in self._tasks[place].runs]
        return [standing for standing in standings if not standing.status]

    def _epochs(self, place: int) -> int:
        """Epochs that the longest of a task's runs has left."""
        return max(standing.epochs - standing.epoch for standing in self._live(place))

    def _measured(self, place: int) -> float:
        """Seconds an epoch, of those trained now; 0 before the first."""
        standing = max(
            (self._standing(run) for run in self._tasks[place].runs), key=lambda each: each.trained
        )
        return standing.seconds / standing.trained if standing.trained else 0.0

    def _standing(self, run: PlannedRun) -> Standing:
        return self._runs[run.spec.digest]
