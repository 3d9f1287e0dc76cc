"""An epoch of single updates, the reference, as one compiled loop or as one call a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.engine.jitted import Jitted, Keeper


class State(NamedTuple):
    """Everything that training changes: the values of Keras's variables, in Keras's order.

    Args:
        trainable: The model's weights.
        non_trainable: Running statistics of batch normalization and the states of dropout's generators.
        optimizer: The optimizer's own variables, its iteration count first.
    """

    trainable: list[jax.Array]
    non_trainable: list[jax.Array]
    optimizer: list[jax.Array]


class Steps(NamedTuple):
    """The figures of each step, from before its update; one entry a step.

    Args:
        data_loss: Mean loss of the batch, without the penalty.
        penalty: The regularizers' sum.
        seen: What the score is made of, summed over the batch: correct predictions, or squared errors.
        beside: Losses of other outputs and what their scores are made of, means over the batch.
    """

    data_loss: jax.Array
    penalty: jax.Array
    seen: jax.Array
    beside: Any = ()


def batches(order: NDArray[np.int32], batch_size: int) -> list[NDArray[np.int32]]:
    """Return the rows of each step, along the last axis; the last step may have fewer.

    Example:
        >>> [rows.tolist() for rows in batches(np.arange(5, dtype=np.int32), 2)]
        [[0, 1], [2, 3], [4]]
    """
    return [order[..., start : start + batch_size] for start in range(0, order.shape[-1], batch_size)]


Update = Callable[[State, Any, jax.Array], tuple[State, Steps]]

Axes = Any
"""Of several states at once: along which axis of each array of images they differ; None of what is shared."""


class Looped:
    """A whole epoch as one compiled function.

    Args:
        update: One step: from the state, the images and the rows of a batch to the next state.
        batch_size: Number of images in a step.
        kept: Where compiled functions are kept.
        axes: None for one state; else states, orders and steps have an axis for several in front.
    """

    def __init__(
        self, update: Update, batch_size: int, kept: Keeper | None = None, axes: Axes = None
    ) -> None:
        self._update, self._batch_size = update, batch_size
        options = {"xla_cpu_experimental_ynn_fusion_type": ""}
        whole = self._whole if axes is None else jax.vmap(self._whole, in_axes=(0, axes, 0))
        self._epoch = Jitted(whole, donated=0, options=options, kept=kept)

    def prepare(self, state: State, images: Any, order: NDArray[np.int32]) -> None:
        """Compile the functions for epochs over as many images."""
        self._epoch.compiled(state, images, order)

    def epoch(self, state: State, images: Any, order: NDArray[np.int32]) -> tuple[State, Steps]:
        """Train on all images once, in the given order; the last batch may be short.

        Args:
            state: The state before the epoch; its memory is reused.
            images: The images, as `update` takes them.
            order: The images' rows, int32, shape (num_train,).

        Returns:
            The state after the epoch, and the figures of its ``ceil(num_train / batch_size)`` steps.
        """
        return self._epoch(state, images, order)

    def _whole(self, state: State, images: Any, order: jax.Array) -> tuple[State, Steps]:
        def update(state: State, rows: jax.Array) -> tuple[State, Steps]:
            return self._update(state, images, rows)

        full = len(order) // self._batch_size
        batches = order[: full * self._batch_size].reshape(full, self._batch_size)
        state, steps = jax.lax.scan(update, state, batches)
        if len(order) == full * self._batch_size:
            return state, steps
        state, last = update(state, order[full * self._batch_size :])
        return state, jax.tree.map(jnp.append, steps, last)


class Called:
    """An epoch with one call a step, since XLA computes convolutions several times slower in a loop.

    Args:
        update: One step, as for `Looped`.
        batch_size: Number of images in a step.
        kept: Where compiled functions are kept.
        axes: As of `Looped`.
    """

    def __init__(
        self, update: Update, batch_size: int, kept: Keeper | None = None, axes: Axes = None
    ) -> None:
        several = update if axes is None else jax.vmap(update, in_axes=(0, axes, 0))
        self._update, self.batch_size = Jitted(several, donated=0, kept=kept), batch_size
        self._axis = 0 if axes is None else 1  # of the steps, in their figures

    def prepare(self, state: State, images: Any, order: NDArray[np.int32]) -> None:
        """Compile the functions for epochs over as many images."""
        rows = batches(order, self.batch_size)
        for each in (rows[0], rows[-1]):
            self._update.compiled(state, images, each)

    def epoch(self, state: State, images: Any, order: NDArray[np.int32]) -> tuple[State, Steps]:
        """Train as `Looped.epoch` does."""
        seen: list[Steps] = []
        for rows in batches(order, self.batch_size):
            state, step = self._update(state, images, jnp.asarray(rows))
            seen.append(step)

        def stacked(*values: Any) -> Any:
            return jax.device_put(np.stack([np.asarray(value) for value in values], self._axis))

        return state, jax.tree.map(stacked, *seen)
