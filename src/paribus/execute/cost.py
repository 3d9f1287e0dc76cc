"""What a run costs: from its configuration to seconds, by a few rates of the machine.

An epoch is matrix products, in single steps or in blocks of them, and the weights' way through memory. What
else there is, is counted in these: in proportions that were measured once, not on each machine.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from paribus.study.configuration import Configuration
from paribus.study.datasets import IMAGE_SETS
from paribus.study.shapes import multiply_adds, parameters
from paribus.study.update_mode import UpdateMode, block_steps

_CACHED = 2**20  # weights, of four bytes each, that stay near the processor from one step to the next
_CACHE_COST = 0.66  # what moving one of them takes, beside one that comes from memory
_STEP_OVERHEAD = 200_000  # multiply-adds in the time of a step's own overhead

_SLOTS = {"sgd": 0, "rmsprop": 1, "adagrad": 1, "lion": 1, "adafactor": 1, "adadelta": 2, "ftrl": 2}


@dataclass(frozen=True)
class Cost:
    """What an epoch does.

    Args:
        stepwise: Multiply-adds of single steps, and of validation.
        delayed: Those of blocks of steps.
        weights: Weights read from memory or written to it.
    """

    stepwise: float
    delayed: float
    weights: float


@dataclass(frozen=True)
class Rates:
    """How fast a machine is; one thread.

    Args:
        seconds: What one of each part of a `Cost` takes.
        start: Seconds in which a worker loads its engine.
        setup: Seconds in which it builds and compiles what a task needs.
    """

    seconds: tuple[float, ...]
    start: float = 0.0
    setup: float = 0.0

    def epoch(self, cost: Cost) -> float:
        """Seconds of an epoch, validation included."""
        return sum(rate * part for rate, part in zip(self.seconds, astuple(cost), strict=True))


TYPICAL = Rates((6e-11, 7e-11, 15e-10))
"""The proportions of one processor: to compare runs by, not to tell their seconds."""


def epoch_cost(configuration: Configuration, images: int, update_mode: UpdateMode) -> Cost:
    """What one epoch of a configuration does.

    Args:
        configuration: What is trained.
        images: Training images, those held out included.
        update_mode: How its epochs are computed.

    Example:
        >>> from paribus.study.reader import load
        >>> cost = epoch_cost(load("lab2").variants["1"].configuration, 60_000, "stepwise")
        >>> cost.delayed
        0.0
    """
    shape = IMAGE_SETS[configuration.data].shape
    layers, batch = configuration.layers, configuration.batch_size
    validation = math.ceil(images * configuration.validation)
    training = images - validation
    forward, weights = multiply_adds(layers, shape), parameters(layers, shape)
    first = next((m for n in range(1, len(layers) + 1) if (m := multiply_adds(layers[:n], shape))), 0)
    steps = math.ceil(training / batch)
    # The first layer with weights needs no gradient of its inputs.
    backward_too = 3 * forward - first
    passes = 3 + 2 * _SLOTS.get(configuration.optimizer.name, 2)
    if configuration.optimizer.name == "sgd" and configuration.optimizer.arguments.get("momentum"):
        passes += 2
    alone = validation * forward + _STEP_OVERHEAD * steps
    if update_mode == "stepwise":
        return Cost(training * backward_too + alone, 0.0, passes * steps * _from_ram(weights))
    block = block_steps(configuration, "delayed")
    rows, inputs = block * batch, math.prod(shape)
    units = first // inputs
    in_block = training * (backward_too + rows * (inputs + units))
    moved = passes * steps * (_from_ram(first) / block + _from_ram(weights - first))
    return Cost(alone, in_block, moved)


def _from_ram(weights: int) -> float:
    """Return the equivalent number of weights read from RAM, given the cached ones."""
    return _CACHE_COST * min(weights, _CACHED) + max(0, weights - _CACHED)


def finished_at(tasks: Iterable[float], workers: int, busy: Sequence[float] = ()) -> float:
    """When the last of some tasks ends that workers take in order, each as soon as it is free.

    Args:
        tasks: Seconds of each.
        workers: How many there are.
        busy: Seconds until each worker is free that is at work.

    Example:
        >>> finished_at([30, 20, 20], 2), finished_at([10], 2, busy=[5, 20]), finished_at([], 1)
        (40.0, 20, 0.0)
    """
    free = [*busy, *[0.0] * max(0, workers - len(busy))]
    heapq.heapify(free)
    last = max(free, default=0.0)
    for seconds in tasks:
        end = heapq.heappop(free) + seconds
        heapq.heappush(free, end)
        last = max(last, end)
    return last
