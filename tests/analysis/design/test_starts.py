"""Layers that start where no gradient can reach them, by what the configuration says."""

import pytest
from tests.analysis.made_studies import clean, finding

OUTPUT = [{"dense": 10}, {"activation": "softmax"}]
AS_LAYER = [
    "flatten",
    {"dense": {"units": 64, "kernel_initializer": "zeros"}},
    {"activation": "relu"},
    *OUTPUT,
]


def biased(activation: str, bias: float, **more: object) -> dict[str, object]:
    start = {"bias_initializer": {"name": "constant", "value": bias}}
    return {"model": {"activation": activation}, "layers": {"hidden_1": start}, **more}


def test_zeros_under_a_relu_of_its_own_layer_are_dead():
    study = clean({"model": AS_LAYER})
    told = finding(study, "dead-start").placeholders
    assert (told["layer"], told["activation"]) == ("hidden_1", "relu")
    assert finding(study, "equal-start") is None


@pytest.mark.parametrize(
    "treatment",
    [
        biased("relu", -20),
        biased("sigmoid", 100),
        biased("hard_sigmoid", 40),
        biased("relu", -9000, scale="none"),
    ],
    ids=["relu", "sigmoid", "hard_sigmoid", "unscaled"],
)
def test_a_bias_beyond_what_any_image_can_add_is_dead(treatment):
    assert finding(clean(treatment), "dead-start") is not None


@pytest.mark.parametrize(
    "treatment",
    [
        biased("relu", -5),
        biased("leaky_relu", -20),
        biased("sigmoid", 10),
        biased("relu", -20, scale="none"),
        biased("relu", -20, scale="standard"),
        biased("relu", 20),
    ],
    ids=["small", "leaky", "sigmoid", "unscaled", "standard", "positive"],
)
def test_a_bias_that_some_image_overcomes_is_not(treatment):
    assert finding(clean(treatment), "dead-start") is None


def zeros(activation: str, **more: object) -> dict[str, object]:
    return {"kernel_initializer": "zeros", "model": {"activation": activation}, **more}


def test_zeros_everywhere_never_learn_where_zero_goes_to_zero():
    assert finding(clean(zeros("tanh")), "zero-start").placeholders["following"] == "output"
    assert finding(clean(zeros("relu")), "dead-start") is not None
    assert finding(clean(zeros("relu")), "zero-start") is None


@pytest.mark.parametrize(
    "treatment",
    [
        zeros("sigmoid"),
        zeros("tanh", bias_initializer="ones"),
        zeros("tanh", layers={"output": {"kernel_initializer": "he_normal"}}),
    ],
    ids=["sigmoid", "biases of one", "random output"],
)
def test_zeros_that_something_moves_are_not_serious(treatment):
    assert finding(clean(treatment), "zero-start") is None


@pytest.mark.parametrize(
    ("activation", "bias", "is_found"),
    [
        ("relu", -2.5, True),
        ("relu", -1.5, False),
        ("relu", 5.0, False),
        ("sigmoid", 9.0, True),
        ("sigmoid", -9.0, True),
        ("sigmoid", 6.5, False),
        ("tanh", -6.0, True),
        ("leaky_relu", -5.0, False),
    ],
)
def test_a_bias_most_likely_shuts_a_layer_where_hardly_a_draw_overcomes_it(activation, bias, is_found):
    found = finding(clean(biased(activation, bias)), "shut-start")
    assert (found is not None) is is_found


def test_a_layer_that_is_dead_for_sure_is_not_told_of_twice():
    assert finding(clean(biased("relu", -20)), "dead-start") is not None
    assert finding(clean(biased("relu", -20)), "shut-start") is None
