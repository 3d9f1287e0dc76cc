"""How many seeds an open question would take: those with which the same effect would be claimed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analysis.questions.test_designs import answered as answers_of
from tests.analysis.questions.test_designs import crossed, doses

from paribus.analysis.questions.anytime import LOOKS, critical_t
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.outlook import seeds_to_settle, seeds_to_show
from paribus.analysis.questions.statistics import paired
from paribus.analysis.questions.tails import critical
from paribus.record.looks import MAX_SEEDS
from paribus.study.model import Question


def compared(mean, seeds=5):
    """Differences of standard deviation 1 with this mean."""
    values = np.linspace(-1, 1, seeds)
    values = values / (values.std(ddof=1) if seeds > 1 else 1.0) + mean
    found = paired(values, np.zeros(seeds))
    return Comparison(Question(treatment="a", reference="b"), tuple(range(seeds)), (mean, 0.0), found)


@pytest.mark.parametrize("mean", [0.7, 1.0, 2.0, 3.0])
def test_it_is_the_first_number_at_which_the_t_statistic_is_large_enough(mean):
    found = seeds_to_show(compared(mean), 0.05)
    needed = [
        seeds
        for seeds in range(5, MAX_SEEDS + 1)
        if mean * np.sqrt(seeds) >= max(critical_t(seeds), critical(seeds - 1, 0.05 / LOOKS))
    ]
    assert found == (needed[0] if needed else None)


def test_a_smaller_difference_and_a_smaller_level_take_more():
    assert seeds_to_show(compared(2.0), 0.05) < seeds_to_show(compared(1.5), 0.05)
    assert seeds_to_show(compared(2.0), 0.05) < seeds_to_show(compared(2.0), 0.005)


def test_no_difference_takes_more_than_most_get():
    assert seeds_to_show(compared(0.0), 0.05) is None
    assert seeds_to_show(compared(1.0, seeds=1), 0.05) is None


def test_a_trend_takes_what_its_line_takes_at_its_part_of_the_level():
    study, scores = doses(0.9, 0.901, 0.902, 0.903, noise=0.002)
    (answer,), _ = answers_of(study, scores)
    assert not answer.is_decided
    assert seeds_to_settle(answer) == seeds_to_show(answer.line, 0.05 * answer.line.contrast.share)


def test_effects_of_which_one_is_null_take_more_than_most_get():
    study, scores = crossed(lambda a, _b, _c: 0.001 * a)
    (answer,), _ = answers_of(study, scores)
    assert seeds_to_settle(answer) is None
