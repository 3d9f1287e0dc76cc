"""The L2 penalty is Keras's, added in another order."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from paribus.engine import penalty

SHAPES = [(0,), (1,), (31,), (32,), (33,), (784, 10), (3, 3, 1, 8), (100, 77)]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_squares_are_those_of_numpy(shape):
    weights = np.random.default_rng(3).normal(size=shape).astype(np.float32)
    expected = np.square(weights, dtype=np.float64).sum()
    assert float(penalty.squares(jnp.asarray(weights))) == pytest.approx(expected, rel=1e-6)


def dense(regularizer):
    layer = keras.layers.Dense(7, kernel_regularizer=regularizer, bias_regularizer=regularizer)
    model = keras.Sequential([keras.Input((33,)), layer, keras.layers.Dense(2)])
    draw = np.random.default_rng(4)
    model.set_weights([draw.normal(size=weights.shape).astype(np.float32) for weights in model.get_weights()])
    return model


def loss_and_gradients(model):
    @jax.jit
    @jax.value_and_grad
    def penalized(weights):
        with keras.StatelessScope(state_mapping=list(zip(model.trainable_variables, weights, strict=True))):
            return sum(model.losses)

    return penalized([variable.value for variable in model.trainable_variables])


def test_a_model_pays_the_same_with_the_bits_of_keras_in_its_gradient():
    plain, fast = dense(keras.regularizers.L2(0.01)), dense(keras.regularizers.L2(0.01))
    penalty.add_in_one_pass(fast)
    (loss, gradients), (expected, theirs) = loss_and_gradients(fast), loss_and_gradients(plain)
    assert float(loss) == pytest.approx(float(expected), rel=1e-6)
    assert float(loss) > 0
    for ours, their in zip(gradients, theirs, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(their))


def test_a_models_configuration_stays_that_of_keras():
    plain, fast = dense(keras.regularizers.L2(0.01)), dense(keras.regularizers.L2(0.01))
    penalty.add_in_one_pass(fast)
    assert [layer.get_config()["kernel_regularizer"] for layer in fast.layers] == [
        layer.get_config()["kernel_regularizer"] for layer in plain.layers
    ]


@pytest.mark.parametrize("own", [keras.regularizers.L1(0.1), keras.regularizers.L1L2(0.1, 0.1), None])
def test_other_regularizers_are_left_as_they_are(own):
    model = dense(own)
    penalty.add_in_one_pass(model)
    assert model.layers[0].kernel.regularizer is own
