"""A study's design: which configurations its questions compare, on how many images, with how many seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from paribus.analysis.questions.family import family, requested_variants
from paribus.analysis.rule import Rule
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.study.census import Census
from paribus.study.configuration import Configuration
from paribus.study.confounds import Pair
from paribus.study.metrics import Metric
from paribus.study.step_size import held_out, updates_per_epoch
from paribus.study.study import Study


@dataclass(frozen=True)
class ImageCounts:
    """How many images a data set has for training, those held out included, and for the test.

    Args:
        train: Held out or not.
        test: For the test.
        census: What images and labels come to; None where they were not counted.
    """

    train: int
    test: int
    census: Census | None = None


@dataclass(frozen=True)
class QuestionDesign(Pair):
    """A question with the configurations that it compares.

    Args:
        treatment: The name of one variant.
        reference: The name of the other.
        metric: What is compared.
        measured: What that metric means.
        line: The question's place in the study's file, counted from 1; None where there is none.
        margin: The smallest difference that matters on this metric; None where none is declared.
        ...: As in `Pair`.
    """

    treatment: str
    reference: str
    metric: str
    measured: Metric
    line: int | None
    margin: float | None = None

    @property
    def variants(self) -> tuple[str, str]:
        """Treatment and reference."""
        return self.treatment, self.reference


@dataclass(frozen=True)
class Design:
    """What is reviewed.

    Args:
        study: The study.
        variant_names: The variants that are to run; questions about others are ignored.
        images: Numbers of images, by data set.
        seeds: How many seeds are to be run.
        records: What has run already; accuracies and their standard deviations are taken from it.
        looks: Which questions were answered before.
    """

    study: Study
    variant_names: Sequence[str]
    images: Mapping[str, ImageCounts]
    seeds: int
    records: Records = field(default_factory=Records)
    looks: LookLog = field(default_factory=LookLog)

    @cached_property
    def family(self) -> int:
        """How many questions p-values will be adjusted for, once these variants have run."""
        requested = {*self.variant_names, *requested_variants(self.records.variants, self.looks)}
        return len(family(self.study, requested, self.looks))

    @cached_property
    def questions(self) -> tuple[QuestionDesign, ...]:
        """Every question about the variants that are to run, in the study's order."""
        ran = self.records.mean_epochs
        return tuple(
            QuestionDesign(
                before=self.configurations[question.reference],
                after=self.configurations[question.treatment],
                train_images={name: counts.train for name, counts in self.images.items()},
                treatment=question.treatment,
                reference=question.reference,
                metric=question.metric,
                measured=question.measured,
                margin=self.study.margin_of(question),
                line=self.study.lines.get(f"questions.{place}"),
                epochs=(ran.get(question.reference), ran.get(question.treatment)),
            )
            for place, question in enumerate(self.study.questions)
            if question.treatment in self.configurations and question.reference in self.configurations
        )

    @cached_property
    def configurations(self) -> Mapping[str, Configuration]:
        """Every variant that is to run on the data reviewed, resolved, by its name."""
        found = {name: self.study.variants[name].configuration for name in self.variant_names}
        return {name: each for name, each in found.items() if each.data in self.images}

    def concerning(self, rule: Rule) -> Design:
        """Return the part of the design whose data a rule is about.

        Args:
            rule: Any.
        """
        facts = self.study.facts
        images = {name: counts for name, counts in self.images.items() if rule.concerns(facts[name])}
        names = [name for name in self.variant_names if rule.knows(self.study.variants[name].configuration)]
        is_whole = (len(images), len(names)) == (len(self.images), len(self.variant_names))
        return self if is_whole else replace(self, images=images, variant_names=names)

    def epochs_run(self, configuration: Configuration) -> float | None:
        """Return how many epochs the runs of a configuration made, on average; None where none has ended.

        Args:
            configuration: A variant, resolved.
        """
        return self._epochs_run.get(configuration.canonical) if self._epochs_run else None

    @cached_property
    def _epochs_run(self) -> Mapping[str, float]:
        ran = self.records.mean_epochs
        known = reversed([(each, ran[name]) for name, each in self.configurations.items() if name in ran])
        return {configuration.canonical: epochs for configuration, epochs in known}

    def held_out(self, configuration: Configuration) -> int:
        """Return how many training images are held out for validation.

        Args:
            configuration: A variant, resolved.
        """
        return held_out(configuration, self.images[configuration.data].train)

    def updates(self, configuration: Configuration) -> int:
        """Return how many updates all epochs of a variant make together, early stopping left aside."""
        train_images = self.images[configuration.data].train
        return configuration.epochs * updates_per_epoch(configuration, train_images)

    def differences(self, question: QuestionDesign) -> tuple[float, ...]:
        """Return the treatment's test accuracy minus the reference's, for each seed that both have run.

        Args:
            question: A question of this design.
        """
        treatment, reference = (self._accuracies(name) for name in question.variants)
        return tuple(treatment[seed] - reference[seed] for seed in treatment if seed in reference)

    def accuracy(self, data: str) -> float | None:
        """Return the highest mean test accuracy of a variant on a data set; None where nothing has run.

        A mean over all variants would be an accuracy that none has, where some failed to train.

        Args:
            data: The data set's name.
        """
        by_variant = [
            self._accuracies(name).values()
            for name, configuration in self.configurations.items()
            if configuration.data == data
        ]
        return max((sum(each) / len(each) for each in by_variant if each), default=None)

    def _accuracies(self, variant: str) -> dict[int, float]:
        tested = {seed: record.test_score for seed, record in self.records.of(variant).items()}
        return {seed: accuracy for seed, accuracy in tested.items() if accuracy is not None}
