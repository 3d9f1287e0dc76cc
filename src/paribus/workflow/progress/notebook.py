"""How far a study is, in a notebook: one output below the cell, replaced while the study trains."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from paribus.execute.messages import RunEvent
from paribus.execute.plan import Plan
from paribus.execute.time_left import Machine
from paribus.report.escape import escape
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.progress.state import StudyProgress
from paribus.workflow.progress.threads import head_lines

_SECONDS = 0.25  # between two drawings


def _show(shown: str, plain: str) -> Callable[[str, str], None]:
    """Show HTML below the cell and return what replaces it; this needs IPython alone, no widgets."""
    from IPython.display import DisplayHandle

    handle: Any = DisplayHandle()
    handle.display({"text/html": shown, "text/plain": plain}, raw=True)
    return lambda shown, plain: handle.update({"text/html": shown, "text/plain": plain}, raw=True)


class NotebookDisplay:
    """Bars below a notebook's cell: one for each run that trains and one for the study."""

    def __init__(
        self,
        study: Study,
        plan: Plan,
        machine: Machine | None = None,
        show: Callable[[str, str], Callable[[str, str], None]] = _show,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = StudyProgress(study, plan, machine)
        self._show = show
        self._clock = clock
        self._replace: Callable[[str, str], None] = lambda shown, plain: None
        self._drawn = clock()

    def __enter__(self) -> Callable[[RunEvent], None]:
        self._replace = self._show(*self._page())
        return self._take

    def __exit__(self, *_: object) -> None:
        self._replace(*self._page())

    def _take(self, event: RunEvent) -> None:
        run = self._progress.take(event)
        now = self._clock()
        if now - self._drawn >= _SECONDS or run.status:
            self._drawn = now
            self._replace(*self._page())

    def _page(self) -> tuple[str, str]:
        progress = self._progress
        count = f"{progress.ended}/{len(progress.runs)} {text('run.runs-ended')}"
        time_left = progress.format_time_left()
        rows = [_row(text("run.whole-study"), progress.share, count, "", time_left)]
        lines = head_lines(progress.study, progress.plan)
        for run in progress.runs.values():
            if run.status:
                lines.append(_joined(run.label, run.outcome(), run.metrics()))
            elif run.epoch or run.row:
                epochs = f"{run.epoch}/{run.epochs}"
                rows.append(_row(run.label, run.share, epochs, run.metrics(), run.format_time_left()))
        listed = "<br>".join(escape(line) for line in lines)
        details = f"<details><summary>{escape(count)}</summary>{listed}</details>" if lines else ""
        return f"<table>{''.join(rows)}</table>{details}", _joined(count, time_left)


def _joined(*words: str) -> str:
    return "  ".join(each for each in words if each)


def _row(name: str, share: float, *words: str) -> str:
    cells = "".join(f"<td>{escape(each)}</td>" for each in words)
    bar = f'<progress max="1" value="{share:.4f}"></progress>'
    return f"<tr><td>{escape(name)}</td><td>{bar}</td>{cells}</tr>"
