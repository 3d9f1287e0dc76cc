"""Batch normalization beside Keras's: the same outputs, gradients and moving averages to rounding."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.engine.normalization import BatchNormalization

BOUND = 5e-5  # relative to the largest entry: Keras subtracts what inputs and means are divided to


def close(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=BOUND * max(np.abs(theirs).max(initial=0), 1))


def trained(kind, inputs, slopes, weights, **arguments):
    """Outputs, the gradients of inputs and weights, and the moving averages, of a step in training mode."""
    layer = kind(**arguments)
    layer.build(inputs.shape)
    for variable, value in zip(layer.trainable_variables, weights, strict=False):
        variable.assign(value)
    averages = [variable.value for variable in layer.non_trainable_variables]

    def run(trainable, inputs):
        outputs, after = layer.stateless_call(trainable, averages, inputs, training=True)
        return outputs, after

    def step(trainable, inputs, slopes):
        outputs, back, after = jax.vjp(run, trainable, inputs, has_aux=True)
        return outputs, *jax.tree.leaves(back(slopes)), *after

    trainable = [variable.value for variable in layer.trainable_variables]
    return jax.jit(step, compiler_options={"xla_backend_optimization_level": 0})(trainable, inputs, slopes)


@settings(max_examples=12)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.integers(2, 9),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 3.0]),
    st.integers(0, 99),
)
def test_a_step_is_keras_one(sides, count, scale, center, shift, seed):
    draw = np.random.default_rng(seed)
    inputs, slopes = (draw.normal(size=(count, *sides)).astype(np.float32) for _ in range(2))
    weights = draw.normal(1, 0.3, (2, sides[-1])).astype(np.float32)
    given_ = jnp.asarray(inputs + np.float32(shift)), jnp.asarray(slopes), weights
    ours, theirs = (
        trained(kind, *given_, scale=scale, center=center)
        for kind in (BatchNormalization, keras.layers.BatchNormalization)
    )
    for own, kept in zip(ours, theirs, strict=True):
        close(own, kept)


def test_inference_uses_the_moving_averages_as_keras_does():
    inputs = jnp.asarray(np.random.default_rng(0).normal(2, 3, (5, 4)).astype(np.float32))
    layers = [kind() for kind in (BatchNormalization, keras.layers.BatchNormalization)]
    for layer in layers:
        layer(inputs, training=True)
    np.testing.assert_allclose(*(np.asarray(layer(inputs, training=False)) for layer in layers), rtol=1e-6)


@pytest.mark.parametrize("arguments", [{"axis": 1}, {"renorm": True}], ids=str)
def test_another_axis_and_renormalization_stay_kerass(arguments):
    draw = np.random.default_rng(0)
    inputs, slopes = (jnp.asarray(draw.normal(size=(4, 3, 2)).astype(np.float32)) for _ in range(2))
    ours, theirs = (
        trained(kind, inputs, slopes, [], **arguments)
        for kind in (BatchNormalization, keras.layers.BatchNormalization)
    )
    for own, kept in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(own, kept)


def test_a_frozen_layer_keeps_its_averages():
    layer = BatchNormalization(trainable=False)
    inputs = jnp.ones((3, 2)) * 5
    layer(inputs, training=True)
    assert np.asarray(layer.moving_mean).tolist() == [0.0, 0.0]


def test_masked_places_do_not_count():
    inputs = jnp.asarray([[[1.0, 0.0], [100.0, 9.0]], [[3.0, 2.0], [100.0, 7.0]]])
    mask = jnp.asarray([[True, False], [True, False]])
    ours, theirs = (
        kind()(inputs, training=True, mask=mask)
        for kind in (BatchNormalization, keras.layers.BatchNormalization)
    )
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
