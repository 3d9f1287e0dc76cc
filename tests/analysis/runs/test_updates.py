"""Updates that are too large or too small, on hand-written probes, at both sides of each boundary."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import LAST, found, hidden, judged, measured

from paribus.analysis.finding import Severity

SERIOUS = Severity.SERIOUS
INFO = Severity.INFO


@pytest.mark.parametrize(
    ("ratio", "loss", "is_found"), [(1.0, 9.0, False), (1.1, 9.0, True), (1.1, 0.4, False)]
)
def test_an_explosion_replaces_the_weights_and_raises_the_loss(ratio, loss, is_found):
    observed = measured({"data_loss": 0.5, **hidden(ratio=ratio)}, {"data_loss": loss})
    fact = judged("exploding", observed)
    assert (fact is not None) is is_found
    if fact:
        assert fact.severity is INFO
        lasting = measured({"data_loss": 0.5, **hidden(ratio=ratio)}, {"data_loss": loss}, learned=False)
        assert judged("exploding", lasting).severity is SERIOUS


@pytest.mark.parametrize(
    ("first", "highest", "is_found"),
    [
        (2.3026, 2.305, False),
        (2.3026, 4.5, False),
        (2.3026, 4.7, True),
        (30.0, 45.0, False),
        (30.0, 61.0, True),
    ],
)
def test_a_loss_explodes_where_it_doubles_and_not_where_it_drifts(first, highest, is_found):
    observed = measured({"data_loss": first, **hidden(ratio=1.5)}, {"data_loss": highest}, learned=False)
    assert (judged("exploding", observed) is not None) is is_found


def test_weights_that_start_at_zero_do_not_explode():
    zero = replace(LAST, weight=0.0, ratio=None)
    assert judged("exploding", measured({"output": zero}, {"data_loss": 9.0})) is None


@pytest.mark.parametrize(("times", "is_found"), [(0.9, True), (1.1, False)])
def test_vanishing_updates_would_not_move_a_layer_by_a_hundredth(times, is_found):
    updates = 30 * math.ceil(54_000 / 128)
    ratio = times * 0.01 / updates
    fact = judged("vanishing", measured(hidden(ratio=ratio), hidden(ratio=ratio)))
    assert (fact is not None) is is_found


@pytest.mark.parametrize(("first", "is_found"), [(0.009, True), (0.011, False)])
def test_a_layer_that_one_update_has_moved_has_not_vanished(first, is_found):
    observed = measured(hidden(ratio=first), hidden(ratio=1e-9))
    assert (judged("vanishing", observed) is not None) is is_found


@pytest.mark.parametrize("lost", [{"gradient": 0.0}, {"active": 0.0}])
def test_a_lost_layer_is_why_the_others_hardly_move(lost):
    still = {"output": replace(made_runs.LAST, ratio=1e-9)}
    assert "vanishing" in found(measured(still, still))
    assert "vanishing" not in found(measured(still, {**still, **hidden(**lost)}))
