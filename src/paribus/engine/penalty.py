"""The L2 penalty, computed in one pass over the weights."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras

_SLABS = 32


@jax.custom_vjp
def squares(weights: jax.Array) -> jax.Array:
    """Return the sum of the squared weights; its gradient is twice the weights.

    The weights are cut into slabs that are squared and added elementwise. XLA computes this in one pass,
    whereas it writes the squares of a plain sum into memory before it adds them.

    Args:
        weights: Of any shape.

    Example:
        >>> float(squares(jnp.arange(5.0))), jax.grad(squares)(jnp.arange(3.0)).tolist()
        (30.0, [0.0, 2.0, 4.0])
    """
    flat = weights.reshape(-1)
    length = flat.size // _SLABS
    slabs = flat[: length * _SLABS].reshape(_SLABS, length)
    total = jnp.zeros(length, weights.dtype)
    for slab in slabs:
        total += jnp.square(slab)
    return total.sum() + jnp.square(flat[length * _SLABS :]).sum()


def _forward(weights: jax.Array) -> tuple[jax.Array, jax.Array]:
    return squares(weights), weights


def _backward(weights: jax.Array, slope: jax.Array) -> tuple[jax.Array]:
    return (2 * slope * weights,)


squares.defvjp(_forward, _backward)


def add_in_one_pass(model: keras.Model) -> None:
    """Replace the L2 regularizer of each variable by one that uses `squares`; the layers stay unchanged.

    Source: keras/src/regularizers/regularizers.py.

    Args:
        model: A built model.
    """
    for variable in model.trainable_variables:
        own: Any = variable.regularizer
        if type(own) is keras.regularizers.L2:
            variable.regularizer = _OnePass(float(own.l2))


class _OnePass(keras.regularizers.L2):
    def __call__(self, x: Any) -> jax.Array:
        ops: Any = keras.ops
        return self.l2 * squares(ops.convert_to_tensor(x))
