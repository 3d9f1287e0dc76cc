"""Examples on JAX's device."""

from __future__ import annotations

from typing import NamedTuple

import jax


class DeviceImages(NamedTuple):
    """Examples on JAX's device, and how their pixels or numbers become the network's input.

    Args:
        pixels: uint8 pixels, float32 numbers or int32 tokens, shape (num_images, ...).
        labels: Of classes int32, shape (num_images,), else float32, shape (num_images, num_outputs).
        shift: Is subtracted along the last axis; its type, float32, is that of the input.
        factor: Is multiplied with the difference.
        weights: How much each example counts in the training loss, float32, shape (num_images,); None where
            all count the same.
        beside: Other targets of the same examples, float32, shape (num_images, columns); None where there are
            none.
        seeds: Of the layers that change training batches, uint32, shape (num_layers,); None where none does.
    """

    pixels: jax.Array
    labels: jax.Array
    shift: jax.Array
    factor: jax.Array
    weights: jax.Array | None = None
    seeds: jax.Array | None = None
    beside: jax.Array | None = None

    def weighted(self, losses: jax.Array) -> jax.Array:
        """Return the losses times the weights; their mean is Keras's, which is over examples, not weights."""
        return losses if self.weights is None else losses * self.weights


def rows_of(images: DeviceImages, rows: jax.Array) -> DeviceImages:
    """Return some of the examples.

    Args:
        images: All of them.
        rows: Their rows, int32, shape (num_rows,).
    """
    weights = None if images.weights is None else images.weights[rows]
    beside = None if images.beside is None else images.beside[rows]
    return images._replace(
        pixels=images.pixels[rows], labels=images.labels[rows], weights=weights, beside=beside
    )
