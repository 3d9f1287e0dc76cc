"""Where a published number would lie if its runs were like ours, and what that allows to say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from paribus.analysis.questions.prediction import Agreement, Judgement, Sample, predict

IMAGES = 10_000
FIRST = [0.961, 0.963, 0.966, 0.962, 0.964]
SECOND = [0.950, 0.957, 0.953, 0.951, 0.956]


def judged(values, published, *, tolerance=0.005, family=1):
    """One figure among so many, each with the same p: the smallest that Holm's method makes of it."""
    distance = float(np.mean(values)) - published
    sample = [Sample(values, IMAGES)]
    found = predict(sample, distance)
    return Judgement(
        published,
        float(np.mean(values)),
        "accuracy",
        tuple(range(len(values))),
        tolerance,
        prediction=found,
        with_endless_seeds=predict(sample, distance, endless_seeds=True),
        p_adjusted=min(1.0, found.p_value * family),
        family=family,
    )


def spread(deviation, seeds, center=0.96):
    """So many values with exactly this standard deviation."""
    values = np.linspace(-1, 1, seeds)
    return [float(each) for each in center + deviation * values / values.std(ddof=1)]


def test_one_further_run_lies_where_the_textbook_has_it():
    found = predict([Sample(FIRST, IMAGES)], np.mean(FIRST) - 0.9618)
    scale = np.std(FIRST, ddof=1) * np.sqrt(1 + 1 / 5)
    low, high = stats.t.interval(0.95, 4, np.mean(FIRST), scale)
    assert found.half_width == pytest.approx((high - low) / 2)
    assert found.p_value == pytest.approx(2 * stats.t.sf((np.mean(FIRST) - 0.9618) / scale, 4))


def test_the_test_of_two_means_of_as_many_runs_as_ours_is_welchs():
    """With the same spread in what was published, m = n runs of each side are a test of two samples."""
    sample = Sample(FIRST, IMAGES, published_runs=5)
    found = predict([sample], 0.002)
    pooled = 0.002 / np.sqrt(2 * np.var(FIRST, ddof=1) / 5)
    assert found.p_value == pytest.approx(2 * stats.t.sf(pooled, 4))


def test_a_mean_of_several_published_runs_is_predicted_more_narrowly():
    widths = [predict([Sample(FIRST, IMAGES, runs)], 0).half_width for runs in (1, 3, 10)]
    assert widths == sorted(widths, reverse=True)


def test_endless_seeds_leave_the_normal_spread_of_one_run():
    found = predict([Sample(FIRST, IMAGES)], 0.003, endless_seeds=True)
    deviation = np.std(FIRST, ddof=1)
    assert found.half_width == pytest.approx(1.959964 * deviation)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(0.003 / deviation))


def test_the_variances_of_two_variants_add_up_with_welchs_degrees_of_freedom():
    found = predict([Sample(FIRST, IMAGES), Sample(SECOND, IMAGES)], 0.001)
    welch = stats.ttest_ind(FIRST, SECOND, equal_var=False)
    scale = np.sqrt((np.var(FIRST, ddof=1) + np.var(SECOND, ddof=1)) * (1 + 1 / 5))
    assert found.half_width == pytest.approx(stats.t.ppf(0.975, welch.df) * scale)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_one_further_difference_is_inside_95_times_in_100_whether_or_not_seeds_are_shared(correlation):
    """Ours share seeds, the published ones do not: paired differences would have too narrow a spread."""
    draw = np.random.default_rng(0)
    covariance = [[1, correlation], [correlation, 1]]
    inside = []
    for ours in 0.96 + 0.002 * draw.multivariate_normal([0, 0], covariance, size=(1_500, 5)):
        one, other = 0.96 + 0.002 * draw.normal(size=2)
        distance = (ours[:, 0] - ours[:, 1]).mean() - (one - other)
        samples = [Sample([*ours[:, side]], IMAGES) for side in (0, 1)]
        inside.append(predict(samples, distance).p_value > 0.05)
    assert np.mean(inside) == pytest.approx(0.955, abs=0.018)


def test_runs_that_are_all_equal_count_as_varying_by_one_test_image():
    found = predict([Sample([0.1135] * 5, IMAGES)], 0.0)
    assert found.half_width == pytest.approx(stats.t.ppf(0.975, 4) * 1e-4 * np.sqrt(1.2))


def test_a_figure_inside_a_narrow_interval_is_said_to_be_inside():
    found = judged(spread(0.001, 5), 0.961)
    assert found.agreement is Agreement.WITHIN
    assert str(found.sentence) == (
        "Inside the interval in which 95 of 100 results like ours lie: 95.70 to 96.30 %, "
        "which is ±0.30 points. That is within the tolerance of ±0.50 points."
    )


def test_a_figure_inside_a_wide_interval_shows_nothing_yet():
    """Five seeds give ±3.04 standard deviations, endless ones ±1.96; the tolerance is 2.5 of them."""
    found = judged(spread(0.002, 5), 0.961)
    assert found.agreement is Agreement.TOO_FEW_SEEDS
    assert "wider than the tolerance of ±0.50 points; more seeds" in str(found.sentence)
    assert judged(spread(0.002, 12), 0.961).agreement is Agreement.WITHIN


def test_where_single_runs_vary_more_than_the_tolerance_no_number_of_seeds_is_asked_for():
    found = judged(spread(0.007, 50), 0.961)
    assert found.agreement is Agreement.TOO_FEW_PUBLISHED
    assert "no number of our seeds" in str(found.sentence)


@pytest.mark.parametrize("family", [1, 13, 30])
def test_sixteen_standard_deviations_never_agree_however_many_figures_are_compared(family):
    found = judged(spread(0.001, 3), 0.96 + 0.016, family=family)
    assert found.is_outside
    assert found.agreement is (Agreement.DIFFERS if family == 1 else Agreement.TOO_FEW_SEEDS)
    assert found.agreement is not Agreement.WITHIN


def test_a_figure_somewhat_outside_is_no_agreement_and_among_many_no_difference_either():
    """2.5 standard deviations at fifty seeds: p is 0.017, which thirteen figures may well have among them."""
    alone, among_many = (judged(spread(0.001, 50), 0.9625, family=family) for family in (1, 13))
    assert alone.agreement is Agreement.DIFFERS
    assert among_many.agreement is Agreement.TOO_FEW_PUBLISHED
    assert str(among_many.sentence).startswith("Outside the interval")


def test_a_wide_interval_does_not_hide_a_difference():
    assert judged(spread(0.007, 10), 0.90).agreement is Agreement.DIFFERS


def test_an_interval_of_accuracies_ends_at_all_and_at_nothing():
    found = judged([0.11, 0.97, 0.97], 0.97)
    assert found.interval == (0.0, 1.0)
    assert found.prediction.half_width > 1
    assert found.agreement is Agreement.TOO_FEW_PUBLISHED
