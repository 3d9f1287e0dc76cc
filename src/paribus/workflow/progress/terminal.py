"""How far a study is, as a line a variant on a terminal and as lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from paribus.execute.messages import EpochDone, RunEvent, Started
from paribus.execute.plan import Plan
from paribus.execute.time_left import Machine
from paribus.record.run import Status
from paribus.study.study import Study
from paribus.texts import current_language, language, number, text
from paribus.workflow.progress.state import StudyProgress
from paribus.workflow.progress.threads import head_lines
from paribus.workflow.progress.variants import DOTS, VariantLines

if TYPE_CHECKING:
    from rich.console import Console, Group
    from rich.table import Table

_LOG_SECONDS = 30.0  # between two lines of a run


class LogDisplay:
    """Lines for a log: a run's start, its end, and one of its epochs every half minute."""

    def __init__(self, study: Study, plan: Plan, stream: TextIO | None = None) -> None:
        self._progress = StudyProgress(study, plan)
        self._stream = stream or sys.stderr
        self._last: dict[str, float] = {}

    def __enter__(self) -> Callable[[RunEvent], None]:
        for line in head_lines(self._progress.study, self._progress.plan):
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
        counted = {"ended": self._progress.ended, "runs": len(self._progress.runs)}
        if run.cause or run.status is Status.DIVERGED:
            self._write(text("run.line-broken", run=run.label, outcome=run.outcome(), **counted))
            return
        self._write(
            text(
                "run.line-ended",
                **epochs,
                status=run.outcome(),
                metrics=run.metrics(),
                seconds=number(run.earlier + sum(run.seconds), ".1f"),
                **counted,
            )
        )

    def _write(self, line: str) -> None:
        with suppress(OSError):  # a log on a full disk must not end the training
            self._stream.write(line + "\n")
            self._stream.flush()


class TerminalDisplay:
    """A line a variant on a terminal: a dot a run, the validation accuracy so far; and the time left.

    Once all is trained the lines make room for the results; they stay where the training was interrupted.

    Args:
        study: What its variants are called.
        plan: What is trained.
        console: The terminal.
        machine: For the time left.
    """

    def __init__(self, study: Study, plan: Plan, console: Console, machine: Machine | None = None) -> None:
        from rich.live import Live

        self._spoken = current_language()
        self._progress = StudyProgress(study, plan, machine)
        self._console = console
        can_show_dots = _can_show(console, DOTS.values())
        self._lines = VariantLines(study, plan, self._progress, can_show_dots=can_show_dots)
        self._live = Live(
            get_renderable=self._render, console=console, refresh_per_second=4, vertical_overflow="crop"
        )

    def __enter__(self) -> Callable[[RunEvent], None]:
        for line in head_lines(self._progress.study, self._progress.plan):
            self._print(line)
        self._live.start()
        return self._take

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._live.transient = kind is None
        self._live.stop()

    def _take(self, event: RunEvent) -> None:
        run = self._progress.take(event)
        if run.status in (Status.FAILED, Status.DIVERGED):
            label = text("run.label", variants=self._lines.name(run.run), seed=run.run.spec.seed)
            self._print(f"{label}  {run.outcome()}")

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, markup=False)

    def _render(self) -> Group:
        from rich.console import Group
        from rich.text import Text

        with language(self._spoken):  # rich calls this in a thread, which has not this one's language
            room = max(4, self._console.size.height - 3)
            lines = self._lines.lines()
            fitting = min(len(lines), room)
            while fitting > 1 and self._height(lines[:fitting]) > room:
                fitting -= 1
            left = len(lines) - fitting
            rest = [Text(text("run.more-variants", count=left), style="dim")] if left > 0 else []
            return Group(_grid(lines[:fitting]), *rest, Text(self._counted(), style="bold"))

    def _height(self, lines: Sequence[Sequence[str]]) -> int:
        return len(self._console.render_lines(_grid(lines), pad=False))

    def _counted(self) -> str:
        progress = self._progress
        words = (
            f"{progress.ended}/{len(progress.runs)} {text('run.runs-ended')}",
            progress.format_time_left(),
        )
        return " · ".join(filter(None, words))


def _grid(lines: Sequence[Sequence[str]]) -> Table:
    """Return lines below each other: a name wraps between words where there is little room, nothing else."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for column in range(4):
        grid.add_column(justify="right" if column == 2 else "left", no_wrap=column > 0, overflow="fold")
    for line in lines:
        grid.add_row(*map(Text, line))
    return grid


def _can_show(console: Console, characters: Iterable[str]) -> bool:
    try:
        "".join(characters).encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
