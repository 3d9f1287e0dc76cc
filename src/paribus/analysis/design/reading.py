"""What was left out while data of the user's own were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import DatasetRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.census import Reading
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed


def _reading(design: Design, data: str) -> Reading:
    census = design.images[data].census
    return census.reading if census and census.reading else Reading()


class RowNames(DatasetRule):
    """A first column without a name, which names the rows."""

    code = "row-names"
    severities = (Severity.INFO,)
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        if _reading(design, data).row_names:
            yield Fact(Severity.INFO, {}, {"data": data})


class SkippedFiles(DatasetRule):
    """Files in a folder of images that were not read; a warning where some seem to be images."""

    code = "skipped-files"
    values = ("pixels",)
    tasks = ("classification",)
    severities = (Severity.WARNING, Severity.INFO)
    factors = ("data",)

    def facts(self, design: Design, data: str, configurations: Mapping[str, Configuration]) -> Iterator[Fact]:
        reading = _reading(design, data)
        if reading.skipped:
            evidence = {"skipped": reading.skipped, "lost": reading.lost}
            names = Listed(reading.skipped_files)
            severity = Severity.WARNING if reading.lost else Severity.INFO
            yield Fact(severity, evidence, {"data": data, "files": names})
