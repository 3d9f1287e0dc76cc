"""How far a study is, as bars on a terminal and as lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from paribus.execute.messages import EpochDone, RunEvent, Started
from paribus.execute.plan import Plan
from paribus.execute.time_left import Machine
from paribus.texts import current_language, language, number, text
from paribus.workflow.progress.state import StudyProgress, resumed_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_LOG_SECONDS = 30.0  # between two lines of a run


class LogDisplay:
    """Lines for a log: a run's start, its end, and one of its epochs every half minute."""

    def __init__(self, plan: Plan, stream: TextIO | None = None) -> None:
        self._progress = StudyProgress(plan)
        self._stream = stream or sys.stderr
        self._last: dict[str, float] = {}

    def __enter__(self) -> Callable[[RunEvent], None]:
        for line in resumed_lines(self._progress.plan):
            self._write(line)
        return self._take

    def __exit__(self, *_: object) -> None:
        """Write nothing more."""

    def _take(self, event: RunEvent) -> None:
        run = self._progress.take(event)
        epochs = {"run": run.label, "epoch": run.epoch, "epochs": run.epochs}
        now = time.monotonic()
        if isinstance(event, EpochDone):
            if now - self._last.get(event.run, now) >= _LOG_SECONDS:
                self._last[event.run] = now
                self._write(text("run.line-epoch", **epochs, metrics=run.metrics()))
            return
        self._last[event.run] = now
        if isinstance(event, Started):
            self._write(text("run.line-started", **epochs))
            return
        self._write(
            text(
                "run.line-ended",
                **epochs,
                status=run.outcome(),
                metrics=run.metrics(),
                seconds=number(run.earlier + sum(run.seconds), ".1f"),
                ended=self._progress.ended,
                runs=len(self._progress.runs),
            )
        )

    def _write(self, line: str) -> None:
        with suppress(OSError):  # a log on a full disk must not end the training
            self._stream.write(line + "\n")
            self._stream.flush()


class TerminalDisplay:
    """Bars on a terminal: one for each run that trains and one for the study."""

    def __init__(self, plan: Plan, console: Console, machine: Machine | None = None) -> None:
        from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
        from rich.text import Text

        class TimeLeft(ProgressColumn):
            def render(self, task: Task) -> Text:
                with language(spoken):  # rich calls this in a thread, which has not this one's language
                    return Text(task.fields["time_left"](), justify="right")

        spoken = current_language()

        self._progress = StudyProgress(plan, machine)
        self._bars: Progress = Progress(
            TextColumn("{task.description}", justify="left"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[epochs]}", justify="right"),
            TextColumn("{task.fields[metrics]}"),
            TimeLeft(),
            console=console,
            refresh_per_second=4,
        )
        self._ids: dict[str, TaskID] = {}
        self._study: TaskID | None = None

    def __enter__(self) -> Callable[[RunEvent], None]:
        self._bars.start()
        for line in resumed_lines(self._progress.plan):
            self._bars.console.print(line, highlight=False, soft_wrap=True, markup=False)
        self._study = self._add(f"[bold]{text('run.whole-study')}", 1.0)
        self._draw_study()
        return self._take

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _take(self, event: RunEvent) -> None:
        from rich.markup import escape

        run = self._progress.take(event)
        if event.run not in self._ids:
            self._ids[event.run] = self._add(escape(run.label), run.epochs)
        bar = self._ids[event.run]
        self._bars.update(
            bar,
            completed=run.epoch,
            epochs=f"{run.epoch}/{run.epochs}",
            metrics=run.metrics(),
            time_left=run.format_time_left,
        )
        if run.status:
            self._bars.remove_task(bar)
            self._bars.console.print(
                f"{escape(run.label)}  {run.outcome()}  {run.metrics()}", highlight=False, soft_wrap=True
            )
        self._draw_study()

    def _add(self, name: str, total: float) -> TaskID:
        return self._bars.add_task(name, total=total, epochs="", metrics="", time_left=str)

    def _draw_study(self) -> None:
        if self._study is not None:
            progress = self._progress
            self._bars.update(
                self._study,
                completed=progress.share,
                epochs=f"{progress.ended}/{len(progress.runs)}",
                metrics=text("run.runs-ended"),
                time_left=progress.format_time_left,
            )
