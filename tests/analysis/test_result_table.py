"""The result table in numbers, from records made by hand."""

from __future__ import annotations

import pytest

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


def test_a_variant_of_which_every_run_diverged_has_no_accuracy(made):
    row = row_of(made, [made.run(made.history(3), status=Status.DIVERGED)])
    assert row.runs == 0
    assert row.train is row.validation is row.test is row.seconds is None


def test_a_run_that_is_not_over_shows_its_epochs_only(made):
    row = row_of(made, [made.run(made.history(3), status=Status.RUNNING)])
    assert row.epochs == (3, 3)
    assert row.test is None


def test_without_held_out_images_there_is_no_validation_accuracy(made):
    history = [{k: v for k, v in row.items() if not k.startswith("val_")} for row in made.history(3)]
    assert row_of(made, [made.run(history, test=0.9)]).validation is None


@pytest.mark.parametrize(
    ("changes", "comparability"),
    [
        ({}, Comparability.COMPARABLE),
        (UNVERIFIED, Comparability.UNVERIFIED),
        (STAND_IN, Comparability.STAND_IN),
    ],
)
def test_the_images_say_how_far_a_published_figure_may_be_compared(made, changes, comparability):
    runs = [made.run(made.history(3), data=used(made, **changes))]
    row = row_of(made, runs, published={"plain": {"test": 0.9618}})
    assert row.comparability is comparability


def test_one_run_on_stand_ins_is_enough_to_leave_the_published_figure_out(made):
    runs = [made.run(made.history(3)), made.run(made.history(3), seed=1, data=used(made, **STAND_IN))]
    assert row_of(made, runs, published={"plain": {"test": 0.9618}}).comparability is Comparability.STAND_IN
