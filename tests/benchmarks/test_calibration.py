"""How often verdicts are wrong: within what is promised, as the pages tell it, and by the rules in use."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from benchmarks.calibration import MEASURED, PAGES, crossed, fixed, price, ranking, sequential
from benchmarks.calibration.draw import SHAPES
from benchmarks.calibration.rules import BEFORE, NOW
from benchmarks.calibration.tables import SEQUENTIAL, STATISTICS, filled
from statsmodels.stats.power import TTestPower

from paribus.analysis.questions.tails import ALPHA, SKEWED_ALPHA

FIGURES = json.loads(MEASURED.read_text(encoding="utf-8"))
FIXED, LOOKING = FIGURES["fixed"]["false"], FIGURES["sequential"]
CROSSED = FIGURES["crossed"]["once"]
ELSEWHERE = 0.10
"""What a claim may be wrong in where differences are neither normal nor exponential."""


def noise(rate: float, studies: int) -> float:
    """Three standard errors of a rate over so many studies."""
    return float(3 * np.sqrt(rate * (1 - rate) / studies))


def names(row: dict[str, object]) -> str:
    """The name of a row's test."""
    return "-".join(str(row[key]) for key in ("differences", "seeds") if key in row)


@pytest.mark.parametrize("row", FIXED, ids=names)
def test_no_more_verdicts_are_false_than_promised(row):
    level = SKEWED_ALPHA if row["differences"] == "exponential" else ALPHA
    most = level + noise(level, fixed.STUDIES)
    assert max(row["now"]) <= most
    assert max(row["equivalence_now"]) <= most
    assert row["coverage"] >= 1 - most


@pytest.mark.parametrize("row", LOOKING, ids=names)
def test_nor_are_they_where_somebody_looks_after_every_seed(row):
    level = ELSEWHERE if row["differences"] == "exponential" else ALPHA
    most = level + noise(level, sequential.STUDIES)
    assert max(row["now"]) <= most
    assert max(row["equivalence_now"]) <= most
    assert row["coverage"] >= 1 - SKEWED_ALPHA


@pytest.mark.parametrize(
    "row", FIGURES["ranking"]["failing"], ids=lambda row: "-".join(map(str, row.values()))
)
def test_runs_that_failed_raise_no_false_answers_about_several_variants(row):
    most = ALPHA + noise(ALPHA, ranking.STUDIES)
    assert max(row[kind] for kind in ranking.KINDS) <= most


def test_these_figures_are_those_of_the_simulation():
    row = FIGURES["ranking"]["failing"][0]
    assert ranking.false_with_failures(row["differences"], row["variants"], row["seeds"]) == row


@pytest.mark.parametrize("row", CROSSED, ids=names)
def test_nor_are_they_where_the_test_images_are_new(row):
    level = SKEWED_ALPHA if row["differences"] == "exponential" else ALPHA
    assert row["now"] <= level + noise(level, crossed.STUDIES)
    assert row["coverage"] >= 1 - SKEWED_ALPHA


def test_the_t_test_alone_breaks_that_promise_in_each_of_these_ways():
    def before(rows, **of):
        return next(row["before"] for row in rows if of.items() <= row.items())

    assert before(FIXED, differences="exponential", seeds=5)[-1] > 0.3
    assert before(LOOKING, differences="normal")[0] > 0.25
    assert before(CROSSED, differences="normal", seeds=50) > 0.3


@pytest.mark.parametrize(
    ("shape", "seeds"),
    [
        pytest.param(
            shape,
            seeds,
            marks=() if (shape, seeds) in {("normal", 3), ("exponential", 3)} else pytest.mark.slow,
        )
        for shape in SHAPES
        for seeds in fixed.SEEDS
    ],
)
def test_the_figures_are_those_of_the_simulation(shape, seeds):
    assert fixed.false_verdicts(shape, seeds) in FIXED


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_so_are_those_of_looking(shape):
    assert sequential.false_verdicts(shape) in LOOKING


@pytest.mark.slow
@pytest.mark.parametrize("seeds", crossed.SEEDS)
@pytest.mark.parametrize("shape", ["normal", "exponential"])
def test_so_are_those_of_new_images(shape, seeds):
    assert crossed.once(shape, seeds) in CROSSED


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_say_what_was_measured(page):
    told = page.read_text(encoding="utf-8")
    assert filled(told, FIGURES) == told, "run `python -m benchmarks.calibration --tables`"


@pytest.mark.parametrize(("page", "tables"), [(PAGES[0], STATISTICS), (PAGES[1], SEQUENTIAL)])
def test_every_table_has_its_place_on_its_page(page, tables):
    told = page.read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- measured: ([\w-]+) -->", told)) == sorted(tables)


@pytest.mark.parametrize("seeds", price.POWER_SEEDS)
def test_the_power_of_the_t_test_is_that_of_statsmodels(seeds):
    critical = BEFORE.two_sided(seeds - 1, ALPHA)
    assert price.power(1.0, seeds, critical) == pytest.approx(TTestPower().power(1.0, seeds, ALPHA))


def test_power_is_the_share_of_studies_that_get_the_verdict():
    differences = np.random.default_rng(0).normal(2.0, 1.0, (20_000, 5))
    t = differences.mean(axis=1) / differences.std(axis=1, ddof=1) * np.sqrt(5)
    critical = NOW.two_sided(4, ALPHA)
    assert price.power(2.0, 5, critical) == pytest.approx(np.mean(np.abs(t) >= critical), abs=0.01)


def test_a_fixed_number_of_seeds_is_the_cheaper_one():
    for row in FIGURES["price"]["seeds"]:
        for once, (half, most) in zip(row["fixed"], row["looking"], strict=True):
            assert most is None or once <= most
            assert half is None or most is None or half <= most


@pytest.mark.parametrize("questions", price.POWER_QUESTIONS)
@pytest.mark.parametrize("seeds", price.POWER_SEEDS)
def test_a_larger_difference_is_shown_at_least_as_often(seeds, questions):
    critical = NOW.two_sided(seeds - 1, ALPHA / questions)
    shares = [price.power(effect, seeds, critical) for effect in np.linspace(0, 8, 81)]
    assert (np.diff(shares) > -1e-6).all()


def test_the_page_tells_how_many_more_seeds_looking_takes():
    rows = FIGURES["price"]["seeds"]
    pairs = [pair for row in rows for pair in zip(row["fixed"], row["looking"], strict=True)]
    half = [looking[0] / once for once, looking in pairs]
    most = [looking[1] / once for once, looking in pairs if looking[1] is not None]
    assert (round(min(half), 1), round(max(half), 1)) == (0.9, 1.5)
    assert (round(min(most), 1), round(max(most), 1)) == (1.4, 1.9)
    told = " ".join(PAGES[1].read_text(encoding="utf-8").split())
    assert "1.4 to 1.9 times the seeds" in told
    assert "half of them with 0.9 to 1.5 times" in told
