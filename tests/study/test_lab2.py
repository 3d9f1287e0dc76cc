"""The built-in study is the published lab."""

from __future__ import annotations

import pytest

from paribus.study.configuration import Configuration, Technique
from paribus.study.reader import load
from paribus.study.shapes import parameters
from paribus.study.study import Study

L2 = Technique(name="l2", arguments={"l2": 0.01})


@pytest.fixture(scope="module")
def lab() -> Study:
    return load("lab2")


def rate(configuration: Configuration) -> object:
    return configuration.optimizer.arguments["learning_rate"]


# From the lab's sheet: parent, data, optimizer, rate, L2, batch size, epochs, patience
SHEET = {
    "1": (None, "mnist", "sgd", 0.01, False, 128, 30, None),
    "2": ("1", "mnist", "sgd", 0.01, True, 128, 30, None),
    "3a": ("1", "mnist", "sgd", 0.01, False, 128, 30, None),
    "3b": ("1", "mnist", "sgd", 0.01, False, 128, 30, None),
    "3c": ("1", "mnist", "sgd", 0.01, False, 128, 30, None),
    "4a": ("2", "mnist", "sgd", 0.01, True, 128, 30, None),
    "4b": ("1", "mnist", "rmsprop", 0.0001, False, 128, 30, None),
    "4b-l2": ("4b", "mnist", "rmsprop", 0.0001, True, 128, 30, None),
    "4c": ("2", "mnist", "adam", 0.0001, True, 128, 30, None),
    "5": ("2", "mnist", "sgd", 0.01, True, 8, 30, None),
    "6": ("5", "mnist", "sgd", 0.01, True, 8, 100, 3),
    "7a": ("1", "cifar10", "sgd", 0.001, False, 128, 30, None),
    "7b": ("7a", "cifar10", "sgd", 0.001, True, 128, 30, None),
    "7c": ("7b", "cifar10", "sgd", 0.001, True, 8, 100, 2),
}


def test_it_has_the_variants_of_the_sheet_and_one_more(lab: Study):
    assert list(lab.variants) == list(SHEET)
    assert set(lab.variants) - set(lab.published) == {"4b-l2"}


@pytest.mark.parametrize("name", SHEET)
def test_a_variant_is_as_the_sheet_has_it(lab: Study, name: str):
    variant = lab.variants[name]
    read = variant.configuration
    stopping = read.early_stopping
    regularizers = {
        str(layer.arguments[argument])
        for layer in read.layers
        for argument in ("kernel_regularizer", "bias_regularizer")
    }
    assert regularizers in ({"None"}, {str(L2)})
    assert (
        variant.parent,
        read.data,
        read.optimizer.name,
        rate(read),
        regularizers == {str(L2)},
        read.batch_size,
        read.epochs,
        None if stopping is None else stopping.patience,
    ) == SHEET[name]
    assert stopping is None or stopping.monitor == "val_loss"


@pytest.mark.parametrize("name", SHEET)
def test_its_networks_have_as_many_weights_as_were_published(lab: Study, name: str):
    read = lab.variants[name].configuration
    assert parameters(read.layers, read.facts.shape) == {"mnist": 623_290, "cifar10": 9_470_986}[read.data]
    assert [layer.label for layer in read.layers] == ["hidden_1", "output"]
    assert (read.output, read.loss, read.scale, read.validation) == (
        "sigmoid",
        "binary_crossentropy",
        "none",
        0.1,
    )


@pytest.mark.parametrize(
    ("name", "kernel", "bias"),
    [("3a", "zeros", "zeros"), ("3b", "ones", "ones"), ("3c", "glorot_uniform", "ones")],
)
def test_exercise_three_changes_the_first_layer_alone(lab: Study, name: str, kernel: str, bias: str):
    hidden, output = lab.variants[name].configuration.layers
    assert hidden.arguments["kernel_initializer"] == Technique(name=kernel)
    assert hidden.arguments["bias_initializer"] == Technique(name=bias)
    assert output == lab.variants["1"].configuration.layers[1]


def test_momentum_is_the_only_difference_of_4a(lab: Study):
    momentum, plain = (dict(lab.variants[name].configuration.optimizer.arguments) for name in ("4a", "2"))
    assert momentum.pop("momentum") == 0.9
    assert plain.pop("momentum") == 0.0
    assert momentum == plain


def test_rmsprop_is_that_of_keras_three(lab: Study):
    assert lab.variants["4b"].configuration.optimizer.arguments["epsilon_outside"] is False


def test_six_is_five_with_another_ending(lab: Study):
    five, six = (lab.variants[name].configuration.model_dump() for name in ("5", "6"))
    differing = {key for key in five if five[key] != six[key]}
    assert differing == {"epochs", "early_stopping"}


def test_it_asks_what_the_lab_asked(lab: Study):
    asked = {(question.treatment, question.reference) for question in lab.questions}
    assert {("2", "1"), ("3a", "1"), ("3b", "1"), ("3c", "1"), ("4a", "2"), ("4b", "2"), ("4c", "2")} <= asked
    assert {
        ("4b", "4c"),
        ("4b-l2", "4c"),
        ("4b-l2", "2"),
        ("5", "2"),
        ("6", "5"),
        ("7b", "7a"),
        ("7c", "7b"),
    } <= asked
    assert all(question.ask.endswith("?") for question in lab.questions)


def test_its_figures_are_the_published_ones(lab: Study):
    tests = {name: figures.test for name, figures in lab.published.items()}
    assert tests == {
        "1": 0.9618,
        "2": 0.9798,
        "3a": 0.1135,
        "3b": 0.1135,
        "3c": 0.9621,
        "4a": 0.9693,
        "4b": 0.9754,
        "4c": 0.9757,
        "5": 0.9459,
        "6": 0.9648,
        "7a": 0.3852,
        "7b": 0.4134,
        "7c": 0.4765,
    }
    assert (lab.published["6"].epochs, lab.published["7c"].epochs) == (10, 43)
    assert "3a" in lab.published["3b"].note
    assert {name: figures.of for name, figures in lab.published.items() if figures.of} == {"3b": "3a"}
    assert (lab.published["3a"].own_test, lab.published["3b"].own_test) == (0.1135, None)
