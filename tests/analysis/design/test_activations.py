"""An activation counts alike as an argument of a layer and as a layer of its own."""

import keras
import numpy as np
import pytest
from tests.analysis.made_studies import clean

from paribus.analysis.design.activations import _ZERO_SLOPES, activation, is_flat, weighted_layers

OUTPUT = {"dense": {"units": 10, "activation": "softmax"}}


def of(*layers: object) -> list[str]:
    """The activation of each layer with units."""
    configuration = clean({"model": ["flatten", *layers]}).variants["treatment"].configuration
    return [activation(configuration, layer) for layer in weighted_layers(configuration)]


def test_an_activation_is_found_wherever_it_is_written():
    assert of({"dense": {"units": 8, "activation": "relu"}}, OUTPUT) == ["relu", "softmax"]
    assert of({"dense": 8}, {"activation": "relu"}, {"dense": 10}, {"activation": "softmax"}) == [
        "relu",
        "softmax",
    ]
    assert of({"dense": 8}, {"dropout": 0.5}, "leaky_relu", OUTPUT) == ["leaky_relu", "softmax"]


def test_what_follows_another_layer_or_a_normalization_is_none_of_its_own():
    assert of({"dense": 8}, {"dense": 8}, {"activation": "relu"}, OUTPUT) == ["linear", "relu", "softmax"]
    assert of({"dense": 8}, "batch_normalization", {"activation": "relu"}, OUTPUT) == ["linear", "softmax"]


@pytest.mark.parametrize("name", _ZERO_SLOPES)
def test_a_flat_part_is_where_jax_finds_no_slope(name):
    import jax

    below, above = _ZERO_SLOPES[name]
    slope = jax.grad(keras.activations.get(name))
    for edge, outwards in ((below, -1), (above, 1)):
        if edge is not None:
            assert slope(np.float32(edge + 0.5 * outwards)) == 0
            assert is_flat(name, edge, edge)
            assert not is_flat(name, *sorted((edge, edge - 0.5 * outwards)))


def test_other_activations_are_nowhere_flat():
    assert not is_flat("leaky_relu", -1e9, -1e9)
