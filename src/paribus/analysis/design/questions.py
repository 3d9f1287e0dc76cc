"""What a study asks: nothing at all, or without saying which difference would matter."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import StudyRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import LABELS, Fact


class NoQuestions(StudyRule):
    """Several variants are to run, and none are compared."""

    code = "no-questions"
    severities = (Severity.INFO,)

    def facts(self, design: Design) -> Iterator[Fact]:
        study = design.study
        is_asked = design.questions or study.design_questions or study.rankings
        if len(design.variant_names) > 1 and not is_asked:
            yield Fact(Severity.INFO, {})


class NoMargin(StudyRule):
    """Accuracies are compared without a margin, so that no two can be found equivalent."""

    code = "no-margin"
    severities = (Severity.INFO,)
    tasks = LABELS
    reference = "Lakens 2017"

    def facts(self, design: Design) -> Iterator[Fact]:
        if any(each.metric == "test_accuracy" and each.margin is None for each in design.questions):
            yield Fact(Severity.INFO, {})
