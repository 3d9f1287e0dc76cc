"""What a variant changes, and what two configurations differ in, as values and in words."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import pytest
from tests.study.conftest import study

from paribus.study.configuration import EarlyStopping, Layer, Technique
from paribus.study.describe import describe_changes, describe_variant
from paribus.study.difference import Change, confounds, declared_changes, difference, factors
from paribus.study.reader import load
from paribus.study.study import Study

L2 = Technique(name="l2", arguments={"l2": 0.01})

DECLARED = {
    "1": "",
    "2": "L2 0.01 on weights and biases",
    "3a": "first layer: kernel zeros, bias zeros",
    "3b": "first layer: kernel ones, bias ones",
    "3c": "first layer: kernel GlorotUniform, bias ones",
    "4a": "SGD 0.01, momentum 0.9",
    "4b": "RMSprop 0.0001",
    "4b-l2": "L2 0.01 on weights and biases",
    "4c": "Adam 0.0001",
    "5": "batch size 8",
    "6": "100 epochs; early stopping on val_loss, patience 3",
    "7a": "images of cifar10; hidden layer of 3072; learning rate 0.001",
    "7b": "L2 0.01 on weights and biases",
    "7c": "batch size 8; 100 epochs; early stopping on val_loss, patience 2",
}


@pytest.fixture(scope="module")
def lab() -> Study:
    return load("lab2")


def differing(lab: Study, reference: str, treatment: str) -> tuple[Change, ...]:
    return difference(lab.variants[reference].configuration, lab.variants[treatment].configuration)


@pytest.mark.parametrize(("name", "words"), DECLARED.items())
def test_the_lab_in_words(lab: Study, name: str, words: str):
    assert describe_changes(declared_changes(lab.variants, name)) == words


def test_a_variant_is_told_with_its_parent(lab: Study):
    assert describe_variant(lab.variants, "5") == "from 2: batch size 8"
    assert describe_changes((), "2") == "as 2"


def test_declared_holds_both_levels(lab: Study):
    assert declared_changes(lab.variants, "5") == (Change("batch_size", None, 128, 8),)
    assert declared_changes(lab.variants, "2") == (
        Change("kernel_regularizer", None, None, L2),
        Change("bias_regularizer", None, None, L2),
    )


def test_what_is_declared_again_is_declared_but_differs_not(lab: Study):
    glorot = Technique(name="glorot_uniform")
    assert Change("kernel_initializer", "hidden_1", glorot, glorot) in declared_changes(lab.variants, "3c")
    assert [change.factor for change in differing(lab, "1", "3c")] == ["bias_initializer"]


def test_two_optimizers_with_and_without_l2_differ_in_two_factors(lab: Study):
    assert {change.factor for change in differing(lab, "4c", "4b")} == {
        "optimizer",
        "kernel_regularizer",
        "bias_regularizer",
    }
    assert {change.factor for change in differing(lab, "4c", "4b-l2")} == {"optimizer"}
    assert describe_changes(differing(lab, "4c", "4b")) == "RMSprop 0.0001; no regularizer"


def test_a_learning_rate_is_a_factor_of_its_own(lab: Study):
    assert [change.factor for change in differing(lab, "2", "4c")] == ["optimizer", "learning_rate"]
    assert differing(lab, "2", "4a") == (Change("momentum", None, 0.0, 0.9),)


def test_an_ending_is_a_difference(lab: Study):
    assert differing(lab, "5", "6") == (
        Change("epochs", None, 30, 100),
        Change("early_stopping", None, None, EarlyStopping(patience=3)),
    )
    assert describe_changes(differing(lab, "6", "5")) == "30 epochs; no early stopping"


def test_a_change_to_every_layer_is_one_and_to_some_layers_is_one_each():
    read = study(
        {"a": {}, "all": {"kernel_initializer": "zeros"}, "one": {"layers": {"output": {"use_bias": False}}}}
    )
    plain, everywhere, one = (variant.configuration for variant in read.variants.values())
    glorot, zeros = Technique(name="glorot_uniform"), Technique(name="zeros")
    assert difference(plain, everywhere) == (Change("kernel_initializer", None, glorot, zeros),)
    assert difference(plain, one) == (Change("use_bias", "output", True, False),)
    assert describe_changes(difference(plain, one)) == "output layer: use bias off"


def test_a_layer_more_is_a_factor():
    read = study({"a": {}, "b": {"model": {"dropout": 0.5}}})
    plain, dropout = (variant.configuration for variant in read.variants.values())
    layer = Layer(label="dropout_1", kind="dropout", arguments={"rate": 0.5})
    assert difference(plain, dropout) == (Change("dropout", "dropout_1", None, layer),)
    assert describe_changes(difference(plain, dropout)) == "with Dropout 0.5"
    assert describe_changes(difference(dropout, plain)) == "without Dropout 0.5"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kernel_regularizer": {"l1": 0.1}}, "L1 0.1 on weights"),
        ({"kernel_regularizer": {"l1": 0.1}, "bias_regularizer": "l2"}, "L1 0.1 on weights; L2 0.01 on biases"),
        ({"kernel_regularizer": None}, "no regularizer on weights"),
        ({"kernel_regularizer": {"l1": 0.1, "l2": 0.2}}, "L1L2 0.1, l2 0.2 on weights"),
        ({"kernel_initializer": {"name": "random_normal", "stddev": 0.1}}, "weights start as RandomNormal, stddev 0.1"),
        ({"kernel_initializer": {"name": "constant", "value": 0.5}}, "weights start as Constant 0.5"),
        ({"learning_rate": {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 9}}, "learning rate CosineDecay 0.1, decay steps 9"),
        ({"optimizer": {"name": "rmsprop", "epsilon_outside": True}}, "RMSprop 0.001, epsilon outside on"),
        ({"scale": "unit"}, "pixels scaled: unit"),
        ({"validation": 0.2}, "share held out 0.2"),
        ({"loss": "mse"}, "loss mean_squared_error"),
        ({"model": {"hidden": [512, 256]}}, "hidden layers of 512, 256"),
        ({"model": ["flatten", {"dense": 10}]}, "layers Flatten, Dense 10"),
        ({"early_stopping": {"monitor": "loss", "min_delta": 0.1, "restore_best_weights": True}}, "early stopping on loss, patience 0, min delta 0.1, restore best weights on"),
        ({"layers": {"output": {"kernel_regularizer": "l2"}}}, "output layer: kernel L2 0.01"),
    ],
)  # fmt: skip
def test_levels_in_words(changes: dict[str, object], words: str):
    assert describe_changes(declared_changes(study({"a": changes}).variants, "a")) == words


FACTORS = {
    ("1", "2"): ("regularization",),
    ("1", "3a"): ("initialization",),
    ("2", "4a"): ("optimizer",),
    ("2", "4c"): ("optimizer", "learning_rate"),
    ("4c", "4b"): ("optimizer", "regularization"),
    ("5", "6"): ("stopping",),
    ("7b", "7c"): ("batch_size", "stopping"),
    ("1", "7a"): ("data", "learning_rate", "model"),
    ("1", "1"): (),
}


@pytest.mark.parametrize(("pair", "expected"), FACTORS.items())
def test_what_a_person_thinks_of_as_one_thing_is_one_factor(
    lab: Study, pair: tuple[str, str], expected: tuple[str, ...]
):
    assert factors(differing(lab, *pair)) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"dropout": 0.5}, ("dropout",)),
        ({"batch_normalization": True}, ("normalization",)),
        ({"activation": "tanh"}, ("activation",)),
        ({"hidden": [32]}, ("model",)),
        ({"hidden": [784, 784]}, ("model",)),
    ],
)
def test_layers_that_are_techniques_are_factors_and_their_sizes_are_the_models(
    model: object, expected: tuple[str, ...]
):
    read = study({"a": {}, "b": {"model": model}})
    plain, other = (variant.configuration for variant in read.variants.values())
    assert factors(difference(plain, other)) == expected


def test_the_momentum_of_layers_is_not_the_optimizers():
    layers = [
        "flatten",
        {"dense": 8},
        "batch_normalization",
        {"dense": 8},
        "batch_normalization",
        {"dense": 10},
    ]
    other = [{each: {"momentum": 0.9}} if each == "batch_normalization" else each for each in layers]
    read = study(
        {
            "a": {"model": layers},
            "b": {"model": other},
            "c": {"from": "a", "optimizer": {"name": "sgd", "learning_rate": 0.01, "momentum": 0.9}},
        }
    )
    plain, normalized, heavy = (variant.configuration for variant in read.variants.values())
    assert difference(plain, normalized) == (Change("momentum", None, 0.99, 0.9),)
    assert factors(difference(plain, normalized)) == ("normalization",)
    assert factors(difference(plain, heavy)) == ("optimizer",)


CONFOUNDS = {
    ("2", "1"): (),
    ("3c", "1"): (),
    ("4a", "2"): (),
    ("4c", "2"): ("learning_rate",),
    ("4b", "2"): ("learning_rate", "regularization"),
    ("4b", "4c"): ("regularization",),
    ("4b-l2", "4c"): (),
    ("5", "2"): (),
    ("6", "5"): (),
    ("5", "6"): (),
    ("7c", "7b"): ("stopping",),
    ("7c", "7a"): ("stopping", "regularization"),
}


@pytest.mark.parametrize(("pair", "expected"), CONFOUNDS.items())
def test_what_differs_besides_what_is_asked_about_confounds(
    lab: Study, pair: tuple[str, str], expected: tuple[str, ...]
):
    assert confounds(lab.variants, *pair) == expected
