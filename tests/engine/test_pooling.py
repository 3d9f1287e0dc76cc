"""Max pooling of slices beside Keras's: the same maxima, and the same gradient where inputs tie."""

from functools import partial

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.engine import pooling
from paribus.engine.pooling import max_pool


@st.composite
def poolings(draw):
    dimensions = draw(st.integers(1, 3))
    most = {1: 9, 2: 7, 3: 5}[dimensions]
    size = tuple(draw(st.integers(1, 3)) for _ in range(dimensions))
    sides = tuple(draw(st.integers(length, most)) for length in size)
    strides = tuple(draw(st.integers(1, 3)) for _ in range(dimensions))
    values = draw(st.integers(2, 50))  # few different ones tie often
    seed = draw(st.integers(0, 2**16))
    return (2, *sides, 3), size, strides, draw(st.sampled_from(["valid", "same"])), values, seed


@settings(max_examples=15)
@given(poolings())
def test_maxima_and_gradients_are_keras_ones_in_ties_too(drawn):
    shape, size, strides, padding, values, seed = drawn
    rng = np.random.default_rng(seed)
    inputs = rng.integers(-values, 1, shape).astype(np.float32)  # an edge of zeros would be seen

    outputs = jax.eval_shape(lambda x: keras.ops.max_pool(x, size, strides, padding), inputs).shape
    slopes = np.random.default_rng(seed + 1).integers(1, 9, outputs).astype(np.float32)

    def both(pool):
        @partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})  # in a third of the time
        def computed(inputs, slopes):
            outputs, back = jax.vjp(lambda x: pool(x, size, strides, padding), inputs)
            return outputs, back(slopes)[0]

        return computed(inputs, slopes)

    for ours, keras_own in zip(both(max_pool), both(keras.ops.max_pool), strict=True):
        np.testing.assert_array_equal(ours, keras_own)  # whole numbers add up exactly in any order


@pytest.mark.parametrize("name", ["MaxPooling1D", "MaxPooling2D", "MaxPooling3D"])
def test_a_layer_is_keras_own_but_for_how_it_computes(name):
    dimensions = int(name[-2])
    inputs = np.random.default_rng(0).normal(size=(2, *(6,) * dimensions, 3)).astype(np.float32)
    ours, theirs = (getattr(module, name)(pool_size=2) for module in (pooling, keras.layers))
    np.testing.assert_array_equal(ours(inputs), theirs(inputs))
    assert ours.get_config() | {"name": ""} == theirs.get_config() | {"name": ""}


def test_a_window_of_many_places_is_left_to_keras(monkeypatch):
    inputs = np.random.default_rng(0).normal(size=(2, 12, 12, 1)).astype(np.float32)
    monkeypatch.setattr(pooling, "max_pool", None)
    ours, theirs = (module.MaxPooling2D(pool_size=12) for module in (pooling, keras.layers))
    np.testing.assert_array_equal(ours(inputs), theirs(inputs))
