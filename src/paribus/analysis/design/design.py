"""A study's design as its review reads it: what is compared, on how many images, with how many seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from paribus.analysis.finding import Finding, Severity
from paribus.record.records import Records
from paribus.study.configuration import Configuration
from paribus.study.difference import Change, difference, factors
from paribus.study.model import Question
from paribus.study.study import Study


@dataclass(frozen=True)
class ImageCounts:
    """How many images a data set has for training, those held out included, and for the test."""

    train: int
    test: int


@dataclass(frozen=True)
class QuestionDesign:
    """A question with what differs between its two variants.

    Args:
        question: As in the study.
        before: The reference, resolved.
        after: The treatment, resolved.
        line: Where it stands.
    """

    question: Question
    before: Configuration
    after: Configuration
    line: int | None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs, setting by setting."""
        return difference(self.before, self.after)

    @property
    def factors(self) -> tuple[str, ...]:
        """What differs, by factor."""
        return factors(self.changes)

    @property
    def variants(self) -> tuple[str, str]:
        """Treatment and reference."""
        return self.question.treatment, self.question.reference

    def finding(
        self,
        code: str,
        severity: Severity,
        evidence: Mapping[str, float] | None = None,
        *,
        placeholders: Mapping[str, object] | None = None,
        about: Sequence[str] | None = None,
    ) -> Finding:
        """A finding about this question.

        Args:
            code: Which.
            severity: What it costs.
            evidence: Its numbers.
            placeholders: What else its sentences name.
            about: The factors it is about; None for all that differ.
        """
        concerned = self.factors if about is None else tuple(about)
        return Finding(
            code, severity, self.variants, concerned, evidence or {}, placeholders or {}, self.line
        )


@dataclass(frozen=True)
class Design:
    """What is reviewed.

    Args:
        study: The study.
        variant_names: The variants that are to run; questions about others are passed over.
        images: Numbers of images, by data set.
        seeds: How many seeds are to be run.
        records: What has been run already; spreads are taken from it.
    """

    study: Study
    variant_names: Sequence[str]
    images: Mapping[str, ImageCounts]
    seeds: int
    records: Records = field(default_factory=Records)

    @property
    def asked(self) -> tuple[QuestionDesign, ...]:
        """Every question about the variants that are to run, in the study's order."""
        return tuple(
            QuestionDesign(
                question,
                self.configuration(question.reference),
                self.configuration(question.treatment),
                self.study.lines.get(f"questions.{place}"),
            )
            for place, question in enumerate(self.study.questions)
            if question.treatment in self.variant_names and question.reference in self.variant_names
        )

    def configuration(self, variant: str) -> Configuration:
        """A variant, resolved."""
        return self.study.variants[variant].configuration

    @property
    def configurations(self) -> Iterator[tuple[str, Configuration]]:
        """Every variant that is to run, and what it means."""
        return ((name, self.configuration(name)) for name in self.variant_names)

    def held_out(self, configuration: Configuration) -> int:
        """How many training images are held out for validation."""
        return math.ceil(self.images[configuration.data].train * configuration.validation)

    def updates(self, configuration: Configuration) -> int:
        """Updates of the weights in one epoch."""
        images = self.images[configuration.data].train - self.held_out(configuration)
        steps = math.ceil(images / configuration.batch_size)
        gathered = configuration.optimizer.arguments.get("gradient_accumulation_steps")
        return steps // gathered if isinstance(gathered, int) else steps

    def differences(self, asked: QuestionDesign) -> tuple[float, ...]:
        """Test accuracy of the treatment minus that of the reference, a seed that both have run each."""
        treatment, reference = (self._accuracies(name) for name in asked.variants)
        return tuple(treatment[seed] - reference[seed] for seed in treatment if seed in reference)

    def accuracy(self, data: str) -> float | None:
        """Mean test accuracy of what has run on a data set; None where nothing has."""
        found = [
            accuracy
            for name, configuration in self.configurations
            if configuration.data == data
            for accuracy in self._accuracies(name).values()
        ]
        return sum(found) / len(found) if found else None

    def _accuracies(self, variant: str) -> dict[int, float]:
        tested = {seed: record.test_accuracy for seed, record in self.records.of(variant).items()}
        return {seed: accuracy for seed, accuracy in tested.items() if accuracy is not None}

    def finding(
        self,
        code: str,
        severity: Severity,
        variants: Sequence[str],
        evidence: Mapping[str, float] | None = None,
        *,
        placeholders: Mapping[str, object] | None = None,
        about: Sequence[str] = (),
    ) -> Finding:
        """A finding about some variants; its place is that of the first of them.

        Args:
            code: Which.
            severity: What it costs.
            variants: The variants, in the study's order.
            evidence: Its numbers.
            placeholders: What else its sentences name.
            about: The factors it is about.
        """
        line = self.study.lines.get(f"variants.{variants[0]}") if variants else None
        return Finding(
            code, severity, tuple(variants), tuple(about), evidence or {}, placeholders or {}, line
        )
