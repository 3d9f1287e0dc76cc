"""How far a loss has risen from its best, against simulated curves whose noise persists, and spikes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau
from tests.analysis.made_runs import persisting

from paribus.analysis.runs.rise import loss_rise, rise, running_median, short_rise


def risen(draws) -> float:
    found = [rise(each) for each in draws]
    return float(np.mean([each.size > each.limit for each in found]))


def test_the_rise_is_from_the_best_neighbours_to_the_last():
    found = rise([5, 4, 3, 2, 1, 1, 1, 2, 3, 4, 4, 4])
    assert (found.best_epoch, found.best, found.last, found.size, found.place) == (5, 1, 4, 3, 3)


@pytest.mark.parametrize(("epochs", "window"), [(9, 3), (30, 3), (39, 3), (40, 4), (100, 10)])
def test_a_long_curve_is_taken_together_over_a_tenth_of_its_epochs(epochs, window):
    assert rise([0.5] * epochs).window == window


@pytest.mark.parametrize("epochs", [12, 30, 100])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
def test_noise_alone_rises_beyond_its_limit_in_one_run_of_twenty_at_most(correlation, epochs):
    draw = np.random.default_rng(epochs)
    # 32 of 400 is what 1 of 20 exceeds in 1 of 200 simulations
    assert risen(persisting(draw, correlation, epochs) for _ in range(400)) <= 32 / 400


@pytest.mark.parametrize(("size", "share"), [(0.0, 0.0), (12.0, 1.0)])
def test_a_rise_is_seen_through_noise_of_a_twelfth(size, share):
    draw = np.random.default_rng(2)
    course = size * np.clip(np.arange(30) / 20 - 0.5, 0, 1)
    assert risen(course + draw.normal(size=30) for _ in range(200)) == pytest.approx(share, abs=0.05)


@given(st.integers(1, 28), st.floats(1, 1000))
def test_one_epoch_far_off_neither_makes_a_rise_nor_hides_one(place, spike):
    level, rising = np.full(30, 0.2), np.concatenate([[0.5, 0.3], np.linspace(0.22, 0.6, 28)])
    for curve in (level, rising):
        curve[place] += spike
    assert rise(level).size == 0
    assert rise(rising).size > rise(rising).limit


def test_a_course_that_bends_is_not_taken_for_noise():
    bent = [*np.linspace(1.0, 0.1, 5), *np.full(17, 0.1), *(0.1 + np.linspace(0, 0.5, 8) ** 2)]
    found = rise(bent + np.random.default_rng(0).normal(0, 0.002, 30))
    assert found.size > found.limit


def test_a_loss_whose_noise_grows_with_it_is_measured_in_shares():
    draw = np.random.default_rng(5)
    course = np.concatenate([np.linspace(0.8, 0.2, 6), np.linspace(0.2, 0.8, 24)])
    curves = [course * np.exp(draw.normal(0, 0.3, 30)) for _ in range(100)]
    shares = [loss_rise(each) for each in curves]
    plain = [rise(each) for each in curves]
    seen, seen_plainly = (np.mean([each.size > each.limit for each in side]) for side in (shares, plain))
    assert seen > seen_plainly + 0.1
    assert [each.size for each in shares] == pytest.approx([each.size for each in plain])


def test_a_loss_that_is_not_positive_has_no_rise_in_shares():
    assert loss_rise([0.5] * 20 + [0.0]) is None
    assert loss_rise([0.5] * 8) is None


def test_noise_that_persists_is_found_to_do_so():
    draw = np.random.default_rng(4)
    means = [
        np.mean([rise(persisting(draw, correlation, 200)).correlation for _ in range(100)])
        for correlation in (0.0, 0.5, 0.8)
    ]
    assert means == pytest.approx([0.05, 0.5, 0.8], abs=0.05)


@given(st.integers(9, 60), st.floats(0.001, 1))
def test_a_falling_curve_does_not_rise(epochs, slope):
    assert rise(10 - slope * np.arange(epochs)).size == 0


@given(st.lists(st.floats(0.01, 0.99), min_size=9, max_size=40), st.floats(-3, 3))
def test_shifting_a_curve_changes_nothing_of_its_rise(curve, shift):
    assert rise(np.asarray(curve) + shift).size == pytest.approx(rise(curve).size, abs=1e-9)


def test_eight_epochs_tell_no_noise_but_their_order():
    assert rise([0.5] * 8) is None
    assert short_rise([0.3, 0.4, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5]).size == pytest.approx(1.2)
    assert short_rise([0.5, 0.3, 0.4, 0.6, 0.9]).best_epoch == 2


def test_order_is_judged_as_kendall_s_test_does():
    draw = np.random.default_rng(6)
    for _ in range(300):
        since = draw.permutation(int(draw.integers(4, 9))) + 1.0
        since[0] = 0.0
        test = kendalltau(np.arange(len(since)), since, method="exact", alternative="greater")
        assert (short_rise(since) is not None) == (test.pvalue <= 0.05)


@pytest.mark.parametrize(
    "curve", [[0.3, 0.4, 0.5], [0.5, 0.4, 0.3, 0.4, 0.5], [0.3, 0.9, 0.4, 0.5], [0.3] * 8, [0.1] * 9]
)
def test_what_does_not_rise_in_order_or_is_not_short_has_no_short_rise(curve):
    assert short_rise(curve) is None


def test_running_medians_are_those_of_neighbours():
    assert running_median([1, 2, 6, 1]).tolist() == [2, 2]
    assert running_median([1, 2]).tolist() == []
