"""The power of the tests, against statsmodels, simulation and enumeration."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import product

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower
from tests.analysis.made_studies import clean, finding, records, tabular

from paribus.analysis.design.power import (
    detectable_difference,
    seeds_for,
    seeds_for_exact_test,
    standard_deviation_interval,
)
from paribus.analysis.design.review import review
from paribus.analysis.questions.statistics import smallest_exact
from paribus.analysis.questions.tails import critical

LEVELS = [(5, 0.05), (10, 0.05 / 5), (30, 0.01)]


def level_of_t(seeds, alpha):
    """The level at which Student's t alone would ask for what the verdict asks for."""
    return 2 * stats.t.sf(critical(seeds - 1, alpha), seeds - 1)


@pytest.mark.parametrize(("seeds", "alpha"), LEVELS)
def test_the_smallest_difference_is_found_with_the_power_that_statsmodels_says(seeds, alpha):
    power = TTestPower().power(detectable_difference(seeds, alpha), seeds, level_of_t(seeds, alpha))
    assert power == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize(("seeds", "alpha"), [*LEVELS, (3, 0.05)])
def test_the_smallest_difference_is_found_four_times_in_five(seeds, alpha):
    draws = np.random.default_rng(0).normal(detectable_difference(seeds, alpha), 1, (40_000, seeds))
    found = np.abs(stats.ttest_1samp(draws, 0, axis=1).statistic) >= critical(seeds - 1, alpha)
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_folds_detect_less_as_simulated_differences_that_share_training_examples_say():
    """With k folds the mean difference has the variance s²/k·(1 + k/(k - 1)) that a verdict assumes."""
    seeds, alpha = 10, 0.05
    least = detectable_difference(seeds, alpha, overlap=1 / 9)
    assert least == pytest.approx(detectable_difference(seeds, alpha) * math.sqrt(1 + 10 / 9))
    draws = np.random.default_rng(0)
    shared = draws.normal(0, math.sqrt(1 / 9), (40_000, 1))
    differences = least + shared + draws.normal(0, 1, (40_000, seeds))
    error = differences.std(axis=1, ddof=1) * math.sqrt(1 / seeds + 1 / 9)
    found = np.abs(differences.mean(axis=1)) / error >= critical(seeds - 1, alpha)
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_more_seeds_are_no_advice_where_seeds_are_folds():
    told, plain = (finding(tabular(folds=folds), "reach") for folds in (8, None))
    assert told.evidence["detectable"] > plain.evidence["detectable"]
    assert "folds share training examples" in str(told.remedy)
    assert "detect one standard deviation" in str(plain.remedy)


def test_a_regression_with_a_margin_is_told_what_its_seeds_reach():
    study = tabular("diabetes", metric="test_r2").model_copy(update={"margin": 0.05})
    found = finding(study, "reach-of-margin")
    assert found.evidence["margin"] == 0.05
    assert found.evidence["allowed"] == pytest.approx(0.05 / found.evidence["detectable"])
    assert "a margin of 0.05 if that SD is at most" in str(found.why)
    assert finding(study, "reach") is None


def test_each_margin_of_a_question_is_told_with_its_own_unit():
    study = clean(seeds=8, margin=None)
    asked = study.questions[0]
    questions = [asked.model_copy(update={"margin": 0.01}), asked.model_copy(update={"metric": "test_loss"})]
    questions.append(questions[1].model_copy(update={"margin": 0.2}))
    found = finding(study.model_copy(update={"questions": tuple(questions)}), "reach-of-margin")
    assert "1.00 percentage points if that SD is at most" in str(found.why)
    assert "; 0.2 if that SD is at most" in str(found.why)


def test_seeds_are_counted_for_each_margin_apart():
    study = clean(margin=0.002)
    own = study.questions[0].model_copy(update={"margin": 0.02, "title": "wide"})
    study = study.model_copy(update={"questions": (*study.questions, own)})
    runs = records([0.001, 0.004, -0.003, 0.002])
    both = [each for each in review(study, records=runs) if each.code == "seeds-for-margin"]
    assert [each.evidence["margin"] for each in both] == pytest.approx([0.2, 2.0])


@pytest.mark.parametrize(("difference", "alpha"), [(1.0, 0.05), (0.5, 0.05 / 15), (2.0, 0.01)])
def test_as_many_seeds_are_needed_as_have_the_power_by_the_noncentral_t(difference, alpha):
    assert seeds_for(difference, alpha) == fewest(difference, alpha)


def fewest(difference, alpha):
    """The least number of seeds with a power of 0.8, by the noncentral t distribution."""

    def suffices(seeds):
        return stats.nct.sf(critical(seeds - 1, alpha), seeds - 1, difference * math.sqrt(seeds)) >= 0.8

    return 3 + bisect_left(range(3, 10_000), True, key=suffices)


def test_seeds_are_counted_up_to_ten_thousand():
    assert seeds_for(0.001, 0.05) == 10_000
    assert seeds_for(100.0, 0.05) == 3


@pytest.mark.parametrize("seeds", [2, 5, 8])
def test_the_smallest_exact_p_is_that_of_all_sign_flips(seeds):
    differences = np.random.default_rng(seeds).uniform(1, 2, seeds)
    sums = [abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=seeds)]
    assert smallest_exact(seeds) == np.mean(np.asarray(sums) >= differences.sum() - 1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 15, 0.0625])
def test_with_one_seed_fewer_the_exact_test_cannot_reach_the_level(alpha):
    needed = seeds_for_exact_test(alpha)
    assert smallest_exact(needed) <= alpha < smallest_exact(needed - 1)


def test_the_interval_of_a_standard_deviation_contains_it_nineteen_times_in_twenty():
    draws = np.random.default_rng(0).normal(0, 2, (4000, 5))
    intervals = [standard_deviation_interval(row) for row in draws]
    assert np.mean([low <= 2 <= high for _, low, high in intervals]) == pytest.approx(0.95, abs=0.015)


def test_the_margin_is_detected_up_to_the_deviation_that_is_reported():
    evidence = finding(clean(seeds=8, margin=0.01), "reach-of-margin").evidence
    power = TTestPower().power(1.0 / evidence["allowed"], 8, level_of_t(8, 0.05))  # a margin of one point
    assert power == pytest.approx(0.8, abs=1e-4)


def test_what_has_run_says_how_many_seeds_the_margin_needs():
    differences = [0.001, 0.004, -0.003, 0.002]
    found = finding(clean(margin=0.002), "seeds-for-margin", records=records(differences))
    deviation = 100 * np.std(differences, ddof=1)
    freedom = len(differences) - 1
    low, high = (deviation * math.sqrt(freedom / stats.chi2.isf(tail, freedom)) for tail in (0.025, 0.975))
    assert found.evidence["spread"] == pytest.approx(deviation)
    assert (found.evidence["low"], found.evidence["high"]) == pytest.approx((low, high))
    for end, count in ((low, "fewest"), (high, "most")):
        assert found.evidence[count] == fewest(0.2 / end, 0.05)


@pytest.mark.parametrize("differences", [[0.01, 0.02], [0.01, 0.01, 0.01]], ids=["two seeds", "no deviation"])
def test_what_has_no_standard_deviation_says_nothing_of_seeds(differences):
    assert finding(clean(), "seeds-for-margin", records=records(differences)) is None
