"""The quick rules of the simulation decide as the comparisons of a study do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.calibration.crossed import looks, tables
from benchmarks.calibration.draw import SHAPES, Drawn, generator, studies
from benchmarks.calibration.fixed import verdicts
from benchmarks.calibration.rules import NOW, exact_p, holm_rejects, strengths_of
from benchmarks.calibration.sequential import different, equivalent

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.anytime import anytime
from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.per_image import mcnemar, new_images
from paribus.analysis.questions.statistics import holm, paired
from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.questions.verdict import Failures
from paribus.study.model import Question

MARGIN = 3.0
QUESTION = Question(treatment="a", reference="b", metric="test_accuracy")


def compared(drawn: Drawn, study: int, margin: float | None) -> list[str]:
    """The verdicts on one study's questions, by what a study's answers are made with."""
    found, failed = [], []
    for question in range(drawn.differences.shape[1]):
        values = drawn.as_measured[study, question]
        sides = [
            np.zeros(len(values), bool) if each is None else each[study, question]
            for each in (drawn.treatment_failed, drawn.reference_failed)
        ]
        none_trained = any(side.all() for side in sides)
        kept = np.full(len(values), True) if none_trained else ~(sides[0] | sides[1])
        found.append(paired(list(values[kept]), [0.0] * int(kept.sum()), margin))
        rates = [FailureRate(int(side.sum()), len(side)) for side in sides]
        counted = mcnemar(*sides)
        only = counted.only_treatment, counted.only_reference
        failed.append(Failures(*rates, only, counted.p_value))
    p_adjusted = holm([each.p_value for each in found])
    p_equivalence_adjusted = holm([each.p_equivalence for each in found])
    p_failures = holm([each.p_value for each in failed])
    return [
        Comparison(
            QUESTION,
            tuple(range(len(each.differences))),
            None,
            each,
            p_adjusted=p_adjusted[place],
            p_equivalence_adjusted=p_equivalence_adjusted[place],
            failures=replace(failed[place], p_adjusted=p_failures[place]),
        ).verdict.value
        for place, each in enumerate(found)
    ]


@pytest.mark.parametrize("margin", [None, MARGIN])
@pytest.mark.parametrize("shape", SHAPES)
def test_fixed_studies_get_the_verdicts_of_their_comparisons(shape, margin):
    drawn = studies(shape, (12, 3, 6)).moved(1.0)
    found = verdicts(drawn, NOW, margin)
    assert [list(each) for each in found] == [compared(drawn, study, margin) for study in range(12)]


def test_so_do_studies_of_a_variant_that_hardly_ever_trains():
    draw = np.random.default_rng(0)
    sides = [draw.random((12, 3, 8)) < chance for chance in (0.9, 0.1)]
    drawn = Drawn(draw.normal(size=(12, 3, 8)), *sides)
    found = verdicts(drawn, NOW)
    assert [list(each) for each in found] == [compared(drawn, study, None) for study in range(12)]
    assert {"failed", "less-reliable", "undecided"} <= {*found.ravel()}


def test_large_differences_are_called_so():
    found = verdicts(studies("normal", (12, 3, 6)).moved(-8.0), NOW)
    assert {*found.ravel()} == {"worse"}


def test_holm_rejects_what_the_adjusted_p_values_reject():
    p_values = 10.0 ** np.random.default_rng(0).uniform(-3, 0, (200, 5))
    expected = [[each <= ALPHA for each in holm(list(study)) if each is not None] for study in p_values]
    assert holm_rejects(strengths_of(p_values, 5)).tolist() == expected


@pytest.mark.parametrize(("one", "other"), [(0, 0), (3, 0), (1, 6), (4, 4)])
def test_failures_are_compared_by_mcnemars_exact_test(one, other):
    sides = np.repeat([1.0, 0.0], [one, other]), np.repeat([0.0, 1.0], [one, other])
    assert exact_p(np.array(one), np.array(other)) == pytest.approx(mcnemar(*sides).p_value)


@pytest.mark.parametrize("shape", ["normal", "exponential", "coarse"])
def test_a_look_shows_what_the_sequential_comparison_shows(shape):
    differences = studies(shape, (8, 1, 12)).moved(1.5).differences[:, 0]
    shown = np.logical_or.accumulate(different(differences, 1), axis=-1)
    alike = equivalent(differences, MARGIN, 1)
    for study, values in enumerate(differences):
        for seeds in range(3, 13):
            after = anytime(paired(list(values[:seeds]), [0.0] * seeds, MARGIN), MARGIN)
            if after.p_value is None or after.p_equivalence is None:
                continue  # seeds that contradict each other decide nothing; the simulation counts them all
            assert (after.p_value <= ALPHA) == shown[study, seeds - 1]
            assert (after.p_equivalence <= ALPHA) == alike[study, seeds - 1]


@pytest.mark.parametrize("moved", [0.0, 2.0])
def test_a_look_with_images_does_so_too(moved):
    table = tables("normal", 8, generator(0)) + moved
    images = [new_images(table[:seeds]).variance for seeds in range(3, 9)]
    by_seed = table.mean(axis=1)
    after = [
        anytime(paired(list(by_seed[:seeds]), [0.0] * seeds), images=images[seeds - 3])
        for seeds in range(3, 9)
    ]
    assert [each.p_value is not None and each.p_value <= ALPHA for each in after] == looks(table).tolist()
