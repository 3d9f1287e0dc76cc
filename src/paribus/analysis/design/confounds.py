"""Questions whose variants differ in nothing, in when training ends, or in several factors at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.hyperparameters import changes_optimizer_and_rate
from paribus.analysis.design.rule import QuestionRule
from paribus.analysis.finding import Severity, factor
from paribus.analysis.rule import Fact
from paribus.study.change import Change
from paribus.study.confounds import question_factor
from paribus.study.describe import Described, describe_changes
from paribus.study.difference import differ_in_several, difference, factors
from paribus.texts.message import Listed, Message


class NothingDiffers(QuestionRule):
    """Both variants mean the same configuration."""

    code = "nothing-differs"
    severities = (Severity.SERIOUS,)
    any_training = True

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if not question.factors:
            yield Fact(Severity.SERIOUS, {})


class SameTrajectory(QuestionRule):
    """Only the end of training differs: one run with two endings."""

    code = "same-trajectory"
    severities = (Severity.INFO,)

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if question.factors == ("stopping",):
            epochs = {"epochs": question.after.epochs, "other_epochs": question.before.epochs}
            yield Fact(Severity.INFO, epochs)


class Confounded(QuestionRule):
    """Several factors differ, and no other finding says more precisely what that means."""

    code = "confounded"
    severities = (Severity.SERIOUS,)
    any_training = True
    reference = "Montgomery 2017, chapter 1"

    def about(self, question: QuestionDesign) -> tuple[str, ...]:
        return question.free_factors

    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        if len(question.free_factors) > 1 and not changes_optimizer_and_rate(question):
            placeholders = {
                "changes": Described(describe_changes, question.changes),
                "instead": _unconfounded_pair(design, question),
            }
            yield Fact(Severity.SERIOUS, {}, placeholders)


def _unconfounded_pair(design: Design, question: QuestionDesign) -> Message:
    """Return which two variants differ in the question's own factor alone, or advice to add some."""
    main = question_factor(design.study.variants, *question.variants, question) or question.factors[0]
    allowed = ({main}, {"optimizer", "learning_rate"} if main == "optimizer" else {main})
    wanted = _changes_of(main, question.changes)
    treatment, reference = question.variants
    others = [name for name in design.study.variants if name not in question.variants]
    for first, second in [(name, reference) for name in others] + [(treatment, name) for name in others]:
        one, other = (design.study.variants[name].configuration for name in (first, second))
        if differ_in_several(other, one):
            continue
        changes = difference(other, one)
        differing = factors(changes)
        if set(differing) in allowed and _changes_of(main, changes) == wanted:
            named = Listed(tuple(factor(each) for each in differing))
            asked = "-asked" if (first, second) in {each.variants for each in design.questions} else ""
            return Message(f"finding.instead{asked}", {"first": first, "second": second, "factors": named})
    return Message("finding.instead-none")


def _changes_of(factor: str, changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if factors([change]) == (factor,)]
