"""Dropout so strong that hardly anything of an image passes while training."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.study.layer_kinds import NOISE
from paribus.texts.message import Message

MIN_KEPT = 0.1
"""Of the ways through all dropout layers, the share below which a signal is mostly noise: a convention."""


def dropout_rates(configuration: Configuration) -> tuple[float, ...]:
    """Return the rate of each dropout layer that drops anything.

    Args:
        configuration: A variant, resolved.
    """
    rates = (layer.arguments.get("rate") for layer in configuration.layers if layer.kind == "dropout")
    return tuple(float(rate) for rate in rates if isinstance(rate, int | float) and rate > 0)


def heavy_dropout(configuration: Configuration) -> Fact | None:
    """Return how little of the ways through a network dropout leaves, where that is less than a tenth.

    Each layer multiplies the second moment of what passes it by 1/(1 − rate). Source: Srivastava et al. 2014.

    Args:
        configuration: A variant, resolved.
    """
    rates = dropout_rates(configuration)
    kept = math.prod(1 - rate for rate in rates)
    if not rates or round(kept, 9) >= MIN_KEPT:
        return None
    evidence = {"kept": kept, "count": len(rates), "highest": max(rates), "limit": MIN_KEPT}
    return Fact(Severity.WARNING, evidence, {"fault": Message("finding.dropped", evidence)})


def dropped_outputs(configuration: Configuration) -> Fact | None:
    """Return the dropout that sets outputs of the network themselves to zero; None where there is none.

    Args:
        configuration: A variant, resolved.
    """
    last = configuration.layers[-1]
    if last.kind not in NOISE or not last.arguments.get("rate"):
        return None
    fault = Message("finding.outputs-dropped", {"layer": last.label})
    return Fact(Severity.SERIOUS, {}, {"layer": last.label, "fault": fault})


class DroppedOutputs(ConfigurationRule):
    """Dropout after the last layer with weights."""

    code = "dropped-outputs"
    severities = (Severity.SERIOUS,)
    reference = "Srivastava et al. 2014, JMLR 15"
    factors = ("dropout",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = dropped_outputs(configuration)
        if fact is not None:
            yield fact


class HeavyDropout(ConfigurationRule):
    """Dropout leaves less than a tenth of the ways through the network."""

    code = "heavy-dropout"
    severities = (Severity.WARNING,)
    reference = "Srivastava et al. 2014, JMLR 15"
    factors = ("dropout",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = heavy_dropout(configuration)
        if fact is not None:
            yield fact
