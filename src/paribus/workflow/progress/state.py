"""How far a study is, from the workers' events, and the words that every display shows of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from paribus.execute.cost import TYPICAL
from paribus.execute.estimate import predict_epoch
from paribus.execute.messages import EpochDone, RunEvent, Started
from paribus.execute.plan import Plan, PlannedRun, Task
from paribus.execute.time_left import Machine, TaskProgress, recent, time_left
from paribus.record.run import Result, Status
from paribus.study.study import Study
from paribus.study.update_mode import update_mode
from paribus.texts import number, text
from paribus.texts.quantities import Figure

_MAX_LOGGED = 3


@dataclass
class RunProgress:
    """How far one run is.

    Args:
        run: The planned run.
        label: Its variants and seed, as displays name it.
        epoch: The last finished epoch.
        row: That epoch's row of the history.
        earlier: Seconds of the epochs that earlier processes trained.
        seconds: Seconds of each epoch trained now.
        status: How it ended; None while it has not.
        cause: Why it failed or diverged; empty otherwise.
        since: When it began or its last epoch ended, by the clock; None before it began.
        setup: Seconds from its begin to its first epoch; None before that.
    """

    run: PlannedRun
    label: str
    epoch: int = 0
    row: dict[str, float] = field(default_factory=dict[str, float])
    earlier: float = 0.0
    seconds: list[float] = field(default_factory=list[float])
    status: Status | None = None
    cause: str = ""
    since: float | None = None
    setup: float | None = None

    def take(self, event: RunEvent, now: float) -> None:
        """Take in an event of this run."""
        match event:
            case Started():
                self.epoch, self.earlier, self.since = event.epoch, event.seconds, now
            case EpochDone():
                if self.setup is None and self.since is not None:
                    self.setup = max(0.0, now - self.since - event.seconds)
                self.epoch, self.row, self.since = int(event.row["epoch"]), event.row, now
                self.seconds.append(event.seconds)
            case _:
                self.status, self.cause = event.status, event.cause

    @property
    def epochs(self) -> int:
        """The last epoch, if nothing ends the run before."""
        return self.run.last_epoch

    @property
    def share(self) -> float:
        """The share of its epochs that is done, in [0, 1]."""
        return 1.0 if self.status else self.epoch / self.epochs

    @property
    def time_left(self) -> float | None:
        """Seconds to the last epoch; None before the first one was timed."""
        epoch = recent(self.seconds)
        return None if epoch is None else (self.epochs - self.epoch) * epoch

    @property
    def may_stop_early(self) -> bool:
        """Whether early stopping may end it before its last epoch."""
        return self.run.spec.configuration.early_stopping is not None

    def metrics(self) -> str:
        """Format loss and validation score of the last epoch; empty before the first."""
        if not self.row:
            return ""
        configuration = self.run.spec.configuration
        score = configuration.score
        is_validated = score.val in self.row
        shown = score.val if is_validated else score.name
        if shown not in self.row or "loss" not in self.row:  # a function of the user's logs what it likes
            logged = [(name, each) for name, each in self.row.items() if name != "epoch"]
            return ", ".join(f"{name} {number(each, '.4g')}" for name, each in logged[:_MAX_LOGGED])
        value = Figure(self.row[shown], score.unit)
        code = "run.epoch-validated" if is_validated else "run.epoch-trained"
        return text(code, loss=number(self.row["loss"], ".4g"), value=value, **configuration.words)

    def outcome(self) -> str:
        """Say how the run ended, with the cause where something went wrong; empty while it has not."""
        if self.status is None:
            return ""
        words = text(f"report.status-{self.status}")
        cause = Result(self.status, self.epoch, self.epoch, cause=self.cause).message
        return f"{words}: {cause}" if cause else words

    def format_time_left(self) -> str:
        """Format the time to its last epoch."""
        return format_time_left(self.time_left, at_most=self.may_stop_early)


class StudyProgress:
    """How far a study is."""

    def __init__(
        self,
        study: Study,
        plan: Plan,
        machine: Machine | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.study, self.plan = study, plan
        self.runs = {run.spec.digest: RunProgress(run, label(study, run)) for run in plan.missing}
        self._machine, self._clock = machine or Machine(), clock
        self._tasks = plan.tasks()
        rates = self._machine.rates or TYPICAL
        self._predicted = [max(predict_epoch(run, rates) for run in task.runs) for task in self._tasks]

    def take(self, event: RunEvent) -> RunProgress:
        """Take in an event and return the progress of its run."""
        run = self.runs[event.run]
        run.take(event, self._clock())
        return run

    @property
    def share(self) -> float:
        """The share of the study's work that is done, in [0, 1]."""
        done = sum(task.work * min(run.share for run in self._runs(task)) for task in self._tasks)
        return done / (sum(task.work for task in self._tasks) or 1.0)

    @property
    def time_left(self) -> float | None:
        """Seconds to the end of the last run; None before anything was timed."""
        tasks = [
            self._progress(task, predicted)
            for task, predicted in zip(self._tasks, self._predicted, strict=True)
        ]
        return time_left(tasks, self._machine)

    @property
    def ended(self) -> int:
        """The number of runs that have ended."""
        return sum(run.status is not None for run in self.runs.values())

    @property
    def may_stop_early(self) -> bool:
        """Whether early stopping may end the study before."""
        return any(run.may_stop_early for run in self.runs.values() if run.status is None)

    def format_time_left(self) -> str:
        """Format the time to the end of the last run."""
        return format_time_left(self.time_left, at_most=self.may_stop_early)

    def _progress(self, task: Task, predicted: float) -> TaskProgress:
        runs = self._runs(task)
        begun = [run.since for run in runs if run.since is not None]
        return TaskProgress(
            epochs_left=max((run.epochs - run.epoch for run in runs if run.status is None), default=None),
            predicted=predicted,
            measured=recent(max((run.seconds for run in runs), key=len)),
            setup=next((run.setup for run in runs if run.setup is not None), None),
            waited=self._clock() - max(begun) if begun else None,
        )

    def _runs(self, task: Task) -> list[RunProgress]:
        return [self.runs[run.spec.digest] for run in task.runs]


