from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.analysis import result_table as table
from paribus.analysis.comparability import Comparability
from paribus.record.records import Records
from paribus.record.run import Status

STAND_IN = {"verified": False, "stand_in": True}
UNVERIFIED = {"verified": False}


def row_of(made, runs, **fields):
    study = made.study(["plain"], **fields)
    records = {("plain", run.spec.seed): run for run in runs}
    return table.rows(study, Records(records))[0]


def used(made, **changes):
    return made.MNIST.model_copy(update=changes)


def test_there_is_a_row_for_every_variant_in_the_studys_order_run_or_not(made):
    study = made.study(["b", "a", "c"])
    rows = table.rows(study, Records({("c", 0): made.runs(1)[0], ("a", 0): made.runs(1)[0]}))
    assert [row.variant for row in rows] == ["b", "a", "c"]
    assert [row.runs for row in rows] == [0, 1, 1]
    assert rows[0].test is rows[0].epochs is rows[0].seconds is None
    assert table.cells(rows[0])[2:7] == (table.NOTHING,) * 5


def test_what_a_variant_changes_is_told_in_words(made):
    from paribus.study.reader import load

    rows = {row.variant: row for row in table.rows(load("lab2"), Records())}
    assert rows["1"].changes
    assert "from 1" in rows["2"].changes
    assert "0.01" in rows["2"].changes
    assert "8" in rows["5"].changes


def test_accuracies_are_those_of_the_kept_epoch_not_of_the_last(made):
    history = made.history(14)
    run = made.run(history, status=Status.EARLY_STOPPED, kept_epoch=9, test=0.95)
    row = row_of(made, [run])
    assert row.train == history[8]["accuracy"]
    assert row.validation == history[8]["val_accuracy"]
    assert row.test == 0.95
    assert row.epochs == (14, 14)


def test_accuracies_are_means_over_seeds(made):
    runs = made.runs(4)
    row = row_of(made, runs)
    assert row.runs == 4
    assert row.test == pytest.approx(sum(run.result.test["accuracy"] for run in runs) / 4)
    assert row.validation == pytest.approx(sum(run.history[-1]["val_accuracy"] for run in runs) / 4)
    assert row.seconds == pytest.approx(sum(run.seconds for run in runs) / 4)


def test_runs_that_diverged_are_counted_but_give_no_accuracy(made):
    broken = made.run(
        [*made.history(3), {"epoch": 4, "loss": float("nan"), "accuracy": 0.1}],
        seed=1,
        status=Status.DIVERGED,
    )
    row = row_of(made, [made.run(made.history(30), test=0.96), broken])
    assert row.runs == 1
    assert row.test == 0.96
    assert row.train == pytest.approx(0.998, abs=0.001)
    assert row.statuses == {Status.FINISHED: 1, Status.DIVERGED: 1}
    assert row.epochs == (4, 30)
    assert table.statuses(row) == "1 finished, 1 diverged"


def test_a_variant_of_which_every_run_diverged_has_no_accuracy(made):
    row = row_of(made, [made.run(made.history(3), status=Status.DIVERGED)])
    assert row.runs == 0
    assert row.train is row.validation is row.test is row.seconds is None


def test_a_run_that_is_not_over_shows_its_epochs_only(made):
    row = row_of(made, [made.run(made.history(3), status=Status.RUNNING)])
    assert row.epochs == (3, 3)
    assert row.test is None
    assert table.statuses(row) == "1 running"


def test_without_held_out_images_there_is_no_validation_accuracy(made):
    history = [{k: v for k, v in row.items() if not k.startswith("val_")} for row in made.history(3)]
    assert row_of(made, [made.run(history, test=0.9)]).validation is None


@pytest.mark.parametrize(
    ("changes", "comparability", "shown"),
    [
        ({}, Comparability.COMPARABLE, "96.18"),
        (UNVERIFIED, Comparability.UNVERIFIED, "96.18*"),
        (STAND_IN, Comparability.STAND_IN, ""),
    ],
)
def test_the_published_figure_stands_beside_the_published_images_only(made, changes, comparability, shown):
    runs = [made.run(made.history(3), data=used(made, **changes))]
    row = row_of(made, runs, published={"plain": {"test": 0.9618}})
    assert row.comparability is comparability
    assert table.cells(row)[table.COLUMNS.index("published")] == shown
    assert bool([note for note in table.notes([row]) if "ublished" in note]) == (
        comparability is not Comparability.COMPARABLE
    )


def test_one_run_on_stand_ins_is_enough_to_leave_the_published_figure_out(made):
    runs = [made.run(made.history(3)), made.run(made.history(3), seed=1, data=used(made, **STAND_IN))]
    assert row_of(made, runs, published={"plain": {"test": 0.9618}}).comparability is Comparability.STAND_IN


def test_beside_stand_ins_no_published_figure_is_shown_for_variants_that_have_not_run_either(made):
    study = made.study(["a", "b"], published={"b": {"test": 0.9618, "note": "read off a curve"}})
    rows = table.rows(study, Records({("a", 0): made.run(made.history(3), data=used(made, **STAND_IN))}))
    assert table.cells(rows[1])[table.COLUMNS.index("published")] == ""
    assert not any("curve" in note for note in table.notes(rows))


def test_what_the_source_remarks_on_its_figure_is_told_below_the_table(made):
    row = row_of(made, made.runs(1), published={"plain": {"test": 0.1135, "note": "of another network"}})
    assert any("plain" in note and "of another network" in note for note in table.notes([row]))


def test_every_column_has_a_heading_and_a_cell(made):
    row = row_of(made, made.runs(2))
    assert len(table.headings()) == len(table.cells(row)) == len(table.COLUMNS)
    assert table.cells(row)[table.COLUMNS.index("runs")] == "2"
    assert table.cells(row)[table.COLUMNS.index("epochs")] == "30"


def test_a_label_says_how_far_images_may_be_trusted(made):
    assert table.label(made.MNIST) == "mnist"
    assert table.label(used(made, **UNVERIFIED)) != table.label(used(made, **STAND_IN)) != "mnist"


@given(st.integers(0, 10_000))
def test_a_percentage_has_two_places_and_loses_nothing_of_an_accuracy_on_10000_images(right):
    shown = table.percent(right / 10_000)
    assert shown == f"{right // 100}.{right % 100:02}"
