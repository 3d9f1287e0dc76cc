"""Layers in a row without an activation between them."""

import pytest
from tests.analysis.made_studies import clean, finding

OUTPUT = {"dense": {"units": 10, "activation": "softmax"}}


def found(*layers: object):
    return finding(clean({"model": [*layers, OUTPUT]}), "linear-layers")


def test_a_network_without_any_activation_is_linear():
    linear = found("flatten", {"dense": 30}, {"dropout": 0.2}, "batch_normalization", {"dense": 20})
    assert linear.evidence == {"linear": 2, "hidden": 2}
    assert "hidden_1 and hidden_2" in str(linear.why)
    assert "the whole network" in str(linear.why)


def test_one_layer_without_an_activation_is_named():
    linear = found("flatten", {"dense": 784}, {"dense": {"units": 50, "activation": "relu"}})
    assert linear.evidence == {"linear": 1, "hidden": 2}
    assert "hidden_1: with the next layer" in str(linear.why)


@pytest.mark.parametrize(
    "layers",
    [
        ("flatten",),
        ("flatten", {"dense": 30}, {"activation": "relu"}),
        ("flatten", {"dense": 30}, "batch_normalization", {"activation": "relu"}),
        ("flatten", {"dense": 30}, "leaky_relu"),
        ("flatten", {"dense": 30}, "layer_normalization"),
        ({"conv2d": {"filters": 4, "kernel_size": 3}}, {"max_pooling2d": 2}, "flatten"),
        ("flatten", {"dense": 5}),
    ],
    ids=["one layer", "a layer", "normalized", "leaky", "layer norm", "pooled", "fewer units than classes"],
)
def test_anything_nonlinear_between_them_suffices_and_so_does_a_bottleneck(layers):
    assert found(*layers) is None


def test_a_convolution_and_a_dense_layer_are_one_map_as_well():
    assert found({"conv2d": {"filters": 4, "kernel_size": 3}}, "flatten") is not None


def sharing(*layers: object):
    return finding(clean({"model": [*layers]}), "hidden-softmax")


def test_a_softmax_between_layers_is_found_also_after_none_with_weights():
    assert "activation_1" in str(sharing("flatten", {"activation": "softmax"}, {"dense": 30}, OUTPUT).why)


def test_the_first_of_two_softmaxes_for_the_outputs_is_found():
    twice = sharing("flatten", {"dense": 30}, OUTPUT, {"activation": "softmax"})
    assert twice.evidence["count"] == 1
    assert "output" in str(twice.why)


@pytest.mark.parametrize(
    "last",
    [[OUTPUT], [OUTPUT, {"activation": "linear"}], [{"dense": 10}, {"activation": "softmax"}]],
    ids=["argument", "linear after it", "layer"],
)
def test_one_softmax_for_the_outputs_is_not(last):
    assert sharing("flatten", {"dense": {"units": 30, "activation": "relu"}}, *last) is None


def test_a_logarithm_of_a_softmax_before_another_one_changes_nothing():
    logs = {"dense": {"units": 10, "activation": "log_softmax"}}
    assert sharing("flatten", {"dense": 30}, logs, {"activation": "softmax"}) is None
