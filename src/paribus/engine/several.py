"""Networks of several inputs: a functional model of Keras, and its inputs from rows of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras

from paribus.study.branches import JOIN, Branch, flat_name, joined
from paribus.study.configuration import Layer
from paribus.study.datasets import places


def build(
    layers: Sequence[Layer],
    branches: Sequence[Branch],
    construct: Callable[[Layer], keras.layers.Layer],
) -> keras.Model:
    """Return a functional model: each input through its own layers, all side by side, then the layers after.

    What a branch ends in is flattened where it is no vector.

    Args:
        layers: The network.
        branches: Those of each input, in the order in which they are joined.
        construct: Makes the Keras layer of each, called in the order of the network.
    """
    made = {layer.label: construct(layer) for layer in layers}
    inputs: dict[str, Any] = {}
    ends: list[Any] = []
    for branch in branches:
        dtype = "int32" if branch.takes_tokens else None
        inputs[branch.name] = end = keras.Input(branch.entering, dtype=dtype, name=branch.name)
        for layer in branch.layers:
            end = made[layer.label](end)
        if len(branch.ending) > 1:
            end = keras.layers.Flatten(name=flat_name(branch.input))(end)
        ends.append(end)
    outputs: Any = keras.layers.Concatenate(name=JOIN)(ends)
    for layer in joined(layers):
        outputs = made[layer.label](outputs)
    return keras.Model(inputs, outputs, name="functional")


def layers_in_order(model: Any, layers: Sequence[Layer], branches: Sequence[Branch]) -> list[Any]:
    """Return the Keras layers of such a model in the order of the network, each branch behind its input.

    Args:
        model: From `build`.
        layers: The network.
        branches: As for `build`.
    """
    order = [
        *(name for each in branches for name in (each.name, *(layer.label for layer in each.layers))),
        JOIN,
        *(layer.label for layer in joined(layers)),
    ]
    return [model.get_layer(name) for name in order]


def inputs_of(given: jax.Array, scaled: jax.Array, branches: Sequence[Branch]) -> Mapping[str, jax.Array]:
    """Return the inputs by name, each in the shape in which it enters its first layer.

    Args:
        given: Rows in which the inputs follow each other, as they were stored, shape (num_examples, width).
        scaled: The same, scaled.
        branches: What each goes through.
    """
    where = places([each.input for each in branches])
    found: dict[str, jax.Array] = {}
    for each in branches:
        rows = (given if each.takes_tokens else scaled)[:, where[each.input.name]]
        rows = rows.astype(jnp.int32) if each.takes_tokens else rows
        found[each.name] = rows.reshape(len(rows), *each.entering)
    return found
