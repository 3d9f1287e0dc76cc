"""Activations by name, with the slope at their kink that they have on TensorFlow.

It matters where inputs are exactly zero: the black parts of an image, under a convolution without bias yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras

Activation = Callable[[jax.Array], jax.Array]

_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def leaky_relu(values: jax.Array, negative_slope: float = 0.2) -> jax.Array:
    """As `keras.activations.leaky_relu`; at zero the negative side's slope, where JAX takes the other's."""
    return jnp.where(values > 0, values, negative_slope * values)


def selu(values: jax.Array) -> jax.Array:
    """As `keras.activations.selu`; at zero the positive side's slope, where JAX takes the other's."""
    positive = values >= 0
    return _SELU_SCALE * jnp.where(positive, values, _SELU_ALPHA * jnp.expm1(jnp.where(positive, 0, values)))


class LeakyReLU(keras.layers.LeakyReLU):
    """`keras.layers.LeakyReLU` with the `leaky_relu` of this file."""

    def call(self, inputs: jax.Array) -> jax.Array:  # noqa: D102
        return leaky_relu(inputs, self.negative_slope)


_OURS: dict[str, Activation] = {"leaky_relu": leaky_relu, "selu": selu}


def get(name: str | None) -> Activation:
    """The activation of this name in the catalogue; None is the linear one."""
    found: Any = _OURS.get(name or "linear") or keras.activations.get(name)
    return found
