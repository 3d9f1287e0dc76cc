"""The size of an optimizer's steps, as far as its settings determine it, and their number."""

from __future__ import annotations

import math

from paribus.study.configuration import Configuration
from paribus.study.techniques import Kind, entry


def learning_rate(configuration: Configuration) -> float | None:
    """Return the learning rate; None where it follows a schedule or is reduced on plateaus."""
    if configuration.reduce_on_plateau is not None:
        return None
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
        None where the rate changes, and at momentum 1, where there is no limit.
    """
    rate, decay = learning_rate(configuration), momentum(configuration)
    return None if rate is None or decay >= 1 else rate / (1 - decay)


def training_images(configuration: Configuration, train: int, test: int) -> int:
    """Return how many training images there are, those held out included; with folds, all but one fold.

    Args:
        configuration: Of a variant.
        train: How many training images its data set has.
        test: How many test images.
    """
    everything = train + test
    return train if configuration.folds is None else everything - math.ceil(everything / configuration.folds)


def held_out(configuration: Configuration, train_images: int) -> int:
    """Return how many training images are held out for validation.

    Args:
        configuration: Of a variant.
        train_images: How many its data set has, those held out included.
    """
    own = configuration.facts.validation
    return own or math.ceil(train_images * configuration.validation)


def trained_on(configuration: Configuration, train_images: int) -> int:
    """Return how many images are trained on; a `balance` of classes changes how many an epoch has.

    Args:
        configuration: Of a variant.
        train_images: How many its data set has, those held out included.
    """
    left = train_images - held_out(configuration, train_images)
    size = configuration.train_size
    if size is None:
        return left
    return min(left, size) if isinstance(size, int) else math.floor(size * left)


def updates_per_epoch(configuration: Configuration, train_images: int) -> int:
    """Return how many updates of the weights an epoch makes.

    Args:
        configuration: Of a variant.
        train_images: How many its data set has, those held out included.

    Example:
        >>> from paribus.study.reader import load
        >>> updates_per_epoch(load("lab2").variants["2"].configuration, 60_000)
        422
    """
    steps = math.ceil(trained_on(configuration, train_images) / configuration.batch_size)
    accumulated = configuration.optimizer.arguments.get("gradient_accumulation_steps")
    return steps // accumulated if isinstance(accumulated, int) else steps
