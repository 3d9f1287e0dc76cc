"""Networks that compute something else while training: batch normalization and dropout."""

from __future__ import annotations

import math
from collections.abc import Iterable

from paribus.analysis.design.dropout import dropout_rates
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place, RunRule
from paribus.record.probes import Probe
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

_QUICK = 0.9


class _ModeRule(RunRule):
    """Compares both modes with the kept weights on the same images."""

    remark = Place.CURVES

    def can_judge(self, run: RunEvidence) -> bool:
        """Return whether the run has ended, and both modes were measured."""
        return run.has_ended and run.kept_probe is not None and run.kept_probe.training_accuracy is not None

    def compare(self, run: RunEvidence) -> dict[str, float]:
        """Return both accuracies, and how far they differ where that is beyond noise; else nothing.

        Args:
            run: One that can be judged.
        """
        probe = run.kept_probe
        if probe is None or probe.training_accuracy is None:
            return {}
        training, inference, images = probe.training_accuracy, probe.accuracy or 0.0, _images(probe)
        limit = N_SIGMA * math.hypot(standard_error(training, images), standard_error(inference, images))
        if abs(training - inference) <= limit:
            return {}
        return {
            "difference": training - inference,
            "training": training,
            "inference": inference,
            "limit": limit,
            "images": float(images),
        }


def _images(probe: Probe) -> int:
    return max(1, sum(probe.predicted))


class LaggingStatistics(_ModeRule):
    """Batch normalization whose moving statistics are not those of the network's own sums.

    In training mode it gets more images right, beyond noise, than the same weights in inference mode. Dropout
    only lowers the accuracy of training mode, and so cannot bring this about.
    """

    code = "lagging-statistics"
    severities = (Severity.WARNING,)
    reference = "Ioffe and Szegedy 2015, arXiv:1502.03167"
    explains = frozenset({"oscillation", "nothing-learned", "one-answer"})
    silences = frozenset({"overfitting", "converged"})

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both accuracies, and how much of the statistics is still where they started."""
        found = self.compare(run)
        momenta = normalization_momenta(run.configuration)
        if not momenta or found.get("difference", 0.0) <= 0:
            return None
        slowest = max(momenta.values())
        evidence = {**found, "momentum": slowest, "updates": float(run.updates), "left": slowest**run.updates}
        fault = Message("diagnosis.statistics-lag", evidence)
        return Fact(Severity.WARNING, evidence, {"fault": fault})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a lower momentum."""
        slow = {label: each for label, each in normalization_momenta(configuration).items() if each > _QUICK}
        if slow:
            settings = {"layers": {label: {"momentum": _QUICK} for label in slow}}
            yield Change("momentum", settings, {"now": max(slow.values()), "then": _QUICK})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the momentum."""
        return self.advise(configuration, finding)


def normalization_momenta(configuration: Configuration) -> dict[str, float]:
    """Return the momentum of each batch normalization, by the layer's label.

    Args:
        configuration: A variant, resolved.
    """
    given = {
        layer.label: layer.arguments.get("momentum")
        for layer in configuration.layers
        if layer.kind == "batch_normalization"
    }
    return {label: float(each) for label, each in given.items() if isinstance(each, int | float)}


class MeasuredWithDropout(_ModeRule):
    """Training accuracy that is lower because it is measured with dropout."""

    code = "measured-with-dropout"
    severities = (Severity.INFO,)
    reference = "Srivastava et al. 2014, JMLR 15"

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return both accuracies."""
        found = self.compare(run)
        if not dropout_rates(run.configuration) or found.get("difference", 0.0) >= 0:
            return None
        return Fact(Severity.INFO, {**found, "size": -found["difference"]})
