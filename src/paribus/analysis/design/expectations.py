"""What a study expects of its results: what cannot come true, however well it is trained."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import StudyRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.record.looks import MIN_SEEDS
from paribus.texts import has_text
from paribus.texts.message import Listed, Message


class UnknownExpectedFinding(StudyRule):
    """A finding is expected that no rule looks for."""

    code = "expected-finding-unknown"
    severities = (Severity.SERIOUS,)
    any_training = True

    def facts(self, design: Design) -> Iterator[Fact]:
        codes = dict.fromkeys(each.finding for each in design.study.expect if each.kind == "finding")
        unknown = [code for code in codes if not has_text(f"diagnosis.{code}.title")]
        if unknown:
            yield Fact(Severity.SERIOUS, {"unknown": len(unknown)}, {"codes": Listed(tuple(unknown))})


class ExpectedVerdictOfFewSeeds(StudyRule):
    """A verdict is expected that so few seeds cannot give."""

    code = "expected-verdict-seeds"
    severities = (Severity.SERIOUS,)
    any_training = True

    def facts(self, design: Design) -> Iterator[Fact]:
        decided = [
            each for each in design.study.expect if each.kind == "verdict" and each.verdict != "undecided"
        ]
        if decided and design.seeds < MIN_SEEDS:
            yield Fact(Severity.SERIOUS, {"seeds": design.seeds, "least": MIN_SEEDS, "count": len(decided)})


class UnaskedExpectation(StudyRule):
    """A comparison is expected that the study does not ask for."""

    code = "expected-not-asked"
    severities = (Severity.WARNING,)
    any_training = True

    def facts(self, design: Design) -> Iterator[Fact]:
        asked = {(each.treatment, each.reference, each.metric) for each in design.study.questions}
        compared = [each for each in design.study.expect if each.kind in ("verdict", "published")]
        unasked = [each for each in compared if (each.treatment, each.reference, each.metric) not in asked]
        if unasked:
            pairs = dict.fromkeys((each.treatment, each.reference) for each in unasked)
            yield Fact(
                Severity.WARNING,
                {"unasked": len(unasked)},
                {"pairs": Listed(tuple(_pair(*each) for each in pairs), most=4)},
            )


def _pair(treatment: str, reference: str) -> Message:
    return Message("comparison.question", {"treatment": treatment, "reference": reference})
