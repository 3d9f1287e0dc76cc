"""The interval that decides leaves out zero just where the adjusted p-value decides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.analysis.questions.anytime import anytime
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.corrected import corrected_interval
from paribus.analysis.questions.statistics import holm, holm_factors, paired
from paribus.analysis.questions.tails import ALPHA
from paribus.study.model import Question

P = st.lists(st.one_of(st.none(), st.floats(1e-12, 1.0)), min_size=1, max_size=15)
QUESTION = Question(treatment="b", reference="a")


def compared(differences, *, sequential=False):
    """A question answered by these differences."""
    found = paired([0.5 + each for each in differences], [0.5] * len(differences))
    if sequential:
        found = anytime(found)
    procedure = "sequential" if sequential else "fixed"
    seeds = tuple(range(len(differences)))
    return Comparison(QUESTION, seeds, (0.5 + found.mean, 0.5), found, procedure=procedure)


@given(P)
def test_the_factors_are_those_of_holms_method(p_values):
    adjusted, factors = holm(p_values), holm_factors(p_values)
    if len(p_values) == 1 or all(p is None for p in p_values):
        return
    for p, by_holm, factor in zip(p_values, adjusted, factors, strict=True):
        if p is not None:
            assert by_holm == pytest.approx(min(1.0, p * factor))
            assert factor >= 1 - 1e-12


def test_a_p_value_of_zero_has_the_largest_factor():
    assert holm_factors([0.0, 0.5]) == (2.0, 1.0)


@pytest.mark.parametrize("sequential", [False, True])
@given(
    shift=st.floats(0.0, 0.03),
    seed=st.integers(0, 99),
    pairs=st.integers(3, 12),
    factor=st.sampled_from([1.0, 2.0, 7.0, 15.0]),
)
def test_it_leaves_out_zero_just_where_the_adjusted_p_value_decides(sequential, shift, seed, pairs, factor):
    differences = np.random.default_rng(seed).normal(shift, 0.01, pairs)
    comparison = compared(differences, sequential=sequential)
    ends = corrected_interval(comparison, factor)
    p = comparison.p_value
    if ends is None:
        assert comparison.interval is None or (p is not None and p * factor > ALPHA)
        return
    if abs(p * factor - ALPHA) > 1e-6:
        assert (ends[0] > 0 or ends[1] < 0) == (p * factor <= ALPHA)


@given(seed=st.integers(0, 99), pairs=st.integers(3, 12))
def test_one_question_has_the_interval_that_is_told(seed, pairs):
    comparison = compared(np.random.default_rng(seed).normal(0.0, 0.01, pairs))
    assert corrected_interval(comparison, 1.0) == pytest.approx(comparison.interval)


def test_more_questions_make_it_wider():
    comparison = compared([0.01, 0.012, 0.011, 0.013, 0.009])
    widths = [np.ptp(corrected_interval(comparison, factor)) for factor in (1.0, 3.0, 15.0)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 3


def test_two_seeds_have_none():
    assert corrected_interval(compared([0.01, 0.02]), 1.0) is None
