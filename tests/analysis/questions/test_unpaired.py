"""Two groups of runs that nothing pairs: Welch's test, and what it is widened by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.tails import students_p, two_sided
from paribus.analysis.questions.unpaired import fisher, interval_of, skewed_runs, unpaired, welch

GROUPS = ((0.91, 0.92, 0.95, 0.90), (0.85, 0.88, 0.86, 0.87, 0.84, 0.90))


def test_p_and_interval_are_those_of_scipys_welch_test():
    found = unpaired(*GROUPS)
    theirs = stats.ttest_ind(*GROUPS, equal_var=False)
    ends = theirs.confidence_interval(0.95)
    assert found.p_t == pytest.approx(theirs.pvalue)
    assert found.t_interval == pytest.approx((ends.low, ends.high))
    assert found.mean == pytest.approx(np.mean(GROUPS[0]) - np.mean(GROUPS[1]))
    assert found.differences == ()


def test_what_decides_is_never_less_careful_than_welchs_test():
    found = unpaired(*GROUPS)
    assert found.p_value is not None
    assert found.p_t is not None
    assert found.p_value >= found.p_t
    assert found.interval is not None
    assert found.t_interval is not None
    assert found.interval[0] <= found.t_interval[0] + 1e-12
    assert found.interval[1] >= found.t_interval[1] - 1e-12


def test_where_one_group_does_not_vary_it_is_as_careful_as_for_one_sample():
    values = (1.0, 2.0, 4.0, 3.0)
    groups = (values, (9.0, 9.0, 9.0))
    assert skewed_runs(groups) == len(values)
    error = welch(groups)
    t = (np.mean(values) - 9.0) / error.value
    assert error.freedom == pytest.approx(len(values) - 1)
    assert unpaired(*groups).p_value == pytest.approx(two_sided(t, error.freedom, len(values)))


def test_groups_of_one_size_and_spread_need_no_widening_for_skew():
    first, second = (1.0, 2.0, 3.0, 4.0), (6.0, 7.0, 8.0, 9.0)
    found = unpaired(first, second)
    error = welch((first, second))
    assert found.p_value == pytest.approx(students_p((2.5 - 7.5) / error.value, error.freedom))


def test_a_wider_interval_is_asked_for_by_a_stricter_level():
    found = unpaired(*GROUPS)
    assert found.interval is not None
    assert interval_of(found, 0.05) == pytest.approx(found.interval)
    stricter = interval_of(found, 0.01)
    assert stricter is not None
    assert stricter[0] < found.interval[0] < found.interval[1] < stricter[1]


@pytest.mark.parametrize("sizes", [(1, 5), (5, 1), (0, 4)])
def test_a_single_run_allows_no_interval(sizes):
    found = unpaired([0.9] * sizes[0], np.linspace(0.8, 0.9, sizes[1]))
    assert found.interval is None
    assert found.p_value is None


def test_two_runs_allow_an_interval_and_no_verdict():
    found = unpaired([0.9, 0.92], [0.8, 0.83, 0.84])
    assert found.interval is not None
    assert found.p_value is None


def test_groups_that_do_not_vary_are_tested_by_their_permutations():
    found = unpaired([0.9] * 4, [0.8] * 4)
    theirs = stats.permutation_test(
        ([0.9] * 4, [0.8] * 4), lambda a, b: np.mean(a) - np.mean(b), n_resamples=np.inf
    )
    assert found.is_exact
    assert found.p_value == pytest.approx(theirs.pvalue)


def test_groups_that_are_all_alike_differ_by_nothing():
    found = unpaired([0.9] * 4, [0.9] * 3)
    assert (found.mean, found.p_value) == (0.0, 1.0)


def test_equivalence_is_shown_below_the_margin_alone():
    close = ([0.900, 0.901, 0.899, 0.900], [0.9005, 0.9000, 0.8995, 0.9003])
    wide, narrow = (unpaired(*close, margin=margin).p_equivalence for margin in (0.01, 0.0001))
    assert wide is not None
    assert narrow is not None
    assert wide < 0.05 < narrow


def test_failures_are_counted_by_fishers_exact_test():
    theirs = stats.fisher_exact([[4, 1], [0, 5]])
    assert fisher(FailureRate(4, 5), FailureRate(0, 5)) == pytest.approx(theirs.pvalue)


def test_a_value_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        unpaired([0.9, np.nan], [0.8, 0.9])
