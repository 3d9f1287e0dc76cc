"""The kinds of rules about a design: about its questions, variants or data sets, or the study as a whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.finding import Finding
from paribus.analysis.rule import Fact, Rule
from paribus.study.configuration import Configuration


class DesignRule(Rule):
    """Looks for a finding in a study's design, before anything is trained.

    Attributes:
        factors: The factors that the finding is about, as `paribus.study.difference.factors` names them.
    """

    domain = "finding"
    factors: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, design: Design) -> Iterator[Finding]:
        """Yield what is found in a design.

        Args:
            design: What is reviewed.
        """

    def finding(
        self,
        fact: Fact,
        *,
        variants: Iterable[str] = (),
        factors: tuple[str, ...] | None = None,
        line: int | None = None,
    ) -> Finding:
        """Return a fact as a finding of this rule.

        Args:
            fact: What was found.
            variants: The variants that it is about; treatment and reference for a question.
            factors: The factors that it is about; None for the rule's own.
            line: Its place in the study's file.
        """
        return Finding(
            self.code,
            fact.severity,
            variants=tuple(variants),
            factors=self.factors if factors is None else factors,
            evidence=fact.evidence,
            placeholders=fact.placeholders,
            line=line,
            domain=self.domain,
            reference=self.reference,
        )


class QuestionRule(DesignRule):
    """Looks for a finding in each question."""

    @abstractmethod
    def facts(self, design: Design, question: QuestionDesign) -> Iterator[Fact]:
        """Yield what is found in a question: one fact at most.

        Args:
            design: What is reviewed.
            question: A question of it.
        """

    def about(self, question: QuestionDesign) -> tuple[str, ...]:
        """Return the factors that a finding is about: the rule's, or all that differ where it names none.

        Args:
            question: Where it was found.
        """
        return self.factors or question.factors

    def check(self, design: Design) -> Iterator[Finding]:
        for question in design.questions:
            for fact in self.facts(design, question):
                yield self.finding(
                    fact, variants=question.variants, factors=self.about(question), line=question.line
                )


class ConfigurationRule(DesignRule):
    """Looks for a finding in the configuration of each variant.

    Attributes:
        is_shared: Whether variants with the same fact are reported in one finding.
    """

    is_shared: ClassVar[bool] = True

    @abstractmethod
    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        """Yield what is found in a variant.

        Args:
            design: What is reviewed.
            configuration: A variant of it, resolved.
        """

    def about(self, fact: Fact) -> tuple[str, ...]:
        """Return the factors that a finding is about: the rule's.

        Args:
            fact: What was found.
        """
        return self.factors

    def check(self, design: Design) -> Iterator[Finding]:
        found: list[tuple[Fact, list[str]]] = []
        for name, configuration in design.configurations.items():
            for fact in self.facts(design, configuration):
                sharing = [names for other, names in found if self.is_shared and other == fact]
                if sharing:
                    sharing[0].append(name)
                else:
                    found.append((fact, [name]))
        for fact, names in found:
            line = design.study.lines.get(f"variants.{names[0]}")
            yield self.finding(fact, variants=names, factors=self.about(fact), line=line)


class DatasetRule(DesignRule):
    """Looks for a finding in each data set; it is reported with the variants that use it.

    Attributes:
        key: The key of the study's file that it is about; empty for none.
    """

    key: ClassVar[str] = ""
    any_training = True

    @abstractmethod
    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        """Yield what is found in a data set: one fact at most.

        Args:
            design: What is reviewed.
            data: The data set's name.
            configurations: The variants that use it, resolved, by name; at least one.
        """

    def check(self, design: Design) -> Iterator[Finding]:
        known = (data for data, counts in design.images.items() if counts.train)
        for data in known:
            using = {name: each for name, each in design.configurations.items() if each.data == data}
            for fact in self.facts(design, data, using):
                yield self.finding(fact, variants=using, line=design.study.lines.get(self.key))


class StudyRule(DesignRule):
    """Looks for a finding in the study as a whole.

    Attributes:
        key: The key of the study's file that it is about; empty for none.
    """

    key: ClassVar[str] = ""
    any_training = True

    @abstractmethod
    def facts(self, design: Design) -> Iterator[Fact]:
        """Yield what is found in the study: one fact at most.

        Args:
            design: What is reviewed.
        """

    def check(self, design: Design) -> Iterator[Finding]:
        for fact in self.facts(design):
            yield self.finding(fact, line=design.study.lines.get(self.key))
