"""The size of an optimizer's steps, as far as its settings determine it."""

from __future__ import annotations

from paribus.study.configuration import Configuration
from paribus.study.techniques import Kind, entry


def learning_rate(configuration: Configuration) -> float | None:
    """Return the learning rate; None where it follows a schedule."""
    given = configuration.optimizer.arguments.get("learning_rate")
    return float(given) if isinstance(given, int | float) else None


def momentum(configuration: Configuration) -> float:
    """Return the optimizer's momentum; 0 where it has none."""
    given = configuration.optimizer.arguments.get("momentum")
    return float(given) if isinstance(given, int | float) else 0.0


def optimizer_class(configuration: Configuration) -> str:
    """Return the name of the optimizer's class in Keras."""
    return entry(Kind.OPTIMIZER, configuration.optimizer.name).keras_class


def effective_learning_rate(configuration: Configuration) -> float | None:
    """Return η / (1 − μ): how far a constant gradient of 1 moves a weight in one update, in the long run.

    Returns:
        None under a schedule, and at momentum 1, where there is no limit.
    """
    rate, decay = learning_rate(configuration), momentum(configuration)
    return None if rate is None or decay >= 1 else rate / (1 - decay)
