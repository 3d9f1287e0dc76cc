"""Images that are there more than once, so that an accuracy is measured on what was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from paribus.analysis.design.design import Design
from paribus.analysis.design.labels import doubtful
from paribus.analysis.design.rule import DatasetRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration

_LEAKS = "Kapoor and Narayanan 2023, Patterns 4"
_FEWEST_ROWS = 3
"""Of a table, which may well have two rows alike by chance."""
_NEAR = {"pixels": 0.01, "numbers": 0.05}
"""Of the test examples: rows of a table that follow each other in time are near to each other more often."""


class CopiesHeldOut(DatasetRule):
    """More than one training image in a hundred is a copy: some copies are held out, others trained on.

    An info for a table: where columns take few values, two rows may be alike without being one.
    """

    code = "copies-held-out"
    severities = (Severity.WARNING, Severity.INFO)
    reference = _LEAKS
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        counts = design.images[data]
        evidence = doubtful(counts.census.copies, counts.train) if counts.census else None
        if evidence is not None and any(each.validation for each in configurations.values()):
            are_images = design.study.facts[data].values == "pixels"
            severity = Severity.WARNING if are_images else Severity.INFO
            if are_images or evidence["images"] >= _FEWEST_ROWS:
                yield Fact(severity, evidence, {"data": data})


class CopiesTested(DatasetRule):
    """More than one test image in a hundred is also a training image.

    A warning for a table: where columns take few values, two rows may be alike without being one.
    """

    code = "copies-tested"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = f"{_LEAKS}; Barz and Denzler 2020, J. Imaging 6"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        counts = design.images[data]
        evidence = doubtful(counts.census.tested, counts.test) if counts.census else None
        if evidence is not None:
            are_images = design.study.facts[data].values == "pixels"
            severity = Severity.SERIOUS if are_images else Severity.WARNING
            if are_images or evidence["images"] >= _FEWEST_ROWS:
                yield Fact(severity, evidence, {"data": data})


class NearCopiesTested(DatasetRule):
    """Test examples that are nearly as a training example."""

    code = "near-copies-tested"
    severities = (Severity.WARNING,)
    values = ("pixels", "numbers")
    reference = f"{_LEAKS}; Barz and Denzler 2020, J. Imaging 6"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        counts = design.images[data]
        near = counts.census.near if counts.census else None
        limit = _NEAR.get(design.study.facts[data].values, 1.0)
        if near is not None and near > limit and near * counts.test >= _FEWEST_ROWS:
            yield Fact(Severity.WARNING, {"share": near, "limit": limit}, {"data": data})
