"""Numbers paired by seed, held against other programs and against published worked examples."""

from __future__ import annotations

from itertools import product
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import bootstrap
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW, ttost_paired

from paribus.analysis.questions.statistics import (
    ImageVariance,
    holm,
    paired,
    sign_flip,
    t_test,
)

# Additional hours of sleep under two drugs: Student, Biometrika 6 (1908), the data set `sleep` of R.
DEXTRO = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
LAEVO = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
# Crossed minus self-fertilized maize, in eighths of an inch: Fisher, The Design of Experiments, § 17.
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_students_sleep_data_give_students_answer():
    found = paired(LAEVO, DEXTRO)
    assert found.mean == pytest.approx(1.58)
    assert found.p_t == pytest.approx(0.002833, abs=5e-7)
    assert found.t_interval == pytest.approx((0.7001142, 2.4598858), abs=5e-8)


def test_the_verdict_asks_for_more_than_the_t_test():
    found = paired(LAEVO, DEXTRO)
    assert found.p_value > found.p_t
    assert found.interval[0] < found.t_interval[0] < found.t_interval[1] < found.interval[1]


def test_the_bootstrap_is_scipys_and_needs_eight_pairs():
    found = paired(LAEVO, DEXTRO)
    differences = np.subtract(LAEVO, DEXTRO)
    expected = bootstrap((differences,), np.mean, method="BCa", rng=np.random.default_rng(0))
    assert found.bootstrap == pytest.approx(tuple(expected.confidence_interval))
    assert paired(LAEVO[:7], DEXTRO[:7]).bootstrap is None


def test_seeds_at_which_either_is_ahead_are_counted():
    found = paired([3.0, 1.0, 2.0, 5.0], [1.0, 2.0, 2.0, 4.0])
    assert (found.higher, found.lower) == (2, 1)


def test_the_paired_t_test_is_that_of_statsmodels():
    described = DescrStatsW(np.subtract(LAEVO, DEXTRO))
    p_value, low, high = t_test(np.subtract(LAEVO, DEXTRO))
    assert p_value == pytest.approx(described.ttest_mean(0)[1])
    assert (low, high) == pytest.approx(described.tconfint_mean(0.05))


def test_fishers_maize_gives_fishers_count_of_sign_patterns():
    assert float(sign_flip(MAIZE)) * 2**15 == pytest.approx(2 * 863)


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=7))
def test_the_sign_flip_test_counts_all_patterns_ties_included(counts):
    observed = abs(sum(counts))
    patterns = [abs(np.dot(signs, counts)) for signs in product([1, -1], repeat=len(counts))]
    expected = min(1, np.mean([each >= observed for each in patterns]))
    # Hundredths of a percent are no binary fractions: their sums differ in the last place by their order.
    assert float(sign_flip(np.array(counts) * 0.0001)) == pytest.approx(expected)


@pytest.mark.parametrize("pairs", [2, 3, 5, 8])
def test_no_p_is_smaller_than_the_smallest(pairs):
    draw = np.random.default_rng(pairs)
    one_sided = paired(list(draw.uniform(1, 2, pairs)), [0.0] * pairs)
    assert one_sided.p_exact == one_sided.p_exact_smallest == 2 / 2**pairs


def test_many_pairs_are_drawn_and_the_answer_is_always_the_same():
    differences = np.random.default_rng(3).normal(0.5, 1, 24)
    assert float(sign_flip(differences)) == float(sign_flip(differences))
    assert float(sign_flip(differences)) == pytest.approx(float(t_test(differences)[0]), abs=0.01)


def test_holms_method_gives_the_worked_example():
    # The example of the article "Holm–Bonferroni method" of Wikipedia, by hand: 4·0.005, 3·0.01, 2·0.03.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


@patch("gc.collect", lambda: 0)  # which multipletests calls each time, and which takes a tenth of a second
@given(st.lists(st.floats(0, 1) | st.none(), max_size=8))
def test_holms_method_step_by_step(p_values):
    family, highest, expected = len(p_values), 0.0, {}
    told = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    for step, (p, place) in enumerate(told):
        highest = max(highest, min(1.0, (family - step) * p))
        expected[place] = highest
    found = holm(p_values)
    assert {place: p for place, p in enumerate(found) if p is not None} == pytest.approx(expected)
    assert [p is None for p in found] == [p is None for p in p_values]


