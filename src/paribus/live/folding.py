"""What a live page shows in full of a study that has too many variants or runs for one page."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from paribus.live.overview import ranked
from paribus.live.state import RunState, StudyState
from paribus.report.folding import MAX_IN_FULL
from paribus.study.variant_changes import variant_changes

MAX_LINES = 200
"""Curves in the picture of all runs: so many are drawn anew within a frame."""


def in_full(now: StudyState) -> tuple[str, ...]:
    """Return the variants that a page shows with their runs and curves, in the study's order.

    All, unless they are too many; of many it is the base, and those that come first in the table: that train,
    failed or score best.
    """
    variants = now.study.variants
    if len(variants) <= MAX_IN_FULL:
        return tuple(variants)
    base = next((name for name in variants if not variant_changes(variants, name)), None)
    first = [name for _, name, _ in ranked(now)] + list(variants)
    wanted = dict.fromkeys(([] if base is None else [base]) + first)
    chosen = {*list(wanted)[:MAX_IN_FULL]}
    return tuple(name for name in variants if name in chosen)


def drawn(now: StudyState, full: Collection[str]) -> Iterator[RunState]:
    """Yield the runs whose curves the picture has: the first seeds of each variant, as far as there is room.

    Args:
        now: The study.
        full: The variants that the page shows in full.
    """
    chosen = {*full}
    turns: dict[str, int] = {}
    found: list[tuple[int, int, RunState]] = []
    for place, run in enumerate(now.runs):
        name = run.names[0]
        if name in chosen:
            turns[name] = turns.get(name, -1) + 1
            found.append((turns[name], place, run))
    kept = sorted(found, key=lambda each: each[:2])[:MAX_LINES]
    yield from (run for _, _, run in sorted(kept, key=lambda each: each[1]))
