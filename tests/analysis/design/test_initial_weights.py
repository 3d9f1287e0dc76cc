"""The size of a layer's initial weights is that of Keras's draws."""

import keras
import numpy as np
import pytest
from tests.analysis.made_studies import clean

from paribus.analysis.design.initial_weights import constant, fans, weight_size
from paribus.study.configuration import Technique
from paribus.study.techniques import Kind, entry, names

DRAWN = [name for name in names(Kind.INITIALIZER) if name not in ("zeros", "ones", "constant", "identity")]


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("shape", [(300, 200), (200, 300)], ids=str)
def test_the_size_is_the_root_mean_square_of_keras_draws(name, shape):
    technique = Technique(name=name, arguments=dict(entry(Kind.INITIALIZER, name).defaults))
    drawn = np.asarray(getattr(keras.initializers, entry(Kind.INITIALIZER, name).keras_class)(seed=1)(shape))
    assert weight_size(technique, *shape) == pytest.approx(np.sqrt(np.mean(drawn**2)), rel=0.02)


def test_a_constant_has_its_value_and_the_identity_no_known_size():
    assert weight_size(Technique(name="constant", arguments={"value": -3}), 5, 5) == 3
    assert constant(Technique(name="random_uniform", arguments={"minval": 2, "maxval": 2})) == 2
    assert weight_size(Technique(name="identity", arguments={"gain": 1.0}), 5, 5) is None


def test_fans_are_those_of_keras():
    layers = [
        {"conv2d": {"filters": 4, "kernel_size": 3}},
        "flatten",
        {"dense": {"units": 10, "activation": "softmax"}},
    ]
    configuration = clean({"model": layers}).variants["treatment"].configuration
    convolution, flatten, dense = configuration.layers
    assert fans(configuration, convolution) == (9, 36)
    assert fans(configuration, flatten) is None
    assert fans(configuration, dense) == (26 * 26 * 4, 10)
