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


def test_a_long_title_wraps_and_long_names_of_variants_give_way_to_it(made):
    names = ["plain", "raw-pixels-without-any-scaling"]
    study = made.study(names, questions=[{"treatment": names[1], "reference": "plain"}])
    variant = study.variants[names[1]]
    long = "raw pixels from 0 to 255, without any scaling at all"
    study = study.model_copy(
        update={"variants": {**study.variants, names[1]: variant.model_copy(update={"label": long})}}
    )
    records = {
        (name, seed): made.run(made.history(3, seed=seed), seed=seed, test=0.9 + 0.01 * place)
        for place, name in enumerate(names)
        for seed in range(3)
    }
    found = FirstScreen(pages.material(study, records)).answers
    said = words(draw_answers(study, found))
    (title,) = [each for each in said if each.startswith("Raw pixels")]
    assert max(map(len, title.split("\n"))) <= 44
    assert found[0].pair not in said


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
