"""Convolutions beside Keras's: the same outputs and gradients to rounding, whatever their form."""

import jax
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paribus.engine.convolution import Conv2D, convolve

BOUND = 2e-6  # relative to the largest entry: a few roundings of float32


def close(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=BOUND * max(np.abs(theirs).max(initial=0), 1))


@st.composite
def convolutions(draw):
    kernel = (
        draw(st.integers(1, 5)),
        draw(st.integers(1, 5)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
    )
    sides = [draw(st.integers(length, length + 6)) for length in kernel[:2]]
    batch = draw(st.sampled_from([1, 2, 7, 8, 9, 20]))
    return (
        (batch, *sides, kernel[2]),
        kernel,
        draw(st.sampled_from(["valid", "same"])),
        draw(st.integers(0, 99)),
    )


def with_gradients(convolution):
    """The function, compiled with its gradients; the code is not optimized, which takes most of the time."""

    def computed(inputs, kernel, slopes):
        outputs, back = jax.vjp(convolution, inputs, kernel)
        return outputs, *back(slopes)

    return jax.jit(computed, compiler_options={"xla_backend_optimization_level": 0})


@settings(max_examples=30)
@given(convolutions())
def test_outputs_and_gradients_are_keras_ones(drawn):
    shape, size, padding, seed = drawn
    rng = np.random.default_rng(seed)
    inputs, kernel = (rng.normal(size=each).astype(np.float32) for each in (shape, size))
    layer = Conv2D(size[3], size[:2], padding=padding)
    rows, columns = (
        side if padding == "same" else side - length + 1
        for side, length in zip(shape[1:3], size[:2], strict=True)
    )
    slopes = rng.normal(size=(shape[0], rows, columns, size[3])).astype(np.float32)
    ours = with_gradients(layer.convolution_op)(inputs, kernel, slopes)
    theirs = with_gradients(lambda x, w: keras.ops.conv(x, w, padding=padding))(inputs, kernel, slopes)
    for value, reference in zip(ours, theirs, strict=True):
        close(value, reference)


@pytest.mark.parametrize("batch", [300, 128])
def test_gradients_of_large_batches_are_sums_over_all_their_images(batch):
    rng = np.random.default_rng(0)
    inputs, kernel = rng.integers(-3, 4, (batch, 5, 5, 2)), rng.integers(-3, 4, (3, 3, 2, 4))
    whole = [each.astype(np.float32) for each in (inputs, kernel)]  # whole numbers add up exactly
    gradient = jax.grad(lambda w: convolve(whole[0], w, ((0, 0), (0, 0))).sum())(whole[1])
    windows = np.lib.stride_tricks.sliding_window_view(inputs, (3, 3), axis=(1, 2))
    by_hand = windows.sum(axis=(0, 1, 2)).transpose(1, 2, 0)[..., None]
    np.testing.assert_array_equal(gradient, np.broadcast_to(by_hand, kernel.shape))


@pytest.mark.parametrize(
    "arguments",
    [
        {"strides": 2},
        {"dilation_rate": 2},
        {"groups": 2},
        {"padding": "same", "use_bias": False},
        {"activation": "relu"},
    ],
)
def test_a_layer_is_keras_own_but_for_how_it_computes(arguments):
    inputs = np.random.default_rng(0).normal(size=(3, 8, 7, 4)).astype(np.float32)
    ours, theirs = (constructor(6, 3, **arguments) for constructor in (Conv2D, keras.layers.Conv2D))
    ours.build(inputs.shape), theirs.build(inputs.shape)
    theirs.set_weights(ours.get_weights())
    close(ours(inputs), theirs(inputs))
    assert ours.get_config() | {"name": ""} == theirs.get_config() | {"name": ""}


def test_a_gradient_has_the_same_bits_every_time():
    rng = np.random.default_rng(0)
    inputs, kernel = (rng.normal(size=each).astype(np.float32) for each in ((40, 9, 9, 3), (3, 3, 3, 8)))
    slope = jax.jit(jax.grad(lambda w: (convolve(inputs, w, ((1, 1), (1, 1))) ** 2).sum()))
    first = np.asarray(slope(kernel))
    assert all(np.array_equal(slope(kernel), first) for _ in range(3))
