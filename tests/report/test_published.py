"""The tables of published figures and their differences, and what is said below them."""

from __future__ import annotations

import pytest

from paribus.analysis.questions.published import compare_with_published
from paribus.record.records import Records
from paribus.report.published import difference_table, figure_table, published_notes


def verified(made, *, seeds=3, published=None, margin=0.01, **data):
    """Two variants a point apart, and the question of their difference."""
    study = made.study(
        margin=margin,
        published=published or {"plain": {"test": 0.9618, "train": 0.999}, "l2": {"test": 0.9718}},
        questions=[{"treatment": "l2", "reference": "plain"}],
    )
    images = made.MNIST.model_copy(update=data)
    runs = {
        (name, seed): made.run(made.history(2), seed=seed, test=center + seed / 1000, data=images)
        for name, center in (("plain", 0.961), ("l2", 0.971))
        for seed in range(seeds)
    }
    return compare_with_published(study, Records(runs))


def test_a_figure_stands_beside_ours_with_half_the_intervals_width_under_the_tolerance(made):
    table = figure_table(verified(made))
    row = table.rows[0]
    assert (row["published"], row["ours"], row["half"], row["seeds"]) == ("96.18", "96.20", "0.50", "3")
    assert table.headings["half"] == "± (≤ 1.00)"
    assert row["prediction"] == "95.70–96.70"
    assert row["verdict"] == "inside the interval"
    assert row["train"].startswith("99.90 / ")
    assert row["epochs"] == "– / 2"


def test_a_difference_has_its_sign(made):
    (row,) = difference_table(verified(made)).rows
    assert (row["question"], row["published"], row["ours"]) == ("L2 0.01 vs none", "+1.00", "+1.00")
    assert row["prediction"] == "+0.55 … +1.45"


def test_outside_is_said_also_where_it_is_not_enough_to_differ(made):
    published = {"plain": {"test": 0.9618}, "l2": {"test": 0.9774}}
    verdicts = [row["verdict"] for row in figure_table(verified(made, published=published)).rows]
    assert verdicts == ["inside the interval", "outside; too few seeds to tell"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "above the tolerance of 1.00 percentage points, the study's margin, is too wide"),
        ({"margin": None}, "Set another tolerance with the study's margin."),
        ({}, "need not share a seed"),
        ({"seeds": 1}, "paribus run --seeds 10"),
        ({"seeds": 7, "margin": 0.001}, "more of our seeds would not settle it"),
        ({"verified": False}, "Unverified images"),
        ({"verified": False, "stand_in": True}, "our images are stand-ins"),
        ({"published": {"plain": {"test": 0.96, "note": "Read off."}}}, "Read off."),
        ({"published": {"plain": {"test": 0.5}}}, "Differs: p, adjusted"),
    ],
)
def test_what_must_be_known_to_read_them_is_said_once(made, options, words):
    notes = [*published_notes(verified(made, **options))]
    assert [words in note for note in notes].count(True) == 1
    assert not any("holds" in note for note in notes)


def test_nothing_is_said_of_an_interval_where_there_is_none(made):
    notes = " ".join(published_notes(verified(made, seeds=2)))
    assert "95% prediction interval" not in notes
    assert "tolerance" not in notes


def test_differences_that_may_not_be_compared_have_no_row(made):
    assert difference_table(verified(made, verified=False, stand_in=True)).rows == []
