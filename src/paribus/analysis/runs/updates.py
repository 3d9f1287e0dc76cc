"""Updates of the wrong size: larger than the weights that they change, or too small to move them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change, change_rate, suspect_updates
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rule import Place
from paribus.analysis.runs.sample_loss import has_jumped
from paribus.analysis.runs.units import ProbeRule
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

MAX_RATIO = 1.0
"""An update as large as the weights that it changes."""
MIN_MOVEMENT = 0.01
"""Relative movement of a layer's weights below which it ends where it started."""


class Exploding(ProbeRule):
    """An update larger than the weights that it changes, after which the loss jumped.

    It jumped where it exceeded twice that at the start, and twice that of a uniform prediction.
    """

    code = "exploding"
    remedies = ("scale", "smaller-weights", "smaller-rate")
    severities = (Severity.SERIOUS, Severity.INFO)
    reference = "Pascanu, Mikolov and Bengio, ICML 2013, arXiv:1211.5063"
    remark = Place.INTERNALS

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the largest such update, and the highest loss after it."""
        first = run.probes[0].data_loss
        jumps = [
            (layer.ratio, name, probe)
            for name in run.layers
            for probe, layer in run.layer(name)
            if layer.ratio is not None and layer.weight and layer.ratio > MAX_RATIO
        ]
        if first is None or not jumps:
            return None
        ratio, name, at = max(jumps, key=lambda jump: jump[0])
        later = [probe for probe in run.probes if probe.data_loss is not None and probe.step > at.step]
        highest = max(later, key=lambda probe: probe.data_loss or 0.0, default=None)
        if highest is None or not has_jumped(run, first, highest.data_loss or 0.0):
            return None
        evidence = {
            "ratio": ratio,
            "limit": MAX_RATIO,
            "step": float(at.step),
            "first_loss": first,
            "highest_loss": highest.data_loss or 0.0,
            "highest_step": float(highest.step),
        }
        severity = Severity.INFO if run.has_learned else Severity.SERIOUS
        outcome = Message(f"diagnosis.exploding-{'recovered' if run.has_learned else 'lasting'}")
        return Fact(severity, evidence, {"layer": name, "outcome": outcome})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration)


class Vanishing(ProbeRule):
    """A layer whose weights all updates together move by less than a hundredth.

    Upper bound on relative weight movement: updates × median ‖Δw‖/‖w‖. One update seen to
    be larger is enough for the layer to have moved.
    """

    code = "vanishing"
    remedies = ("larger-rate", "relu", "normalization")
    severities = (Severity.WARNING,)
    reference = "Glorot and Bengio, AISTATS 2010"
    remark = Place.INTERNALS

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return that bound for the first layer that it is too small for."""
        for name in run.layers:
            ratios = [each.ratio for _, each in run.layer(name) if each.ratio is not None and each.weight]
            gradients = [each.gradient for _, each in run.layer(name)]
            if len(ratios) < 3 or not gradients[-1]:
                continue
            median = statistics.median(ratios)
            if max(median * run.updates, *ratios) >= MIN_MOVEMENT:
                continue
            evidence = {
                "reach": median * run.updates,
                "ratio": median,
                "updates": float(run.updates),
                "limit": MIN_MOVEMENT,
            }
            return Fact(Severity.WARNING, evidence, {"layer": name})
        return None

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a larger learning rate."""
        return change_rate(configuration, 10.0, "larger-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect a learning rate that is too small."""
        return change_rate(configuration, 10.0, "low-rate")
