"""Faults of layers that follow from the configuration alone, told of the runs that show them."""

from __future__ import annotations

from collections.abc import Iterable

from paribus.analysis.design.activations import activation, weighted_layers
from paribus.analysis.design.nonlinearity import linear_layers, sharing_layers
from paribus.analysis.design.signals import shrinking_error
from paribus.analysis.design.starts import shut_layers
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.rule import Fact
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.conditions import fits_poorly, is_mostly_gap
from paribus.analysis.runs.configured import SYMPTOMS, ConfiguredRule
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.updates import MIN_MOVEMENT_POOR, movement
from paribus.study.configuration import Configuration
from paribus.texts.message import Listed, Message

_LAX = 5.0
"""Times the review's limit, where harm is seen."""
_MIN_FILTERS = 4
"""A convention: LeNet-5, one of the smallest networks that work, has six in its first layer."""
_WIDE, _FILTERS = 64, 16


class SoftmaxInside(ConfiguredRule):
    """A softmax before the last activation; a warning where the network has learned nevertheless."""

    code = "hidden-softmax"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Goodfellow, Bengio and Courville 2016, section 6.2.2.3"
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the layers whose outputs share a sum of one before the network's do."""
        return sharing_layers(run.configuration)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise relu in hidden layers, and one softmax in place of two."""
        now = str(finding.placeholders["activation"])
        own = [layer.label for layer in configuration.layers[:-1] if layer.arguments.get("activation") == now]
        last = weighted_layers(configuration)[-1].label
        hidden = [label for label in own if label != last]
        if hidden:
            settings = {"layers": {label: {"activation": "relu"} for label in hidden}}
            yield Change("relu", settings, {"now": now, "layers": ", ".join(hidden)})
        if last in own:
            settings = {"layers": {last: {"activation": "linear"}}}
            yield Change("one-softmax", settings, {"now": now, "layer": last})


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
    """Errors that shrink from layer to layer, in a network that fits its training images poorly.

    There a share counts that is up to five times the one which the review warns of beforehand, unless the
    last layer, which no error has to travel to, hardly moves either: then it is the steps that are small.
    """

    code = "shrinking-error"
    severities = (Severity.SERIOUS, Severity.WARNING)
    reference = "Glorot and Bengio 2010, PMLR 9"
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return which share of the error reaches the first layer."""
        if not fits_poorly(run):
            return None
        surely = shrinking_error(run.configuration)
        last = movement(run, run.layers[-1]) if run.layers else None
        is_slow = last is not None and last.most < MIN_MOVEMENT_POOR
        return surely if surely or is_slow else shrinking_error(run.configuration, times=_LAX)

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
            if own:
                yield Change("relu", settings, {"now": now, "layers": ", ".join(own)})


class ShutLayers(ConfiguredRule):
    """Biases that leave hidden layers next to no gradient, in a network that has not learned."""

    code = "shut-start"
    severities = (Severity.SERIOUS,)
    reference = "Goodfellow, Bengio and Courville 2016, section 8.4"
    explains = SYMPTOMS | {"collapsed"}

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the layers, and their bias."""
        return shut_layers(run.configuration)

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise biases of zero."""
        labels = [layer.label for layer in weighted_layers(configuration)[:-1]]
        given = {label: {"bias_initializer": "zeros"} for label in labels}
        yield Change("zero-biases", {"layers": given}, {"now": finding.evidence["bias"]})


class NarrowLayers(ConfiguredRule):
    """A hidden layer with fewer units than classes, or four filters, in a network that fits poorly.

    Not where it knows its training images far better than others: then it has units enough.
    """

    code = "narrow-layer"
    severities = (Severity.SERIOUS, Severity.WARNING)
    tasks = ("classification",)
    reference = "Goodfellow, Bengio and Courville 2016, section 5.2"
    explains = SYMPTOMS - {"slow-loss"} | {"collapsed"}
    is_certain = False
    if_learned = Severity.WARNING

    def fault(self, run: RunEvidence) -> Fact | None:
        """Return the narrow layers, where more than a tenth of the training images are wrong."""
        narrow = _narrow(run.configuration)
        if not narrow or not fits_poorly(run) or is_mostly_gap(run):
            return None
        classes = len(run.configuration.facts.classes)
        evidence = {"units": float(min(narrow.values())), "classes": float(classes)}
        sizes = Listed(tuple(_size(run.configuration, label, count) for label, count in narrow.items()))
        fault = Message("diagnosis.narrow", {**evidence, "sizes": sizes})
        return Fact(Severity.WARNING, evidence, {"layers": Listed(tuple(narrow)), "fault": fault})

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise a usual number of units."""
        kinds = {layer.label: layer.kind for layer in configuration.layers}
        layers = {
            label: {"units": _WIDE} if kinds[label] == "dense" else {"filters": _FILTERS}
            for label in _narrow(configuration)
        }
        if layers:
            sizes = (
                _size(configuration, label, count)
                for label, each in layers.items()
                for count in each.values()
            )
            values = {"layers": ", ".join(layers), "sizes": Listed(tuple(sizes))}
            yield Change("wider", {"layers": layers}, values)


def _size(configuration: Configuration, label: str, count: int) -> Message:
    """Return how many units, or filters, a layer has, in words."""
    kinds = {layer.label: layer.kind for layer in configuration.layers}
    what = "units" if kinds[label] == "dense" else "filters"
    return Message(f"diagnosis.has-{what}", {"layer": label, "count": count})


def _narrow(configuration: Configuration) -> dict[str, int]:
    """Return the units of each hidden layer with fewer than there are classes, or filters fewer than four."""
    classes = len(configuration.facts.classes)
    found: dict[str, int] = {}
    for layer in weighted_layers(configuration)[:-1]:
        units, filters = layer.arguments.get("units"), layer.arguments.get("filters")
        if isinstance(units, int) and units < classes:
            found[layer.label] = units
        elif isinstance(filters, int) and filters < _MIN_FILTERS:
            found[layer.label] = filters
    return found
