"""Schedules that do not fit the length of a run: over long before its end, or without effect in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from paribus.analysis.design.design import Design
from paribus.analysis.design.learning_rates import learning_rates
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

GONE = 0.01
"""Of the highest rate: a smaller one hardly adds to what the highest has moved; a convention."""
_MIN_SHARE, _SERIOUS_SHARE = 0.5, 0.1
"""Shares of a run's updates that should have a higher rate than that, and must."""
_MIN_CHANGE = 0.01
"""Of the highest rate: a schedule that changes it by less is none."""


def rate_gone(configuration: Configuration, updates: int) -> Fact | None:
    """Return after which update the learning rate is next to nothing; None where that is not too soon.

    Args:
        configuration: A variant, resolved.
        updates: How many its run makes.
    """
    rates = learning_rates(configuration, updates)
    if rates is None or not updates or rates.max() <= 0:
        return None
    high = np.flatnonzero(rates >= GONE * rates.max())
    share = len(high) / updates
    if share >= _MIN_SHARE or high[-1] == updates - 1:
        return None
    evidence = {
        "share": share,
        "step": float(high[-1] + 1),
        "updates": float(updates),
        "rest": float(updates - high[-1] - 1),
        "highest": float(rates.max()),
        "last": float(rates[-1]),
        "limit": GONE,
    }
    fault = Message("finding.rate-is-gone", evidence)
    severity = Severity.SERIOUS if share < _SERIOUS_SHARE else Severity.WARNING
    return Fact(severity, evidence, {"fault": fault})


class RateGone(ConfigurationRule):
    """A schedule that is over long before the run."""

    code = "rate-gone"
    severities = (Severity.SERIOUS, Severity.WARNING)
    any_network = True
    reference = "Keras, optimizers/schedules: a schedule counts updates, not epochs"
    factors = ("learning_rate",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = rate_gone(configuration, design.updates(configuration))
        if fact is not None:
            yield fact


class RateUnchanged(ConfigurationRule):
    """A schedule that changes the learning rate by next to nothing within the run."""

    code = "rate-unchanged"
    severities = (Severity.WARNING,)
    any_network = True
    reference = "Keras, optimizers/schedules: a schedule counts updates, not epochs"
    factors = ("learning_rate",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        updates = design.updates(configuration)
        rates = learning_rates(configuration, updates)
        if rates is not None and updates and np.ptp(rates) < _MIN_CHANGE * rates.max():
            evidence = {"updates": updates, "rate": float(rates[0]), "last": float(rates[-1])}
            yield Fact(Severity.WARNING, evidence)
