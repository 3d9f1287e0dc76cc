"""The figure of all answers."""

from __future__ import annotations

import pytest
from tests.report.page import pages

from paribus.report.figures.answers import draw_answers
from paribus.report.figures.sheet import as_png
from paribus.report.first_screen import FirstScreen


def words(figure):
    panel = figure.axes[0].child_axes[0]
    return [each.get_text() for each in panel.texts]


def test_every_question_has_its_row_with_difference_and_verdict(made, tmp_path):
    material = pages.many(made, tmp_path, variants=4, seeds=3, epochs=3)
    found = FirstScreen(material).answers
    figure = draw_answers(material.study, found)
    for answer in found:
        for said in (answer.title, answer.pair, answer.difference, f"{answer.mark} {answer.verdict}"):
            assert said in words(figure)


def test_its_scale_is_that_of_the_page(made, tmp_path):
    first = FirstScreen(pages.ordinary(made, tmp_path))
    panel = draw_answers(first.material.study, first.answers).axes[0].child_axes[0]
    (forest,) = first.forests
    assert panel.get_xlim() == pytest.approx((forest.axis.low, forest.axis.high))
    assert tuple(panel.get_xticks()) == forest.axis.ticks


def test_a_study_without_an_answer_says_so(made):
    figure = draw_answers(made.study(), [])
    assert any("No question can be answered yet" in each.get_text() for each in figure.texts)


def test_the_same_answers_give_the_same_bytes(made, tmp_path):
    first = FirstScreen(pages.ordinary(made, tmp_path))
    drawn = [as_png(draw_answers(first.material.study, first.answers)) for _ in range(2)]
    assert drawn[0] == drawn[1]
