"""How long an optimizer's steps are, as far as its settings say so."""

from __future__ import annotations

from paribus.study.configuration import Configuration
from paribus.study.techniques import Kind, entry


def rate(configuration: Configuration) -> float | None:
    """The learning rate; None where it follows a schedule."""
    given = configuration.optimizer.arguments.get("learning_rate")
    return float(given) if isinstance(given, int | float) else None


def momentum(configuration: Configuration) -> float:
    """The optimizer's momentum; 0 where it has none."""
    given = configuration.optimizer.arguments.get("momentum")
    return float(given) if isinstance(given, int | float) else 0.0


def optimizer(configuration: Configuration) -> str:
    """The optimizer's name as Keras has it."""
    return entry(Kind.OPTIMIZER, configuration.optimizer.name).keras_class


def long_step(configuration: Configuration) -> float | None:
    """How far a constant gradient of 1 moves a weight an update in the long run, η / (1 − μ).

    Args:
        configuration: A variant, resolved.

    Returns:
        None under a schedule, and where momentum 1 never comes to rest.
    """
    step, heavy = rate(configuration), momentum(configuration)
    return None if step is None or heavy >= 1 else step / (1 - heavy)
