"""What one hyperparameter changes besides itself: the optimizer, momentum, the batch size, the epochs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.fair_tuning import is_tuned, rate_tuning
from paribus.analysis.design.rule import ConfigurationRule, QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.describe import Described, format_level
from paribus.study.step_size import effective_learning_rate, learning_rate, momentum, optimizer_class
from paribus.texts.message import Message

MAX_UNIT_STEP, MAX_RATE = 1.0, 100.0
"""A learning rate from which on no network trains, by convention: of optimizers whose step is as long as the
rate, where weights are smaller than one, and of SGD, 1/(1 − momentum) times as long."""
UNIT_STEPS = {"adam", "adamax", "adamw", "nadam", "rmsprop"}
"""Optimizers that divide a gradient by the root of its running square: a step is as long as the rate."""
_TUNING = "Choi et al. 2019, arXiv:1910.05446; Schmidt, Schneider and Hennig 2021, arXiv:2007.01547"


class AbsurdRate(ConfigurationRule):
    """A learning rate far beyond any at which networks train."""

    code = "absurd-rate"
    severities = (Severity.WARNING,)
    any_network = True
    reference = "Bengio 2012, arXiv:1206.5533, section 3.1"
    factors = ("learning_rate",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        rate, optimizer = learning_rate(configuration), configuration.optimizer.name
        step = effective_learning_rate(configuration) if optimizer == "sgd" else rate
        limit = {**dict.fromkeys(UNIT_STEPS, MAX_UNIT_STEP), "sgd": MAX_RATE}.get(optimizer)
        if step is not None and rate is not None and limit is not None and step >= limit:
            evidence = {"rate": rate, "step": step, "limit": limit}
            yield Fact(Severity.WARNING, evidence, {"optimizer": optimizer_class(configuration)})


def changes_optimizer_and_rate(question: QuestionDesign) -> bool:
    """Return whether two optimizers are compared, each at its own learning rate, and nothing else differs.

    Args:
        question: Any.
    """
    return question.has_two_optimizers and set(question.factors) == {"optimizer", "learning_rate"}


class OptimizerAndRate(QuestionRule):
    """Two optimizers are compared at two learning rates."""

    code = "optimizer-and-rate"
    severities = (Severity.WARNING,)
    any_training = True
    reference = _TUNING

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if changes_optimizer_and_rate(question) and not is_tuned(design, question):
            yield Fact(Severity.WARNING, {}, _optimizers(question))


class OptimizerSameRate(QuestionRule):
    """Two optimizers are compared at one learning rate, which need not suit both."""

    code = "optimizer-same-rate"
    severities = (Severity.WARNING, Severity.INFO)
    any_training = True
    reference = _TUNING
    factors = ("optimizer",)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        is_shared = question.has_two_optimizers and "learning_rate" not in question.factors
        if is_shared and not is_tuned(design, question):
            are_alike = {question.before.optimizer.name, question.after.optimizer.name} <= UNIT_STEPS
            yield Fact(Severity.INFO if are_alike else Severity.WARNING, {}, _optimizers(question))


class MomentumStep(QuestionRule):
    """Another momentum is also another step: in the long run η / (1 − μ) times a constant gradient."""

    code = "momentum-step"
    severities = (Severity.WARNING,)
    any_network = True
    reference = "Goodfellow, Bengio and Courville 2016, section 8.3.2; Sutskever et al. 2013"
    factors = ("optimizer",)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        heavy, other = momentum(question.after), momentum(question.before)
        other_step, step = question.steps
        if is_tuned(design, question):
            return
        if "effective_step" in question.implied and step is not None and other_step is not None:
            evidence = {
                "momentum": heavy,
                "other_momentum": other,
                "step": step,
                "other_step": other_step,
                "matching": other_step * (1 - heavy),
            }
            yield Fact(Severity.WARNING, evidence, {"tune": rate_tuning(question)})


class BatchSize(QuestionRule):
    """Another batch size is another number of updates, with gradients whose noise goes with 1/√B."""

    code = "batch-size"
    severities = (Severity.WARNING,)
    any_network = True
    reference = (
        "Keskar et al. 2017, arXiv:1609.04836; Smith et al. 2018, arXiv:1711.00489; "
        "Goyal et al. 2017, arXiv:1706.02677"
    )
    factors = ("batch_size",)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if "updates" not in question.implied or "batch_size" not in question.factors:
            return
        if is_tuned(design, question):
            return
        before, after = question.before, question.after
        other_updates, updates = question.updates
        evidence = {
            "batch": after.batch_size,
            "other_batch": before.batch_size,
            "updates": updates,
            "other_updates": other_updates,
            "noise": math.sqrt(before.batch_size / after.batch_size),
            "ratio": after.batch_size / before.batch_size,
            "epochs": max(1, round(before.epochs * other_updates / max(1, updates))),
        }
        values = {"share": _times(after.batch_size, before.batch_size), "tune": rate_tuning(question)}
        yield Fact(Severity.WARNING, evidence, values)


class Budget(QuestionRule):
    """Training may last longer, besides what else differs."""

    code = "budget"
    severities = (Severity.WARNING,)
    any_network = True
    factors = ("stopping",)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if "stopping" not in question.factors or question.factors == ("stopping",):
            return
        if not question.has_matched_updates:
            before, after = question.before, question.after
            other_updates, updates = question.updates
            evidence = {
                "epochs": after.epochs,
                "other_epochs": before.epochs,
                "updates": after.epochs * updates,
                "other_updates": before.epochs * other_updates,
            }
            yield Fact(Severity.WARNING, evidence)


def _times(count: int, unit: int) -> Message:
    """Return how many units a count is, in words: a fraction such as 1/16 where that is exact."""
    if unit % count == 0:
        return Message("finding.part-of", {"parts": unit // count})
    return Message("finding.times-of", {"times": count / unit})


def _optimizers(question: QuestionDesign) -> dict[str, object]:
    before, after = question.before, question.after
    return {
        "optimizer": optimizer_class(after),
        "other": optimizer_class(before),
        "rate": Described(format_level, after.optimizer.arguments["learning_rate"]),
        "tune": rate_tuning(question),
        "other_rate": Described(format_level, before.optimizer.arguments["learning_rate"]),
    }
