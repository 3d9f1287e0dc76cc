"""How far a mean must lie from zero, against scipy and against studies drawn here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from paribus.analysis.questions.tails import (
    ALPHA,
    SKEWED_ALPHA,
    critical,
    one_sided,
    skewed_tails,
    two_sided,
)

STUDIES = 100_000


def t_statistics(differences):
    """Student's t of each row."""
    error = differences.std(axis=1, ddof=1) / np.sqrt(differences.shape[1])
    return differences.mean(axis=1) / error


@pytest.mark.parametrize("pairs", [3, 5, 10, 30])
@pytest.mark.parametrize("t", [1.0, 2.5, 5.0])
def test_the_tails_of_exponential_differences_are_those_of_a_simulation(pairs, t):
    drawn = t_statistics(np.random.default_rng(pairs).exponential(size=(STUDIES, pairs)) - 1)
    below, above = skewed_tails(t, pairs)
    assert below == pytest.approx(np.mean(drawn < -t), abs=0.004)
    assert above == pytest.approx(np.mean(drawn > t), abs=0.004)


@pytest.mark.parametrize("t", [1.0, 4.0, 16.0, 64.0])
def test_the_tails_of_two_and_three_differences_are_those_of_an_integral(t):
    """Two numbers lie on a line, three in a triangle: what is averaged is integrated over either."""

    def below(deviation, pairs):
        return special.gammainc(pairs, pairs / (1 + t * deviation / np.sqrt(pairs)))

    def of_three(one, share):  # a point of the triangle, one as its first number and the rest shared
        numbers = 3 * np.array([one, (1 - one) * share, (1 - one) * (1 - share)])
        return 2 * (1 - one) * below(numbers.std(ddof=1), 3)

    of_two, _ = integrate.quad(lambda one: below(np.std([2 * one, 2 - 2 * one], ddof=1), 2), 0, 1)
    assert skewed_tails(t, 2)[0] == pytest.approx(of_two, rel=1e-4)
    assert skewed_tails(t, 3)[0] == pytest.approx(integrate.dblquad(of_three, 0, 1, 0, 1)[0], rel=1e-4)


@pytest.mark.parametrize(("pairs", "t"), [(5, 12.0), (5, 20.0), (10, 7.0), (40, 4.0)])
def test_far_tails_are_right_to_the_digits_that_are_shown(pairs, t):
    """A million draws of the deviation, each with the exact chance that the sum is small enough."""
    drawn = np.random.default_rng(pairs).standard_exponential((5_000_000 // pairs, pairs))
    deviations = np.std(drawn / drawn.mean(axis=1, keepdims=True), axis=1, ddof=1)
    below = special.gammainc(pairs, pairs / (1 + t * deviations / np.sqrt(pairs)))
    error = 3 * below.std() / np.sqrt(len(below))
    assert error < 0.02 * below.mean()
    assert skewed_tails(t, pairs)[0] == pytest.approx(below.mean(), abs=error)


def test_new_images_add_degrees_of_freedom_but_no_differences():
    assert two_sided(6.0, 12.4, 5) == pytest.approx(ALPHA / SKEWED_ALPHA * sum(skewed_tails(6.0, 5)))
    assert two_sided(6.0, 12.4, 5) > 3 * two_sided(6.0, 12.4)
    assert one_sided(6.0, 12.4, 5) > 3 * one_sided(6.0, 12.4)
    assert two_sided(critical(12.4, pairs=5), 12.4, 5) == pytest.approx(ALPHA, rel=1e-6)


@pytest.mark.parametrize("pairs", [3, 5, 10, 50])
@pytest.mark.parametrize("questions", [1, 15])
def test_a_claim_is_as_rare_as_promised_whether_differences_are_normal_or_exponential(pairs, questions):
    draw = np.random.default_rng(pairs)
    limit = critical(pairs - 1, ALPHA / questions)
    normal = np.abs(t_statistics(draw.normal(size=(STUDIES, pairs)))) >= limit
    skewed = np.abs(t_statistics(draw.exponential(size=(STUDIES, pairs)) - 1)) >= limit
    for claims, promised in ((normal, ALPHA), (skewed, SKEWED_ALPHA)):
        rate = promised / questions
        assert claims.mean() <= rate + 4 * np.sqrt(rate / STUDIES)


@given(st.floats(0.01, 60), st.integers(2, 400))
def test_it_is_never_bolder_than_students_t(t, freedom):
    assert two_sided(t, freedom) >= 2 * stats.t.sf(t, freedom) * (1 - 1e-9)
    assert one_sided(t, freedom) >= stats.t.sf(t, freedom) * (1 - 1e-9)
    assert two_sided(-t, freedom) == two_sided(t, freedom)


@given(st.floats(0.01, 30), st.floats(1.001, 2), st.integers(2, 60))
def test_a_larger_t_is_never_less_certain(t, factor, freedom):
    assert two_sided(t * factor, freedom) <= two_sided(t, freedom)
    assert one_sided(t * factor, freedom) <= one_sided(t, freedom)


@pytest.mark.parametrize("freedom", [2, 4.5, 30])
@pytest.mark.parametrize("level", [ALPHA, ALPHA / 15])
def test_the_critical_value_is_where_p_is_the_level(freedom, level):
    assert two_sided(critical(freedom, level), freedom) == pytest.approx(level, rel=1e-6)


def test_with_many_pairs_skewness_no_longer_matters():
    assert critical(399) == pytest.approx(stats.t.isf(0.025, 399), rel=1e-3)
