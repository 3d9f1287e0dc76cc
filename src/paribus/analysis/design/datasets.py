"""What the images of a data set allow to be told apart: too few of them for the margin."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import DesignRule
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration

ASSUMED_ACCURACY = 0.95
"""The accuracy that is assumed of a data set on which nothing has run."""


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


class FewTestImages(DesignRule):
    """The test images give an accuracy less exactly than the margin asks for."""

    code = "few-test-images"
    severities = (Severity.WARNING,)

    def count(self, design: Design, data: str, configurations: Collection[Configuration]) -> int:
        """Return how many images the accuracy is measured on.

        Args:
            design: What is reviewed.
            data: A data set.
            configurations: Those of the variants on it.
        """
        return design.images[data].test

    def severity(self, configurations: Collection[Configuration]) -> Severity:
        """Return what it costs.

        Args:
            configurations: Those of the variants on the data set.
        """
        return Severity.WARNING

    def check(self, design: Design) -> Iterator[Finding]:
        margin = design.study.margin
        if margin is None or not design.questions:
            return
        for data in design.images:
            on = {name: each for name, each in design.configurations.items() if each.data == data}
            images = self.count(design, data, on.values())
            accuracy = design.accuracy(data) or ASSUMED_ACCURACY
            if not images or interval_half_width(accuracy, images) <= margin:
                continue
            evidence = {
                "images": images,
                "accuracy": 100 * accuracy,
                "half": 100 * interval_half_width(accuracy, images),
                "margin": 100 * margin,
            }
            fact = Fact(self.severity(on.values()), evidence, {"data": data})
            yield self.finding(fact, variants=on, line=design.study.lines.get("margin"))


class FewValidationImages(FewTestImages):
    """The validation images give an accuracy less exactly than the margin asks for."""

    code = "few-validation-images"
    severities = (Severity.WARNING, Severity.INFO)

    def count(self, design: Design, data: str, configurations: Collection[Configuration]) -> int:
        return min(design.held_out(each) for each in configurations)

    def severity(self, configurations: Collection[Configuration]) -> Severity:
        stops = [each.early_stopping for each in configurations if each.early_stopping]
        is_monitored = any(stop.monitor == "val_accuracy" for stop in stops)
        return Severity.WARNING if is_monitored else Severity.INFO
