"""Random changes of the images of training batches, by Keras's layers, each from a stream of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.study.configuration import Technique
from paribus.study.seeds import named_seed
from paribus.study.techniques import Kind, entry
from paribus.study.training_data import NOISE_LAYER


class Augmentation:
    """The layers of one configuration.

    A layer's draws follow from its seed and the number of the step alone. So nothing is to be kept for a run
    that goes on, and a layer draws the same whatever other layers there are.

    Args:
        layers: In their order.
    """

    def __init__(self, layers: Sequence[Technique]) -> None:
        self._named = layers
        self._is_noise = [layer.name == NOISE_LAYER for layer in layers]

    def build(self) -> None:
        """Construct the layers."""
        _ = self._layers

    @cached_property
    def _layers(self) -> list[Any]:
        return [_construct(layer) for layer in self._named]

    def images(self, pixels: jax.Array, seeds: jax.Array, step: jax.Array) -> jax.Array:
        """Change the images of a batch, before they are scaled.

        Args:
            pixels: Float, shape (num_images, height, width, channels).
            seeds: Of each layer, uint32, shape (num_layers,); see `augmentation_seeds`.
            step: How many updates were made.
        """
        return self._applied(pixels, seeds, step, noise=False)

    def noise(self, inputs: jax.Array, seeds: jax.Array, step: jax.Array) -> jax.Array:
        """Add noise to the scaled inputs of a batch; arguments as of `images`."""
        return self._applied(inputs, seeds, step, noise=True)

    def _applied(self, inputs: jax.Array, seeds: jax.Array, step: jax.Array, *, noise: bool) -> jax.Array:
        import keras

        for place, (layer, is_noise) in enumerate(zip(self._layers, self._is_noise, strict=True)):
            if is_noise is not noise:
                continue
            key = jax.random.fold_in(jax.random.key(seeds[place]), step)
            generator: Any = layer.seed_generator if is_noise else layer.generator
            state = jax.random.bits(key, (2,), jnp.uint32)
            with keras.StatelessScope(state_mapping=[(generator.state, state)]):
                inputs = layer(inputs, training=True)
        return inputs


def augmentation_seeds(layers: Sequence[Technique], seed: int) -> NDArray[np.uint32]:
    """Return the seed of each layer: of the stream ``augment``, by its name and its place among such layers.

    Args:
        layers: In their order.
        seed: The run's.
    """
    places: Counter[str] = Counter()
    found: list[int] = []
    for layer in layers:
        places[layer.name] += 1
        found.append(named_seed(seed, "augment", layer.name, places[layer.name]))
    return np.array(found, np.uint32)


def _construct(layer: Technique) -> Any:
    import keras

    arguments = dict(layer.arguments)
    return getattr(keras.layers, entry(Kind.AUGMENTATION, layer.name).keras_class)(seed=0, **arguments)
