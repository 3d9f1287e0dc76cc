"""The quick rules of the simulated searches are those by which a search ends tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import early_end
from paribus.workflow.early_end import Progress, decide


@pytest.mark.parametrize("rule", ["none", "`median`", "`halving`"])
@pytest.mark.parametrize("kind", early_end.CURVES)
def test_the_simulated_tries_end_where_those_of_a_search_do(kind, rule):
    _, seen = early_end.searches(kind, 9, 5)
    stop = early_end.rules()[rule]
    tune = early_end.grid_of(9, stop)
    for search, ends in zip(seen, early_end.trained(stop, seen), strict=True):
        tries = [
            Progress(curve.tolist(), [early_end.EPOCHS], [True], score=float(curve[-1])) for curve in search
        ]
        found = decide(tune, early_end.EPOCHS, tries)
        assert not found.wanted
        expected = {place: int(epoch) for place, epoch in enumerate(ends) if epoch < early_end.EPOCHS}
        assert {place: each.epoch for place, each in found.ended.items()} == expected


def test_what_ends_early_saves_epochs_and_may_cost_the_winner():
    rows = {
        name: (share, lost)
        for name, share, lost, _ in early_end.costs("low rates learn ten times as slowly", 27, 2_000)
    }
    assert rows["none"][0] == 1.0
    assert rows["`halving`"][0] < rows["`median`"][0] < 1.0
    assert rows["`halving`"][1] > rows["none"][1]


def test_the_page_has_the_table_of_the_simulation():
    words = Path("docs/tuning.md").read_text(encoding="utf-8")
    kind = next(iter(early_end.CURVES))
    for name, share, lost, _ in early_end.costs(kind, 9):
        assert f"| {kind} | 9 | {name} | {100 * share:.0f} % | {100 * lost:.2f} points |" in words
