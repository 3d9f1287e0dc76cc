"""Sizes of layers of sequences: embedding, recurrent layers and attention."""

from __future__ import annotations

import math

from paribus.study.configuration import Layer
from paribus.study.layer_size import Shape, Size, integer, integers, require_dimensions
from paribus.study.window_size import dimensions, positions

_GATES = {"simple_rnn": 1, "gru": 3}


def embedding_size(layer: Layer, shape: Shape) -> Size:
    """Return the size of an embedding, which looks its vectors up and multiplies nothing."""
    vectors, width = integer(layer, "input_dim"), integer(layer, "output_dim")
    return Size((*shape, width), vectors * width)


def recurrent_size(layer: Layer, shape: Shape) -> Size:
    """Return the size of a recurrent layer, see `Size`.

    Args:
        layer: The layer.
        shape: (time, features), or (time, sides, channels) where each step is a convolution.
    """
    count, gates = dimensions(layer.kind), _GATES.get(layer.kind, 4)
    if count:
        require_dimensions(layer, shape, count + 2, "needs-frames")
        units, window = integer(layer, "filters"), math.prod(integers(layer, "kernel_size", count))
        step: Shape = (*positions(layer, [*shape[1:-1]]), units)
    else:
        require_dimensions(layer, shape, 2)
        units, window, step = integer(layer, "units"), 1, (integer(layer, "units"),)
    weights = window * (shape[-1] + units) * gates * units
    biases = gates * units * (2 if layer.arguments.get("reset_after") else 1)
    output = (shape[0], *step) if layer.arguments["return_sequences"] else step
    return Size(
        output,
        weights + (biases if layer.arguments["use_bias"] else 0),
        shape[0] * math.prod(step[:-1]) * weights,
    )


def attention_size(layer: Layer, shape: Shape) -> Size:
    """Return the size of a layer by which the steps of a sequence attend to each other, see `Size`.

    Args:
        layer: The layer.
        shape: (time, features).
    """
    require_dimensions(layer, shape, 2)
    steps, features = shape
    heads, keys = integer(layer, "num_heads"), integer(layer, "key_dim")
    weights = 4 * heads * keys * features
    biases = 3 * heads * keys + features if layer.arguments["use_bias"] else 0
    attended = 2 * steps * steps * heads * keys
    return Size(shape, weights + biases, steps * weights + attended)
