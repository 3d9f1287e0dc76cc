"""What the dose of L2 comes to: whether L2 acts, and whether both variants of a question have one dose."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.design.rule import ConfigurationRule, QuestionRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.l2_dose import NEGLIGIBLE, Dose, dose
from paribus.texts.message import Message

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
        found = _dose_of(design, configuration)
        if found and (TOTAL <= found.remaining <= NEGLIGIBLE or (found.swings and found.remaining <= 1)):
            yield from _usual(design, configuration, found)


class NegligibleDose(ConfigurationRule):
    """L2 has no time to act; an info where no question is about it."""

    code = "dose-nothing"
    severities = (Severity.WARNING, Severity.INFO)
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        found = _dose_of(design, configuration)
        if found and found.remaining > NEGLIGIBLE and not found.swings:
            evidence = _dose_in_numbers(design, configuration, found)
            asked = any(
                "regularization" in question.factors and configuration in (question.before, question.after)
                for question in design.questions
            )
            percent_lost = {"lost": 100 * (1 - evidence["left"])}
            ran = {"ran": _epochs(design, configuration)}
            yield Fact(Severity.WARNING if asked else Severity.INFO, {**evidence, **percent_lost}, ran)


class TotalDose(ConfigurationRule):
    """L2 erases where the weights started."""

    code = "dose-total"
    severities = (Severity.INFO,)
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        found = _dose_of(design, configuration)
        if found and found.remaining < TOTAL:
            yield from _usual(design, configuration, found)


class DivergingDose(ConfigurationRule):
    """L2 alone makes weights grow: one update takes them further past zero than they were before it."""

    code = "dose-diverges"
    severities = (Severity.SERIOUS,)
    reference = "Polyak 1964"
    factors = ("regularization",)
    is_shared = False

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        found = _dose_of(design, configuration)
        if found and found.diverges:
            evidence = {"growth": found.growth, "strength": found.strength, "limit": found.limit}
            yield Fact(Severity.SERIOUS, evidence)


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
            if before.diverges or after.diverges:
                return  # which is a finding of its own
            evidence = {
                "strength": after.strength,
                "left": after.remaining,
                "other_left": before.remaining,
                "matching": after.strength / ratio,
            }
            yield Fact(Severity.WARNING, evidence)


def _dose_of(design: Design, configuration: Configuration) -> Dose | None:
    """Return a variant's dose, of the epochs that its runs made where some have ended."""
    ran = design.epochs_run(configuration)
    return dose(configuration, design.images[configuration.data].train, ran)


def _usual(design: Design, configuration: Configuration, found: Dose) -> Iterator[Fact]:
    """Yield a dose that shrinks weights, with how."""
    evidence = _dose_in_numbers(design, configuration, found)
    ran = _epochs(design, configuration)
    values = {**evidence, "growth": found.growth, "ran": ran}
    how = Message(f"finding.dose-{'swing' if found.swings else 'power'}", values)
    yield Fact(Severity.INFO, evidence, {"how": how})


def _dose_in_numbers(design: Design, configuration: Configuration, found: Dose) -> dict[str, float]:
    """Return a variant's dose as evidence."""
    ran = design.epochs_run(configuration)
    return {
        "strength": found.strength,
        "step": found.step,
        "updates": round(found.updates),
        "epochs": configuration.epochs if ran is None else round(ran, 1) if ran % 1 else int(ran),
        "left": found.remaining,
        "half": found.strength_leaving(0.5),
        "tenth": found.strength_leaving(0.1),
    }


def _epochs(design: Design, configuration: Configuration) -> Message:
    """Return how many epochs a dose is of: those that ran, else all, which early stopping may cut short."""
    ran = design.epochs_run(configuration)
    if ran is None:
        code = "dose-all-epochs" if configuration.early_stopping else "dose-epochs"
        return Message(f"finding.{code}", {"epochs": configuration.epochs})
    code = "dose-epochs-ran" if ran < configuration.epochs else "dose-epochs"
    return Message(
        f"finding.{code}", {"epochs": round(ran, 1) if ran % 1 else int(ran), "all": configuration.epochs}
    )
