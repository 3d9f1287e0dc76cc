"""What the dose of L2 comes to: whether L2 acts, and whether both variants of a question have one dose."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import ConfigurationRule, QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.l2_dose import NEGLIGIBLE, dose

TOTAL = 1e-6
"""L2 that leaves less than this share of a weight has erased where it started."""


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
    """L2 has no time to act; an info where no question is about it."""

    code = "dose-nothing"
    severities = (Severity.WARNING, Severity.INFO)
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        evidence = _dose_in_numbers(design, configuration)
        if evidence and evidence["left"] > NEGLIGIBLE:
            asked = any(
                "regularization" in question.factors and configuration in (question.before, question.after)
                for question in design.questions
            )
            percent_lost = {"lost": 100 * (1 - evidence["left"])}
            yield Fact(Severity.WARNING if asked else Severity.INFO, {**evidence, **percent_lost})


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
        before, after = question.doses
        ratio = question.implied.get("l2_dose")
        if before is not None and after is not None and ratio is not None:
            evidence = {
                "strength": after.strength,
                "left": after.remaining,
                "other_left": before.remaining,
                "matching": after.strength / ratio,
            }
            yield Fact(Severity.WARNING, evidence)


def _dose_in_numbers(design: Design, configuration: Configuration) -> dict[str, float]:
    """Return a variant's dose as evidence; nothing where it has none."""
    ran = design.epochs_run(configuration)
    found = dose(configuration, design.images[configuration.data].train, ran)
    if found is None:
        return {}
    return {
        "strength": found.strength,
        "step": found.step,
        "updates": round(found.updates),
        "epochs": configuration.epochs if ran is None else round(ran, 1) if ran % 1 else int(ran),
        "left": found.remaining,
        "half": found.strength_leaving(0.5),
        "tenth": found.strength_leaving(0.1),
    }
