"""Two studies side by side: what differs in what they ask, in their runs' bits and in what these show."""

import json

import pytest
from tests.conftest import made_configuration
from tests.made_results import made_results

import paribus as pb
from paribus.errors import UsageError
from paribus.record import sealed
from paribus.record.store import STUDY, Store
from paribus.study.tuning import Tune
from paribus.workflow.archives import pack_results
from paribus.workflow.diff import _variants
from paribus.workflow.results import load_results


@pytest.fixture
def folder(made, tmp_path):
    return made_results(made, tmp_path / "one").folder


def changed(folder, **fields):
    """Write a folder's study anew with other fields."""
    store = Store(folder)
    study, data = store.study()
    store.write_study(study.model_copy(update=fields), data)
    return folder


def renamed(study, old, new):
    variants = {(new if name == old else name): each for name, each in study.variants.items()}
    return {"variants": variants, "questions": ()}


def test_a_folder_and_its_archive_do_not_differ(folder, tmp_path):
    packed = pack_results(folder, tmp_path / "one.zip").file
    found = pb.diff(folder, packed)
    assert found.is_same
    assert (found.runs.alike, found.runs.unknown) == (6, 0)
    assert [each.differs for each in found.answers] == [False]
    assert json.loads(json.dumps(found.tree()))["same"]


def test_settings_and_questions_that_differ_are_named(made, folder, tmp_path):
    other = made_results(made, tmp_path / "two", seeds=4, margin=0.01, questions=[]).folder
    found = pb.diff(folder, other)
    assert [(each.name, each.first, each.second) for each in found.settings] == [
        ("seeds", "3", "4"),
        ("margin", "none", "0.01"),
    ]
    assert [(each.where, each.name) for each in found.only["questions"]] == [("first", "L2 0.01 vs none")]
    assert found.runs.only == {"first": (), "second": (("plain", 3), ("l2", 3))}


def test_a_variant_that_means_something_else_is_told_on_both_sides(folder, made, tmp_path):
    other = made_results(made, tmp_path / "two").folder
    study = Store(other).study()[0]
    l2 = study.variants["l2"].model_copy(update={"configuration": made_configuration(l2=0.02, epochs=7)})
    found = pb.diff(folder, changed(other, variants={**study.variants, "l2": l2}))
    (told,) = found.variants
    assert told.name == "l2"
    assert told.first == "epochs 30; kernel_regularizer l2 0.01"
    assert told.second == "epochs 7; kernel_regularizer l2 0.02"
    assert {each for each, _ in found.runs.only["first"]} == {"l2"}


def test_tuning_alone_is_a_difference(folder, made, tmp_path):
    other = made_results(made, tmp_path / "two").folder
    study = Store(other).study()[0]
    tune = Tune.model_construct(written={}, settings={}, seeds=1)
    l2 = study.variants["l2"].model_copy(update={"tune": tune})
    two = study.model_copy(update={"variants": {**study.variants, "l2": l2}})
    assert [(each.first, each.second) for each in _variants(study, two)] == [("not tuned", "tuned")]


def test_a_renamed_variant_is_no_new_one(folder, made, tmp_path):
    other = made_results(made, tmp_path / "two").folder
    study = Store(other).study()[0]
    found = pb.diff(folder, changed(other, **renamed(study, "l2", "penalty")))
    assert [(each.first, each.second) for each in found.renamed] == [("l2", "penalty")]
    assert found.only["variants"] == ()
    assert found.runs.alike == 6


def test_variants_of_one_alone_are_named(made, folder, tmp_path):
    other = made_results(made, tmp_path / "two", names=("plain",)).folder
    found = pb.diff(other, folder)
    assert [(each.where, each.name) for each in found.only["variants"]] == [("second", "l2")]
    assert "second has 3 runs: l2 (0–2)." in str(found)


def test_a_run_with_other_bits_is_named_with_what_may_be_why(folder, made, tmp_path):
    other = made_results(made, tmp_path / "two").folder
    run = Store(other).run(load_results(other).records["l2", 1].spec)
    tree = sealed.read(run.path / "result.json")
    tree["files"]["weights.safetensors"] = "0" * 64
    sealed.write(run.path / "result.json", {**tree, "threads": 2})
    run.write_environment({"processor": "another", "versions": {"jax": "9"}, "flags": {}})
    (told,) = pb.diff(folder, other).runs.other_bits
    assert (told.variant, told.seed, told.files) == ("l2", 1, ("weights.safetensors",))
    assert told.why == "threads 1 → 2; processor None → another; jax None → 9"


def test_verdicts_stand_side_by_side(folder, made, tmp_path):
    other = made_results(made, tmp_path / "two").folder
    for run in Store(other).folders():
        tree = sealed.read(run.path / "result.json")
        test = {**tree["test"], "accuracy": 0.9 - run.spec().seed / 100}
        sealed.write(run.path / "result.json", {**tree, "test": test})
    (told,) = pb.diff(folder, other).answers
    assert told.differs
    assert told.first.verdict != told.second.verdict
    row = pb.diff(folder, other).answer_table.rows[0]
    assert row["verdict-first"] != row["verdict-second"]
    assert row["differs"] == "differ"


def test_a_study_s_file_has_no_runs(folder, small_study):
    found = pb.diff(folder, small_study)
    assert found.runs is None
    assert found.answers == ()
    assert "a study file has none" in str(found)
    assert pb.diff("lab2", "lab2").is_same


def test_data_of_one_name_that_are_other_data_are_named(made, folder, tmp_path):
    other = made_results(made, tmp_path / "two").folder
    store = Store(other)
    study, data = store.study()
    store.write_study(study, {"mnist": data["mnist"].model_copy(update={"sha256": "ab" * 32})})
    found = pb.diff(folder, other)
    assert [(each.name, each.second) for each in found.data] == [("mnist", "ab" * 6)]
    assert tree_of(other)["data"]["mnist"]["sha256"] == "ab" * 32


def tree_of(folder):
    return sealed.read(folder / STUDY)


def test_what_is_no_path_is_one_message():
    with pytest.raises(UsageError, match="second"):
        pb.diff("lab2", 7)
