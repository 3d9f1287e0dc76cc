"""How far a mean must lie from zero, against scipy and against studies drawn here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

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
