"""An epoch, one update at a time: the reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray


class State(NamedTuple):
    """Everything that training changes: the values of Keras's variables, in Keras's order.

    Args:
        trainable: The model's weights.
        non_trainable: Running statistics of batch normalization and the counters of dropout's seeds.
        optimizer: The optimizer's own variables, its iteration count first.
    """

    trainable: list[jax.Array]
    non_trainable: list[jax.Array]
    optimizer: list[jax.Array]


class Steps(NamedTuple):
    """What each update saw, before it moved the weights; one entry a step.

    Args:
        data_loss: Mean loss of the batch, without the penalty.
        penalty: The regularizers' sum.
        correct: Number of images answered rightly.
    """

    data_loss: jax.Array
    penalty: jax.Array
    correct: jax.Array


def batches(order: NDArray[np.int32], batch_size: int) -> list[NDArray[np.int32]]:
    """The rows of each step, the last ones fewer where they do not divide.

    Example:
        >>> [rows.tolist() for rows in batches(np.arange(5, dtype=np.int32), 2)]
        [[0, 1], [2, 3], [4]]
    """
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


Update = Callable[[State, jax.Array], tuple[State, Steps]]


def epoch(update: Update, state: State, order: jax.Array, batch_size: int) -> tuple[State, Steps]:
    """One pass over the images in the given order, the last batch short where they do not divide.

    Args:
        update: One step: from the state and a batch's rows to the next state.
        state: Where the epoch starts.
        order: The images' rows, int32, shape (num_train,).
        batch_size: Images a step.

    Returns:
        The state after the epoch, and what each of its ``ceil(num_train / batch_size)`` steps saw.
    """
    full = len(order) // batch_size
    batches = order[: full * batch_size].reshape(full, batch_size)
    state, steps = jax.lax.scan(update, state, batches)
    if len(order) == full * batch_size:
        return state, steps
    state, last = update(state, order[full * batch_size :])
    return state, jax.tree.map(jnp.append, steps, last)
