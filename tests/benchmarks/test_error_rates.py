"""The answers' error rates over simulated studies, and the page that tells of them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from benchmarks.error_rates import (
    CROSSED_STUDIES,
    EFFECTS,
    PAGE,
    POWER_SEEDS,
    QUESTIONS,
    SEEDS,
    SHAPES,
    STUDIES,
    VARIATION,
    coverage,
    false_alarms,
    power,
    power_table,
    share,
    written,
)
from statsmodels.stats.power import TTestPower

from paribus.analysis.questions.statistics import t_test
from paribus.analysis.questions.tails import ALPHA

NOMINAL = 3 * np.sqrt(ALPHA * (1 - ALPHA) / STUDIES)
"""Three standard errors of a rate of 5 % over so many studies."""


def told(name: str) -> list[list[str]]:
    """The rows of one of the page's tables."""
    page = PAGE.read_text(encoding="utf-8")
    block = page.split(f"<!-- {name} -->")[1].split(f"<!-- end of {name} -->")[0]
    rows = [line.strip("| ").split(" | ") for line in block.strip().split("\n")]
    return rows[2:]


def row(name: str, *start: str) -> list[str]:
    """The numbers of the row that begins so."""
    return next(cells[len(start) :] for cells in told(name) if cells[: len(start)] == list(start))


@pytest.mark.parametrize("seeds", SEEDS)
def test_without_a_difference_each_test_claims_one_no_more_often_than_it_may(seeds):
    rates = false_alarms("normal", seeds)
    assert rates["t"] == pytest.approx(ALPHA, abs=NOMINAL)
    assert rates["sign flip"] <= ALPHA + NOMINAL
    assert rates["equivalence"] == pytest.approx(ALPHA, abs=NOMINAL)
    assert rates["study"] <= ALPHA + NOMINAL
    assert row("false alarms", "normal", str(seeds)) == [share(rate) for rate in rates.values()]


@pytest.mark.slow
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "normal"])
@pytest.mark.parametrize("seeds", SEEDS)
def test_the_page_tells_the_rates_of_other_shapes(shape, seeds):
    rates = false_alarms(shape, seeds)
    assert row("false alarms", shape, str(seeds)) == [share(rate) for rate in rates.values()]


def test_five_seeds_never_let_the_sign_flip_test_reject():
    assert {cells[3] for cells in told("false alarms") if cells[1] in {"3", "5"}} == {"0.0"}


@pytest.mark.parametrize("seeds", SEEDS)
def test_the_interval_for_new_seeds_covers_the_true_difference_95_times_in_100(seeds):
    differences = np.random.default_rng(seeds).normal(0.3, 2.0, (STUDIES, seeds))
    _, low, high = t_test(differences)
    assert np.mean((low <= 0.3) & (high >= 0.3)) == pytest.approx(1 - ALPHA, abs=NOMINAL)


@pytest.mark.parametrize("variation", VARIATION)
def test_the_interval_for_new_seeds_and_images_covers_at_least_95_times_in_100(variation):
    held = coverage(variation, 5)
    assert held["both"] >= 1 - ALPHA - 3 * np.sqrt(ALPHA * (1 - ALPHA) / CROSSED_STUDIES)
    assert held["both"] >= max(held["seeds"], held["images"])
    assert row("coverage", variation, "5") == [share(each) for each in held.values()]


@pytest.mark.parametrize("seeds", POWER_SEEDS)
def test_power_is_that_of_statsmodels(seeds):
    assert power(1.0, seeds) == pytest.approx(TTestPower().power(1.0, seeds, ALPHA))


def test_power_is_the_share_of_studies_that_show_the_difference():
    draw = np.random.default_rng(0)
    shown = t_test(draw.normal(1.0, 1.0, (STUDIES, 5)))[0] <= ALPHA
    assert np.mean(shown) == pytest.approx(power(1.0, 5), abs=0.015)


def test_the_page_has_the_power_that_is_computed():
    assert power_table() in PAGE.read_text(encoding="utf-8")
    assert power_table(ALPHA / QUESTIONS) in PAGE.read_text(encoding="utf-8")
    assert [cells[0] for cells in told("power")] == [f"{effect:g}" for effect in EFFECTS]


def test_a_table_goes_only_where_the_page_has_a_place_for_it():
    page = "a <!-- t --> old <!-- end of t --> b"
    renewed = written(page, {"t": "| new |"})
    assert re.sub(r"\s+", " ", renewed) == "a <!-- t --> | new | <!-- end of t --> b"
    with pytest.raises(ValueError, match="no place"):
        written(page, {"other": ""})
