"""Every table as a person reads it: cells, headings, what is a number, and the notes under it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.analysis.questions.answering import comparisons
from paribus.analysis.result_table import rows
from paribus.record.records import Records
from paribus.record.run import DataUsed, Status
from paribus.report import tables
from paribus.report.tables import result_table
from paribus.study.reader import load
from paribus.texts import language
from paribus.texts.quantities import NOTHING, percent

STAND_IN = {"verified": False, "stand_in": True}
UNVERIFIED = {"verified": False}


def table_of(made, runs, names=("plain",), **fields):
    study = made.study(names, **fields)
    return result_table(study, rows(study, Records({("plain", run.spec.seed): run for run in runs})))


def used(made, **changes):
    return made.MNIST.model_copy(update=changes)


def test_every_column_has_a_heading_and_a_cell(made):
    table = table_of(made, made.runs(2))
    (row,) = table.rows
    assert tuple(table.headings) == tuple(row)
    assert table.numbers == {"epochs", "train", "validation", "test", "published", "seconds"}
    assert (row["runs"], row["epochs"]) == ("2", "30")


def test_some_columns_may_be_taken(made):
    table = table_of(made, made.runs(2)).only("test", "variant")
    assert tuple(table.headings) == ("test", "variant")
    assert table.cells == [(table.rows[0]["test"], "plain · base")]
    assert table.grid().rows == table.cells


def test_a_variant_that_has_not_run_has_no_numbers(made):
    (row,) = table_of(made, []).rows
    assert {row[name] for name in ("runs", "epochs", "train", "validation", "test", "seconds")} == {NOTHING}


def test_what_a_variant_changes_is_told_in_words():
    study = load("lab2")
    told = {row["variant"]: row["changes"] for row in result_table(study, rows(study, Records())).rows}
    assert told["1 · base"]
    assert "from 1" in told["2 · L2 0.01"]
    assert "0.01" in told["2 · L2 0.01"]
    assert "8" in told["5 · batch 8"]


def test_the_base_is_called_the_base(made):
    assert tables.changes(made.study(["plain"]), "plain") == "Base configuration, unchanged."


def test_runs_that_did_not_all_finish_are_counted_by_status(made):
    finished, broken = made.run(made.history(3)), made.run(made.history(3), seed=1, status=Status.DIVERGED)
    assert table_of(made, [finished, broken]).rows[0]["runs"] == "1 finished, 1 diverged"
    assert table_of(made, [made.run(made.history(3), status=Status.RUNNING)]).rows[0]["runs"] == "1 running"
    with language("vi"):
        assert table_of(made, [finished, broken]).rows[0]["runs"] == "1 (đã xong), 1 (phân kỳ)"


@pytest.mark.parametrize(("changes", "shown"), [({}, "96.18"), (UNVERIFIED, "96.18*"), (STAND_IN, "")])
def test_the_published_figure_stands_beside_the_published_images_only(made, changes, shown):
    runs = [made.run(made.history(3), data=used(made, **changes))]
    table = table_of(made, runs, published={"plain": {"test": 0.9618}})
    assert table.rows[0]["published"] == shown
    assert bool([note for note in table.notes if "ublished" in note]) == bool(changes)


def test_beside_stand_ins_no_published_figure_is_shown_for_variants_that_have_not_run_either(made):
    runs = [made.run(made.history(3), data=used(made, **STAND_IN))]
    published = {"l2": {"test": 0.9618, "note": "read off a curve"}}
    table = table_of(made, runs, ("plain", "l2"), published=published)
    assert table.rows[1]["published"] == ""
    assert not any("curve" in note for note in table.notes)


def test_beside_stand_ins_figures_published_on_other_images_are_left_out_too(made):
    runs = [made.run(made.history(3), data=used(made, **STAND_IN))]
    published = {"plain": {"test": 0.9618}, "photographs": {"test": 0.3852}}
    study = made.study(["plain", "photographs"], published=published)
    other = study.variants["photographs"]
    configuration = other.configuration.model_copy(update={"data": "cifar10"})
    variants = {**study.variants, "photographs": other.model_copy(update={"configuration": configuration})}
    study = study.model_copy(update={"variants": variants})
    table = tables.result_table(study, rows(study, Records({("plain", 0): runs[0]})))
    assert [row["published"] for row in table.rows] == ["", ""]


def test_where_some_published_figures_are_shown_the_note_names_those_that_are_not(made):
    shown = [made.run(made.history(3)), made.run(made.history(3), data=used(made, **STAND_IN))]
    study = made.study(["plain", "l2"], published={"plain": {"test": 0.9618}, "l2": {"test": 0.97}})
    records = Records({("plain", 0): shown[0], ("l2", 0): shown[1]})
    table = tables.result_table(study, rows(study, records))
    assert [row["published"] for row in table.rows] == ["96.18", ""]
    assert any(note.startswith("Published results of l2 · L2 0.01 are omitted") for note in table.notes)


def test_a_published_figure_of_another_network_does_not_stand_beside_ours(made):
    table = table_of(made, made.runs(1), ("plain", "l2"), published={"plain": {"test": 0.9618, "of": "l2"}})
    assert table.rows[0]["published"] == NOTHING
    assert table.sort[0]["published"] is None


def test_what_the_source_remarks_on_its_figure_is_told_below_the_table(made):
    published = {"plain": {"test": 0.1135, "note": "of another network"}}
    notes = table_of(made, made.runs(1), published=published).notes
    assert any("plain" in note and "of another network" in note for note in notes)


def test_a_run_is_a_row_with_what_it_came_to(made):
    run = made.run(made.history(14), status=Status.EARLY_STOPPED, kept_epoch=9, test=0.95)
    diverged = made.run(made.history(2), seed=1, status=Status.DIVERGED)
    first, second = tables.run_table([run, diverged]).rows
    assert (first["seed"], first["epochs"], first["kept"], first["test"]) == ("0", "14", "9", "95.00")
    assert (second["status"], second["kept"], second["test"]) == ("diverged", NOTHING, NOTHING)


def test_a_comparison_is_a_row_with_the_numbers_that_sort_it(made):
    study = made.study(questions=[{"treatment": "l2", "reference": "plain"}])
    runs = {("plain", seed): made.run(made.history(2), seed=seed, test=0.96) for seed in range(3)}
    runs |= {("l2", s): made.run(made.history(2), seed=s, test=0.97 + s / 1000) for s in range(3)}
    (found,) = comparisons(study, Records(runs))
    table = tables.comparison_table(study, [found])
    assert table.cells == [
        (
            "L2 0.01 vs none",
            "l2 − plain",
            "3",
            "+1.10 pp",
            "+0.73 to +1.47",
            "0.0089",
            "better",
        )
    ]
    assert table.sort == [{"seeds": 3, "difference": found.difference, "p": found.p_adjusted}]
    assert not table.notes


def test_a_confounded_comparison_is_marked_and_the_mark_is_explained(made):
    study = made.study(questions=[{"treatment": "l2", "reference": "plain"}])
    configuration = study.variants["l2"].configuration.model_copy(update={"batch_size": 8})
    variant = study.variants["l2"].model_copy(update={"configuration": configuration})
    study = study.model_copy(update={"variants": {**study.variants, "l2": variant}})
    table = tables.comparison_table(study, comparisons(study, Records()))
    assert table.rows[0]["verdict"] == "undecided*"
    assert table.rows[0]["difference"] == NOTHING
    assert ["than the factor asked about" in note for note in table.notes] == [True]


def test_a_label_says_how_far_images_may_be_trusted(made):
    assert tables.label(made.MNIST) == "mnist"
    assert tables.label(used(made, **UNVERIFIED)) != tables.label(used(made, **STAND_IN)) != "mnist"


@given(st.integers(0, 10_000))
def test_a_percentage_has_two_places_and_loses_nothing_of_an_accuracy_on_10000_images(right):
    assert percent(right / 10_000) == f"{right // 100}.{right % 100:02}"


def test_it_is_said_what_stands_in_for_photographs(made):
    images = made.MNIST.model_copy(update={"name": "cifar10", "verified": False, "stand_in": True})
    for used, is_told in ((images, True), (made.MNIST, False)):
        records = Records({("plain", 0): made.run(made.history(2), data=used)})
        notes = result_table(made.study(["plain"]), rows(made.study(["plain"]), records)).notes
        assert any("ten photographs" in note for note in notes) == is_told


def test_data_of_the_users_own_say_where_they_came_from_and_what_code_made_them():
    about = {"verified": True, "stand_in": False, "train": 2, "test": 1}
    known = DataUsed(name="mnist", sha256="aa", **about)
    made = DataUsed(name="mine", sha256="bb", source="python: mine.py:load", code="cc", **about)
    assert "source" not in tables.image_table([known]).headings
    table = tables.image_table([known, made])
    assert [row["source"] for row in table.rows] == ["", "python: mine.py:load"]
    assert table.notes == ("mine: known by the code that makes it, SHA-256 cc.",)
