"""Data sets with too few images: to train on, or for the differences that a study asks about."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule, DatasetRule
from paribus.analysis.finding import Severity
from paribus.analysis.questions.answering import comparisons
from paribus.analysis.questions.verdict import Verdict
from paribus.analysis.rule import LABELS, Fact
from paribus.study.configuration import Configuration
from paribus.study.step_size import trained_on
from paribus.texts.message import Listed, Message

ASSUMED_ACCURACY = 0.95
"""The accuracy that is assumed of a data set on which nothing has run."""
MIN_PER_CLASS = 30
"""Training images: with fewer of each class even a network for MNIST has one of ten wrong; a convention."""


def interval_half_width(accuracy: float, images: int) -> float:
    """Return half the 95 % interval of an accuracy by the normal approximation, 1.96·√(p(1 − p)/n).

    Args:
        accuracy: In [0, 1].
        images: How many images it was measured on.

    Example:
        >>> round(interval_half_width(0.96, 10_000), 4)
        0.0038
    """
    return 1.96 * math.sqrt(accuracy * (1 - accuracy) / images)


class FewTestImages(DatasetRule):
    """The test images alone leave differences less certain than the margin asks for.

    Both variants of a question predict the same images, so what counts is the interval of their difference on
    new images. Before anything has run, the interval of one accuracy stands in for it.
    """

    code = "few-test-images"
    severities = (Severity.WARNING,)
    tasks = LABELS
    key = "margin"

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        halves = _paired_half_widths(design, configurations)
        if not halves:
            evidence = _imprecision(design, data, _tested(design, data, configurations))
            if evidence:
                precision = Message("finding.images-of-one", {**evidence, "data": data})
                yield Fact(Severity.WARNING, evidence, {"data": data, "precision": precision})
            return
        wide = {pair: half for pair, (half, margin) in halves.items() if half > margin}
        if wide:
            evidence = {
                "images": _tested(design, data, configurations),
                "margin": 100 * min(halves[pair][1] for pair in wide),
                "half": 100 * min(wide.values()),
                "largest": 100 * max(wide.values()),
                "asked": len(halves),
            }
            pairs = Listed(tuple(Message("comparison.question", pair._asdict()) for pair in wide))
            values = {**evidence, "data": data, "pairs": pairs, "count": len(wide)}
            yield Fact(
                Severity.WARNING,
                evidence,
                {"data": data, "precision": Message("finding.images-paired", values)},
            )


class FewValidationImages(DatasetRule):
    """The validation images give an accuracy less exactly than the margin asks for."""

    code = "few-validation-images"
    severities = (Severity.WARNING, Severity.INFO)
    tasks = LABELS
    key = "margin"

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        variants = configurations.values()
        evidence = _imprecision(design, data, min(design.held_out(each) for each in variants))
        if evidence:
            stopping = [each.early_stopping for each in variants if each.early_stopping]
            is_monitored = any(each.monitor == "val_accuracy" for each in stopping)
            yield Fact(Severity.WARNING if is_monitored else Severity.INFO, evidence, {"data": data})


class FewTrainingImages(ConfigurationRule):
    """Fewer than thirty images of a class are left to train on.

    It is about the share that is held out where the data set has images enough, else about the data set.
    Where the study says itself how many, it is an info about that number.
    """

    code = "few-training-images"
    severities = (Severity.WARNING, Severity.INFO)
    tasks = ("classification",)
    factors = ("validation",)

    def about(self, fact: Fact) -> tuple[str, ...]:
        """Return what leaves too few."""
        if fact.severity is Severity.INFO:
            return ("train_size",)
        there = fact.evidence["images"] + fact.evidence["held_out"]
        return self.factors if there >= MIN_PER_CLASS * fact.evidence["classes"] else ("data",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if has_few_images(design, configuration):
            left, classes = _left(design, configuration)
            evidence = {
                "images": left,
                "classes": classes,
                "per_class": left / classes,
                "held_out": design.held_out(configuration),
                "limit": MIN_PER_CLASS,
            }
            is_meant = configuration.train_size is not None
            yield Fact(Severity.INFO if is_meant else Severity.WARNING, evidence)


def has_few_images(design: Design, configuration: Configuration) -> bool:
    """Return whether fewer than thirty images of a class are left to train on.

    Args:
        design: What is reviewed.
        configuration: A variant of it, resolved.
    """
    left, _ = _left(design, configuration)
    return left < fewest_examples(configuration)


def fewest_examples(configuration: Configuration) -> int:
    """Return the fewest training examples that are not called few: thirty of each class, or of each number.

    Args:
        configuration: A variant, resolved.
    """
    facts = configuration.facts
    return MIN_PER_CLASS * (len(facts.classes) if facts.task == "classification" else 1)


def _left(design: Design, configuration: Configuration) -> tuple[int, int]:
    """Return how many images are trained on, and of how many classes."""
    left = trained_on(configuration, design.images[configuration.data].train)
    return left, len(configuration.facts.classes)


def _tested(design: Design, data: str, configurations: Mapping[str, Configuration]) -> int:
    """Return how many examples are tested on; with folds, those that all seeds together test once."""
    counts = design.images[data]
    folds = max((each.folds or 0 for each in configurations.values()), default=0)
    if not folds:
        return counts.test
    return round((counts.train + counts.test) * min(design.seeds, folds) / folds)


class _Pair(NamedTuple):
    treatment: str
    reference: str


def _paired_half_widths(
    design: Design, configurations: Mapping[str, Configuration]
) -> dict[_Pair, tuple[float, float]]:
    """Return half the 95 % interval of each difference for new images alone, and its margin.

    Of variants that trained, where a margin is declared.
    """
    has_margin = any(design.study.margin_of(each) is not None for each in design.study.questions)
    if not design.records or not has_margin:
        return {}
    return {
        _Pair(each.treatment, each.reference): (
            (each.image_interval.interval[1] - each.image_interval.interval[0]) / 2,
            each.margin,
        )
        for each in comparisons(design.study, design.records, looks=design.looks)
        if each.image_interval is not None
        and each.margin is not None
        and each.metric == "test_accuracy"
        and each.verdict is not Verdict.FAILED
        and each.treatment in configurations
    }


def _imprecision(design: Design, data: str, images: int) -> dict[str, float]:
    """Return how exactly so many images give an accuracy; nothing where that suffices for the margin."""
    declared = [each.margin for each in design.questions if each.measured.has_margin]
    margin = min((each for each in declared if each is not None), default=None)
    if margin is None or not images:
        return {}
    accuracy = design.accuracy(data) or ASSUMED_ACCURACY
    half = interval_half_width(accuracy, images)
    if half <= margin:
        return {}
    return {"images": images, "accuracy": 100 * accuracy, "half": 100 * half, "margin": 100 * margin}
