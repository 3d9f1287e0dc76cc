"""Mixed precision, by Keras's policies: layers compute in a shorter type, weights and losses are float32."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp

from paribus.study.configuration import Precision


@contextmanager
def policy(name: Precision) -> Generator[None]:
    """Make the layers that are built within the context compute in a type."""
    import keras

    if name == "float32":  # whatever the policy is, as where tests compute in float64
        yield
        return
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def scaling(optimizer: Any, name: Precision) -> Any:
    """Return an optimizer that scales the loss where gradients of float16 would vanish, as Keras does."""
    import keras

    scales = name == "mixed_float16"
    return keras.optimizers.LossScaleOptimizer(optimizer) if scales else optimizer


def scaled(optimizer: Any, variables: Sequence[jax.Array], values: Any) -> Any:
    """Return losses or gradients times the factor that the optimizer divides by.

    Args:
        optimizer: The optimizer.
        variables: Its state, which may have the factor.
        values: A tree of arrays.
    """
    import keras

    mapping = list(zip(optimizer.variables, variables, strict=True))
    with keras.StatelessScope(state_mapping=mapping):
        return jax.tree.map(optimizer.scale_loss, values)


def loss_scale(optimizer: Any, variables: Sequence[jax.Array]) -> jax.Array | None:
    """Return the factor of an optimizer that scales the loss by itself; None of any other.

    Args:
        optimizer: The optimizer.
        variables: Its state.
    """
    if not hasattr(optimizer, "dynamic_scale"):
        return None
    return next(
        value
        for variable, value in zip(optimizer.variables, variables, strict=True)
        if variable is optimizer.dynamic_scale
    )


def full(values: jax.Array) -> jax.Array:
    """Return numbers of a shorter type as float32; others as they are.

    Example:
        >>> full(jnp.ones(1, jnp.bfloat16)).dtype, full(jnp.ones(1)).dtype
        (dtype('float32'), dtype('float32'))
    """
    return values.astype(jnp.float32) if values.dtype.itemsize < 4 else values
