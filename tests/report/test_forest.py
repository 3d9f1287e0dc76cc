"""The forest plot in numbers: which rows lie beyond its scale, and what the scale reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.page import pages

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.verdict import Failures
from paribus.report.answers import Answer
from paribus.report.first_screen import FirstScreen
from paribus.report.forest import forests
from paribus.report.page.glance import strip


@pytest.fixture(scope="module")
def answered(made, tmp_path_factory):
    (answer,) = FirstScreen(pages.ordinary(made, tmp_path_factory.mktemp("runs"))).answers
    return answer.comparison


@pytest.fixture
def question(answered):
    """A question with a difference, in percentage points, and the half widths of its intervals."""

    def make(mean, *, half=1.0, corrected=None, margin=0.005, metric="test_accuracy"):
        unit = 100 if metric == "test_accuracy" else 1

        def ends(width):
            return None if width is None else ((mean - width) / unit, (mean + width) / unit)

        paired = replace(answered.paired, mean=mean / unit, interval=ends(half))
        asked = answered.question.model_copy(update={"metric": metric})
        return Answer(
            replace(answered, question=asked, paired=paired, corrected=ends(corrected), margin=margin), "a"
        )

    return make


def test_an_outlier_lies_beyond_the_scale_and_does_not_squeeze_the_others(question):
    (forest,) = forests([question(mean) for mean in (-79.7, 4.7, 0.2, -79.7, 1.5)])
    assert [row.beyond for row in forest.rows] == [-1, 0, 0, -1, 0]
    assert -10 < forest.axis.low < -0.5
    assert 5.7 < forest.axis.high < 10


def test_a_variant_that_failed_to_train_does_not_stretch_the_scale(question):
    lost = question(-12.0)
    failures = Failures(FailureRate(5, 5), FailureRate(0, 5), (5, 0), 0.06)
    lost = replace(lost, comparison=replace(lost.comparison, failures=failures))
    (forest,) = forests([lost, question(4.7), question(3.0)])
    assert [row.beyond for row in forest.rows] == [-1, 0, 0]


def test_every_interval_within_the_scale_is_whole(question):
    (forest,) = forests([question(mean, half=2, corrected=3) for mean in (1, 4, -3)])
    for row in forest.rows:
        assert forest.shown(row.corrected) == (*row.corrected, False, False)


def test_a_corrected_interval_many_times_as_wide_is_cut_off(question):
    (forest,) = forests([question(1, half=1, corrected=60), question(2)])
    low, high, cut_low, cut_high = forest.shown(forest.rows[0].corrected)
    assert (low, high, cut_low, cut_high) == (forest.axis.low, forest.axis.high, True, True)
    assert forest.axis.high < 10


def test_zero_and_the_margin_are_on_the_scale(question):
    (forest,) = forests([question(3, half=0.5), question(4, half=0.5)])
    assert forest.axis.low < -0.5
    assert forest.margins == pytest.approx((0.5,))


@pytest.mark.parametrize("mean", [0.001, 5.0, -80.0])
def test_one_question_alone_is_never_beyond(question, mean):
    (forest,) = forests([question(mean)])
    assert forest.rows[0].beyond == 0


def test_small_differences_of_two_questions_share_a_scale(question):
    (forest,) = forests([question(0.2, half=0.3), question(4.7)])
    assert [row.beyond for row in forest.rows] == [0, 0]


def test_each_metric_has_a_scale_of_its_own(question):
    found = forests([question(1), question(0.3, metric="test_loss", margin=None, half=0.1)])
    assert [forest.metric for forest in found] == ["test_accuracy", "test_loss"]
    assert found[1].axis.high < 1
    assert found[1].margins == ()


def test_a_question_without_a_difference_keeps_its_row(question):
    without = question(1)
    without = replace(
        without, comparison=replace(without.comparison, paired=replace(without.comparison.paired, mean=None))
    )
    (forest,) = forests([without, question(2)])
    assert [row.mean for row in forest.rows] == [None, 2]
    assert len(forests([without])[0].rows) == 1


def test_the_caption_says_how_to_read_what_is_drawn(question):
    one = question(1, corrected=2)
    many = replace(one, comparison=replace(one.comparison, family=15))
    (forest,) = forests([many])
    assert "corrected for 15 questions" in forest.caption
    assert "margin of 0.5" in forest.caption
    (alone,) = forests([question(1, margin=None)])
    assert alone.caption == "Thick: 95% CI."


def test_each_question_is_shaded_by_its_own_margin(question):
    (forest,) = forests([question(1), question(2, margin=0.02), question(3, margin=None)])
    assert [row.margin for row in forest.rows] == [pytest.approx(0.5), pytest.approx(2.0), None]
    assert "each question's own margin" in forest.caption
    shaded = ['class="margin"' in strip(forest, row) for row in forest.rows]
    assert shaded == [True, True, False]
