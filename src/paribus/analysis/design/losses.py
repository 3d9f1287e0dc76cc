"""Losses that a question should not compare, and losses that early stopping should not monitor."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import ConfigurationRule, QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration

_LOSSES = ("test_loss", "test_data_loss")
_WITHOUT_PENALTY = {"loss": "data_loss", "val_loss": "val_data_loss"}


def is_penalized(configuration: Configuration) -> bool:
    """Return whether some weights are penalized, so that the loss is more than the data's.

    Args:
        configuration: A variant, resolved.
    """
    return any(layer.kind == "activity_regularization" for layer in configuration.layers) or any(
        technique is not None
        for layer in configuration.layers
        for name, technique in layer.all_arguments.items()
        if name.endswith("_regularizer")
    )


class LossWithPenalty(QuestionRule):
    """Losses are compared that contain different penalties."""

    code = "loss-with-penalty"
    severities = (Severity.SERIOUS,)
    factors = ("regularization",)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if question.metric == "test_loss" and "regularization" in question.factors:
            yield Fact(Severity.SERIOUS, {})


class OtherLoss(QuestionRule):
    """Two losses are compared, each on a scale of its own."""

    code = "other-loss"
    severities = (Severity.SERIOUS,)
    any_network = True
    factors = ("loss",)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if question.metric in _LOSSES and "loss" in question.factors:
            losses = {"loss": question.after.loss_told, "other_loss": question.before.loss_told}
            yield Fact(Severity.SERIOUS, {}, {**losses, "metric": question.metric})


class StopsOnPenalty(ConfigurationRule):
    """Early stopping monitors a loss that contains the penalty."""

    code = "stops-on-penalty"
    severities = (Severity.WARNING,)
    factors = ("stopping", "regularization")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        stopping = configuration.early_stopping
        if stopping and stopping.monitor in _WITHOUT_PENALTY and is_penalized(configuration):
            other = _WITHOUT_PENALTY[stopping.monitor]
            yield Fact(Severity.WARNING, {}, {"monitor": stopping.monitor, "other": other})


class StopsOnTraining(ConfigurationRule):
    """Early stopping monitors what is measured on the training images."""

    code = "stops-on-training"
    severities = (Severity.WARNING,)
    any_training = True
    reference = "Prechelt 1998"
    factors = ("stopping",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        stopping = configuration.early_stopping
        if stopping and not stopping.monitor.startswith("val_"):
            yield Fact(Severity.WARNING, {}, {"monitor": stopping.monitor})