def label(study: Study, run: PlannedRun) -> str:
    """Return a run's variants and seed, as displays name it."""
    return text("run.label", variants=" = ".join(map(study.named, run.names)), seed=run.spec.seed)


def resumed_lines(study: Study, plan: Plan) -> list[str]:
    """Return a line for each run that is resumed in another update mode than new runs have."""
    return [
        text(
            "run.goes-on",
            run=label(study, run),
            update_mode=text(f"run.{run.update_mode}"),
            epoch=run.epochs_done,
        )
        for run in plan.missing
        if run.epochs_done and not _as_new(run, plan)
    ]


def _as_new(run: PlannedRun, plan: Plan) -> bool:
    """Return whether a new run like this one would be computed in its update mode."""
    if run.update_mode == "together":
        return plan.together != 1
    return run.device == "gpu" or run.update_mode == update_mode(run.spec.configuration, plan.updates)


def format_time_left(seconds: float | None, *, at_most: bool = False) -> str:
    """Format how much time is left.

    Args:
        seconds: How long; None where it is not known.
        at_most: Whether it may be less.

    Example:
        >>> format_time_left(75.2), format_time_left(3600 * 2 + 300), format_time_left(None)
        ('1:15 left', '2:05:00 left', '')
    """
    if seconds is None:
        return ""
    return text("run.time-left-at-most" if at_most else "run.time-left", clock=format_clock(seconds))


def format_clock(seconds: float) -> str:
    """Format a duration as a clock shows it.

    Example:
        >>> format_clock(75.2), format_clock(3600 * 2 + 300)
        ('1:15', '2:05:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
