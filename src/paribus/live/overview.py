"""The table that compares variants while they train, and a study in one line for the list of studies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from statistics import fmean
from typing import Literal, TypeAlias

from paribus.live.curves import data_sets
from paribus.live.state import RunState, StudyState
from paribus.record.run import Status
from paribus.report.folding import MAX_IN_FULL
from paribus.texts import text
from paribus.texts.quantities import NOTHING, Figure, figure, moment
from paribus.workflow.progress.state import format_clock
from paribus.workflow.progress.variants import DOTS

Group: TypeAlias = Literal["running", "failed", "ended"]

GROUPS: tuple[Group, ...] = ("running", "failed", "ended")
COLUMNS = ("variant", "runs", "epoch", "validation", "left")

_TROUBLE = (Status.FAILED, Status.DIVERGED)
_MAXDOTS = 20
_MAX_LISTED = 6


def table(now: StudyState) -> dict[str, object]:
    """Return the rows of the variants that have begun, those that run first, and which runs wait.

    Of very many only the first are listed, and the others counted.
    """
    rows = ranked(now)
    further = len(rows) - MAX_IN_FULL
    return {
        "rows": [_row(f"v{place}", now.names[name], runs) for place, name, runs in rows[:MAX_IN_FULL]],
        "further": text("live.further", count=further) if further > 0 else "",
        "waiting": _waiting(now),
    }


def ranked(now: StudyState) -> list[tuple[int, str, tuple[RunState, ...]]]:
    """Return the variants that have begun, with places and runs: those that train, that failed, the best."""
    rows = [
        (place, name, runs)
        for place, name, runs in ((at, each, now.of(each)) for at, each in enumerate(now.study.variants, 1))
        if any(run.status for run in runs)
    ]
    places = {name: place for place, name in enumerate(data_sets(now))}
    return sorted(rows, key=lambda row: _rank(row[2], places[row[2][0].spec.data.name]))


def trouble(runs: Iterable[RunState]) -> str:
    """Return how many runs failed and how many diverged; empty where none did."""
    return _counted(run.status for run in runs if run.status in _TROUBLE)


def result(now: StudyState) -> str:
    """Return which variant has the highest mean validation score; empty before a run has ended.

    Only variants with the first one's images count. It is a description, no answer to a question.
    """
    variants = now.study.variants
    data = next(iter(variants.values())).configuration.data
    scores = {
        name: score
        for name, variant in variants.items()
        if variant.configuration.data == data and (score := _mean(_ended(now.of(name)))) is not None
    }
    if not scores:
        return ""
    best = max(scores, key=lambda name: scores[name])
    value = Figure(scores[best], now.study.score.unit)
    return text("live.result", variant=now.names[best], value=value, **now.study.words)


def changed(now: StudyState) -> str:
    """Return the day and the time of the last epoch, in this machine's time; empty before there is one."""
    last = max((run.changed for run in now.runs), default=0.0)
    return moment(datetime.fromtimestamp(last).isoformat()) if last else ""


def listed(words: Sequence[str]) -> str:
    """Return a list of which no more than six are named.

    Example:
        >>> listed("abcdefgh")
        'a, b, c, d, e, f and 2 more'
    """
    if len(words) <= _MAX_LISTED:
        return ", ".join(words)
    return text("live.more", named=", ".join(words[:_MAX_LISTED]), count=len(words) - _MAX_LISTED)


def _rank(runs: Sequence[RunState], data: int) -> tuple[int, int, float]:
    """Return what rows are sorted by; accuracies on different images are not compared."""
    score = _score(runs)
    return GROUPS.index(_group(runs)), data, math.inf if score is None else -score


def _group(runs: Sequence[RunState]) -> Group:
    statuses = {run.status for run in runs}
    if Status.RUNNING in statuses:
        return "running"
    return "failed" if statuses & set(_TROUBLE) else "ended"


def _row(key: str, name: str, runs: Sequence[RunState]) -> dict[str, object]:
    counted = _counted(run.status for run in runs)
    return {
        "key": key,
        "name": name,
        "group": _group(runs),
        "dots": [[run.status or "waiting", DOTS[run.status]] for run in runs[:_MAXDOTS]],
        "more": max(0, len(runs) - _MAXDOTS),
        "counted": counted,
        "trouble": trouble(runs),
        "epoch": _epoch(runs),
        "validation": figure(_score(runs), runs[0].spec.configuration.score.unit),
        "left": _left(runs),
    }


def _epoch(runs: Sequence[RunState]) -> str:
    running = [run for run in runs if run.status is Status.RUNNING]
    if running:
        return text(
            "live.epoch-short", epoch=", ".join(str(len(run.rows)) for run in running), epochs=runs[0].epochs
        )
    lengths = sorted({len(run.rows) for run in runs if run.rows})
    return (
        "–".join(str(length) for length in dict.fromkeys((lengths[0], lengths[-1]))) if lengths else NOTHING
    )


def _left(runs: Sequence[RunState]) -> str:
    seconds = [
        (run.epochs - len(run.rows)) * run.pace
        for run in runs
        if run.status is Status.RUNNING and run.pace is not None
    ]
    if not seconds:
        return NOTHING
    clock = format_clock(max(seconds))
    return text("live.at-most", clock=clock) if runs[0].at_most else clock


def _score(runs: Sequence[RunState]) -> float | None:
    """Return the mean over the runs that have ended; before the first has, over those that train."""
    score = _mean(_ended(runs))
    return _mean([run for run in runs if run.status is not Status.DIVERGED]) if score is None else score


def _ended(runs: Iterable[RunState]) -> list[RunState]:
    return [run for run in runs if run.status in (Status.FINISHED, Status.EARLY_STOPPED)]


def _mean(runs: Iterable[RunState]) -> float | None:
    last = [(run.spec.configuration.score.val, run.rows[-1]) for run in runs if run.rows]
    found = [row[name] for name, row in last if name in row]
    return fmean(found) if found else None


def _waiting(now: StudyState) -> str:
    by_variant = Counter(run.names[0] for run in now.runs if run.status is None)
    if not by_variant:
        return ""
    names = [
        now.names[name] if count == 1 else text("live.times", name=now.names[name], count=count)
        for name, count in by_variant.items()
    ]
    return text("live.runs-wait", count=by_variant.total(), named=listed(names))


def _counted(statuses: Iterable[Status | None]) -> str:
    return ", ".join(_words(Counter(statuses)))


def _words(counts: Counter[Status | None]) -> Iterator[str]:
    for status in DOTS:
        if counts[status]:
            word = text(f"report.status-{status}") if status else text("live.waiting")
            yield text("live.counted", count=counts[status], word=word)
