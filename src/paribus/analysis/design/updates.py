"""Runs that are over after a handful of updates."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration

MIN_UPDATES = 100
"""By convention: so many updates of Adam at its default rate, 0.001, move a weight by 0.1 at most, about as
large as an initial weight. Source: Kingma and Ba 2015, arXiv:1412.6980, section 2.1."""


class FewUpdates(ConfigurationRule):
    """A run of fewer than a hundred updates, by large batches or few epochs."""

    code = "few-updates"
    severities = (Severity.WARNING,)
    reference = "Hoffer, Hubara and Soudry 2017, arXiv:1705.08741"
    factors = ("batch_size", "stopping")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        updates = design.updates(configuration)
        if 0 < updates < MIN_UPDATES:
            evidence = {
                "updates": updates,
                "limit": MIN_UPDATES,
                "epochs": configuration.epochs,
                "batch": configuration.batch_size,
            }
            yield Fact(Severity.WARNING, evidence)
