"""The kinds of rules about what has run: of one run, of a variant beside others, of two variants compared."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import ClassVar

from paribus.analysis.finding import Finding
from paribus.analysis.rule import Fact, Rule
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.variant_runs import VariantRuns
from paribus.study.configuration import Configuration
from paribus.texts.message import Message


class Place(IntEnum):
    """Where a finding is remarked on, in the order of the paragraph on its variant."""

    FAILURE = 0
    """In place of what the curves show."""
    CONVERGENCE = 1
    """Only where it holds for most of the variant's runs."""
    CURVES = 2
    INTERNALS = 3
    QUESTION = 4
    """In the paragraph on a question, for rules that compare its two variants."""


class DiagnosisRule(Rule):
    """Looks for a finding about what has run.

    Attributes:
        remark: Where it is remarked on, by the sentence ``remarks.<code>``; None for nowhere.
        is_compared: Whether the remark on a question names the numbers of both variants that have it, as
            `compare` has it.
        is_contrasted: Whether the remark on a question says that only one of its variants has it, by
            ``remarks.only-<code>``.
        remedies: What may help, the best first. `paribus.analysis.runs.remedies` leaves out what is so
            already; the sentence ``.remedy`` names what is left as ``{options}``.
        is_summarized: Whether the conclusions on the study name the variants that have it, by
            ``remarks.study-<code>``.
    """

    domain = "diagnosis"
    remark: ClassVar[Place | None] = None
    is_compared: ClassVar[bool] = False
    is_contrasted: ClassVar[bool] = False
    is_summarized: ClassVar[bool] = False
    remedies: ClassVar[tuple[str, ...]] = ()

    def compare(self, mine: Finding, other: Finding) -> Message | None:
        """Return what a remark on a question says where both variants have the finding; None for nothing.

        Args:
            mine: The treatment's.
            other: The reference's.
        """
        return Message(f"remarks.compared-{self.code}", beside(mine, other))

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Return what to try next, the best first, by the sentences ``advice.<kind>.do`` and ``.expect``.

        Args:
            configuration: The variant's, resolved.
            finding: What was found, a warning at least.
        """
        return ()


def beside(mine: Finding, other: Finding) -> dict[str, object]:
    """Return the numbers of two variants' findings, those of the reference called ``other_<number>``.

    Args:
        mine: The treatment's.
        other: The reference's.
    """
    numbers = {**mine.evidence, **{f"other_{name}": each for name, each in other.evidence.items()}}
    return {"treatment": mine.variants[0], "reference": other.variants[0], **numbers}


class RunRule(DiagnosisRule):
    """Looks for a finding in one run.

    Attributes:
        is_fatal: Whether the network failed to train, so that its curves say nothing of the technique.
        explains: Codes of findings that merely follow from this one: no ablation is made for them.
        silences: Codes of findings that are not reported beside this one.
    """

    is_fatal: ClassVar[bool] = False
    explains: ClassVar[frozenset[str]] = frozenset()
    silences: ClassVar[frozenset[str]] = frozenset()

    def brings_about(self, cause: Finding, finding: Finding) -> bool:
        """Return whether one of the findings that this rule explains follows from it here.

        Args:
            cause: This rule's.
            finding: Another one of the same variant.
        """
        return finding.code in self.explains

    @abstractmethod
    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether a run has the evidence; where not, the rule says nothing.

        Args:
            run: Any.
        """

    @abstractmethod
    def judge(self, run: RunEvidence) -> Fact | None:
        """Return what is found in a run; None where it is not there.

        Args:
            run: One that can be judged.
        """

    def judges(self, run: RunEvidence) -> bool:
        """Return whether a run is on data that the rule is about, and has the evidence.

        Args:
            run: Any.
        """
        return self.knows(run.configuration) and run.has_columns and self.can_judge(run)

    def find(self, run: RunEvidence) -> Fact | None:
        """Return what is found in a run, judged once; None where it is not there or cannot be judged.

        Args:
            run: Any.
        """
        if self.code not in run.facts:
            run.facts[self.code] = self.judge(run) if self.judges(run) else None
        return run.facts[self.code]

    def combine(self, facts: Sequence[Fact]) -> Fact | None:
        """Return one fact for several runs; None to report the run in the middle.

        Args:
            facts: Those of a variant's runs, two at least.
        """
        return None

    def over_seeds(self, fact: Fact, facts: Sequence[Fact]) -> Fact:
        """Return the fact of the run in the middle, with what only several runs show.

        Args:
            fact: Of the run in the middle.
            facts: Those of all runs that have it, one at least.
        """
        return fact

    def revise(self, fact: Fact, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact:
        """Return a variant's fact with what other variants show of it.

        Args:
            fact: Of the variant.
            mine: The variant's runs.
            others: Those of other variants on the same images.
        """
        return fact

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Return settings whose change would confirm a cause, by ``confirm.<kind>.cause``, ``.change``.

        Args:
            configuration: The variant's, resolved.
            finding: What was found.
        """
        return ()

    @property
    def has_suspects(self) -> bool:
        """Whether one setting may have brought it about."""
        return type(self).suspects is not RunRule.suspects

    def is_present(self, run: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether a run has the finding; None where it cannot be judged.

        Args:
            run: Any.
            facts: What is reported of it, by code.
        """
        return self.code in facts if self.judges(run) else None

    def remains(self, before: RunEvidence, after: RunEvidence, facts: Mapping[str, Fact]) -> bool | None:
        """Return whether an ablation run still has the finding; None where it cannot be judged.

        A rule answers this by itself where the changed setting removes the finding trivially.

        Args:
            before: The diagnosed run.
            after: The ablation run.
            facts: What is reported of the ablation run, by code.
        """
        return self.is_present(after, facts)


class VariantRule(DiagnosisRule):
    """Looks for a finding that only the other variants on the same images show."""

    @abstractmethod
    def judge(self, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact | None:
        """Return what is found of a variant; None where it is not there.

        Args:
            mine: With runs that ended and learned.
            others: On the same images, each with such runs.
        """


class PairRule(DiagnosisRule):
    """Looks for a finding about the treatment of a question beside its reference."""

    @abstractmethod
    def judge(self, treatment: VariantRuns, reference: VariantRuns) -> Fact | None:
        """Return what is found; None where it is not there.

        Args:
            treatment: With runs that ended and learned.
            reference: The same.
        """
