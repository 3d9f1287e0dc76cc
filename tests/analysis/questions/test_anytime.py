"""Answers that stay valid however often one has looked, against quadrature, scipy and made-up studies."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from paribus.analysis.questions import anytime as sequential
from paribus.analysis.questions.anytime import (
    EFFECT,
    anytime,
    confidence_sequence,
    critical_t,
    e_values,
    min_seeds,
    p_of_counts,
)
from paribus.analysis.questions.statistics import ImageVariance, holm, paired
from paribus.analysis.questions.tails import ALPHA

STUDIES, SEEDS = 10_000, 100
HALVES = {"two-sided": (-math.inf, math.inf, 1), "less": (-math.inf, 0, 2), "greater": (0, math.inf, 2)}


def at_most_nominal(rate, nominal=ALPHA):
    """Three standard errors of a rate over so many studies are allowed for."""
    return rate <= nominal + 3 * math.sqrt(nominal * (1 - nominal) / STUDIES)


def of(differences):
    """These differences, as they come from pairs."""
    return paired(list(differences), [0.0] * len(differences))


def e_process(differences, null=0.0, alternative="two-sided", rounding=0.0, effect=EFFECT):
    """The e-values of differences over seeds alone, for every number of seeds."""
    mean, deviation = sequential.moments(differences, rounding)
    n = np.arange(1, mean.shape[-1] + 1)
    return e_values((mean - null) * np.sqrt(n) / deviation, alternative=alternative, effect=effect)


def sequence(values):
    """The confidence sequence of these differences."""
    mean, deviation = sequential.moments(values)
    return confidence_sequence(mean, deviation / np.sqrt(np.arange(1, len(mean) + 1)))


@pytest.fixture(scope="module")
def null():
    """Standard normal differences: a study a row, a seed a column."""
    return np.random.default_rng(20_261_125).normal(size=(STUDIES, SEEDS))


def by_quadrature(t, n, alternative, effect):
    """The likelihood ratio as it is defined: noncentral over central t, averaged over the effect size."""
    low, high, weight = HALVES[alternative]
    low, high = max(low, -9 * effect), min(high, 9 * effect)

    def weighed(size):
        return weight * stats.nct.pdf(t, n - 1, size * math.sqrt(n)) * stats.norm.pdf(size, 0, effect)

    middle = min(max(t / math.sqrt(n), low), high)
    return integrate.quad(weighed, low, high, points=[middle], limit=200)[0] / stats.t.pdf(t, n - 1)


@pytest.mark.parametrize("alternative", HALVES)
@pytest.mark.parametrize("effect", [0.5, EFFECT])
@pytest.mark.parametrize("n", [2, 3, 8, 30])
def test_the_process_is_the_likelihood_ratio_averaged_over_effect_sizes(n, alternative, effect):
    values = np.random.default_rng(n).normal(0.6, 1, n)
    t = stats.ttest_1samp(values, 0).statistic
    assert e_process(values, alternative=alternative, effect=effect)[-1] == pytest.approx(
        by_quadrature(t, n, alternative, effect), rel=1e-6
    )


@pytest.mark.parametrize("alternative", HALVES)
def test_under_the_null_the_expected_value_stays_1(alternative):
    """By quadrature over the central t distribution: what makes it an e-value at each number of seeds."""
    for n in (3, 5, 20):
        # Numbers with a given t statistic t: n equal ones would have none, so two values and their mean.
        base = np.resize([-1.0, 1.0], n)
        base -= base.mean()

        def value(t, base=base, n=n):
            values = base / base.std(ddof=1) + t / math.sqrt(n)
            return e_process(values, alternative=alternative)[-1] * stats.t.pdf(t, n - 1)

        assert integrate.quad(value, -np.inf, np.inf, limit=400)[0] == pytest.approx(1, abs=1e-4)


@given(
    st.floats(1e-6, 1e6),
    st.lists(st.floats(-3, 3).map(lambda x: round(x, 2)), min_size=2, max_size=12).filter(
        lambda values: len(set(values)) > 1
    ),
)
def test_the_scale_of_the_differences_does_not_matter(scale, values):
    values = np.array(values)
    assert e_process(values * scale)[-1] == pytest.approx(e_process(values)[-1], rel=1e-6)


def test_the_two_sides_average_to_both():
    values = np.random.default_rng(1).normal(0.3, 1, (50, 20))
    halves = (e_process(values, alternative="less") + e_process(values, alternative="greater")) / 2
    np.testing.assert_allclose(halves, e_process(values))


def test_one_side_grows_with_the_mean_at_every_number_of_seeds(null):
    values = null[:500]
    processes = [e_process(values, null=-shift, alternative="greater") for shift in (-1, -0.2, 0, 0.2, 1)]
    for smaller, larger in itertools.pairwise(processes):
        assert (smaller <= larger * (1 + 1e-9)).all()


def test_equal_differences_are_no_evidence_even_where_rounding_tells_them_apart():
    equal = [0.96 - 0.95, 0.85 - 0.84, 0.5 - 0.49, 0.03 - 0.02]
    assert len(set(equal)) > 1
    assert e_process(equal).tolist() == [1, 1, 1, 1]
    assert e_process(equal, null=0.01, alternative="less").tolist() == [1, 1, 1, 1]
    assert sequence(equal) == (-math.inf, math.inf)


def test_a_spread_within_rounding_is_none():
    values = 0.01 + 1e-8 * np.random.default_rng(0).normal(size=10)
    assert e_process(values)[-1] > 1e6
    assert e_process(values, rounding=1e-7).tolist() == [1] * 10


@pytest.mark.parametrize("values", [[], [0.01], [0.01, 0.02]], ids=["none", "one", "two"])
def test_fewer_than_three_seeds_are_not_tested(values):
    found = paired(values, [0.0] * len(values), margin=0.01)
    told = anytime(found, margin=0.01)
    assert (told.differences, told.mean) == (found.differences, found.mean)
    assert told.interval is told.p_value is told.p_equivalence is told.p_exact is None


@pytest.mark.parametrize("seeds", [4, 8])
def test_equal_differences_have_the_exact_tests_p(seeds):
    found = anytime(paired([0.25] * seeds, [0.0] * seeds))
    assert (found.is_exact, found.p_value) == (True, 2 / 2**seeds)


def test_new_images_make_a_claim_rarer(null):
    values = null[0, :10] * 0.001 + 0.01
    alone = anytime(of(values))
    both = anytime(of(values), images=ImageVariance(1000, between=1e-6, rest=1e-8))
    assert both.p_value > alone.p_value
    assert both.interval[0] < alone.interval[0] < alone.interval[1] < both.interval[1]


def test_looking_at_exponential_differences_after_every_seed_is_wrong_in_one_of_ten_studies_at_most():
    values = np.random.default_rng(3).exponential(size=(200, 50)) - 1
    mean, deviation = sequential.moments(values)
    found = [sequential.p_value(row) for row in mean * np.sqrt(np.arange(1, 51)) / deviation]
    assert np.mean(np.array(found) <= ALPHA) <= 0.1
    for row, p_value in list(zip(values, found, strict=True))[:10]:
        assert anytime(of(row)).p_value == pytest.approx(p_value, rel=1e-9)


def test_what_does_not_hold_at_every_number_of_seeds_is_left_out():
    found = of(np.random.default_rng(0).normal(0.02, 0.001, 8))
    told = anytime(found)
    assert found.p_exact is not None
    assert told.p_exact is None
    assert told.p_value > found.p_value
    assert told.interval[0] < found.interval[0] < found.interval[1] < told.interval[1]


def test_while_nothing_is_excluded_there_is_no_interval():
    assert anytime(of([0.02, 0.021, 0.022])).interval is None
    assert anytime(of([0.02, 0.021, 0.022])).p_value < 1


@pytest.mark.parametrize("questions", [1, 2, 5, 15, 40])
def test_before_the_min_seeds_seeds_no_evidence_suffices_and_with_them_some_does(questions):
    largest = e_process(1 + 1e-6 * np.random.default_rng(0).normal(size=20))
    seeds = min_seeds(questions)
    assert largest[seeds - 2] < questions / ALPHA <= largest[seeds - 1]


@pytest.mark.parametrize("n", [4, 5, 10, 50])
def test_the_bound_is_where_the_process_reaches_one_over_the_level(n):
    base = np.resize([-1.0, 1.0], n)
    base -= base.mean()
    values = base / base.std(ddof=1) + critical_t(n) / math.sqrt(n)
    assert e_process(values)[-1] == pytest.approx(1 / ALPHA)


@given(st.integers(0, 10_000), st.integers(3, 15), st.floats(-1, 1))
def test_the_interval_leaves_out_no_mean_that_the_process_has_not_excluded(draw, seeds, mean):
    values = np.random.default_rng(draw).normal(0.5, 0.2, seeds)
    interval = sequence(values)
    if interval is None or not interval[0] <= mean <= interval[1]:
        assert e_process(values, null=mean).max() >= 1 / ALPHA


def test_seeds_that_contradict_each_other_leave_no_interval():
    values = [*np.random.default_rng(0).normal(5, 0.1, 8), *np.random.default_rng(1).normal(-50, 0.1, 60)]
    assert sequence(values) is None
    told = anytime(of(values), margin=0.5)
    assert told.interval is told.p_value is told.p_equivalence is None


def test_a_mean_that_has_changed_its_sign_since_is_a_contradiction_too():
    values = [*np.random.default_rng(0).normal(1, 0.05, 5), -7.0]
    assert np.mean(values) < 0 < sequence(values)[0]
    assert anytime(of(values)).p_value is None


# What follows draws 10,000 studies, and looks at each after every seed.


def test_looking_after_every_seed_keeps_the_rate_of_false_alarms(null):
    alarms = (e_process(null) >= 1 / ALPHA).any(axis=1)
    assert alarms.mean() > 0.01
    assert at_most_nominal(alarms.mean())


def test_repeated_t_tests_would_not_keep_it(null):
    """Why there is a second procedure: the usual p, looked at after every seed from 2 to 30."""
    alarms = np.zeros(STUDIES, dtype=bool)
    for seeds in range(2, 31):
        alarms |= stats.ttest_1samp(null[:, :seeds], 0, axis=1).pvalue <= ALPHA
    assert alarms.mean() > 4 * ALPHA


def test_the_confidence_sequence_always_has_the_mean_in_19_of_20_studies():
    values = np.random.default_rng(5).normal(0.3, 1, (1000, 30))
    intervals = [sequence(row) for row in values]
    covered = np.mean([each is not None and each[0] <= 0.3 <= each[1] for each in intervals])
    assert covered >= 1 - ALPHA - 3 * math.sqrt(ALPHA * (1 - ALPHA) / 1000)


def test_a_sign_is_claimed_wrongly_in_half_of_those_at_most(null):
    shifted = null + 0.05
    process = e_process(shifted)
    mean = sequential.moments(shifted)[0]
    assert at_most_nominal(((process >= 1 / ALPHA) & (mean < 0)).any(axis=1).mean(), ALPHA / 2)


@pytest.mark.parametrize("margin", [0.5, 3.0], ids=["a small margin", "a large margin"])
@pytest.mark.parametrize("beyond", [1.0, 1.3], ids=["at the edge", "beyond it"])
def test_equivalence_is_rarely_claimed_of_a_mean_that_is_not_within_the_margin(null, margin, beyond):
    values = null + beyond * margin
    less = np.maximum.accumulate(e_process(values, null=margin, alternative="less"), axis=1)
    greater = np.maximum.accumulate(e_process(values, null=-margin, alternative="greater"), axis=1)
    assert at_most_nominal((np.minimum(less, greater) >= 1 / ALPHA).any(axis=1).mean())


def test_equivalence_is_found_where_it_is(null):
    told = [anytime(of(row[:10] * 0.001), margin=0.004).p_equivalence for row in null[:200]]
    assert np.mean(np.array(told) <= ALPHA) > 0.95


@pytest.mark.parametrize("true", [5, 3], ids=["five of five", "three of five"])
def test_holm_over_five_questions_keeps_the_rate_of_any_false_alarm(true):
    """The others have effects so large that Holm soon tests the true ones among fewer."""
    draw = np.random.default_rng(true)
    values = draw.normal(size=(STUDIES, 5, 30))
    values[:, true:] += 3
    p = 1 / np.maximum.accumulate(e_process(values), axis=-1)
    false = p[:, :true].min(axis=1) * true <= ALPHA  # Holm's step at which the first true one falls, at worst
    assert at_most_nominal(false.any(axis=1).mean())
    last = p[:50, :, -1]
    by_holm = np.array([holm(list(row)) for row in last])[:, :true] <= ALPHA
    assert (by_holm.any(axis=1) <= false[:50].any(axis=1)).all()


def test_counts_of_a_fair_coin_are_rarely_called_unequal_however_often_one_looks():
    heads = np.random.default_rng(8).random((STUDIES, 100)) < 0.5
    counts = np.cumsum(heads, axis=1), np.cumsum(~heads, axis=1)
    assert at_most_nominal((p_of_counts(*counts) <= ALPHA).any(axis=1).mean())


def test_the_evidence_of_counts_is_the_likelihood_ratio_averaged_over_all_chances():
    ratio = integrate.quad(lambda chance: chance**7 * (1 - chance) ** 2 / 0.5**9, 0, 1)[0]
    assert p_of_counts(7, 2) == pytest.approx(1 / ratio)
