"""A dense layer with few units is Keras's, its gradient multiplied in another order."""

from functools import partial

import jax
import keras
import numpy as np
import pytest

from paribus.engine.dense import Dense


def made(constructor, **arguments):
    layer = constructor(kernel_initializer="glorot_uniform", bias_initializer="ones", **arguments)
    layer.build((None, 30))
    return layer


def outputs_and_gradients(layer, inputs):
    @partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
    def computed(weights, inputs):
        def total(weights, inputs):
            outputs, _ = layer.stateless_call(weights, [], inputs)
            return (outputs**2).sum(), outputs

        gradients, outputs = jax.grad(total, argnums=(0, 1), has_aux=True)(weights, inputs)
        return outputs, gradients

    return computed([variable.value for variable in layer.trainable_variables], inputs)


@pytest.mark.parametrize("batch", [1, 8, 128])
@pytest.mark.parametrize(
    "arguments",
    [
        {"units": 1},
        {"units": 10, "activation": "sigmoid"},
        {"units": 10, "use_bias": False},
        {"units": 64},
        {"units": 65},
    ],
)
def test_outputs_and_gradients_are_those_of_keras(arguments, batch):
    inputs = np.random.default_rng(1).normal(size=(batch, 30)).astype(np.float32)
    ours, theirs = made(Dense, **arguments), made(keras.layers.Dense, **arguments)
    theirs.set_weights(ours.get_weights())
    one, two = (jax.tree.leaves(outputs_and_gradients(layer, inputs)) for layer in (ours, theirs))
    for value, reference in zip(one, two, strict=True):
        np.testing.assert_allclose(value, reference, rtol=1e-5, atol=1e-5)


def test_on_images_it_is_keras_too():
    inputs = np.random.default_rng(1).normal(size=(4, 3, 3, 30)).astype(np.float32)
    ours, theirs = made(Dense, units=5), made(keras.layers.Dense, units=5)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_array_equal(ours(inputs), theirs(inputs))


def test_its_configuration_is_that_of_keras():
    arguments = {"units": 5, "activation": "relu", "name": "hidden"}
    assert Dense(**arguments).get_config() == keras.layers.Dense(**arguments).get_config()
