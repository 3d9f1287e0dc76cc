"""Updates that are too large or too small, on hand-written probes, at both sides of each boundary."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import LAST, found, hidden, judged, measured

from paribus.analysis.causes.ablation import ablations
from paribus.analysis.finding import Severity
from paribus.analysis.runs.diagnosis import diagnose

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
        assert str(fact.placeholders["when"]) == "At the first update"
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


@pytest.mark.parametrize(
    ("first", "then", "learned", "is_found"),
    [
        (0.31, 0.31, False, True),
        (0.31, 0.29, False, False),
        (9.0, 0.01, False, False),
        (0.31, 0.31, True, False),
    ],
    ids=["two", "one of a third", "one that is larger", "learned"],
)
def test_two_first_steps_of_a_third_of_the_weights_are_large_where_it_fits_poorly(
    first, then, learned, is_found
):
    observed = measured(hidden(ratio=first), hidden(ratio=then), learned=learned)
    assert (judged("large-steps", observed) is not None) is is_found


@pytest.mark.parametrize(
    ("ratio", "words"),
    [(0.4, "by 40% of their size or more"), (1.2, "overwrite"), (268.0, "by 268 times their size or more")],
)
def test_large_steps_are_told_by_their_size(ratio, words):
    lost = measured(hidden(ratio=ratio), hidden(ratio=ratio), learned=False)
    finding = diagnose(made_runs.study(), {("plain", 0): lost}).of("plain")["large-steps"]
    assert words in str(finding.why)
    assert ("overwrite" in str(finding.why)) is (ratio >= 1)
    assert finding.severity is SERIOUS


def test_steps_that_grow_large_later_are_not_first_ones():
    quiet = [made_runs.probe(step, **hidden(ratio=0.01)) for step in (0, 1, 8)]
    later = [made_runs.probe(step, **hidden(ratio=0.9)) for step in (17, 40)]
    lost = {"accuracy": made_runs.flat(0.1), "val_accuracy": made_runs.flat(0.1)}
    assert judged("large-steps", made_runs.run(**lost, more={"probes": (*quiet, *later)})) is None


@pytest.mark.parametrize(("left", "is_found"), [(0.11, False), (0.09, True)])
def test_ftrl_has_forgotten_the_start_where_less_than_a_tenth_is_left(left, is_found):
    first, then = hidden(weight=1.0), hidden(weight=left)
    ftrl = made_runs.configured({"optimizer": "ftrl"}, measured(first, then, learned=False))
    assert (judged("forgotten-start", ftrl) is not None) is is_found
    assert judged("forgotten-start", measured(first, then, learned=False)) is None


@pytest.mark.parametrize(("reach", "is_found"), [(0.09, True), (0.11, False)])
def test_a_network_that_fits_poorly_has_to_move_by_a_tenth(reach, is_found):
    updates = 30 * 422
    slow = {"output": replace(LAST, ratio=reach / updates), **hidden(ratio=reach / updates)}
    assert (judged("vanishing", measured(slow, slow, learned=False)) is not None) is is_found
    assert judged("vanishing", measured(slow, slow)) is None


def test_a_network_whose_weights_hardly_move_is_not_given_smaller_steps():
    frozen = {"output": replace(LAST, ratio=1e-9), **hidden(ratio=1e-9)}
    asked, lost = made_runs.study(), measured(frozen, frozen, learned=False)
    found = diagnose(asked, {("plain", 0): lost})
    assert made_runs.of(found, "nothing-learned", "plain").follows_from.code == "vanishing"
    assert [each.kind for each in ablations(asked, found, only=["plain"])] == ["low-rate"]
    assert "smaller learning rate" not in str(diagnose(asked, {("plain", 0): lost}).by_run)
