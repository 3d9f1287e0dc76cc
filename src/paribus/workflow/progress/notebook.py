"""How far a study is, in a notebook: one output, replaced while it trains, that stays when it is done."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from typing import Any

from paribus.execute.messages import Event
from paribus.execute.plan import Plan
from paribus.texts import text
from paribus.workflow.progress.terminal import RunProgress, StudyProgress, going_on, remaining, status
from paribus.workflow.progress.time_left import Pace

_SECONDS = 0.25  # between two drawings


def _show(shown: str, plain: str) -> Callable[[str, str], None]:
    """Show HTML below the cell; what is returned replaces it. It needs IPython alone, no widgets."""
    from IPython.display import DisplayHandle

    handle: Any = DisplayHandle()
    handle.display({"text/html": shown, "text/plain": plain}, raw=True)
    return lambda shown, plain: handle.update({"text/html": shown, "text/plain": plain}, raw=True)


class NotebookDisplay:
    """A bar a run while it trains and one for the study, below a notebook's cell.

    Args:
        plan: What was planned.
        pace: How many workers there are, and what is known of the machine.
        show: Shows HTML and the same in plain text; returns what replaces both.
        clock: Gives seconds.
    """

    def __init__(
        self,
        plan: Plan,
        pace: Pace | None = None,
        show: Callable[[str, str], Callable[[str, str], None]] = _show,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = StudyProgress(plan, pace)
        self._show = show
        self._clock = clock
        self._replace: Callable[[str, str], None] = lambda shown, plain: None
        self._drawn = clock()

    def __enter__(self) -> Callable[[Event], None]:
        self._replace = self._show(*self._page())
        return self._take

    def __exit__(self, *_: object) -> None:
        self._replace(*self._page())

    def _take(self, event: Event) -> None:
        run = self._progress.take(event)
        now = self._clock()
        if now - self._drawn >= _SECONDS or run.status:
            self._drawn = now
            self._replace(*self._page())

    def _page(self) -> tuple[str, str]:
        progress = self._progress
        counted = f"{progress.ended}/{len(progress.runs)} {text('run.runs-ended')}"
        left = remaining(progress.left, at_most=progress.at_most)
        rows = [_row(text("run.whole-study"), progress.share, counted, "", left)]
        ended: list[str] = []
        for run in progress.runs.values():
            if run.status:
                ended.append(
                    html.escape("  ".join(each for each in (run.label, status(run), run.told) if each))
                )
            elif run.epoch or run.row:
                rows.append(_of_run(run))
        begun = [html.escape(line) for line in going_on(progress.plan)]
        lines = "<br>".join([*begun, *ended])
        list_ = f"<details><summary>{html.escape(counted)}</summary>{lines}</details>" if lines else ""
        return f"<table>{''.join(rows)}</table>{list_}", "  ".join(each for each in (counted, left) if each)


def _of_run(run: RunProgress) -> str:
    left = remaining(run.left, at_most=run.at_most)
    return _row(run.label, run.share, f"{run.epoch}/{run.epochs}", run.told, left)


def _row(name: str, share: float, *words: str) -> str:
    cells = "".join(f"<td>{html.escape(each)}</td>" for each in words)
    bar = f'<progress max="1" value="{share:.4f}"></progress>'
    return f"<tr><td>{html.escape(name)}</td><td>{bar}</td>{cells}</tr>"
