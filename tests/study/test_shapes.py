"""Shapes, weights and multiplications by hand; `test_against_keras` holds them against Keras's own."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

import pytest
from tests.study.conftest import study

from paribus.study.configuration import Layer
from paribus.study.layer_size import ShapeError, format_shape
from paribus.study.shapes import input_shape, multiply_adds, parameters, shapes

IMAGE = (28, 28, 1)


def layers(*model: object) -> tuple[Layer, ...]:
    """A network that ends in ten classes."""
    end = ["flatten", {"dense": {"units": 10, "activation": "softmax"}}]
    return study({"a": {"model": [*model, *end]}}).variants["a"].configuration.layers


def test_a_dense_network_takes_the_image_as_a_vector():
    network = study({"a": {}}).variants["a"].configuration.layers
    assert input_shape(network, IMAGE) == (784,)
    assert shapes(network, IMAGE) == ((784,), (10,))
    assert parameters(network, IMAGE) == 784 * 784 + 784 + 784 * 10 + 10
    assert multiply_adds(network, IMAGE) == 784 * 784 + 784 * 10


def test_what_comes_before_the_first_dense_layer_takes_the_vector_too():
    network = study({"a": {"model": [{"dropout": 0.2}, "batch_normalization", {"dense": 10}]}})
    assert input_shape(network.variants["a"].configuration.layers, IMAGE) == (784,)


def test_a_convolution_takes_the_image_as_it_is():
    network = layers({"conv2d": {"filters": 8, "kernel_size": [5, 3], "strides": [2, 1]}}, "max_pooling2d")
    assert shapes(network, IMAGE) == ((12, 26, 8), (6, 13, 8), (624,), (10,))
    assert parameters(network, IMAGE) == (5 * 3 * 8 + 8) + (624 * 10 + 10)
    assert multiply_adds(network, IMAGE) == 12 * 26 * 5 * 3 * 8 + 624 * 10


def test_padding_keeps_the_size_up_to_the_strides():
    network = layers({"conv2d": {"filters": 2, "kernel_size": 5, "padding": "same", "strides": 3}})
    assert shapes(network, IMAGE)[0] == (10, 10, 2)


def test_dilation_spreads_a_kernel():
    network = layers({"conv2d": {"filters": 2, "kernel_size": 3, "dilation_rate": 4}})
    assert shapes(network, IMAGE)[0] == (20, 20, 2)


def test_a_bias_left_out_is_not_counted():
    network = study({"a": {"layers": {"hidden_1": {"use_bias": False}}}}).variants["a"].configuration.layers
    assert parameters(network, IMAGE) == 784 * 784 + 784 * 10 + 10


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Layer(label="x", kind="max_pooling2d", arguments={"pool_size": [29, 1], "strides": [1, 1], "padding": "valid"}), "kernel-too-large"),
        (Layer(label="x", kind="max_pooling2d", arguments={"pool_size": [20_000, 1], "strides": [1, 1], "padding": "same"}), "kernel-too-wide"),
        (Layer(label="x", kind="group_normalization", arguments={"groups": 2}), "groups"),
    ],
)  # fmt: skip
def test_layers_that_do_not_fit_say_so(kind: Layer, code: str):
    with pytest.raises(ShapeError) as caught:
        shapes((Layer(label="f", kind="zero_padding2d", arguments={"padding": [0, 0]}), kind), IMAGE)
    assert caught.value.code == code
    assert caught.value.values["label"] == "x"


def test_a_shape_in_words():
    assert format_shape((28, 28, 1)) == "28 × 28 × 1"
