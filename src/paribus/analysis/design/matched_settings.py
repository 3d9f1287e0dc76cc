"""Pairs of settings of which one makes up for the other: the step, the updates or the dose of L2 agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact


class MatchedRule(QuestionRule):
    """Looks for a factor that was changed to make up for another.

    Attributes:
        matching: That factor.
        made_up_for: The factors that it may make up for.
    """

    matching: ClassVar[str]
    made_up_for: ClassVar[tuple[str, ...]] = ("batch_size", "optimizer")
    severities = (Severity.INFO,)

    def about(self, question: QuestionDesign) -> tuple[str, ...]:
        pair = (*self.made_up_for, self.matching)
        return tuple(factor for factor in question.factors if factor in pair)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if self.matching in question.matching:
            yield Fact(Severity.INFO, {})


class MatchedStep(MatchedRule):
    """Two settings keep the step, as `momentum-step` and `batch-size` ask for."""

    code = "held-step"
    any_network = True
    reference = "Goyal et al. 2017; Smith et al. 2018"
    matching = "learning_rate"


class MatchedUpdates(MatchedRule):
    """Two settings keep the number of updates, as `batch-size` asks for."""

    code = "held-updates"
    any_network = True
    matching = "stopping"
    made_up_for = ("batch_size", "train_size")


class MatchedDose(MatchedRule):
    """Two settings keep the dose of L2, as `dose-changed` asks for."""

    code = "held-dose"
    matching = "regularization"
