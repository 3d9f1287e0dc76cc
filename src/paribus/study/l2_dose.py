"""The dose of L2, known before training: what L2 alone leaves of a weight by the end of a run of SGD."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

from paribus.study.configuration import Configuration, Technique
from paribus.study.step_size import effective_learning_rate, momentum, updates_per_epoch

NEGLIGIBLE = 0.9
"""L2 that leaves more than this share of a weight has hardly begun to act."""
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_REAL = 1e-12  # an imaginary part below it is rounding
_OF_VECTORS = ("bias", "beta", "gamma")


@dataclass(frozen=True)
class Dose:
    """L2 over a whole run of SGD.

    Args:
        strength: λ, the largest of the layers'.
        step: The learning rate in the long run, η / (1 − μ) with momentum μ.
        updates: How many updates the run makes, if early stopping does not end it; on average, where it is of
            runs that have ended.
        momentum: μ; 0 for none.
        nesterov: Whether it is Nesterov's.
    """

    strength: float
    step: float
    updates: float
    momentum: float = 0.0
    nesterov: bool = False

    @property
    def remaining(self) -> float:
        """The share of a weight that L2 alone leaves: (1 − 2λη)^updates; infinite where weights grow.

        The penalty is λ·Σw², its gradient 2λw. Where the weight swings around zero, it is `growth`^updates.

        Example:
            >>> round(Dose(0.01, 0.01, 30 * 422).remaining, 4)
            0.0795
            >>> Dose(2.0, 0.6, 10).remaining
            inf
        """
        if self.diverges:
            return math.inf
        shrinks = self.growth if self.swings else 1 - 2 * self.strength * self.step
        return shrinks**self.updates

    @property
    def swings(self) -> bool:
        """Whether a weight swings around zero: one update takes it past zero, or momentum does."""
        return any(
            abs(root.imag) > _REAL or root.real < 0 for root in self._roots if abs(root) == self.growth
        )

    @property
    def growth(self) -> float:
        """By what L2 alone multiplies the size of a weight in an update, in the long run.

        It is the largest root of the characteristic polynomial of v ← μv − 2λη·w, w ← w + v; with Nesterov's
        momentum w ← w + μv − 2λη·w. Source: Polyak, "Some methods of speeding up the convergence of iteration
        methods" (1964).

        Example:
            >>> round(Dose(2.0, 0.6, 10).growth, 3), round(Dose(0.4, 1.0, 10).growth, 3)
            (1.4, 0.2)
        """
        return max(map(abs, self._roots))

    @property
    def diverges(self) -> bool:
        """Whether L2 alone makes weights grow without end, or swing for ever."""
        return self.strength >= self.limit

    @property
    def limit(self) -> float:
        """The λ from which on weights grow: 2λη at 2 (1 + μ), with Nesterov's momentum 1 / (1 + 2μ) of it.

        Example:
            >>> Dose(0.01, 0.1, 10).limit
            10.0
        """
        bound = 2 * (1 + self.momentum) / (1 + 2 * self.momentum if self.nesterov else 1)
        return bound / (2 * self._rate)

    @property
    def _rate(self) -> float:
        return self.step * (1 - self.momentum)

    @property
    def _roots(self) -> tuple[complex, complex]:
        pull = 2 * self.strength * self._rate
        if self.nesterov:
            trace, product = (1 + self.momentum) * (1 - pull), self.momentum * (1 - pull)
        else:
            trace, product = 1 + self.momentum - pull, self.momentum
        half = cmath.sqrt(trace * trace - 4 * product) / 2
        return trace / 2 + half, trace / 2 - half

    @property
    def exponent(self) -> float:
        """2λη · updates: about −ln of the share that remains, and in proportion to λ."""
        return 2 * self.strength * self.step * self.updates

    def strength_leaving(self, share: float) -> float:
        """Return the λ that would leave a given share of a weight.

        Args:
            share: In (0, 1).
        """
        return -math.log(share) / (2 * self.step * self.updates)


def strength(configuration: Configuration) -> float:
    """Return the largest λ of an L2 penalty on a layer's weights; 0 where there is none.

    Args:
        configuration: A variant, resolved.
    """
    techniques = [
        technique
        for layer in configuration.layers
        for name, technique in layer.all_arguments.items()
        if name.endswith("_regularizer") and not name.startswith(_OF_VECTORS)
    ]
    found = (each.arguments.get("l2") for each in techniques if isinstance(each, Technique))
    return max((each for each in found if isinstance(each, float)), default=0.0)


def dose(configuration: Configuration, train_images: int, epochs: float | None = None) -> Dose | None:
    """Return the dose of L2; None without L2, and where it cannot be computed before training.

    That is so under every optimizer but SGD, which rescale the penalty's gradient with the data's; under a
    schedule, and where gradients are clipped.

    Args:
        configuration: A variant, resolved.
        train_images: How many training images its data set has, those held out included.
        epochs: How many ran, on average; those of the configuration where None.
    """
    arguments = configuration.optimizer.arguments
    step = effective_learning_rate(configuration)
    is_clipped = any(arguments.get(clip) is not None for clip in _CLIPS)
    ran = configuration.epochs if epochs is None else epochs
    updates = ran * updates_per_epoch(configuration, train_images)
    if configuration.optimizer.name != "sgd" or step is None or is_clipped or not updates:
        return None
    found = strength(configuration)
    if not found:
        return None
    return Dose(found, step, updates, momentum(configuration), bool(arguments.get("nesterov")))
