"""What a study means, from a file, a built-in's name, a mapping or a Python object."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.study.conftest import BASE, study

from paribus.record.run import DataIdentity, RunSpec
from paribus.study.configuration import Configuration, EarlyStopping, Technique
from paribus.study.reader import builtin_names, from_text, load
from paribus.study.study import Study

TEXT = """\
name: mine
seeds: 3
data: mnist
margin: 0.005
base:
  validation: 0.1
  scale: none
  model: {hidden: [784], activation: relu, output: sigmoid}
  loss: binary_crossentropy
  optimizer: {name: sgd, learning_rate: 1e-2}
  batch_size: 128
  epochs: 30
variants:
  plain: {}
  l2: {kernel_regularizer: {l2: 0.01}, bias_regularizer: {l2: 0.01}}
  l2-patient: {from: l2, epochs: 100, early_stopping: {monitor: val_loss, patience: 3}}
questions:
  - {treatment: l2, reference: plain, metric: test_accuracy, ask: Does L2 help?}
"""


def configuration(**changes: object) -> Configuration:
    return study({"a": changes}).variants["a"].configuration


def digest(read: Configuration) -> str:
    return RunSpec(configuration=read, seed=0, data=DataIdentity(name="mnist", sha256="0" * 64)).digest


def test_the_example_of_the_design_reads_as_it_is_meant(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT, encoding="utf-8")
    read = load(path)
    assert (read.name, read.seeds, read.margin) == ("mine", 3, 0.005)
    assert list(read.variants) == ["plain", "l2", "l2-patient"]
    patient = read.variants["l2-patient"]
    assert patient.parent == "l2"
    assert patient.configuration.early_stopping == EarlyStopping(monitor="val_loss", patience=3)
    assert patient.configuration.epochs == 100
    assert patient.configuration.layers == read.variants["l2"].configuration.layers
    assert read.questions[0].ask == "Does L2 help?"


def test_file_mapping_and_object_read_alike():
    from ruamel.yaml import YAML

    written = YAML(typ="safe", pure=True).load(TEXT)
    by_text, by_mapping, by_object = from_text(TEXT.encode(), ""), load(written), Study(**written)
    assert by_mapping == by_object
    assert by_text.variants == by_object.variants
    assert by_text.questions == by_object.questions


def test_a_resolved_study_survives_json():
    read = load("lab2")
    assert Study.model_validate_json(read.model_dump_json()) == read


def test_the_built_in_studies_have_names():
    assert "lab2" in builtin_names()


def test_reading_imports_no_numerical_library():
    script = "import sys; from paribus.study.reader import load; load('lab2'); print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert not {"keras", "jax", "numpy", "scipy", "pandas"} & set(modules.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": "adam"}, {"optimizer": {"name": "adam"}}),
        ({"optimizer": "adam"}, {"optimizer": {"name": "adam", "learning_rate": 0.001, "beta_1": 0.9}}),
        ({"optimizer": "adam", "learning_rate": 1e-4}, {"optimizer": {"name": "adam", "learning_rate": 1e-4}}),
        ({"optimizer": {"momentum": 1}}, {"optimizer": {"name": "sgd", "learning_rate": 0.01, "momentum": 1.0}}),
        ({"kernel_regularizer": {"l2": 0.01}}, {"kernel_regularizer": "l2"}),
        ({"kernel_regularizer": {"l1": 0, "l2": 0.02}}, {"kernel_regularizer": {"name": "l2", "l2": 0.02}}),
        ({"kernel_regularizer": {"l2": 0}}, {}),
        ({"kernel_regularizer": None}, {}),
        ({"epochs": 30.0, "batch_size": 1.28e2}, {}),
        ({"validation": 0.1, "scale": "none"}, {}),
        ({"early_stopping": {"mode": "min"}}, {"early_stopping": {}}),
        ({"early_stopping": {"monitor": "val_accuracy", "mode": "max"}}, {"early_stopping": {"monitor": "val_accuracy"}}),
        ({"loss": "mse"}, {"loss": "mean_squared_error"}),
        ({"model": {"activation": "swish"}}, {"model": {"activation": "silu"}}),
        ({"model": {"dropout": 0.5}}, {"model": [{"dense": {"units": 784, "activation": "relu"}}, {"dropout": 0.5}, {"dense": {"units": 10, "activation": "sigmoid"}}]}),
        ({"layers": {"hidden_1": {"use_bias": False}}, "bias_initializer": "ones"}, {"layers": {"hidden_1": {"use_bias": False}, "output": {"bias_initializer": "ones"}}}),
    ],
)  # fmt: skip
def test_what_means_the_same_is_one_run(one: dict[str, object], other: dict[str, object]):
    assert configuration(**one) == configuration(**other)
    assert digest(configuration(**one)) == digest(configuration(**other))


def test_a_pooling_window_steps_by_its_own_size():
    short = configuration(model=["max_pooling2d", "flatten", {"dense": 10}])
    whole = configuration(
        model=[{"max_pooling2d": {"pool_size": 2, "strides": [2, 2]}}, "flatten", {"dense": {"units": 10}}]
    )
    assert short == whole


def test_layers_have_labels():
    read = configuration(
        model=[
            {"conv2d": {"filters": 8, "kernel_size": 3}},
            "max_pooling2d",
            {"conv2d": {"filters": 8, "kernel_size": 3}},
            "flatten",
            {"dense": 64},
            {"dropout": 0.5},
            {"dense": 10},
            {"activation": "softmax"},
        ],
        loss="categorical_crossentropy",
    )
    assert [layer.label for layer in read.layers] == [
        "conv2d_1",
        "max_pooling2d_1",
        "conv2d_2",
        "flatten_1",
        "hidden_1",
        "dropout_1",
        "output",
        "activation_1",
    ]
    assert read.output == "softmax"


def test_batch_normalization_and_dropout_follow_each_hidden_layer():
    read = configuration(model={"hidden": [20, 10], "batch_normalization": True, "dropout": 0.5})
    kinds = ["dense", "batch_normalization", "dropout"] * 2
    assert [layer.kind for layer in read.layers] == [*kinds, "dense"]


def test_a_layers_own_setting_comes_before_the_setting_for_all():
    read = configuration(
        kernel_initializer="he_normal",
        layers={"output": {"kernel_initializer": "zeros"}},
        bias_regularizer="l1",
    )
    hidden, output = read.layers
    assert hidden.arguments["kernel_initializer"] == Technique(name="he_normal")
    assert output.arguments["kernel_initializer"] == Technique(name="zeros")
    assert hidden.arguments["bias_regularizer"] == output.arguments["bias_regularizer"]


def test_null_for_a_layer_takes_it_out_of_the_setting_for_all():
    read = configuration(kernel_regularizer={"l2": 0.01}, layers={"output": {"kernel_regularizer": None}})
    assert read.layers[0].arguments["kernel_regularizer"] == Technique(name="l2", arguments={"l2": 0.01})
    assert read.layers[1].arguments["kernel_regularizer"] is None


def test_settings_for_all_reach_every_kernel_of_a_separable_convolution():
    model = [{"separable_conv2d": {"filters": 4, "kernel_size": 3}}, "flatten", {"dense": 10}]
    first = configuration(model=model, kernel_initializer="he_normal").layers[0].arguments
    assert first["depthwise_initializer"] == first["pointwise_initializer"] == Technique(name="he_normal")


def test_a_learning_rate_changes_the_optimizer_as_it_stands():
    read = study(
        {
            "momentum": {"optimizer": {"momentum": 0.9}},
            "slow": {"from": "momentum", "learning_rate": 1e-3},
            "adam": {"from": "slow", "optimizer": "adam"},
        }
    )
    slow = read.variants["slow"].configuration.optimizer.arguments
    assert (slow["learning_rate"], slow["momentum"]) == (0.001, 0.9)
    adam = read.variants["adam"].configuration.optimizer
    assert (adam.name, adam.arguments["learning_rate"]) == ("adam", 0.001)
    assert "learning_rate" not in read.variants["slow"].settings


def test_a_learning_rate_can_be_a_schedule():
    read = configuration(
        learning_rate={
            "name": "exponential_decay",
            "initial_learning_rate": 1,
            "decay_steps": 1e3,
            "decay_rate": 0.5,
        }
    )
    assert read.optimizer.arguments["learning_rate"] == Technique(
        name="exponential_decay",
        arguments={"initial_learning_rate": 1.0, "decay_steps": 1000, "decay_rate": 0.5, "staircase": False},
    )


def test_null_takes_back_what_the_parent_set():
    read = study(
        {
            "patient": {"early_stopping": {"patience": 3}, "kernel_regularizer": "l2"},
            "plain": {"from": "patient", "early_stopping": None, "kernel_regularizer": None},
            "base": {},
        }
    )
    assert read.variants["plain"].configuration == read.variants["base"].configuration


def test_a_parent_may_stand_below_its_child():
    read = study({"child": {"from": "parent"}, "parent": {"batch_size": 8}})
    assert read.variants["child"].configuration.batch_size == 8


@pytest.mark.parametrize("name", ["1", "3a", "1e3", "no", "off", "1.10", "0x1", "true", "2021-10-01"])
def test_variant_names_are_text_whatever_they_look_like(name: str):
    text = TEXT.replace("plain", name).replace("from: l2", f"from: {name}")
    read = from_text(text.encode(), "")
    assert name in read.variants
    assert read.questions[0].reference == name
    assert read.variants["l2-patient"].parent == name


@pytest.mark.parametrize("rate", ["1e-4", "1.0e-4", "0.0001", "1E-4", ".0001", "+1e-04"])
def test_a_number_is_read_however_it_is_written(rate: str):
    read = from_text(TEXT.replace("1e-2", rate).encode(), "")
    assert read.variants["plain"].configuration.optimizer.arguments["learning_rate"] == 0.0001


def test_the_data_of_the_study_is_that_of_its_base():
    base = {key: value for key, value in BASE.items() if key != "data"}
    read = load({"data": "cifar10", "base": base, "variants": {"a": {}, "b": {"data": "mnist"}}})
    assert [variant.configuration.data for variant in read.variants.values()] == ["cifar10", "mnist"]


def test_anchors_and_aliases_save_writing():
    text = TEXT.replace("l2: {kernel", "l2: &strong {kernel").replace(
        "plain: {}", "plain: {}\n  twin: {epochs: 3}"
    )
    text += "published:\n  plain: &figures {test: 0.96}\n  l2: *figures\n"
    read = from_text(text.encode(), "")
    assert read.published["plain"] == read.published["l2"]


def test_a_study_without_a_name_has_that_of_its_file():
    assert from_text(TEXT.replace("name: mine\n", "").encode(), "folder/dropout.yaml").name == "dropout"
