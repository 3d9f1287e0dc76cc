"""Regressions whose targets, last activation and loss do not go together."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.census import Column
from paribus.study.configuration import Configuration
from paribus.texts.message import Message

_BY_SIZE = ("huber", "log_cosh", "mean_absolute_error", "mean_squared_error")
"""Losses that grow with the size of the targets."""
LARGE, SMALL = 10.0, 0.01
"""Size of the targets beside that of the outputs at the start, which is about 1; conventions."""
_RANGES = {
    "elu": (-1.0, math.inf),
    "exponential": (0.0, math.inf),
    "hard_sigmoid": (0.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "softplus": (0.0, math.inf),
    "softsign": (-1.0, 1.0),
    "sparse_sigmoid": (0.0, 1.0),
    "sparsemax": (0.0, 1.0),
    "squareplus": (0.0, math.inf),
    "tanh": (-1.0, 1.0),
}
"""What an activation can put out."""
_SHARES = ("softmax", "sparsemax")


def _targets(design: Design, configuration: Configuration) -> tuple[Column, ...]:
    census = design.images[configuration.data].census
    return census.targets if census else ()


def _ends(design: Design, configuration: Configuration) -> tuple[float, float]:
    """Return the smallest and the largest target that the network is trained on; NaN where none is known.

    A target that is scaled has the training examples' mean at 0 and their standard deviation as unit.
    """
    is_scaled = configuration.target_scale == "standard"
    ends = [
        (end - each.mean) / each.spread if is_scaled and each.spread else end
        for each in _targets(design, configuration)
        for end in (each.lowest, each.highest)
    ]
    return min(ends, default=math.nan), max(ends, default=math.nan)


class UnscaledTargets(ConfigurationRule):
    """Targets far larger, or far smaller, than what a network puts out at its start."""

    code = "unscaled-targets"
    severities = (Severity.WARNING,)
    any_network = True
    tasks = ("regression",)
    reference = "LeCun et al. 1998, Efficient BackProp; Bishop 1995, section 8.2"
    factors = ("target_scale",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if configuration.loss not in _BY_SIZE or configuration.target_scale == "standard":
            return
        for each in _targets(design, configuration):
            size = math.hypot(each.mean, each.spread)
            if size < LARGE and each.spread > SMALL:
                continue
            evidence = {"mean": each.mean, "spread": each.spread, "size": size, "limit": LARGE}
            kind = "large" if size >= LARGE else "small"
            effect = Message(f"finding.targets-{kind}", {**evidence, "loss": configuration.loss})
            yield Fact(Severity.WARNING, evidence, {"data": configuration.data, "effect": effect})
            return


class LimitedOutput(ConfigurationRule):
    """A last activation that cannot put out every target of a regression.

    Serious where training targets lie beyond what it puts out, or where it makes outputs shares of one; an
    info where all of them lie within.
    """

    code = "limited-output"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    tasks = ("regression",)
    reference = "Bishop 2006, section 5.1"
    factors = ("activation",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        low, high = _RANGES.get(configuration.output, (-math.inf, math.inf))
        if math.isinf(low):
            return
        lowest, highest = _ends(design, configuration)
        evidence = {"low": low, "high": high, "lowest": lowest, "highest": highest}
        if configuration.output in _SHARES:
            severity, kind = Severity.SERIOUS, "shares"
        elif math.isnan(lowest):
            severity, kind = Severity.WARNING, "unknown"
        elif lowest < low or highest > high:
            severity, kind = Severity.SERIOUS, "beyond"
        else:
            severity, kind = Severity.INFO, "within"
        evidence = {name: value for name, value in evidence.items() if math.isfinite(value)}
        values: dict[str, object] = {"activation": configuration.output}
        bound = "above" if math.isinf(high) else "between"
        values["range"] = Message(f"finding.range-{bound}", {"low": low, "high": high})
        fault = Message(f"finding.limited-{kind}", {**values, "lowest": lowest, "highest": highest})
        yield Fact(severity, evidence, {**values, "fault": fault})


class ClassLossForNumbers(ConfigurationRule):
    """A loss that is made for classes, in a regression.

    A binary cross-entropy of targets from 0 to 1 is none: it scores shares.
    """

    code = "class-loss-for-numbers"
    severities = (Severity.SERIOUS,)
    any_network = True
    tasks = ("regression",)
    reference = "Keras, losses; Bishop 2006, section 5.2"
    factors = ("loss",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        loss, (lowest, highest) = configuration.loss, _ends(design, configuration)
        are_shares = lowest >= 0 and highest <= 1
        is_for_classes = "crossentropy" in loss or "hinge" in loss or loss == "kl_divergence"
        if is_for_classes and not (loss == "binary_crossentropy" and are_shares):
            yield Fact(Severity.SERIOUS, {}, {"loss": loss})
