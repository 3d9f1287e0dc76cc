"""Runs that are over after a handful of updates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from paribus.analysis.design.datasets import fewest_examples
from paribus.analysis.design.design import Design
from paribus.analysis.design.hyperparameters import UNIT_STEPS
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.step_size import effective_learning_rate, learning_rate, trained_on

MIN_UPDATES = 200
"""By convention: so many updates of Adam at its default rate, 0.001, move a weight by 0.2 at most (Kingma and
Ba 2015, arXiv:1412.6980, section 2.1). The fastest recipe known for 94 % on CIFAR-10, every setting tuned for
speed, takes about 480 (Jordan 2024, arXiv:2404.00498)."""
LEAST_UPDATES = 20
"""Whatever the rate; a convention."""
USUAL_RATES = {**dict.fromkeys(UNIT_STEPS, 0.001), "sgd": 0.01}
"""Keras's defaults."""
USUAL_BATCH = 32
"""Keras's default."""
USUAL_EPOCHS = 10
"""A convention."""


def too_few_updates(
    configuration: Configuration, *, updates: int, epochs: int, images: int
) -> dict[str, float] | None:
    """Return how few updates a run makes; None where they suffice, or where images are too few for more.

    Args:
        configuration: A variant, resolved.
        updates: Of the whole run.
        epochs: Of the whole run.
        images: How many it trains on.
    """
    has_few_images = images < fewest_examples(configuration)
    limit = fewest_updates(configuration)
    if not 0 < updates < limit or has_few_images:
        return None
    return {
        "updates": updates,
        "limit": limit,
        "epochs": epochs,
        "batch": configuration.batch_size,
        "usual_batch": USUAL_BATCH,
        "usual": epochs * math.ceil(images / USUAL_BATCH),
    }


def fewest_updates(configuration: Configuration) -> int:
    """Return the fewest updates that are not called few: 200 on images.

    On other data, which is most often small and easy, they are as many as go as far as 200 at the optimizer's
    usual rate: fewer at a larger rate.

    Args:
        configuration: A variant, resolved.
    """
    usual = USUAL_RATES.get(configuration.optimizer.name)
    is_sgd = configuration.optimizer.name == "sgd"
    rate = effective_learning_rate(configuration) if is_sgd else learning_rate(configuration)
    if configuration.facts.values == "pixels" or usual is None or not rate:
        return MIN_UPDATES
    return max(LEAST_UPDATES, round(MIN_UPDATES * min(1.0, usual / rate)))


def _too_few(design: Design, configuration: Configuration) -> dict[str, float] | None:
    updates, epochs = design.updates(configuration), configuration.epochs
    images = trained_on(configuration, design.images[configuration.data].train)
    return too_few_updates(configuration, updates=updates, epochs=epochs, images=images)


class LargeBatches(ConfigurationRule):
    """A run of fewer than 200 updates, mostly because its batches are large.

    Keras's default batch size would make at least 200, and the batch is farther from it than the epochs are
    from ten.
    """

    code = "few-updates"
    severities = (Severity.WARNING,)
    any_network = True
    reference = "Hoffer, Hubara and Soudry 2017, arXiv:1705.08741"
    factors = ("batch_size",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        evidence = _too_few(design, configuration)
        if evidence is not None and are_batches_large(evidence):
            yield Fact(Severity.WARNING, evidence)


class FewEpochs(ConfigurationRule):
    """A run of fewer than 200 updates, mostly because its epochs are few."""

    code = "few-epochs"
    severities = (Severity.WARNING,)
    any_network = True
    reference = "Jordan 2024, arXiv:2404.00498"
    factors = ("stopping",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        evidence = _too_few(design, configuration)
        if evidence is not None and not are_batches_large(evidence):
            yield Fact(Severity.WARNING, evidence)


def are_batches_large(evidence: Mapping[str, float]) -> bool:
    """Return whether large batches, rather than few epochs, are why a run makes so few updates.

    Args:
        evidence: From `too_few_updates`.
    """
    larger, fewer = evidence["batch"] / USUAL_BATCH, USUAL_EPOCHS / evidence["epochs"]
    return evidence["usual"] >= evidence["limit"] and larger > fewer
