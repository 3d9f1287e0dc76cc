"""How far a study is: first the numbers, from the workers' events, then two ways to show them.

A notebook's is in `paribus.workflow.progress.notebook`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from paribus.execute.messages import Event
from paribus.execute.plan import Plan, PlannedRun
from paribus.record.run import Result, Status
from paribus.study.update_mode import update_mode
from paribus.texts import current_language, language, number, text
from paribus.texts.quantities import percent
from paribus.workflow.progress.time_left import Countdown, Pace

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_PLAIN_SECONDS = 30.0


@dataclass
class RunProgress:
    """How far one run is.

    Args:
        run: What was planned.
        label: Its variants and seed, for a person.
        epoch: The last finished epoch.
        row: That epoch's row of the history.
        before: Seconds spent on the epochs that earlier processes trained.
        seconds: Spent on the epochs trained now, and how many these are.
        status: How it ended; empty while it has not.
    """

    run: PlannedRun
    label: str
    epoch: int = 0
    row: dict[str, float] = field(default_factory=dict[str, float])
    before: float = 0.0
    seconds: float = 0.0
    trained: int = 0
    status: str = ""
    cause: str = ""

    @property
    def epochs(self) -> int:
        """The last epoch, if nothing ends the run before."""
        return self.run.spec.configuration.epochs

    @property
    def share(self) -> float:
        """The part that is done, in [0, 1]."""
        return 1.0 if self.status else self.epoch / self.epochs

    @property
    def left(self) -> float | None:
        """Seconds to the last epoch; None before the first one has been timed."""
        return (self.epochs - self.epoch) * self.seconds / self.trained if self.trained else None

    @property
    def at_most(self) -> bool:
        """Whether early stopping may end it before its last epoch."""
        return self.run.spec.configuration.early_stopping is not None

    @property
    def told(self) -> str:
        """Loss and validation accuracy of the last epoch."""
        if not self.row:
            return ""
        held_out = "val_accuracy" in self.row
        accuracy = self.row["val_accuracy" if held_out else "accuracy"]
        code = "run.epoch-validated" if held_out else "run.epoch-trained"
        return text(code, loss=number(self.row["loss"], ".4g"), accuracy=percent(accuracy))


class StudyProgress:
    """How far a study is.

    Args:
        plan: What was planned; what is done already does not count.
        pace: How many workers there are, and what is known of the machine.
        clock: Gives seconds.
    """

    def __init__(
        self, plan: Plan, pace: Pace | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.plan = plan
        self.runs = {run.spec.digest: RunProgress(run, label(run)) for run in plan.missing}
        self._tasks = plan.tasks()
        self._countdown = Countdown(self._tasks, self.runs, pace or Pace(), clock)

    def take(self, event: Event) -> RunProgress:
        """Take in an event; return the run it is of."""
        run = self.runs[event.run]
        if event.kind == "started":
            run.epoch, run.before = int(event.row["epoch"]), event.seconds
        elif event.kind == "epoch":
            run.epoch, run.row = int(event.row["epoch"]), event.row
            run.seconds += event.seconds
            run.trained += 1
        else:
            run.status, run.cause = event.status, event.cause
        self._countdown.note(event)
        return run

    @property
    def share(self) -> float:
        """The part of the study's work that is done, in [0, 1]."""
        done = sum(task.work * min(self._run(run).share for run in task.runs) for task in self._tasks)
        return done / self._work

    @property
    def left(self) -> float | None:
        """Seconds to the end of the last run; None before anything tells."""
        return self._countdown.left

    @property
    def at_most(self) -> bool:
        """Whether early stopping may end the study before."""
        return any(run.at_most for run in self.runs.values() if not run.status)

    @property
    def ended(self) -> int:
        """How many runs have ended."""
        return sum(bool(run.status) for run in self.runs.values())

    @property
    def _work(self) -> float:
        return sum(task.work for task in self._tasks) or 1.0

    def _run(self, run: PlannedRun) -> RunProgress:
        return self.runs[run.spec.digest]


