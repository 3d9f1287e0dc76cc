"""The dose of L2, known before training: what L2 alone leaves of a weight by the end of a run of SGD."""

from __future__ import annotations

import math
from dataclasses import dataclass

from paribus.study.configuration import Configuration, Technique
from paribus.study.step_size import effective_learning_rate, updates_per_epoch

NEGLIGIBLE = 0.9
"""L2 that leaves more than this share of a weight has hardly begun to act."""
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_OF_VECTORS = ("bias", "beta", "gamma")


@dataclass(frozen=True)
class Dose:
    """L2 over a whole run of SGD.

    Args:
        strength: λ, the largest of the layers'.
        step: The learning rate in the long run, η / (1 − μ) with momentum μ.
        updates: How many updates the run makes, if early stopping does not end it; on average, where it is of
            runs that have ended.
    """

    strength: float
    step: float
    updates: float

    @property
    def remaining(self) -> float:
        """The share of a weight that L2 alone leaves: (1 − 2λη)^updates, 0 where one update takes all.

        The penalty is λ·Σw², its gradient 2λw.

        Example:
            >>> round(Dose(0.01, 0.01, 30 * 422).remaining, 4)
            0.0795
        """
        return max(0.0, 1 - 2 * self.strength * self.step) ** self.updates

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
    return Dose(found, step, updates) if found else None
