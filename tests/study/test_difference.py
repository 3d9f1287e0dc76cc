"""What a variant changes, and what two configurations differ in, as values and in words."""

from __future__ import annotations

import pytest
from tests.study.conftest import study

from paribus.study.change import Change
from paribus.study.configuration import EarlyStopping, Technique
from paribus.study.difference import difference, factors
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.study.variant_changes import declared_changes

L2 = Technique(name="l2", arguments={"l2": 0.01})


@pytest.fixture(scope="module")
def lab() -> Study:
    return load("lab2")


def differing(lab: Study, reference: str, treatment: str) -> tuple[Change, ...]:
    return difference(lab.variants[reference].configuration, lab.variants[treatment].configuration)


def test_what_is_declared_has_its_level(lab: Study):
    assert declared_changes(lab.variants, "5") == (Change("batch_size", None, None, 8),)
    assert declared_changes(lab.variants, "2") == (
        Change("kernel_regularizer", None, None, L2),
        Change("bias_regularizer", None, None, L2),
    )


def test_what_is_declared_again_is_declared_but_differs_not(lab: Study):
    glorot = Technique(name="glorot_uniform")
    assert Change("kernel_initializer", "hidden_1", None, glorot) in declared_changes(lab.variants, "3c")
    assert [change.factor for change in differing(lab, "1", "3c")] == ["bias_initializer"]


def test_two_optimizers_with_and_without_l2_differ_in_two_factors(lab: Study):
    assert {change.factor for change in differing(lab, "4c", "4b")} == {
        "optimizer",
        "kernel_regularizer",
        "bias_regularizer",
    }
    assert {change.factor for change in differing(lab, "4c", "4b-l2")} == {"optimizer"}


def test_a_learning_rate_is_a_factor_of_its_own(lab: Study):
    assert [change.factor for change in differing(lab, "2", "4c")] == ["optimizer", "learning_rate"]
    assert differing(lab, "2", "4a") == (Change("momentum", None, 0.0, 0.9),)


def test_an_ending_is_a_difference(lab: Study):
    assert differing(lab, "5", "6") == (
        Change("epochs", None, 30, 100),
        Change("early_stopping", None, None, EarlyStopping(patience=3)),
    )


def test_a_change_to_every_layer_is_one_and_to_some_layers_is_one_each():
    read = study(
        {"a": {}, "all": {"kernel_initializer": "zeros"}, "one": {"layers": {"output": {"use_bias": False}}}}
    )
    plain, everywhere, one = (variant.configuration for variant in read.variants.values())
    glorot, zeros = Technique(name="glorot_uniform"), Technique(name="zeros")
    assert difference(plain, everywhere) == (Change("kernel_initializer", None, glorot, zeros),)
    assert difference(plain, one) == (Change("use_bias", "output", True, False),)


def test_a_layer_more_is_a_factor():
    read = study({"a": {}, "b": {"model": {"dropout": 0.5}}})
    plain, dropout = (variant.configuration for variant in read.variants.values())
    assert difference(plain, dropout) == (Change("dropout", None, None, 0.5),)


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


INLINE = {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}}
BARE = {"conv2d": {"filters": 4, "kernel_size": 3}}
SOFTMAX = {"dense": {"units": 10, "activation": "softmax"}}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([BARE, "batch_normalization", {"activation": "relu"}], ["batch_normalization"]),
        (
            [BARE, "batch_normalization", {"activation": "tanh"}],
            ["batch_normalization", "activation", "activation"],
        ),
        ([BARE, {"activation": "relu"}], ["activation", "activation"]),
    ],
)
def test_an_activation_that_waits_for_a_normalization_is_no_second_difference(layers, expected):
    variants = {"plain": {}, "other": {"model": [*layers, "flatten", SOFTMAX]}}
    read = study(variants, model=[INLINE, "flatten", SOFTMAX], loss="categorical_crossentropy")
    plain, other = (read.variants[each].configuration for each in ("plain", "other"))
    assert [change.factor for change in difference(plain, other)] == expected
    taken = {change.factor for change in difference(other, plain)}
    assert taken == set(expected)
