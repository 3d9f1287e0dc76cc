"""Columns of a table that teach nothing, give the answer away, or are of very different sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from paribus.analysis.design.design import Design
from paribus.analysis.design.networks import is_as_given
from paribus.analysis.design.rule import ConfigurationRule, DatasetRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.census import Column
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed

LEAK = 0.99
"""Of the way from the commonest answer, or the mean, to no error: a column that goes it alone is doubtful; a
convention. The best of the columns of scikit-learn's tables goes 0.93 of it, one of iris."""
HALF = 0.5
"""Share of a column from which on what is missing is more than what is known."""
MAX_RATIO = 100.0
"""Times the size of another column: the first layer then sums one column alone, by convention."""
_MOST_NAMED = 6


def _columns(design: Design, data: str) -> Sequence[Column]:
    census = design.images[data].census
    return census.columns if census else ()


def _named(data: str, columns: Sequence[Column]) -> dict[str, object]:
    names = Listed(tuple(each.name for each in columns), most=_MOST_NAMED)
    return {"data": data, "columns": names, "count": len(columns)}


class ConstantColumns(DatasetRule):
    """Columns with one number in all training rows."""

    code = "constant-columns"
    severities = (Severity.INFO,)
    values = ("numbers",)
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        columns = _columns(design, data)
        constant = [each for each in columns if not each.spread]
        if constant:
            evidence = {"constant": len(constant), "all": len(columns)}
            yield Fact(Severity.INFO, evidence, _named(data, constant))


class IdentifierColumns(DatasetRule):
    """Columns that number the rows; an info where their numbers merely are whole and all different."""

    code = "identifier-columns"
    severities = (Severity.WARNING, Severity.INFO)
    values = ("numbers",)
    reference = "Kaufman et al. 2012, ACM TKDD 6"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        for numbering, severity in (("dense", Severity.WARNING), ("distinct", Severity.INFO)):
            found = [each for each in _columns(design, data) if each.numbering == numbering]
            if found:
                yield Fact(severity, {"identifiers": len(found)}, _named(data, found))


class MissingValues(DatasetRule):
    """Numbers that are missing; a warning where half of a column is."""

    code = "missing-values"
    severities = (Severity.WARNING, Severity.INFO)
    values = ("numbers",)
    reference = "scikit-learn, SimpleImputer"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        columns = _columns(design, data)
        missing = sorted((each for each in columns if each.missing), key=lambda each: -each.missing)
        if missing:
            share = sum(each.missing * each.count for each in missing) / sum(each.count for each in columns)
            evidence = {"share": share, "most": missing[0].missing, "limit": HALF}
            severity = Severity.WARNING if missing[0].missing >= HALF else Severity.INFO
            yield Fact(severity, evidence, {**_named(data, missing), "worst": missing[0].name})


class TargetLeak(DatasetRule):
    """A column that alone tells what is to be predicted."""

    code = "target-leak"
    severities = (Severity.WARNING,)
    values = ("numbers",)
    tasks = ("classification", "regression")
    reference = "Kaufman et al. 2012, ACM TKDD 6"
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        found = [each for each in _columns(design, data) if each.alone is not None and each.alone >= LEAK]
        if found:
            evidence = {"alone": max(each.alone or 0.0 for each in found), "limit": LEAK}
            yield Fact(Severity.WARNING, evidence, _named(data, found))


class UnscaledFeatures(ConfigurationRule):
    """Columns of very different sizes that enter the network as they are."""

    code = "unscaled-features"
    severities = (Severity.WARNING,)
    any_network = True
    values = ("numbers",)
    reference = "LeCun et al. 1998, Efficient BackProp"
    factors = ("scale",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        census = design.images[configuration.data].census
        varying = census.varying if census is not None else ()
        sizes = {
            each.name: math.hypot(each.mean, each.spread)
            for each in varying
            if is_as_given(configuration, each.input)
        }
        if not sizes:
            return
        largest, smallest = max(sizes, key=sizes.__getitem__), min(sizes, key=sizes.__getitem__)
        if sizes[largest] < MAX_RATIO * sizes[smallest] and sizes[largest] < MAX_RATIO:
            return
        evidence = {"largest": sizes[largest], "smallest": sizes[smallest], "limit": MAX_RATIO}
        yield Fact(Severity.WARNING, evidence, {"large": largest, "small": smallest})
