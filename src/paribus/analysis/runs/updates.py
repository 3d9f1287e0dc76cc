"""Updates of the wrong size: as large as the weights that they change, or too small to move them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, pairwise

from paribus.analysis.design.updates import MIN_UPDATES
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.conditions import fits_poorly
from paribus.analysis.runs.configured import ASTRAY, SYMPTOMS
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.rate_changes import larger_rate, smaller_rate, suspect_updates
from paribus.analysis.runs.rule import Place
from paribus.analysis.runs.sample_loss import has_jumped
from paribus.analysis.runs.units import ProbeRule
from paribus.study.configuration import Configuration
from paribus.study.step_size import momentum
from paribus.texts.message import Message

MAX_RATIO = 1.0
"""An update as large as the weights that it changes."""
MIN_MOVEMENT, MIN_MOVEMENT_POOR = 0.01, 0.1
"""Relative movement of a layer's weights below which it ends where it started, or close to there where more
than a tenth of the training images are wrong."""
LARGE_RATIO = 0.3
"""An update of this share of the weights: the first ones of the usual recipes are 0.001 to 0.05."""
FIRST_STEPS = 16
_SEVERAL = 10.0
"""From so many times the weights on, an update is told in times, not in percent."""
_MIN_MEASURED = 3
KEPT_START = 0.1
"""Of a layer's first weights: an update that leaves less has forgotten them, by convention."""


class Exploding(ProbeRule):
    """An update larger than the weights that it changes, after which the loss jumped.

    It jumped where it exceeded twice that at the start, and twice that of a uniform prediction.
    """

    code = "exploding"
    any_training = True
    any_network = True
    remedies = ("random-weights", "scale", "smaller-weights", "smaller-rate")
    severities = (Severity.SERIOUS, Severity.INFO)
    reference = "Pascanu, Mikolov and Bengio, ICML 2013, arXiv:1211.5063"
    remark = Place.INTERNALS
    explains = frozenset({"silent-layer"})

    def brings_about(self, cause: Finding, finding: Finding) -> bool:
        """Return whether it did: a layer that fell silent after this update."""
        return super().brings_about(cause, finding) and finding.evidence["step"] > cause.evidence["step"]

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
        by_how_much = Message(f"diagnosis.steps-{'many' if ratio >= _SEVERAL else 'few'}", evidence)
        when = Message(f"diagnosis.at-{'update' if at.step else 'first-update'}", evidence)
        placeholders = {"layer": name, "when": when, "outcome": outcome, "by_how_much": by_how_much}
        return Fact(severity, evidence, placeholders)

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect updates that are too large."""
        return suspect_updates(configuration, finding)


class LargeSteps(ProbeRule):
    """Two of the first updates change a hidden layer by a third of its weights or more, and it fits poorly.

    Serious where nothing was learned.
    Such steps lose the scale at which initial weights keep signals alive. Not told where another setting,
    such as unscaled pixels or large weights, is seen to bring them about: that finding explains this one.
    """

    code = "large-steps"
    any_training = True
    severities = (Severity.SERIOUS, Severity.WARNING)
    any_network = True
    remedies = ("smaller-rate",)
    reference = "Bottou 2012, Stochastic Gradient Descent Tricks; Goodfellow et al. 2016, section 11.4.1"
    remark = Place.INTERNALS
    explains = SYMPTOMS - {"large-steps", "large-weights", "slow-loss"} | ASTRAY

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the second largest of the first updates, beside the weights that it changes."""
        if not fits_poorly(run):
            return None
        seen = [
            (ratios[1], name)
            for name in run.layers[:-1]
            if len(ratios := sorted(_first_ratios(run, name), reverse=True)) > 1
        ]
        ratio, layer = max(seen, default=(0.0, ""))
        if ratio < LARGE_RATIO:
            return None
        evidence = {"ratio": ratio, "limit": LARGE_RATIO, "first": float(FIRST_STEPS)}
        by_how_much = Message(f"diagnosis.steps-{'many' if ratio >= _SEVERAL else 'share'}", evidence)
        loss = Message(f"diagnosis.steps-{'replace' if ratio >= MAX_RATIO else 'distort'}")
        severity = Severity.WARNING if run.has_ended and run.has_learned else Severity.SERIOUS
        return Fact(severity, evidence, {"layer": layer, "by_how_much": by_how_much, "effect": loss})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a smaller learning rate."""
        return smaller_rate(configuration, finding, "smaller-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the learning rate."""
        return smaller_rate(configuration, finding, "rate")


