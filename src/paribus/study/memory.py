"""What a training takes of a machine's memory, roughly, before anything is trained."""

from __future__ import annotations

import math

from paribus.study.configuration import Configuration
from paribus.study.shapes import parameters, shapes

_BYTES = 4  # of a number, float32
_COPIES = 4  # of the weights: themselves, their gradient, their update, and those that are kept
_PASSES = 2  # of every layer's outputs: forward and back


def training_bytes(configuration: Configuration) -> int:
    """Return the bytes that a run takes for its weights and for the outputs of its layers on one batch.

    The examples, the optimizer's state and what a compiler adds are not counted: a run takes more.

    Args:
        configuration: A variant, resolved; nothing is known of a training of the user's own.

    Example:
        >>> from paribus.study.reader import load
        >>> training_bytes(load("lab2").variants["2"].configuration) // 1_000_000
        10
    """
    if configuration.train is not None:
        return 0
    entering = configuration.facts.entering
    outputs = sum(math.prod(shape) for shape in shapes(configuration.layers, entering))
    weights = parameters(configuration.layers, entering)
    return _BYTES * (_COPIES * weights + _PASSES * configuration.batch_size * outputs)
