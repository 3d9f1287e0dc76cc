"""Whether the last activation gives what the loss scores."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.dropout import dropped_outputs
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import LABELS, Fact
from paribus.study.configuration import Configuration
from paribus.study.datasets import Task
from paribus.texts.message import Message

DISTANCES = (
    "huber", "log_cosh", "mean_absolute_error", "mean_squared_error", "mean_squared_logarithmic_error",
)  # fmt: skip
"""Losses that measure how far outputs are from labels."""
_CUT_AT_ZERO = ("mean_squared_logarithmic_error",)
_OF_NUMBERS = ("poisson", *_CUT_AT_ZERO)
"""Losses of a regression that ask for outputs above zero."""
_SHARES = ("softmax", "sparsemax")
_POSITIVE = ("exponential", "softplus", "squareplus")
_BETWEEN_0_AND_1 = ("hard_sigmoid", "sigmoid", "sparse_sigmoid")
_NEVER_NEGATIVE = (*_SHARES, *_POSITIVE, *_BETWEEN_0_AND_1, "relu", "relu6")


def output_mismatch(configuration: Configuration) -> Fact | None:
    """Return how the last activation does not fit the loss; None where it does.

    Serious where the loss clips the outputs to probabilities, so that no gradient passes outside of them.

    Args:
        configuration: A variant, resolved.
    """
    task, loss = configuration.facts.task, configuration.loss
    if task == "regression" and loss not in _OF_NUMBERS:
        return None
    found = _mismatch(loss, configuration.output)
    if found is None or dropped_outputs(configuration) is not None:
        return None
    kind, severity = found
    classes = len(configuration.facts.classes)
    values = {"loss": configuration.loss, "activation": configuration.output, "classes": classes}
    fitting = fitting_output(loss, task)
    fault = Message(f"finding.output-{kind}", values)
    return Fact(severity, {"classes": classes}, {**values, "fault": fault, "fitting": fitting})


def _mismatch(loss: str, output: str) -> tuple[str, Severity] | None:
    found: tuple[str, Severity] | None = None
    if loss.startswith("binary_"):
        if output in _SHARES:
            found = "one-choice", Severity.WARNING
        elif output not in _BETWEEN_0_AND_1:
            found = "clipped", Severity.SERIOUS
    elif "categorical_crossentropy" in loss or loss in ("categorical_focal_crossentropy", "kl_divergence"):
        fits = output in _SHARES or (output in _POSITIVE and loss == "categorical_crossentropy")
        if output in _BETWEEN_0_AND_1:
            found = "separate", Severity.WARNING
        elif not fits:
            found = "clipped", Severity.SERIOUS
    elif loss in ("hinge", "squared_hinge") and output in _NEVER_NEGATIVE:
        found = "one-sided", Severity.WARNING
    elif loss == "poisson" and output not in _NEVER_NEGATIVE:
        found = "negative", Severity.SERIOUS
    elif loss in _CUT_AT_ZERO and output not in _NEVER_NEGATIVE:
        found = "below-zero", Severity.WARNING
    return found


def fitting_output(loss: str, task: Task = "classification") -> str:
    """Return the last activation that a loss is made for.

    Args:
        loss: In the catalogue's words.
        task: What is predicted.

    Example:
        >>> fitting_output("binary_crossentropy"), fitting_output("kl_divergence")
        ('sigmoid', 'softmax')
    """
    if loss.startswith("binary_"):
        return "sigmoid"
    if loss in ("hinge", "squared_hinge"):
        return "tanh"
    return "softplus" if task == "regression" else "softmax"


def likelihood(configuration: Configuration) -> str | None:
    """Return the cross-entropy that the last activation is made for; None where it gives no probabilities.

    Args:
        configuration: A variant, resolved.
    """
    if configuration.output in _SHARES:
        return "categorical_crossentropy"
    return "binary_crossentropy" if configuration.output in _BETWEEN_0_AND_1 else None


class OutputLoss(ConfigurationRule):
    """The last activation gives what the loss does not score."""

    code = "output-loss"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Keras, losses; Bishop 2006, section 4.3.6"
    factors = ("loss", "activation")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = output_mismatch(configuration)
        if fact is not None:
            yield fact


_FITTING_CLASSES = ("categorical_crossentropy", "softmax")
_FITTING_LABELS = ("binary_crossentropy", "sigmoid")


class DistanceForClasses(ConfigurationRule):
    """A loss that measures distances, for classes."""

    code = "distance-for-classes"
    severities = (Severity.INFO,)
    tasks = LABELS
    reference = "Bishop 2006, section 4.3.4"
    factors = ("loss",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if configuration.loss in DISTANCES:
            is_multilabel = configuration.facts.task == "multilabel"
            loss, output = _FITTING_LABELS if is_multilabel else _FITTING_CLASSES
            told = {"loss": configuration.loss, "fitting_loss": loss, "fitting_output": output}
            yield Fact(Severity.INFO, {}, told)
