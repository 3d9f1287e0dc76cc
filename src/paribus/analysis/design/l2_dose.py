"""The dose of L2, known before training: what L2 alone leaves of a weight by the end of a run of SGD."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import ConfigurationRule, QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration, Technique
from paribus.study.step_size import effective_learning_rate

NEGLIGIBLE = 0.9
"""L2 that leaves more than this share of a weight has hardly begun to act."""
TOTAL = 1e-6
"""L2 that leaves less than this share of a weight has erased where it started."""
_MAX_RATIO = 2.0  # of two doses that count as the same
_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")
_OF_VECTORS = ("bias", "beta", "gamma")


@dataclass(frozen=True)
class Dose:
    """L2 over a whole run of SGD.

    Args:
        strength: λ, the largest of the layers'.
        step: The learning rate in the long run, η / (1 − μ) with momentum μ.
        updates: How many updates the run makes, if early stopping does not end it.
    """

    strength: float
    step: float
    updates: int

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
        for name, technique in layer.arguments.items()
        if name.endswith("_regularizer") and not name.startswith(_OF_VECTORS)
    ]
    found = (each.arguments.get("l2") for each in techniques if isinstance(each, Technique))
    return max((each for each in found if isinstance(each, float)), default=0.0)


def dose(design: Design, configuration: Configuration) -> Dose | None:
    """Return the dose of L2; None without L2, and where it cannot be computed before training.

    That is so under every optimizer but SGD, which rescale the penalty's gradient with the data's; under a
    schedule, and where gradients are clipped.

    Args:
        design: What is reviewed.
        configuration: A variant of it, resolved.
    """
    arguments = configuration.optimizer.arguments
    step = effective_learning_rate(configuration)
    is_clipped = any(arguments.get(clip) is not None for clip in _CLIPS)
    updates = configuration.epochs * design.updates(configuration)
    if configuration.optimizer.name != "sgd" or step is None or is_clipped or not updates:
        return None
    found = strength(configuration)
    return Dose(found, step, updates) if found else None


class UsualDose(ConfigurationRule):
    """L2 acts, and something of where a weight started remains."""

    code = "dose"
    severities = (Severity.INFO,)
    reference = "Krogh and Hertz 1992"
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        evidence = _dose_in_numbers(design, configuration)
        if evidence and TOTAL <= evidence["left"] <= NEGLIGIBLE:
            yield Fact(Severity.INFO, evidence)


class NegligibleDose(ConfigurationRule):
    """L2 has no time to act."""

    code = "dose-nothing"
    severities = (Severity.WARNING,)
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        evidence = _dose_in_numbers(design, configuration)
        if evidence and evidence["left"] > NEGLIGIBLE:
            yield Fact(Severity.WARNING, evidence)


class TotalDose(ConfigurationRule):
    """L2 erases where the weights started."""

    code = "dose-total"
    severities = (Severity.INFO,)
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        evidence = _dose_in_numbers(design, configuration)
        if evidence and evidence["left"] < TOTAL:
            yield Fact(Severity.INFO, evidence)


class DoseChanged(QuestionRule):
    """Both variants have the same λ, but another dose."""

    code = "dose-changed"
    severities = (Severity.WARNING,)

    def about(self, question: QuestionDesign) -> tuple[str, ...]:
        return tuple(factor for factor in question.factors if factor != "regularization")

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        before, after = dose(design, question.before), dose(design, question.after)
        if before is None or after is None or before.strength != after.strength:
            return
        ratio = after.exponent / before.exponent
        is_negligible = min(before.remaining, after.remaining) > NEGLIGIBLE
        is_same = 1 / _MAX_RATIO <= ratio <= _MAX_RATIO
        if not is_negligible and not is_same and question.factors != ("stopping",):
            evidence = {
                "strength": after.strength,
                "left": after.remaining,
                "other_left": before.remaining,
                "matching": after.strength / ratio,
            }
            yield Fact(Severity.WARNING, evidence)


def _dose_in_numbers(design: Design, configuration: Configuration) -> dict[str, float]:
    """Return a variant's dose as evidence; nothing where it has none."""
    found = dose(design, configuration)
    if found is None:
        return {}
    return {
        "strength": found.strength,
        "step": found.step,
        "updates": found.updates,
        "epochs": configuration.epochs,
        "left": found.remaining,
        "half": found.strength_leaving(0.5),
        "tenth": found.strength_leaving(0.1),
    }
