"""The cost of an epoch, from its configuration and a few rates of the machine to seconds.

An epoch costs matrix products, in single steps or in blocks of steps, and weights read from memory or written
to it. All other costs are expressed in these, by proportions that were measured once, not on each machine.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from paribus.study.configuration import Configuration
from paribus.study.shapes import multiply_adds, parameters
from paribus.study.step_size import held_out, trained_on
from paribus.study.update_mode import UpdateMode, block_steps

_CACHED = 2**20  # weights, of four bytes each, that stay in the processor's cache between two steps
_CACHE_COST = 0.66  # time to move one of them, relative to one in RAM
AGAIN = 0.05
"""Share of the setup that each further run of what is compiled takes: weights, first probes, files."""
_STEP_OVERHEAD = 200_000  # multiply-adds that take as long as the overhead of a step

_SLOTS = {"sgd": 0, "rmsprop": 1, "adagrad": 1, "lion": 1, "adafactor": 1, "adadelta": 2, "ftrl": 2}


@dataclass(frozen=True)
class Cost:
    """The cost of an epoch.

    Args:
        stepwise: Multiply-adds of single steps and of validation.
        delayed: Multiply-adds of blocks of steps.
        weights: Number of weights read from memory or written to it.
    """

    stepwise: float
    delayed: float
    weights: float


@dataclass(frozen=True)
class Rates:
    """How fast one thread of a machine is.

    Args:
        seconds: Seconds for a unit of each part of a `Cost`.
        start: Seconds that a worker needs to load the engine.
        setup: Seconds that it needs to build and compile what a task needs.
    """

    seconds: tuple[float, ...]
    start: float
    setup: float

    def epoch(self, cost: Cost) -> float:
        """Return the seconds of an epoch, validation included."""
        stepwise, delayed, weights = self.seconds
        return stepwise * cost.stepwise + delayed * cost.delayed + weights * cost.weights


TYPICAL = Rates((6e-11, 7e-11, 15e-10), start=0.0, setup=0.0)
"""The rates of one processor, to compare runs by; not to predict their seconds."""


def epoch_cost(configuration: Configuration, images: int, update_mode: UpdateMode) -> Cost:
    """Return the cost of one epoch.

    Args:
        images: Number of training images, those held out included.

    Example:
        >>> from paribus.study.reader import load
        >>> cost = epoch_cost(load("lab2").variants["1"].configuration, 60_000, "stepwise")
        >>> cost.delayed
        0.0
    """
    return _epoch_cost(_Same(configuration), images, update_mode)


class _Same:
    """A configuration as the key of a cache: by which object it is, since to hash all of it takes longer."""

    __slots__ = ("it",)

    def __init__(self, it: Configuration) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it


@lru_cache(maxsize=4096)  # the runs of a variant share its configuration
def _epoch_cost(same: _Same, images: int, update_mode: UpdateMode) -> Cost:
    configuration = same.it
    if configuration.train is not None:  # nothing is known of it: all its runs count alike
        return Cost(0.0, 0.0, 1.0)
    shape, entering = configuration.facts.shape, configuration.facts.entering
    layers, batch = configuration.layers, configuration.batch_size
    validation, training = held_out(configuration, images), trained_on(configuration, images)
    forward, weights = size_of(configuration)
    first = next((m for n in range(1, len(layers) + 1) if (m := multiply_adds(layers[:n], entering))), 0)
    steps = math.ceil(training / batch)
    # The first layer with weights needs no gradient of its inputs.
    backward_too = 3 * forward - first
    passes = 3 + 2 * _SLOTS.get(configuration.optimizer.name, 2)
    if configuration.optimizer.name == "sgd" and configuration.optimizer.arguments.get("momentum"):
        passes += 2
    alone = validation * forward + _STEP_OVERHEAD * steps
    if update_mode != "delayed":
        return Cost(training * backward_too + alone, 0.0, passes * steps * _from_ram(weights))
    block = block_steps(configuration, "delayed")
    rows, inputs = block * batch, math.prod(shape)
    units = first // inputs
    in_block = training * (backward_too + rows * (inputs + units))
    moved = passes * steps * (_from_ram(first) / block + _from_ram(weights - first))
    return Cost(alone, in_block, moved)


def size_of(configuration: Configuration) -> tuple[int, int]:
    """Return the multiply-adds of one example's forward pass, and the number of trained weights.

    Args:
        configuration: With a network.
    """
    if configuration.network is not None:
        return configuration.network.multiply_adds, configuration.network.parameters
    layers, entering = configuration.layers, configuration.facts.entering
    return multiply_adds(layers, entering), parameters(layers, entering)


def _from_ram(weights: int) -> float:
    """Return the equivalent number of weights read from RAM, given the cached ones."""
    return _CACHE_COST * min(weights, _CACHED) + max(0, weights - _CACHED)


def finished_at(tasks: Iterable[float], workers: int, busy: Sequence[float] = ()) -> float:
    """Return when the last task ends if each worker takes the next one as soon as it is free.

    Args:
        tasks: The seconds of each, in order.
        busy: Seconds until each of the busy workers is free.

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
