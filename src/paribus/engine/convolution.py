"""Keras's two-dimensional convolution, whose gradients are multiplied in the form that is fast in XLA.

The kernel's gradient is a convolution of inputs with slopes, over a batch. Its output is as small as the
kernel, so XLA multiplies few rows at a time, and reads all images again for each of them. Here columns and
channels are one axis, along which the slopes are dilated by the number of channels, so that rows are longer;
and the gradients of a few images, which stay in the processor's cache, are added up.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
from jax import lax

_LAYOUT = ("NHWC", "HWIO", "NHWC")
_IMAGES, _MAX_PARTS = 8, 16  # whose gradients are computed together; into so many parts a batch is divided

Pads = tuple[tuple[int, int], tuple[int, int]]


class Conv2D(keras.layers.Conv2D):
    """Keras's Conv2D; where it has neither strides, dilation nor groups, by `convolve`."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve inputs, shape (batch, height, width, channels)."""
        steps: set[int] = {*self.strides, *self.dilation_rate, self.groups}
        if steps != {1} or self.data_format != "channels_last":
            return super().convolution_op(inputs, kernel)
        kernel = jnp.asarray(kernel)
        above, beside = lax.padtype_to_pads(inputs.shape[1:3], kernel.shape[:2], (1, 1), self.padding.upper())
        return convolve(inputs, kernel, (above, beside))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolve(inputs: jax.Array, kernel: jax.Array, pads: Pads) -> jax.Array:
    """Return the sums of products of a kernel with each window.

    Args:
        inputs: Of shape (batch, height, width, channels).
        kernel: Of shape (height, width, channels, filters).
        pads: How many zeros are added above and below, left and right.

    Example:
        >>> ones = jnp.ones((1, 3, 3, 1))
        >>> convolve(ones, jnp.ones((2, 2, 1, 1)), ((0, 0), (0, 0))).ravel().tolist()
        [4.0, 4.0, 4.0, 4.0]
    """
    return _plain(inputs, kernel, pads)


def _forward(
    inputs: jax.Array, kernel: jax.Array, pads: Pads
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return _plain(inputs, kernel, pads), (inputs, kernel)


def _backward(
    pads: Pads, saved: tuple[jax.Array, jax.Array], slopes: jax.Array
) -> tuple[jax.Array, jax.Array]:
    inputs, kernel = saved
    return _of_inputs(slopes, kernel, pads), _of_kernel(inputs, kernel, slopes, pads)


convolve.defvjp(_forward, _backward)


def _plain(inputs: jax.Array, kernel: jax.Array, pads: Pads) -> jax.Array:
    return lax.conv_general_dilated(inputs, kernel, (1, 1), pads, dimension_numbers=_LAYOUT)


def _of_inputs(slopes: jax.Array, kernel: jax.Array, pads: Pads) -> jax.Array:
    """Return the inputs' gradient: the slopes, with edges, convolved with the turned kernel."""
    turned = kernel[::-1, ::-1].transpose(0, 1, 3, 2)
    rows, columns = (
        (side - 1 - before, side - 1 - after)
        for side, (before, after) in zip(kernel.shape[:2], pads, strict=True)
    )
    if (rows, columns) == pads or min(*rows, *columns) < 0:
        return _plain(slopes, turned, (rows, columns))
    # XLA's fast convolution takes no edges but those of `same`, so they are added before.
    slopes, turned = lax.optimization_barrier((_padded(slopes, (rows, columns)), turned))
    return _plain(slopes, turned, ((0, 0), (0, 0)))


def _of_kernel(inputs: jax.Array, kernel: jax.Array, slopes: jax.Array, pads: Pads) -> jax.Array:
    """Return the kernel's gradient, in the form that is fastest for its shape."""
    padded = _padded(inputs, pads)
    if kernel.shape[2] == 1:
        return _by_rows(padded, slopes, kernel.shape[:2])
    length = max(_IMAGES, -(-len(inputs) // _MAX_PARTS))
    parts = [slice(start, start + length) for start in range(0, len(inputs), length)]
    total = _dilated(padded[parts[0]], slopes[parts[0]])
    for part in parts[1:]:
        total = total + _dilated(padded[part], slopes[part])
    return total.reshape(kernel.shape)


def _padded(images: jax.Array, pads: Pads) -> jax.Array:
    return jnp.pad(images, ((0, 0), *pads, (0, 0))) if any(map(any, pads)) else images


def _dilated(inputs: jax.Array, slopes: jax.Array) -> jax.Array:
    """Return the gradient, shape (1, height, width * channels, filters)."""
    count, height, width, channels = inputs.shape
    lines = inputs.reshape(count, -1).T.reshape(1, height, width * channels, count)
    return lax.conv_general_dilated(
        lines,
        slopes.transpose(1, 2, 0, 3),
        (1, 1),
        "VALID",
        rhs_dilation=(1, channels),
        dimension_numbers=_LAYOUT,
    )


def _by_rows(inputs: jax.Array, slopes: jax.Array, size: tuple[int, ...]) -> jax.Array:
    """Return the gradient as one matrix product for each row of the kernel, fast for a single channel."""
    _, height, width, filters = slopes.shape
    windows = jnp.concatenate([inputs[:, :, at : at + width] for at in range(size[1])], axis=-1)
    windows = lax.optimization_barrier(windows)
    flat, length = slopes.reshape(-1, filters), windows.shape[-1]
    rows = [windows[:, at : at + height].reshape(-1, length).T @ flat for at in range(size[0])]
    return jnp.stack(rows).reshape(*size, -1, filters)
