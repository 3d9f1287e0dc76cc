"""How an epoch is computed: step by step, or with the updates of the first layer delayed by a block of steps.

The mode follows from the configuration alone, so that a plan shows it without an engine and a run has the
same one on every machine. `paribus.engine.stepwise` and `paribus.engine.delayed` implement the two.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, cast

from paribus.study.configuration import Configuration, Technique

BLOCK_ROWS = 192
"""Images of one block."""

MIN_STEPS = 4
"""Fewest steps of a block with which delaying is faster."""

LARGE_KERNEL = 2**22
"""Weights of a kernel that is too large for a processor's caches: 16 MiB."""

LARGE_KERNEL_BLOCK_ROWS, LARGE_KERNEL_MIN_STEPS = 384, 3
"""`BLOCK_ROWS` and `MIN_STEPS` for such a kernel."""

UpdateMode: TypeAlias = Literal["stepwise", "delayed", "together"]
Updates: TypeAlias = Literal["auto", "stepwise", "delayed"]

_NEED_KERNEL = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps")


def block_steps(configuration: Configuration, updates: Updates = "auto") -> int:
    """Return how many steps a block has; 0 where updates are not delayed.

    A block has 192 images. With ``auto``, updates are delayed where they can be (see `reason_not_delayed`)
    and a block has at least four steps: at batches of at most 48. With a first kernel of over four million
    weights, which takes longer to read and write, a block has 384 images and at least three steps: at batches
    of at most 128. Where delaying is requested, a block of larger batches has four steps.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> [block_steps(lab[name].configuration) for name in ("1", "4c", "5", "7b", "7c")]
        [0, 0, 24, 3, 24]
        >>> [block_steps(lab[name].configuration, "delayed") for name in ("1", "4c", "5", "7b", "7c")]
        [4, 0, 24, 3, 24]
    """
    if updates == "stepwise" or reason_not_delayed(configuration):
        return 0
    steps = BLOCK_ROWS // configuration.batch_size
    if steps >= MIN_STEPS:
        return steps
    steps = LARGE_KERNEL_BLOCK_ROWS // configuration.batch_size
    if steps >= LARGE_KERNEL_MIN_STEPS and first_kernel_weights(configuration) >= LARGE_KERNEL:
        return steps
    return MIN_STEPS if updates == "delayed" else 0


def first_kernel_weights(configuration: Configuration) -> int:
    """Return the number of weights of a dense first layer's kernel."""
    inputs = math.prod(configuration.facts.shape)
    return inputs * cast("int", configuration.layers[0].arguments["units"])


def update_mode(configuration: Configuration, updates: Updates = "auto") -> UpdateMode:
    """Return how a configuration's epochs are computed.

    Example:
        >>> from paribus.study.reader import load
        >>> update_mode(load("lab2").variants["5"].configuration)
        'delayed'
    """
    return "delayed" if block_steps(configuration, updates) else "stepwise"


def reason_not_delayed(configuration: Configuration) -> str:
    """Return the code of the sentence that says why updates cannot be delayed; empty where they can.

    They can in networks that begin with a dense layer on the pixels, under SGD with or without momentum, L2
    or weight decay. Other optimizers, clipping, averages of the weights, L1 and orthogonal regularizers, and
    constraints need the kernel at every step; weights of examples and changed images the images.
    """
    if configuration.train is not None:
        return "study.not-delayed-train"
    if configuration.network is not None:
        return "study.not-delayed-network"
    if configuration.own_loss is not None:
        return "study.not-delayed-loss"
    layers, optimizer = configuration.layers, configuration.optimizer
    first = layers[0]
    regularizer = first.arguments.get("kernel_regularizer")
    has_l2 = isinstance(regularizer, Technique) and regularizer.name == "l2"
    reasons = {
        "dtype": configuration.dtype != "float32",
        "weights": configuration.class_weight is not None or configuration.facts.weights > 0,
        "augment": bool(configuration.augment),
        "first": first.kind != "dense" or configuration.has_branches,
        "single": len(layers) == 1,
        "optimizer": optimizer.name != "sgd",
        "argument": bool(arguments_needing_kernel(configuration)),
        "regularizer": regularizer is not None and not has_l2,
        "constraint": first.arguments.get("kernel_constraint") is not None,
        "spectral": any(layer.kind == "spectral_normalization" for layer in layers),
    }
    return next((f"study.not-delayed-{reason}" for reason, holds in reasons.items() if holds), "")


def arguments_needing_kernel(configuration: Configuration) -> tuple[str, ...]:
    """Return the arguments of the optimizer that are set and need the kernel at every step."""
    return tuple(name for name in _NEED_KERNEL if configuration.optimizer.arguments.get(name))
