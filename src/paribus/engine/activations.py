"""Activations by name, with the derivative at zero that they have on TensorFlow.

It matters where inputs are exactly zero, as in the black parts of an image under a convolution whose bias is
still zero.
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
    """Compute `keras.activations.leaky_relu`; the slope at zero is the negative side's, unlike in JAX."""
    return jnp.where(values > 0, values, negative_slope * values)


def selu(values: jax.Array) -> jax.Array:
    """Compute `keras.activations.selu`; the slope at zero is the positive side's, unlike in JAX."""
    positive = values >= 0
    return _SELU_SCALE * jnp.where(positive, values, _SELU_ALPHA * jnp.expm1(jnp.where(positive, 0, values)))


class LeakyReLU(keras.layers.LeakyReLU):
    """`keras.layers.LeakyReLU` with the `leaky_relu` of this module."""

    def call(self, inputs: jax.Array) -> jax.Array:  # noqa: D102
        return leaky_relu(inputs, self.negative_slope)


OWN: dict[str, Activation] = {"leaky_relu": leaky_relu, "selu": selu}
"""Activations of this module, by name; all others are Keras's."""


def get(name: str | None) -> Activation:
    """Return the activation of this name in the catalogue; None is the linear one."""
    found: Any = OWN.get(name or "linear") or keras.activations.get(name)
    return found
