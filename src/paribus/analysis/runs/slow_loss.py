"""Losses of probabilities that are no likelihood: gradients too small to learn by."""

from __future__ import annotations

import math
from collections.abc import Iterable

from paribus.analysis.design.outputs import likelihood
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.configured import SYMPTOMS, ConfiguredRule
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.loss import HALF
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

_DIVIDED = ("poisson",)
"""A cross-entropy but for its division by the number of classes."""


def losses_of_a_guess(loss: str, classes: int) -> tuple[float, float] | None:
    """Return the loss of equal probabilities and that of certain truth; None for other losses.

    Source: the formulas of Keras, losses/losses.py, for one-hot labels.

    Args:
        loss: In the catalogue's words.
        classes: How many there are.

    Example:
        >>> losses_of_a_guess("categorical_hinge", 10)
        (1.0, 0.0)
    """
    share = 1 / classes
    others = classes - 1
    known = {
        "categorical_hinge": (1.0, 0.0),
        "cosine_similarity": (-math.sqrt(share), -1.0),
        "huber": (others * share**2 / 2, 0.0),
        "log_cosh": (share * (_log_cosh(1 - share) + others * _log_cosh(share)), 0.0),
        "mean_absolute_error": (2 * others * share**2, 0.0),
        "mean_squared_error": (others * share**2, 0.0),
        "mean_squared_logarithmic_error": (
            share * ((math.log(2) - math.log1p(share)) ** 2 + others * math.log1p(share) ** 2),
            0.0,
        ),
        "poisson": (share * (1 + math.log(classes)), share),
    }
    return known.get(loss)


def _log_cosh(error: float) -> float:
    return math.log(math.cosh(error))


class SlowLoss(ConfiguredRule):
    """A loss of probabilities that has gone less than half of the way from a guess to certain truth.

    Its gradient has the slope of softmax or sigmoid as a factor, which is smallest where outputs are surely
    wrong, or is divided by the number of classes; that of a cross-entropy is neither.
    """

    code = "slow-loss"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Glorot and Bengio 2010, PMLR 9, section 4.1"
    explains = SYMPTOMS - {"exploding", "large-steps", "large-weights", "slow-loss"}
    is_certain = False
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the loss at the end, beside that of a guess."""
        configuration = run.configuration
        known = losses_of_a_guess(configuration.loss, len(configuration.facts.classes))
        losses = run.curve("data_loss")
        if known is None or likelihood(configuration) is None or not len(losses):
            return None
        (guess, best), last = known, float(losses[-1])
        left = (last - best) / (guess - best)
        if not left > HALF:
            return None
        evidence = {"left": left, "last": last, "guess": guess, "best": best, "limit": HALF}
        named = {"loss": configuration.loss, "activation": configuration.output}
        kind = "divided" if configuration.loss in _DIVIDED else "slow"
        fault = Message(f"diagnosis.loss-is-{kind}", {**evidence, **named})
        return Fact(Severity.WARNING, evidence, {**named, "fault": fault})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise the likelihood for these outputs."""
        return change_to_likelihood(configuration)


def change_to_likelihood(configuration: Configuration) -> Iterable[Change]:
    """Change a loss to the cross-entropy of its outputs; nothing where these are no probabilities.

    Args:
        configuration: A variant, resolved.
    """
    then = likelihood(configuration)
    if then is not None and then != configuration.loss:
        values = {"now": configuration.loss, "then": then, "activation": configuration.output}
        yield Change("fitting-loss", {"loss": then}, values)
