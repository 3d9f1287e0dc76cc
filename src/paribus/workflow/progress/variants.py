"""How far each variant is, in a line, from the progress of its runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from paribus.execute.plan import Plan, PlannedRun
from paribus.record.run import Status
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.workflow.progress.state import RunProgress, StudyProgress

DOTS: Mapping[Status | None, str] = {
    Status.FINISHED: "●",
    Status.EARLY_STOPPED: "●",
    Status.RUNNING: "◐",
    Status.FAILED: "✕",
    Status.DIVERGED: "✕",
    Status.INTERRUPTED: "◌",
    None: "○",
}
"""What stands for a run in a line, by its status; None where it has not begun."""
_MOST = 20
"""More runs than that are counted, a dot a status."""
_PLAIN = str.maketrans("●◐✕◌○", "#>x~.")


class VariantLines:
    """How far each variant is, in a line.

    Args:
        study: What its variants are called.
        plan: What is trained, and what was trained before.
        progress: How far the runs of it are.
        can_show_dots: Whether the terminal has the characters of `DOTS`.
    """

    def __init__(
        self, study: Study, plan: Plan, progress: StudyProgress, *, can_show_dots: bool = True
    ) -> None:
        self._study, self._progress = study, progress
        self._can_show_dots = can_show_dots
        self._runs: dict[str, list[PlannedRun]] = {}
        for run in plan.runs:
            self._runs.setdefault(run.names[0], []).append(run)

    def lines(self) -> list[tuple[str, str, str, str]]:
        """Return name, dots, validation accuracy in percent and epoch of each variant; running ones first."""
        states = {name: [self._state(run) for run in runs] for name, runs in self._runs.items()}
        order = sorted(states, key=lambda name: _rank(states[name]))
        return [
            (
                self.name(self._runs[name][0]),
                self._dots(states[name]),
                self._accuracy(name),
                self._epoch(name),
            )
            for name in order
        ]

    def name(self, run: PlannedRun) -> str:
        """Return a run's variant with its label, as its line begins."""
        name = run.names[0]
        return self._study.named(name) if name in self._study.variants else name

    def _state(self, planned: PlannedRun) -> Status | None:
        run = self._progress.runs.get(planned.spec.digest)
        if run is None:
            return planned.status
        return Status.RUNNING if run.status is None and run.since is not None else run.status

    def _dots(self, states: Sequence[Status | None]) -> str:
        dots = "".join(DOTS[state] for state in states)
        if len(dots) > _MOST:
            dots = " ".join(f"{dots.count(dot)}{dot}" for dot in dict.fromkeys(DOTS.values()) if dot in dots)
        return dots if self._can_show_dots else dots.translate(_PLAIN)

    def _accuracy(self, name: str) -> str:
        known = [run.row["val_accuracy"] for run in self._of(name) if "val_accuracy" in run.row]
        finite = [accuracy for accuracy in known if math.isfinite(accuracy)]
        return number(100 * sum(finite) / len(finite), ".1f") if finite else ""

    def _epoch(self, name: str) -> str:
        running = [run for run in self._of(name) if run.status is None and run.since is not None]
        if not running:
            return ""
        furthest = max(running, key=lambda run: run.share)
        return text("run.at-epoch", epoch=furthest.epoch, epochs=furthest.epochs)

    def _of(self, name: str) -> list[RunProgress]:
        runs = self._progress.runs
        return [runs[run.spec.digest] for run in self._runs[name] if run.spec.digest in runs]


def _rank(states: Sequence[Status | None]) -> int:
    return 0 if Status.RUNNING in states else 1 if None not in states else 2
