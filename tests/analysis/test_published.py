from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from paribus.analysis.published import Agreement, Standing, against, tolerance


def held(made, accuracies, published, **data):
    study = made.study(["plain", "l2"], published={"plain": {"test": published}})
    images = made.MNIST.model_copy(update=data)
    runs = [made.run(made.history(2), seed=s, test=a, data=images) for s, a in enumerate(accuracies)]
    return against(study, {("plain", run.spec.seed): run for run in runs})


def test_only_variants_with_a_published_figure_are_held_against_one(made):
    assert [each.variant for each in held(made, [0.96], 0.9618)] == ["plain"]


def test_the_labs_first_two_figures_agree_with_the_prototypes(made):
    assert held(made, [0.9641], 0.9618)[0].agreement is Agreement.AGREES
    assert held(made, [0.9801], 0.9798)[0].agreement is Agreement.AGREES
    assert held(made, [0.9414], 0.9648)[0].agreement is Agreement.DIFFERS


def test_a_figure_that_never_varies_agrees_only_with_itself(made):
    assert held(made, [0.1135] * 3, 0.1135)[0].agreement is Agreement.AGREES
    assert held(made, [0.1135] * 3, 0.1137)[0].agreement is Agreement.DIFFERS


def test_stand_ins_are_held_against_nothing(made):
    only = held(made, [0.9618], 0.9618, verified=False, stand_in=True)[0]
    assert only.agreement is Agreement.NOT_COMPARABLE
    assert only.standing is Standing.STAND_IN


def test_unverified_images_are_compared_and_marked(made):
    only = held(made, [0.9618], 0.9618, verified=False)[0]
    assert only.agreement is Agreement.AGREES
    assert only.standing is Standing.UNVERIFIED


def test_what_has_not_run_is_missing(made):
    only = held(made, [], 0.9618)[0]
    assert only.agreement is Agreement.MISSING
    assert only.ours is only.difference is None


def test_from_three_seeds_on_the_tolerance_is_a_prediction_interval():
    ours = [0.961, 0.963, 0.966, 0.962, 0.964]
    mean, deviation = np.mean(ours), np.std(ours, ddof=1)
    low, high = stats.t.interval(0.95, df=4, loc=mean, scale=deviation * np.sqrt(1 + 1 / 5))
    assert tolerance(ours, 0.9618, 10_000) == pytest.approx((high - low) / 2 + 0.00005)


def test_one_more_run_of_ours_agrees_about_95_times_in_100():
    draw = np.random.default_rng(0)
    runs = draw.normal(0.96, 0.002, size=(2000, 6))
    agreed = [abs(run[:5].mean() - run[5]) <= tolerance(list(run[:5]), run[5], 10_000) for run in runs]
    assert np.mean(agreed) == pytest.approx(0.95, abs=0.02)


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_with_one_seed_more_test_images_allow_less(published, images):
    fewer, more = tolerance([0.5], published, images), tolerance([0.5], published, 2 * images)
    assert fewer >= more > 0
