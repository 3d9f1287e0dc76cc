"""Pairs of settings of which one makes up for the other: the step, the updates or the dose of L2 agree."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.l2_dose import dose
from paribus.analysis.design.rule import QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.step_size import effective_learning_rate

_TOLERANCE = 0.1  # relative: epochs are whole, and a rate or λ is written with two digits


def has_matched_step(question: QuestionDesign) -> bool:
    """Return whether the learning rate makes up for momentum or the batch size under SGD.

    It does where η / ((1 − μ)·B) agrees: an epoch moves the weights about as far.

    Args:
        question: Any.
    """
    if question.before.optimizer.name != "sgd" or not _differ(question, "learning_rate"):
        return False
    before, after = effective_learning_rate(question.before), effective_learning_rate(question.after)
    if before is None or after is None:
        return False
    return _agree(before / question.before.batch_size, after / question.after.batch_size)


def has_matched_updates(design: Design, question: QuestionDesign) -> bool:
    """Return whether the epochs make up for the batch size, without early stopping.

    Args:
        design: What is reviewed.
        question: A question of it.
    """
    before, after = question.before, question.after
    if before.early_stopping or after.early_stopping or set(question.factors) != {"batch_size", "stopping"}:
        return False
    return _agree(before.epochs * design.updates(before), after.epochs * design.updates(after))


def has_matched_dose(design: Design, question: QuestionDesign) -> bool:
    """Return whether λ makes up for momentum or the batch size, so that the dose of L2 agrees.

    Args:
        design: What is reviewed.
        question: A question of it.
    """
    if not _differ(question, "regularization"):
        return False
    before, after = dose(design, question.before), dose(design, question.after)
    return before is not None and after is not None and _agree(before.exponent, after.exponent)


def has_matched_settings(design: Design, question: QuestionDesign) -> bool:
    """Return whether two factors differ of which one makes up for the other.

    Args:
        design: What is reviewed.
        question: A question of it.
    """
    return (
        has_matched_step(question)
        or has_matched_updates(design, question)
        or has_matched_dose(design, question)
    )


class MatchedStep(QuestionRule):
    """Two settings keep the step, as `momentum-step` and `batch-size` ask for."""

    code = "held-step"
    severities = (Severity.INFO,)
    reference = "Goyal et al. 2017; Smith et al. 2018"

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if has_matched_step(question):
            yield Fact(Severity.INFO, {})


class MatchedUpdates(QuestionRule):
    """Two settings keep the number of updates, as `batch-size` asks for."""

    code = "held-updates"
    severities = (Severity.INFO,)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if has_matched_updates(design, question):
            yield Fact(Severity.INFO, {})


class MatchedDose(QuestionRule):
    """Two settings keep the dose of L2, as `dose-changed` asks for."""

    code = "held-dose"
    severities = (Severity.INFO,)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if has_matched_dose(design, question):
            yield Fact(Severity.INFO, {})


def _differ(question: QuestionDesign, factor: str) -> bool:
    """Return whether this factor and one other differ: the batch size, or momentum under one optimizer."""
    pairs = ({factor, "batch_size"}, {factor, "optimizer"})
    return not question.has_two_optimizers and set(question.factors) in pairs


def _agree(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_TOLERANCE)
