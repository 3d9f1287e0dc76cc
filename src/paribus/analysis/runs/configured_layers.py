"""Faults of layers that follow from the configuration alone, told of the runs that show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from paribus.analysis.design.activations import activation, weighted_layers
from paribus.analysis.design.dropout import heavy_dropout
from paribus.analysis.design.nonlinearity import linear_layers, sharing_layers
from paribus.analysis.design.signals import shrinking_error
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.configured import ConfiguredRule
from paribus.analysis.runs.convergence import NotConverged
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.variant_runs import VariantRuns, validated_better
from paribus.study.configuration import Configuration

_LIGHT = 0.2


class SoftmaxInside(ConfiguredRule):
    """A softmax in a hidden layer; a warning where the network has learned nevertheless."""

    code = "hidden-softmax"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Goodfellow, Bengio and Courville 2016, section 6.2.2.3"

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the hidden layers whose outputs share a sum of one."""
        return sharing_layers(run.configuration)

    def when_learned(self, fact: Fact) -> Severity:
        """Return a warning: most of the gradient is lost."""
        return Severity.WARNING

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise relu."""
        now = str(finding.placeholders["activation"])
        own = [layer.label for layer in configuration.layers[:-1] if layer.arguments.get("activation") == now]
        if own:
            settings = {"layers": {label: {"activation": "relu"} for label in own}}
            yield Change("relu", settings, {"now": now})


class LinearNetwork(ConfiguredRule):
    """Layers in a row without an activation between them; an info where other layers have one."""

    code = "linear-layers"
    severities = (Severity.WARNING, Severity.INFO)
    reference = "Goodfellow, Bengio and Courville 2016, section 6.1"
    explains = frozenset({"not-converged", "underfitting"})

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the layers after which nothing nonlinear comes."""
        return linear_layers(run.configuration)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault, which keeps no network from learning what one layer can learn."""
        return self.fault(run)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise relu."""
        named = [
            layer.label
            for layer in weighted_layers(configuration)[:-1]
            if activation(configuration, layer) == "linear" and "activation" in layer.arguments
        ]
        settings = {"layers": {label: {"activation": "relu"} for label in named}}
        if named:
            yield Change("nonlinear", settings, {"layers": ", ".join(named)})


class FadingError(ConfiguredRule):
    """Errors that shrink from layer to layer, in a network that has not learned."""

    code = "shrinking-error"
    severities = (Severity.SERIOUS,)
    reference = "Glorot and Bengio 2010, PMLR 9"

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return which share of the error reaches the first layer."""
        return shrinking_error(run.configuration)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise relu, or He's initial weights where there is relu."""
        hidden = [layer.label for layer in weighted_layers(configuration)[:-1]]
        now = str(finding.placeholders["activation"])
        if now in ("relu", "relu6", "leaky_relu"):
            settings = {"layers": {label: {"kernel_initializer": "he_normal"} for label in hidden}}
            yield Change("he", settings)
        else:
            own = [layer.label for layer in configuration.layers if layer.arguments.get("activation") == now]
            settings = {"layers": {label: {"activation": "relu"} for label in own}}
            yield Change("relu", settings, {"now": now})


class StrongDropout(ConfiguredRule):
    """Dropout leaves less than a tenth of the ways through the network.

    Of a network that has learned it is a warning where its accuracy still rises at the end, or where another
    variant on the same images validates better.
    """

    code = "heavy-dropout"
    severities = (Severity.SERIOUS, Severity.WARNING, Severity.INFO)
    reference = "Srivastava et al. 2014, JMLR 15"

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return how little of the ways through the network is left."""
        return heavy_dropout(run.configuration)

    def judge(self, run: RunEvidence) -> Fact | None:
        """Return the fault; a warning where the network has learned, and still rises at the end."""
        fact, rising = super().judge(run), NotConverged().find(run)
        is_slow = rising is not None and rising.severity is Severity.WARNING
        return replace(fact, severity=Severity.WARNING) if fact is not None and is_slow else fact

    def when_learned(self, fact: Fact) -> Severity:
        """Return an info."""
        return Severity.INFO

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