@patch("gc.collect", lambda: 0)
@given(st.lists(st.floats(0, 1, allow_subnormal=True) | st.sampled_from([0.0, 0.01, 0.05, 1.0]), min_size=1))
def test_holms_method_gives_the_bits_of_statsmodels(p_values):
    assert list(holm(p_values)) == multipletests(p_values, method="holm")[1].tolist()


def test_what_could_not_be_tested_counts_as_one_of_the_questions():
    assert holm([0.001, None, None, 0.02])[0] == pytest.approx(
        multipletests([0.001, 1, 1, 0.02], method="holm")[1][0]
    )
    assert holm([None, None]) == (None, None)


def test_equivalence_is_that_of_statsmodels_where_skew_no_longer_matters():
    draw = np.random.default_rng(4)
    treatment, reference = draw.normal(0, 1, 300), draw.normal(0, 1, 300)
    expected, _, _ = ttost_paired(treatment, reference, -0.3, 0.3)
    assert 0.05 < expected < 0.5
    assert paired(list(treatment), list(reference), 0.3).p_equivalence == pytest.approx(expected)


def test_with_few_pairs_equivalence_asks_for_more():
    expected, _, _ = ttost_paired(np.array(LAEVO), np.array(DEXTRO), -2.5, 2.5)
    assert paired(LAEVO, DEXTRO, 2.5).p_equivalence > expected


def test_without_a_margin_nothing_is_equivalent():
    assert paired([0.5, 0.5, 0.50001], [0.5, 0.5, 0.5]).p_equivalence is None


@pytest.mark.parametrize(("difference", "p_value"), [(0.0, 1.0), (0.01, 0.25)])
def test_differences_that_are_all_alike_are_tested_exactly(difference, p_value):
    found = paired([0.96 + difference, 0.97 + difference, 0.95 + difference], [0.96, 0.97, 0.95], 0.02)
    assert found.is_exact
    assert found.mean == pytest.approx(difference)
    assert (found.interval, found.p_t, found.p_value, found.p_equivalence) == (None, None, p_value, 0.125)


def test_beyond_the_margin_nothing_that_is_alike_is_equivalent():
    assert paired([0.99] * 8, [0.96] * 8, 0.02).p_equivalence == 1


def test_differences_that_are_all_alike_are_judged_by_the_images_where_these_are_known():
    images = ImageVariance(1000, between=1e-6, rest=1e-7)
    found = paired([0.17] * 5, [0.97] * 5, images=images)
    assert not found.is_exact
    assert found.p_value < 1e-4


def test_two_pairs_have_an_interval_but_no_verdict():
    found = paired([0.98, 0.97], [0.96, 0.96])
    assert found.interval is not None
    assert (found.p_value, found.is_tested) == (None, False)


@pytest.mark.parametrize("pairs", [0, 1])
def test_too_few_pairs_give_no_interval_and_no_p(pairs):
    found = paired([0.97] * pairs, [0.96] * pairs, 0.005)
    assert found.mean == (pytest.approx(0.01) if pairs else None)
    assert (found.interval, found.p_value, found.p_exact, found.p_equivalence) == (None,) * 4


@pytest.mark.parametrize(("treatment", "reference"), [([1.0], []), ([float("nan")], [1.0])])
def test_what_has_no_pair_or_no_value_is_refused(treatment, reference):
    with pytest.raises(ValueError, match="value"):
        paired(treatment, reference)


def test_seeds_that_are_folds_have_the_corrected_resampled_t_test():
    """Nadeau and Bengio (2003), by hand: ten differences of ten folds, tested over trained on 1 to 9."""
    differences = np.array([0.02, 0.01, 0.03, 0.0, 0.02, 0.01, 0.02, 0.03, 0.01, 0.01])
    found = paired([*(0.9 + differences)], [0.9] * 10, overlap=1 / 9)
    error = np.sqrt((1 / 10 + 1 / 9) * differences.var(ddof=1))
    t = differences.mean() / error
    assert found.p_t == pytest.approx(2 * stats.t.sf(t, 9))
    assert found.p_normal == pytest.approx(found.p_t)
    low, high = stats.t.interval(0.95, 9, differences.mean(), error)
    assert found.t_interval == pytest.approx((low, high))
    assert found.p_exact is None
    assert found.bootstrap is None
    uncorrected = paired([*(0.9 + differences)], [0.9] * 10)
    assert uncorrected.p_value < found.p_value
