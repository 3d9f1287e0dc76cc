"""What a search came to: the best on validation, ends of ranges, the budget's curve, how wide is enough."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from paribus.analysis.tuning import Try, TunedVariant, expected_best
from paribus.study.tuning import Tune, TuneRange

RATES = (0.001, 0.01, 0.1, 1.0)


def tuned(scores, *, on="val_accuracy", margin=None, spread=0.001, rates=RATES, **fields):
    tune = Tune(
        settings={"learning_rate": TuneRange(low=rates[0], high=rates[-1], scale="log")},
        on=on,
        seeds=2,
        budget=len(rates),
    )
    tries = tuple(
        Try({"learning_rate": rate}, diverged=1)
        if score is None
        else Try({"learning_rate": rate}, (score - spread, score + spread))
        for rate, score in zip(rates, scores, strict=False)
    )
    return TunedVariant("plain", tune, tries, {"learning_rate": 0.01}, margin, **fields)


def rate(found):
    return found.best.settings["learning_rate"]


def test_the_best_is_the_highest_accuracy_and_the_lowest_loss():
    assert rate(tuned([0.8, 0.9, 0.95, 0.7])) == 0.1
    assert rate(tuned([0.8, 0.2, 0.5, 0.7], on="val_loss")) == 0.01


def test_of_equal_scores_the_first_is_taken():
    assert rate(tuned([0.8, 0.9, 0.9, 0.7])) == 0.01


def test_a_setting_at_which_a_run_diverged_never_wins():
    found = tuned([0.8, 0.9, 0.85, None])
    assert rate(found) == 0.01
    assert found.diverged == 1
    assert tuned([None] * 4).best is None


def test_there_is_no_best_before_the_budget_is_used_up():
    assert tuned([0.8, 0.9, 0.95]).best is None


@pytest.mark.parametrize(
    ("scores", "edge"),
    [
        ([0.9, 0.8, 0.7, 0.6], {"learning_rate": "low"}),
        ([0.6, 0.7, 0.8, 0.9], {"learning_rate": "high"}),
        ([0.6, 0.9, 0.8, 0.7], {}),
        ([0.6, 0.7, 0.8, None], {}),  # beyond it training diverged: there is nothing further to try
    ],
)
def test_a_best_at_the_end_of_what_was_tried_is_noticed(scores, edge):
    assert tuned(scores).at_edge == edge


def test_a_sampled_best_is_at_the_end_only_in_the_outer_tenth_of_the_range():
    inside, outside = (tuned([0.6, 0.9], rates=(0.001, rate)) for rate in (0.3, 0.9))
    for each, edges in ((inside, {}), (outside, {"learning_rate": "high"})):
        whole = TuneRange(low=0.001, high=1, scale="log")
        tune = each.tune.model_copy(update={"settings": {"learning_rate": whole}, "search": "quasi_random"})
        assert replace(each, tune=tune).at_edge == edges


def test_good_enough_reaches_as_far_as_neighbours_are_within_the_margin():
    found = tuned([0.80, 0.895, 0.90, 0.897], margin=0.01).good_enough("learning_rate")
    assert (found.low, found.high, found.by_margin) == (0.01, 1.0, True)
    assert found.width == pytest.approx(100)


def test_good_enough_ends_at_the_first_worse_neighbour():
    found = tuned([0.899, 0.80, 0.90, 0.70], margin=0.01).good_enough("learning_rate")
    assert (found.low, found.high) == (0.1, 0.1)


def test_without_a_margin_one_standard_error_over_seeds_is_the_tolerance():
    found = tuned([0.8, 0.8999, 0.9, 0.8], spread=0.01)
    assert found.tolerance == (pytest.approx(0.01), False)  # sd √2 · 0.01, over √2 seeds
    assert found.good_enough("learning_rate").low == 0.01


@pytest.mark.parametrize("rises", [True, False])
def test_the_expected_best_is_the_mean_over_draws_with_replacement(rises):
    scores = np.random.default_rng(0).normal(size=6)
    draws = np.random.default_rng(1).choice(scores, (200_000, 3))
    best = (draws.max if rises else draws.min)(axis=1).mean()
    assert expected_best(scores, rises=rises)[2] == pytest.approx(best, abs=0.01)


def test_the_expected_best_is_over_draws_with_at_least_one_score():
    scores = np.array([0.5, 0.9, np.nan])
    draws = np.random.default_rng(1).choice(scores, (400_000, 2))
    known = np.nanmax(draws[~np.isnan(draws).all(axis=1)], axis=1)
    assert expected_best(scores, rises=True)[1] == pytest.approx(known.mean(), abs=0.002)
    assert np.isnan(expected_best([np.nan, np.nan], rises=True)).all()


def test_the_sensitivity_takes_the_best_try_at_each_value_in_ascending_order():
    tune = Tune(
        settings={"epochs": TuneRange(values=(2, 1)), "batch_size": TuneRange(values=(8, 32))},
        on="val_accuracy",
        budget=4,
    )
    scores = {(2, 8): 0.7, (2, 32): 0.9, (1, 8): 0.6, (1, 32): 0.5}
    tries = tuple(
        Try({"epochs": epochs, "batch_size": size}, (score, score + 0.02))
        for (epochs, size), score in scores.items()
    )
    points = TunedVariant("plain", tune, tries, {}).sensitivity("epochs")
    assert [(each.value, each.low, each.high) for each in points] == [(1, 0.6, 0.62), (2, 0.9, 0.92)]
