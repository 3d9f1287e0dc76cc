"""What a study says of data of its own, and what is told where it says it wrongly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import paribus as pb
from paribus.errors import StudyError
from paribus.study.derive import derive_variant
from paribus.study.difference import difference
from paribus.study.reader import load
from paribus.study.to_dict import to_dict
from paribus.study.variant_changes import variant_changes

REST = {
    "model": {"hidden": [4]},
    "loss": "sparse_categorical_crossentropy",
    "optimizer": "sgd",
    "epochs": 1,
}


def study(data: object, **variants: object):
    return load({"data": data, "base": REST, "variants": variants or {"a": {}}})


def told(data: object, **variants: object) -> str:
    with pytest.raises(StudyError) as caught:
        study(data, **variants)
    return str(caught.value)


@pytest.fixture
def archive(tmp_path) -> Path:
    path = tmp_path / "flowers.npz"
    np.savez(path, x=np.random.default_rng(0).normal(size=(60, 4)), y=np.arange(60) % 3)
    return path


def test_data_of_ones_own_are_named_by_their_file_and_known_to_the_network(archive):
    read = study({"npz": str(archive)})
    configuration = read.variants["a"].configuration
    assert configuration.data == "flowers"
    assert configuration.layers[-1].arguments["units"] == 3
    assert read.facts["flowers"].train == 48


def test_a_relative_path_starts_at_the_studys_file(archive, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "data: {npz: flowers.npz}\nbase: {model: {hidden: [4]}, loss: mse, optimizer: sgd, epochs: 1}\n"
        "variants: {a: {}}\n"
    )
    assert load(file).sources["flowers"].place == str(archive)


def test_two_classes_under_a_sigmoid_need_one_output(archive):
    np.savez(archive, x=np.random.default_rng(0).normal(size=(60, 4)), y=np.arange(60) % 2)
    read = study(
        {"npz": str(archive)}, one={"model": {"output": "sigmoid"}, "loss": "binary_crossentropy"}, two={}
    )
    assert [each.configuration.layers[-1].arguments["units"] for each in read.variants.values()] == [1, 2]


def test_a_variant_may_have_other_data(archive, tmp_path):
    np.savez(tmp_path / "more.npz", x=np.random.default_rng(1).normal(size=(60, 4)), y=np.arange(60) % 3)
    read = study({"npz": str(archive)}, a={}, b={"data": {"npz": str(tmp_path / "more.npz")}})
    assert sorted(read.facts) == ["flowers", "more"]
    changes = difference(read.variants["a"].configuration, read.variants["b"].configuration)
    assert [change.factor for change in changes] == ["data"]


def test_a_study_survives_being_written_and_read(archive):
    read = study({"npz": str(archive)})
    assert type(read).model_validate(read.model_dump(mode="json")) == read
    assert to_dict(read)["base"] == {"data": {"npz": str(archive)}, **REST}


def test_a_study_that_was_read_needs_its_data_no_more(archive):
    read = study({"npz": str(archive)}, a={}, b={"epochs": 2})
    archive.unlink()
    assert [change.factor for change in variant_changes(read.variants, "b")] == ["epochs"]
    assert derive_variant(read, "a", "c", {"epochs": 3}).configuration.facts == read.facts["flowers"]


def test_runs_on_the_catalogue_keep_their_identity():
    configuration = load("lab2").variants["1"].configuration
    assert "own" not in configuration.model_dump(mode="json")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"test": 0.2}, "Say where the data lie"),
        ({"npz": "a.npz", "csv": "a.csv"}, "here are two: npz, csv"),
        ({"npz": "a.npz", "target": "y"}, "'target' does not go with npz"),
        ({"npz": "a.npz", "tst": 0.2}, "Did you mean 'test'?"),
        ({"sklearn": "digit"}, "Did you mean 'digits'?"),
        ({"generated": "addding"}, "Did you mean 'adding'?"),
        ({"generated": "adding", "vocabulary": 9}, "'vocabulary' does not go with generated"),
        ({"generated": "adding", "examples": 3}, "examples"),
        ({"npz": "a.npz", "test": 20}, "0.2"),
        ({"npz": "a.npz", "test": 0}, "test"),
        ({"npz": ["a.npz"]}, "Text is expected"),
        ({"npz": "/nowhere/a.npz"}, "There is no such file"),
        ({"images": "/nowhere", "size": [8, 8]}, "There is no such folder"),
        ({"csv": "a.csv", "target": [["y"]]}, "Text is expected"),
        ({"python": "mine.py:load", "arguments": [1]}, "names, each with a value"),
        (["mnist"], "mnist, fashion_mnist or cifar10"),
    ],
)
def test_what_is_wrong_is_told_once_and_where(data, sentence):
    message = told(data, a={}, b={"epochs": 2}, c={"epochs": 3})
    assert sentence in message
    assert message.count(sentence) == 1


def test_time_needs_rows_in_its_order_so_that_test_data_are_the_last(archive):
    assert "Write ordered: true" in told({"npz": str(archive)}, a={"split": "time"})
    read = study({"npz": str(archive), "ordered": True}, a={}, b={"split": "time"}, c={"split": "random"})
    assert [each.configuration.split for each in read.variants.values()] == ["time", "time", "random"]
    assert study("mnist", a={"split": "time"}).variants["a"].configuration.split == "time"


def test_folds_keep_groups_together_where_all_examples_have_one(tmp_path):
    rows = "".join(f"{i},{i * 7 % 5},{i % 6}\n" for i in range(60))
    (tmp_path / "a.csv").write_text("a,label,who\n" + rows)
    data = {"csv": str(tmp_path / "a.csv"), "target": "label", "group": "who"}
    configuration = study(data, a={"folds": 3}).variants["a"].configuration
    assert (configuration.split, configuration.folds) == ("group", 3)
    assert "folds: 7 needs as many groups, and a has 6" in told(data, a={"folds": 7})
    x, y = np.eye(60), np.arange(60) % 3
    given = pb.Data(x, y, test=(x, y), groups=np.arange(60) // 6)
    assert "the test examples of data have none" in told(given.as_source(), a={"folds": 3})


def test_two_sources_of_one_name_need_another(archive, tmp_path):
    other = tmp_path / "other" / "flowers.npz"
    other.parent.mkdir()
    np.savez(other, x=np.zeros((60, 4)), y=np.arange(60) % 3)
    assert "name: NAME" in told({"npz": str(archive)}, a={}, b={"data": {"npz": str(other)}})


@pytest.mark.parametrize(
    ("scale", "sentence"), [("unit", "no pixels"), ("standard", ""), ("robust", ""), ("minmax", "")]
)
def test_numbers_are_scaled_in_their_own_ways(archive, scale, sentence):
    if sentence:
        assert sentence in told({"npz": str(archive)}, a={"scale": scale})
    else:
        study({"npz": str(archive)}, a={"scale": scale})


def test_pixels_are_not_scaled_like_columns():
    assert "For pixels use unit" in told("mnist", a={"scale": "robust"})


def test_a_layer_over_two_dimensions_gives_a_grid_of_numbers_a_channel(tmp_path):
    np.savez(tmp_path / "g.npz", x=np.random.default_rng(0).normal(size=(60, 6, 6)), y=np.arange(60) % 3)
    layers = [{"conv2d": {"filters": 2, "kernel_size": 3}}, "flatten", {"dense": {"units": 3}}]
    assert study({"npz": str(tmp_path / "g.npz")}, a={"model": layers}).facts["g"].shape == (6, 6)


def test_an_output_too_many_is_told(archive):
    layers = [{"dense": {"units": 4, "activation": "softmax"}}]
    assert "4" in told({"npz": str(archive)}, a={"model": layers})