class PlainDisplay:
    """Lines for a log: a run's start, its end, and a sign of life now and then."""

    def __init__(self, plan: Plan, stream: TextIO | None = None, pace: Pace | None = None) -> None:
        self._progress = StudyProgress(plan, pace)
        self._stream = stream or sys.stderr
        self._last: dict[str, float] = {}

    def __enter__(self) -> Callable[[Event], None]:
        for line in going_on(self._progress.plan):
            self._say(line)
        return self._take

    def __exit__(self, *_: object) -> None:
        """Nothing is left to be said."""

    def _take(self, event: Event) -> None:
        run = self._progress.take(event)
        now = time.monotonic()
        if event.kind == "epoch":
            if now - self._last.get(event.run, now) >= _PLAIN_SECONDS:
                self._last[event.run] = now
                self._say(text("run.line-epoch", run=run.label, **_epochs(run), told=run.told))
            return
        self._last[event.run] = now
        if event.kind == "started":
            self._say(text("run.line-started", run=run.label, **_epochs(run)))
        else:
            done = {"ended": self._progress.ended, "runs": len(self._progress.runs)}
            self._say(
                text(
                    "run.line-ended",
                    run=run.label,
                    status=status(run),
                    epoch=run.epoch,
                    told=run.told,
                    seconds=number(run.before + run.seconds, ".1f"),
                    **done,
                )
            )

    def _say(self, line: str) -> None:
        with suppress(OSError):  # a log on a full disk must not end the training
            self._stream.write(line + "\n")
            self._stream.flush()


class LiveDisplay:
    """A bar a run while it trains and one for the study, on a terminal."""

    def __init__(self, plan: Plan, console: Console, pace: Pace | None = None) -> None:
        from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
        from rich.text import Text

        class Left(ProgressColumn):
            """Time left, counted down between the events too."""

            def render(self, task: Task) -> Text:
                with language(spoken):  # this is called in a thread, which does not know of it
                    return Text(task.fields["left"](), justify="right")

        spoken = current_language()

        self._progress = StudyProgress(plan, pace)
        self._bars: Progress = Progress(
            TextColumn("{task.description}", justify="left"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[epochs]}", justify="right"),
            TextColumn("{task.fields[told]}"),
            Left(),
            console=console,
            refresh_per_second=4,
        )
        self._ids: dict[str, TaskID] = {}
        self._whole: TaskID | None = None

    def __enter__(self) -> Callable[[Event], None]:
        self._bars.start()
        for line in going_on(self._progress.plan):
            self._bars.console.print(line, highlight=False, soft_wrap=True, markup=False)
        self._whole = self._add(f"[bold]{text('run.whole-study')}", 1.0)
        self._draw_whole()
        return self._take

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _take(self, event: Event) -> None:
        from rich.markup import escape

        run = self._progress.take(event)
        if event.run not in self._ids:
            self._ids[event.run] = self._add(escape(run.label), run.epochs)
        place = self._ids[event.run]
        self._bars.update(
            place,
            completed=run.epoch,
            epochs=f"{run.epoch}/{run.epochs}",
            told=run.told,
            left=lambda: remaining(run.left, at_most=run.at_most),
        )
        if run.status:
            self._bars.remove_task(place)
            self._bars.console.print(
                f"{escape(run.label)}  {status(run)}  {run.told}", highlight=False, soft_wrap=True
            )
        self._draw_whole()

    def _add(self, name: str, total: float) -> TaskID:
        return self._bars.add_task(name, total=total, epochs="", told="", left=str)

    def _draw_whole(self) -> None:
        if self._whole is not None:
            progress = self._progress
            self._bars.update(
                self._whole,
                completed=progress.share,
                epochs=f"{progress.ended}/{len(progress.runs)}",
                told=text("run.runs-ended"),
                left=lambda: remaining(progress.left, at_most=progress.at_most),
            )


def label(run: PlannedRun) -> str:
    """A run's variants and seed, as displays name it."""
    return text("run.label", variants=" = ".join(run.names), seed=run.spec.seed)


def going_on(plan: Plan) -> list[str]:
    """A line for each run that goes on in another way than runs now begin."""
    return [
        text("run.goes-on", run=label(run), path=text(f"run.{run.path}"), epoch=run.epochs_done)
        for run in plan.missing
        if run.epochs_done and run.path != update_mode(run.spec.configuration, plan.updates)
    ]


def status(run: RunProgress) -> str:
    """How a run ended, in words, with the cause where something went wrong."""
    told = text(f"report.status-{run.status}")
    cause = Result(Status(run.status), run.epoch, run.epoch, cause=run.cause).told
    return f"{told}: {cause}" if cause else told


def remaining(seconds: float | None, *, at_most: bool = False) -> str:
    """Time left, as displays show it.

    Args:
        seconds: How long; None where nothing tells.
        at_most: Whether it may be less.

    Example:
        >>> remaining(75.2), remaining(3600 * 2 + 300), remaining(None)
        ('1:15 left', '2:05:00 left', '')
    """
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return text("run.time-left-at-most" if at_most else "run.time-left", clock=clock)


def _epochs(run: RunProgress) -> dict[str, int]:
    return {"epoch": run.epoch, "epochs": run.epochs}
