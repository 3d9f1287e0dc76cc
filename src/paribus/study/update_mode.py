"""Which way an epoch's updates take: one step at a time, or with the first layer's delayed by a block.

The rule follows from the configuration alone, so that a plan can tell it without an engine and a run takes
the same way on every machine. What the two ways do is in `paribus.engine.stepwise` and
`paribus.engine.delayed`.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, cast

from paribus.study.configuration import Configuration, Technique
from paribus.study.datasets import IMAGE_SETS

BLOCK_ROWS = 192
"""Images of one block: as many steps as make so many rows."""

MIN_STEPS = 4
"""Steps of a block below which delaying does not pay."""

WIDE_BLOCK_ROWS, WIDE_MIN_STEPS = 384, 3
"""The same for a kernel too large for a processor's caches."""

WIDE = 2**22
"""Weights of such a kernel: 16 MiB."""

UpdateMode: TypeAlias = Literal["stepwise", "delayed"]
Updates: TypeAlias = Literal["auto", "stepwise", "delayed"]

_NEED_KERNEL = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps")


def block_steps(configuration: Configuration, updates: Updates = "auto") -> int:
    """How many steps a block has: as many as make 192 rows, whatever the machine. 0: not delayed.

    Left to itself, a configuration is delayed where it can be (see `hindrance`) and a block has at least four
    steps: at batches of at most 48. A first kernel of over four million weights, whose way through memory
    is longer, is delayed at batches of up to 128 as well: three steps or more in a block of 384 rows. Asked
    for, blocks of larger batches have four steps.

    Args:
        configuration: What to train.
        updates: ``auto``, or the way asked for.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> [block_steps(lab[name].configuration) for name in ("1", "4c", "5", "7b", "7c")]
        [0, 0, 24, 3, 24]
        >>> [block_steps(lab[name].configuration, "delayed") for name in ("1", "4c", "5", "7b", "7c")]
        [4, 0, 24, 3, 24]
    """
    if updates == "stepwise" or hindrance(configuration):
        return 0
    steps = BLOCK_ROWS // configuration.batch_size
    if steps >= MIN_STEPS:
        return steps
    wide = WIDE_BLOCK_ROWS // configuration.batch_size
    if wide >= WIDE_MIN_STEPS and _first_weights(configuration) >= WIDE:
        return wide
    return MIN_STEPS if updates == "delayed" else 0


def _first_weights(configuration: Configuration) -> int:
    """Weights of the first layer's kernel, a dense one."""
    inputs = math.prod(IMAGE_SETS[configuration.data].shape)
    return inputs * cast("int", configuration.layers[0].arguments["units"])


def update_mode(configuration: Configuration, updates: Updates = "auto") -> UpdateMode:
    """The way a configuration's epochs take.

    Args:
        configuration: What to train.
        updates: ``auto``, or the way asked for.

    Example:
        >>> from paribus.study.reader import load
        >>> update_mode(load("lab2").variants["5"].configuration)
        'delayed'
    """
    return "delayed" if block_steps(configuration, updates) else "stepwise"


def hindrance(configuration: Configuration) -> str:
    """Why a configuration cannot be delayed, as the code of a sentence; empty where it can.

    Delayed can be networks that begin with a dense layer on the pixels, under SGD with or without momentum,
    L2 or weight decay. Everything else needs the kernel at every step: other optimizers, clipping, averages
    of the weights, L1 and orthogonal regularizers.

    Args:
        configuration: What to train.
    """
    first, optimizer = configuration.layers[0], configuration.optimizer
    regularizer = first.arguments.get("kernel_regularizer")
    if first.kind != "dense":
        return "study.not-delayed-first"
    if len(configuration.layers) == 1:
        return "study.not-delayed-single"
    if optimizer.name != "sgd":
        return "study.not-delayed-optimizer"
    if needing_kernel(configuration):
        return "study.not-delayed-argument"
    if regularizer is not None and not (isinstance(regularizer, Technique) and regularizer.name == "l2"):
        return "study.not-delayed-regularizer"
    return ""


def needing_kernel(configuration: Configuration) -> tuple[str, ...]:
    """The optimizer's arguments that are set and need the kernel at every step."""
    return tuple(name for name in _NEED_KERNEL if configuration.optimizer.arguments.get(name))
