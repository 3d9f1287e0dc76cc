"""Max pooling as maxima of strided slices, whose gradient is not scattered.

Forward and gradient are those of Keras: where several inputs of a window are its maximum, the first, in the
order of rows, gets the gradient. XLA's own gradient (select-and-scatter) takes twenty times as long on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import keras
from jax import lax

MOST_PLACES = 64
"""Places of the largest window that is computed as slices: each is a step of the program, to be compiled."""


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
    return (windows.spread(gradient, windows.first(windows.filled(inputs), outputs)),)


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

    def first(self, filled: jax.Array, largest: jax.Array) -> jax.Array:
        """Return the number of the first place of each window that has its maximum; -1 where none has."""
        found = jnp.full(largest.shape, -1)
        for place in reversed(list(self.places())):
            found = jnp.where(self.at(filled, place) == largest, self._number(place), found)
        return found

    def _number(self, place: Sequence[Any]) -> Any:
        """Number the places in a window; those less than a stride behind it have numbers of their own."""
        number: Any = 0
        for at, length, stride in zip(place, self.size, self.strides, strict=True):
            number = number * (length + stride) + at
        return number

    def spread(self, values: jax.Array, first: jax.Array) -> jax.Array:
        """Return the inputs' gradient: each window's value at one place, added up where windows overlap.

        The input at ``stride * row + phase`` is in window ``row - back`` at ``stride * back + phase``. So
        all inputs are computed from the values of their few windows, and none is scattered.

        Args:
            values: Of each window, shape (batch, *counts, channels).
            first: The number of each window's place, of the same shape.
        """
        dimensions = len(self.sides)
        reach = [-(-length // stride) for length, stride in zip(self.size, self.strides, strict=True)]
        rows = [-(-side // stride) for side, stride in zip(self.filled_sides, self.strides, strict=True)]
        ends = [(most - 1, count - own) for most, count, own in zip(reach, rows, self.counts, strict=True)]
        around = [(0, 0, 0), *((*each, 0) for each in ends), (0, 0, 0)]
        values = lax.pad(values, jnp.zeros((), values.dtype), around)
        first = lax.pad(first, jnp.array(-1, first.dtype), around)
        phase_axes = tuple(2 * axis + 2 for axis in range(dimensions))
        phases = [
            jnp.arange(stride).reshape(stride, *[1] * (2 * (dimensions - axis) - 1))
            for axis, stride in enumerate(self.strides)
        ]
        total: Any = jnp.zeros((), values.dtype)
        for back in product(*map(range, reach)):
            begins = [most - 1 - by for most, by in zip(reach, back, strict=True)]
            here = (slice(begin, begin + count) for begin, count in zip(begins, rows, strict=True))
            windows = (slice(None), *here, slice(None))
            place = [
                stride * by + phase for stride, by, phase in zip(self.strides, back, phases, strict=True)
            ]
            is_first = jnp.expand_dims(first[windows], phase_axes) == self._number(place)
            total = total + jnp.where(is_first, jnp.expand_dims(values[windows], phase_axes), 0)
        sides = [count * stride for count, stride in zip(rows, self.strides, strict=True)]
        inside = (
            slice(before, before + side) for side, (before, _) in zip(self.sides, self.edges, strict=True)
        )
        return total.reshape(len(values), *sides, -1)[(slice(None), *inside, slice(None))]


class _OfSlices:
    """A max pooling layer of Keras, computed by `max_pool` but for windows of many places."""

    pool_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str

    def call(self, inputs: Any) -> Any:
        """Return the maximum of each window."""
        if math.prod(self.pool_size) > MOST_PLACES:
            return super().call(inputs)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]
        return max_pool(inputs, tuple(self.pool_size), tuple(self.strides), self.padding)


class MaxPooling1D(_OfSlices, keras.layers.MaxPooling1D):
    """Keras's MaxPooling1D."""


class MaxPooling2D(_OfSlices, keras.layers.MaxPooling2D):
    """Keras's MaxPooling2D."""


class MaxPooling3D(_OfSlices, keras.layers.MaxPooling3D):
    """Keras's MaxPooling3D."""
