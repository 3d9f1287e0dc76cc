"""Dropout that is too strong, or in the wrong place, told of the runs that show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from paribus.analysis.design.dropout import dropped_outputs, heavy_dropout
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.conditions import fits_poorly
from paribus.analysis.runs.configured import ASTRAY, SYMPTOMS, ConfiguredRule
from paribus.analysis.runs.convergence import NotConverged
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.variant_runs import VariantRuns, validated_better
from paribus.study.configuration import Configuration

_LIGHT = 0.2


class StrongDropout(ConfiguredRule):
    """Dropout leaves less than a tenth of the ways through the network.

    Of a network that has learned it is a warning where its accuracy still rises at the end, where it fits its
    training images poorly also without dropout, or where another variant on the same images validates better.
    """

    code = "heavy-dropout"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    reference = "Srivastava et al. 2014, JMLR 15"
    if_learned = Severity.INFO

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how little of the ways through the network is left."""
        return heavy_dropout(run.configuration)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault; a warning where the network has learned, but rises at the end or fits poorly."""
        fact, rising = super().judge(run), NotConverged().find(run)
        is_slow = rising is not None and rising.severity is Severity.WARNING
        is_limited = fact is not None and fact.severity is Severity.INFO and (is_slow or fits_poorly(run))
        return replace(fact, severity=Severity.WARNING) if fact is not None and is_limited else fact

    def revise(self, fact: Fact, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact:
        """Return a warning where another variant validates better."""
        fact = super().revise(fact, mine, others)
        is_outdone = fact.severity is Severity.INFO and validated_better(mine, others) is not None
        return replace(fact, severity=Severity.WARNING) if is_outdone else fact

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a light rate."""
        labels = [layer.label for layer in configuration.layers if layer.kind == "dropout"]
        settings = {"layers": {label: {"rate": _LIGHT} for label in labels}}
        yield Change("lighter", settings, {"now": finding.evidence["highest"], "then": _LIGHT})


class DroppedOutputs(ConfiguredRule):
    """Dropout sets outputs of the network themselves to zero."""

    code = "dropped-outputs"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Srivastava et al. 2014, JMLR 15"
    explains = SYMPTOMS | ASTRAY
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the dropout layer."""
        return dropped_outputs(run.configuration)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise no dropout there."""
        layer = str(finding.placeholders["layer"])
        yield Change("undropped", {"layers": {layer: {"rate": 0.0}}}, {"layer": layer})
