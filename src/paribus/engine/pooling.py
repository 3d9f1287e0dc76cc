"""Max pooling as maxima of strided slices, whose gradient XLA need not scatter.

Forward and gradient are those of Keras: where several inputs of a window are its maximum, the first, in the
order of rows, gets the gradient. XLA's own gradient (select-and-scatter) takes twenty times as long on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import keras
from jax import lax


@partial(jax.custom_vjp, nondiff_argnums=(1, 2, 3))
def max_pool(inputs: jax.Array, size: tuple[int, ...], strides: tuple[int, ...], padding: str) -> jax.Array:
    """Return the maximum of each window.

    Args:
        inputs: Of shape (batch, *sides, channels).
        size: Of a window, by side.
        strides: From one window to the next, by side.
        padding: ``valid`` leaves out windows that are not whole, ``same`` fills the edges.

    Example:
        >>> x = jnp.asarray([1.0, 3.0, 2.0, 0.0]).reshape(1, 4, 1)
        >>> [float(each) for each in max_pool(x, (2,), (2,), "valid").ravel()]
        [3.0, 2.0]
        >>> [float(each) for each in jax.grad(lambda x: max_pool(x, (2,), (2,), "valid").sum())(x).ravel()]
        [0.0, 1.0, 1.0, 0.0]
    """
    windows = _Windows(inputs.shape[1:-1], size, strides, padding)
    return windows.largest(windows.filled(inputs))


def _forward(
    inputs: jax.Array, size: tuple[int, ...], strides: tuple[int, ...], padding: str
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    outputs: jax.Array = max_pool(inputs, size, strides, padding)
    return outputs, (inputs, outputs)


def _backward(
    size: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    kept: tuple[jax.Array, jax.Array],
    gradient: jax.Array,
) -> tuple[jax.Array]:
    inputs, outputs = kept
    windows = _Windows(inputs.shape[1:-1], size, strides, padding)
    filled = windows.filled(inputs)
    is_given = jnp.zeros(outputs.shape, bool)
    total = jnp.zeros((), gradient.dtype)
    for place in windows.places():
        is_here = (windows.at(filled, place) == outputs) & ~is_given
        is_given |= is_here
        total = total + windows.spread(jnp.where(is_here, gradient, 0), place)
    return (windows.cut(total),)


max_pool.defvjp(_forward, _backward)


class _Windows:
    """Where the windows of a pooling lie in inputs of some sides.

    Args:
        sides: Of the inputs.
        size: As in `max_pool`.
        strides: As in `max_pool`.
        padding: As in `max_pool`.
    """

    def __init__(
        self, sides: Sequence[int], size: Sequence[int], strides: Sequence[int], padding: str
    ) -> None:
        self.sides, self.size, self.strides = tuple(sides), tuple(size), tuple(strides)
        self.edges = lax.padtype_to_pads(self.sides, self.size, self.strides, padding.upper())
        self.filled_sides = tuple(side + sum(ends) for side, ends in zip(self.sides, self.edges, strict=True))
        self.counts = tuple(
            (side - length) // stride + 1
            for side, length, stride in zip(self.filled_sides, self.size, self.strides, strict=True)
        )

    def places(self) -> Iterator[tuple[int, ...]]:
        """Yield every place in a window, row by row."""
        return product(*map(range, self.size))

    def filled(self, inputs: jax.Array) -> jax.Array:
        """Return inputs with edges that are never a maximum."""
        if not any(map(any, self.edges)):
            return inputs
        edges = [(0, 0, 0), *((*ends, 0) for ends in self.edges), (0, 0, 0)]
        return lax.pad(inputs, jnp.array(-jnp.inf, inputs.dtype), edges)

    def cut(self, filled: jax.Array) -> jax.Array:
        """Return what is not an edge."""
        inside = (
            slice(before, before + side) for side, (before, _) in zip(self.sides, self.edges, strict=True)
        )
        return filled[(slice(None), *inside, slice(None))]

    def largest(self, filled: jax.Array) -> jax.Array:
        """Return the maximum of each window."""
        places = self.places()
        found = self.at(filled, next(places))
        for place in places:
            found = jnp.maximum(found, self.at(filled, place))
        return found

    def at(self, filled: jax.Array, place: Sequence[int]) -> jax.Array:
        """Return the input at one place of every window."""
        taken = (
            slice(start, start + (count - 1) * stride + 1, stride)
            for start, count, stride in zip(place, self.counts, self.strides, strict=True)
        )
        return filled[(slice(None), *taken, slice(None))]

    def spread(self, values: jax.Array, place: Sequence[int]) -> jax.Array:
        """Return filled inputs that are zero but for one place of every window."""
        gaps = [
            (start, side - (start + (count - 1) * stride + 1), stride - 1)
            for start, side, count, stride in zip(
                place, self.filled_sides, self.counts, self.strides, strict=True
            )
        ]
        return lax.pad(values, jnp.zeros((), values.dtype), [(0, 0, 0), *gaps, (0, 0, 0)])


class _OfSlices:
    """A max pooling layer of Keras, computed by `max_pool`."""

    pool_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str

    def call(self, inputs: Any) -> Any:
        """Return the maximum of each window."""
        return max_pool(inputs, tuple(self.pool_size), tuple(self.strides), self.padding)


class MaxPooling1D(_OfSlices, keras.layers.MaxPooling1D):
    """Keras's MaxPooling1D."""


class MaxPooling2D(_OfSlices, keras.layers.MaxPooling2D):
    """Keras's MaxPooling2D."""


class MaxPooling3D(_OfSlices, keras.layers.MaxPooling3D):
    """Keras's MaxPooling3D."""