def _first_ratios(run: RunEvidence, name: str) -> list[float]:
    """Return the sizes of a layer's first updates, beside its weights."""
    first = (each for probe, each in run.layer(name) if probe.step <= FIRST_STEPS and each.weight)
    return [each.ratio for each in first if each.ratio is not None]


def first_ratio(run: RunEvidence) -> float | None:
    """Return how large the first update is beside the weights, of the layer that it changes most.

    Momentum lengthens it as it lengthens a step in the long run. None where it was not measured.

    Args:
        run: Any.
    """
    first = run.probes[0] if run.probes and run.probes[0].step == 0 else None
    ratios = [each.ratio for each in first.layers.values() if each.ratio] if first else []
    decay = momentum(run.configuration)
    return max(ratios) / (1 - decay) if ratios and decay < 1 else None


class ForgottenStart(ProbeRule):
    """The first update of FTRL replaces the initial weights by next to nothing, and nothing is learned.

    Its weights are a function of the sum of gradients alone, zero before the first one: for deep networks,
    which cannot start at zero, that is no optimizer.
    """

    code = "forgotten-start"
    severities = (Severity.SERIOUS,)
    any_network = True
    reference = "McMahan et al., KDD 2013, Ad Click Prediction, algorithm 1; Keras, optimizers/ftrl.py"
    remark = Place.INTERNALS
    explains = SYMPTOMS | {"collapsed"}

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return how little of a layer's first weights the first update leaves."""
        if run.configuration.optimizer.name != "ftrl" or run.has_learned:
            return None
        left = [
            (after.weight / before.weight, name)
            for name in run.layers
            for (_, before), (_, after) in islice(pairwise(run.layer(name)), 1)
            if before.weight and after.weight is not None
        ]
        least, layer = min(left, default=(1.0, ""))
        if least >= KEPT_START:
            return None
        return Fact(Severity.SERIOUS, {"left": least, "limit": KEPT_START}, {"layer": layer})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise Adam at its defaults."""
        yield Change("other-optimizer", {"optimizer": "adam"}, {"now": "Ftrl", "then": "Adam"})

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect the optimizer."""
        return self.advise(configuration, finding)


@dataclass(frozen=True)
class Movement:
    """How far updates move a layer's weights, relative to these.

    Args:
        median: Of the updates that were measured.
        most: By all updates together had they one direction, or by the largest one that was measured.
    """

    median: float
    most: float


def movement(run: RunEvidence, name: str) -> Movement | None:
    """Return how far a layer's weights are moved; None below three measurements.

    Args:
        run: With probes.
        name: Of one of its layers.
    """
    ratios = [each.ratio for _, each in run.layer(name) if each.ratio is not None and each.weight]
    if len(ratios) < _MIN_MEASURED:
        return None
    median = statistics.median(ratios)
    return Movement(median, max(median * run.updates, *ratios))


class Vanishing(ProbeRule):
    """A layer whose weights all updates together move by less than a hundredth.

    Upper bound on relative weight movement: updates × median ‖Δw‖/‖w‖. One update seen to
    be larger is enough for the layer to have moved. Where more than a tenth of the training images are
    wrong after 200 updates or more, the limit is a tenth.
    """

    code = "vanishing"
    any_training = True
    any_network = True
    explains = frozenset({"not-converged", "nothing-learned", "one-answer", "underfitting"})
    remedies = ("larger-rate", "relu", "normalization")
    severities = (Severity.WARNING,)
    reference = "Glorot and Bengio, AISTATS 2010"
    remark = Place.INTERNALS

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return that bound for the first layer that it is too small for."""
        is_poor = fits_poorly(run) and run.updates >= MIN_UPDATES
        limit = MIN_MOVEMENT_POOR if is_poor else MIN_MOVEMENT
        for name in run.layers:
            gradients = [each.gradient for _, each in run.layer(name)]
            found = movement(run, name)
            if found is None or not gradients[-1] or found.most >= limit:
                continue
            evidence = {
                "reach": found.median * run.updates,
                "ratio": found.median,
                "updates": float(run.updates),
                "limit": limit,
            }
            return Fact(Severity.WARNING, evidence, {"layer": name})
        return None

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a larger learning rate."""
        return larger_rate(configuration, finding, "larger-rate")

    def suspects(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Suspect a learning rate that is too small."""
        return larger_rate(configuration, finding, "low-rate")
