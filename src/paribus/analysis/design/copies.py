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


class CopiesHeldOut(DatasetRule):
    """More than one training image in a hundred is a copy: some copies are held out, others trained on."""

    code = "copies-held-out"
    severities = (Severity.WARNING,)
    reference = _LEAKS
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        counts = design.images[data]
        evidence = doubtful(counts.census.copies, counts.train) if counts.census else None
        if evidence is not None and any(each.validation for each in configurations.values()):
            yield Fact(Severity.WARNING, evidence, {"data": data})


class CopiesTested(DatasetRule):
    """More than one test image in a hundred is also a training image."""

    code = "copies-tested"
    severities = (Severity.SERIOUS,)
    reference = f"{_LEAKS}; Barz and Denzler 2020, J. Imaging 6"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        counts = design.images[data]
        evidence = doubtful(counts.census.tested, counts.test) if counts.census else None
        if evidence is not None:
            yield Fact(Severity.SERIOUS, evidence, {"data": data})
