"""Colours along the dose: the ramp's order, its contrasts in both themes, and where it is drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.report.page import pages
from tests.study.conftest import BASE

from paribus.analysis.questions.answering import design_answers
from paribus.record.records import Records
from paribus.report.charts import DOSE_INKS
from paribus.report.doses import dose_charts, dose_inks
from paribus.report.figures import figures
from paribus.report.figures.sheet import RAMP
from paribus.report.page.data import page_data
from paribus.report.page.render import page
from paribus.study.reader import load

STYLE = Path("src/paribus/report/page/assets/page.css").read_text(encoding="utf-8")
WHITE, DARK = "#ffffff", "#15171b"


def sweep(levels=(0, 1e-2, 1e-4, 1e-3), **keys):
    return load(
        {
            "base": BASE,
            "sweep": {"kernel_regularizer.l2": [*levels]},
            "questions": [{"trend": "kernel_regularizer.l2"}],
            **keys,
        }
    )


@pytest.fixture
def material(made):
    """A sweep whose doses are not written in their order, with three runs each."""
    study = sweep()
    records = {
        (name, seed): made.run(
            made.history(4, seed=seed),
            seed=seed,
            test=0.9 + 0.01 * place,
            configuration=study.variants[name].configuration,
        )
        for place, name in enumerate(study.variants)
        for seed in range(3)
    }
    answers = design_answers(study, Records(records))
    return replace(pages.material(study, records), design_answers=answers)


def themes():
    """The colours of the style sheet for light and for dark screens, the lowest dose first."""
    found = [re.findall(rf"--dose-{place}: (#\w+);", STYLE) for place in range(1, 10)]
    return {WHITE: [light for light, _ in found], DARK: [dark for _, dark in found]}


def luminance(colour):
    """Relative luminance as WCAG 2 has it."""
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("paper", [WHITE, DARK])
def test_every_dose_stands_out_from_the_page_and_more_so_the_higher_it_is(paper):
    contrasts = [contrast(colour, paper) for colour in themes()[paper]]
    assert contrasts[0] >= 3
    assert contrasts == sorted(contrasts)
    assert min(np.diff(contrasts)) > 0.3  # the order is seen in grey


@pytest.mark.parametrize("paper", [WHITE, DARK])
def test_the_order_is_that_of_lightness_for_those_who_see_no_red_or_no_green(paper):
    """By the matrices of Viénot, Brettel and Mollon (1999), for protanopia and deuteranopia."""
    lost = {
        "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
        "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    }
    for matrix in lost.values():
        seen = []
        for colour in themes()[paper]:
            parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]) ** 2.2
            seen.append(float(np.clip(np.array(matrix) @ parts, 0, 1) @ (0.2126, 0.7152, 0.0722)))
        assert seen == sorted(seen, reverse=paper == WHITE)


def test_figures_on_paper_have_the_light_ramp():
    assert [*RAMP] == themes()[WHITE]


def test_variants_have_the_ramp_in_the_order_of_their_doses():
    assert [*dose_inks(sweep())] == ["l2=0", "l2=0.0001", "l2=0.001", "l2=0.01"]
    assert [*dose_inks(sweep()).values()] == [DOSE_INKS[place] for place in (0, 3, 5, 8)]


@pytest.mark.parametrize(
    "study",
    [
        sweep([0, 0.1], questions=[]),
        load({"base": BASE, "sweep": {"optimizer": ["sgd", "adam", "rmsprop"]}}),
        load({"base": BASE, "cross": {"dropout": [0, 0.1, 0.2], "batch_size": [8, 16]}}),
        load({"base": BASE, "sweep": [{"batch_size": [8, 16, 32]}, {"epochs": [1, 2, 3]}]}),
        load({"base": BASE, "variants": {"plain": {}}}),
    ],
    ids=["two doses", "names", "two factors", "two sweeps", "none"],
)
def test_what_is_no_single_row_of_doses_has_none(study):
    assert dose_inks(study) == {}


def test_more_doses_than_colours_share_them_in_their_order():
    inks = [DOSE_INKS.index(each) for each in dose_inks(sweep([10.0**-k for k in range(12)])).values()]
    assert inks == sorted(inks)
    assert (inks[0], inks[-1]) == (0, 8)


def test_the_report_draws_the_curves_of_all_doses_with_the_legend_in_their_order(material):
    (section,) = material.designs
    charts = dose_charts(material, section)
    assert [line.of for line in charts[0].lines] == ["l2=0", "l2=0.0001", "l2=0.001", "l2=0.01"]
    assert [line.ink for line in charts[0].lines] == [*dose_inks(material.study).values()]
    text = page(material)
    assert text.count('class="line dose-9"') >= 2
    assert "The colours follow the dose" in text


def test_the_page_lays_doses_over_each_other_in_their_order(material):
    overlay = page_data(material)["overlay"]
    names = [overlay["names"][key].partition(" ")[0] for key in overlay["doses"]]
    assert names == ["l2=0", "l2=0.0001", "l2=0.001", "l2=0.01"]


def test_an_overlaid_figure_has_the_ramp_where_all_are_doses(material):
    names = list(material.study.variants)
    figure = figures.overlay_figure(material.study, names, material.records)
    drawn = {line.get_color() for line in figure.axes[0].lines}
    assert {RAMP[0], RAMP[8]} <= drawn
    pair = figures.overlay_figure(material.study, names[:2], material.records)
    assert not {*RAMP} & {line.get_color() for line in pair.axes[0].lines}
