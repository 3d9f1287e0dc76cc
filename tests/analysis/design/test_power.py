"""What so many seeds can show, against statsmodels, simulation and enumeration."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from tests.analysis.made_studies import clean

from paribus.analysis.design.power import detectable, seeds_for, seeds_for_exact, spread
from paribus.analysis.design.review import review
from paribus.analysis.design.selection import best_of, half_width
from paribus.analysis.questions.statistics import smallest_exact
from paribus.record.records import Records

LEVELS = [(5, 0.05), (10, 0.05 / 15), (30, 0.01)]


@pytest.mark.parametrize(("seeds", "alpha"), LEVELS)
def test_the_smallest_difference_is_found_with_the_power_that_statsmodels_says(seeds, alpha):
    power = TTestPower().power(detectable(seeds, alpha), seeds, alpha)
    assert power == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize(("seeds", "alpha"), [*LEVELS, (3, 0.05)])
def test_the_smallest_difference_is_found_four_times_in_five(seeds, alpha):
    draws = np.random.default_rng(0).normal(detectable(seeds, alpha), 1, (40_000, seeds))
    found = stats.ttest_1samp(draws, 0, axis=1).pvalue <= alpha
    assert found.mean() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(("difference", "alpha"), [(1.0, 0.05), (0.5, 0.05 / 15), (2.0, 0.01)])
def test_as_many_seeds_are_needed_as_statsmodels_says(difference, alpha):
    exact = TTestPower().solve_power(effect_size=difference, alpha=alpha, power=0.8)
    assert seeds_for(difference, alpha) == math.ceil(exact)


def test_seeds_are_counted_up_to_ten_thousand():
    assert seeds_for(0.001, 0.05) == 10_000
    assert seeds_for(100.0, 0.05) == 2


@pytest.mark.parametrize("seeds", [2, 5, 8])
def test_the_smallest_exact_p_is_that_of_all_sign_flips(seeds):
    differences = np.random.default_rng(seeds).uniform(1, 2, seeds)
    sums = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=seeds)]
    assert smallest_exact(seeds) == np.mean(np.asarray(sums) >= differences.sum() - 1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 15, 0.0625])
def test_with_one_seed_fewer_the_exact_test_cannot_reach_the_level(alpha):
    needed = seeds_for_exact(alpha)
    assert smallest_exact(needed) <= alpha < smallest_exact(needed - 1)


def test_the_interval_of_a_spread_holds_it_nineteen_times_in_twenty():
    draws = np.random.default_rng(0).normal(0, 2, (4000, 5))
    intervals = [spread(row) for row in draws]
    assert np.mean([low <= 2 <= high for _, low, high in intervals]) == pytest.approx(0.95, abs=0.015)


def test_the_best_of_equal_ones_is_lucky_by_as_much_as_simulation_says():
    draws = np.random.default_rng(0).normal(size=(200_000, 5))
    assert best_of(5) == pytest.approx(draws.max(axis=1).mean(), abs=0.01)


def test_an_accuracy_is_as_sure_as_statsmodels_says():
    low, high = proportion_confint(9600, 10_000, method="normal")
    assert half_width(0.96, 10_000) == pytest.approx((high - low) / 2, rel=1e-4)


def finding(study, code, **options):
    return next((each for each in review(study, **options) if each.code == code), None)


def test_the_margin_is_found_up_to_the_spread_that_is_told():
    evidence = finding(clean(seeds=8, margin=0.01), "reach-of-margin").evidence
    power = TTestPower().power(1.0 / evidence["allowed"], 8, 0.05)  # a margin of one point
    assert power == pytest.approx(0.8, abs=1e-4)


def records(made, differences):
    """Runs of both variants at as many seeds, whose test accuracies differ by these."""
    runs = {}
    for seed, difference in enumerate(differences):
        for name, accuracy in (("plain", 0.9), ("treatment", 0.9 + difference)):
            runs[name, seed] = made.run(made.history(3), seed=seed, test=accuracy)
    return runs


def test_what_has_run_says_how_many_seeds_the_margin_needs(made):
    differences = [0.001, 0.004, -0.003, 0.002]
    found = finding(clean(margin=0.002), "seeds-for-margin", records=Records(records(made, differences)))
    deviation = 100 * np.std(differences, ddof=1)
    freedom = len(differences) - 1
    low, high = (deviation * math.sqrt(freedom / stats.chi2.isf(tail, freedom)) for tail in (0.025, 0.975))
    assert found.evidence["spread"] == pytest.approx(deviation)
    assert (found.evidence["low"], found.evidence["high"]) == pytest.approx((low, high))
    for end, count in ((low, "fewest"), (high, "most")):
        exact = TTestPower().solve_power(effect_size=0.2 / end, alpha=0.05, power=0.8)
        assert found.evidence[count] == math.ceil(exact)


@pytest.mark.parametrize(("seeds", "severity"), [(5, "warning"), (50, "info")])
def test_too_few_seeds_for_the_margin_are_a_warning(made, seeds, severity):
    runs = records(made, [0.01, -0.01, 0.02, -0.02])
    found = finding(clean(margin=0.01, seeds=seeds), "seeds-for-margin", records=Records(runs))
    assert found.severity == severity


@pytest.mark.parametrize("differences", [[0.01, 0.02], [0.01, 0.01, 0.01]], ids=["two seeds", "no spread"])
def test_what_shows_no_spread_says_nothing_of_seeds(made, differences):
    runs = records(made, differences)
    assert finding(clean(), "seeds-for-margin", records=Records(runs)) is None


def test_accuracies_that_were_seen_replace_the_guess(made):
    runs = records(made, [0.0] * 3)
    found = finding(clean(margin=0.004), "few-test-images", records=Records(runs))
    assert found.evidence["accuracy"] == pytest.approx(90)
    assert found.evidence["half"] == pytest.approx(100 * 1.96 * math.sqrt(0.9 * 0.1 / 10_000))


def test_the_images_that_are_at_hand_are_counted(made):
    few = made.MNIST.model_copy(update={"train": 300, "test": 60})
    found = finding(clean(), "few-test-images", data={"mnist": few})
    assert found.evidence["images"] == 60
