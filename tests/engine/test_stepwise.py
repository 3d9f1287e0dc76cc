"""An epoch as a sequence of updates."""

import jax.numpy as jnp
import numpy as np
import pytest

from paribus.engine.stepwise import Called, Looped, State, Steps


def update(state, images, rows):
    """The weight becomes 3 w + the first image; the steps tell the rows' sum and number, and the weight."""
    weight = 3 * state.trainable[0] + images[rows[0]]
    return State([weight], [], []), Steps(rows.sum(), jnp.int32(len(rows)), state.trainable[0])


@pytest.mark.parametrize("way", [Looped, Called])
@pytest.mark.parametrize(("images", "batch_size"), [(7, 3), (6, 3), (5, 1), (3, 8), (8, 8)])
def test_every_image_is_seen_once_in_the_given_order_the_last_batch_short(images, batch_size, way):
    order = np.random.default_rng(0).permutation(images).astype(np.int32)
    start = State([jnp.int32(1)], [], [])
    state, steps = way(update, batch_size).epoch(start, jnp.arange(images, dtype=jnp.int32), order)
    weight, sums, before = 1, [], []
    batches = [order[first : first + batch_size] for first in range(0, images, batch_size)]
    for batch in batches:
        before.append(weight)
        sums.append(batch.sum())
        weight = 3 * weight + batch[0]
    assert int(state.trainable[0]) == weight
    assert steps.data_loss.tolist() == sums
    assert steps.penalty.tolist() == [len(batch) for batch in batches]
    assert steps.seen.tolist() == before
