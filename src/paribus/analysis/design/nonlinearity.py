"""Hidden layers with an activation that keeps them from adding anything: none at all, or a softmax."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from paribus.analysis.design.activations import activation, weighted_layers
from paribus.analysis.design.design import Design
from paribus.analysis.design.initial_weights import fans
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration, Layer
from paribus.study.layer_kinds import MARGINS, NOISE
from paribus.texts.message import Listed, Message

_LINEAR = (
    *MARGINS, *NOISE, "activity_regularization", "average_pooling1d", "average_pooling2d",
    "average_pooling3d", "batch_normalization", "flatten", "global_average_pooling1d",
    "global_average_pooling2d", "global_average_pooling3d", "identity", "permute", "repeat_vector",
    "rescaling", "reshape", "up_sampling1d", "up_sampling2d", "up_sampling3d",
)  # fmt: skip
"""Layers whose outputs add up where their inputs do."""
_JOINED = ("conv1d", "conv2d", "conv3d", "dense")
_SHARES = ("softmax", "sparsemax")


def linear_layers(configuration: Configuration) -> Fact | None:
    """Return the layers after which nothing nonlinear comes before the next one; None where there are none.

    Two dense layers with fewer units between them than before and after are a factorization, which limits
    what they compute on purpose, and do not count.

    Args:
        configuration: A variant, resolved.
    """
    layers = weighted_layers(configuration)
    pairs = list(pairwise(layers))
    linear = [first.label for first, second in pairs if _is_one_map(configuration, first, second)]
    if not linear:
        return None
    is_whole = all(activation(configuration, layer) == "linear" for layer in layers[:-1])
    named = Listed(tuple(linear))
    values = {"layers": named, "count": len(linear)}
    fault = Message(f"finding.linear-{'network' if is_whole else 'layers'}", values)
    evidence = {"linear": len(linear), "hidden": len(pairs)}
    severity = Severity.WARNING if is_whole else Severity.INFO
    return Fact(severity, evidence, {"layers": named, "fault": fault})


def _is_one_map(configuration: Configuration, first: Layer, second: Layer) -> bool:
    if not {first.kind, second.kind} <= set(_JOINED) or activation(configuration, first) != "linear":
        return False
    start, end = (configuration.places[layer.label] for layer in (first, second))
    between = configuration.layers[start + 1 : end]
    acts = any(
        layer.kind not in (*_LINEAR, "activation") or layer.activation != "linear" for layer in between
    )
    return not acts and not _is_bottleneck(configuration, first, second)


def _is_bottleneck(configuration: Configuration, first: Layer, second: Layer) -> bool:
    before, after = fans(configuration, first), fans(configuration, second)
    if first.kind != "dense" or before is None or after is None:
        return False
    inputs, units = before
    return units < min(inputs, after[1])


def sharing_layers(configuration: Configuration) -> Fact | None:
    """Return the layers whose outputs share a sum of one before the network's outputs, else None.

    That is for the last activation alone: also a second softmax after a first one is given shares of one.

    Args:
        configuration: A variant, resolved.
    """
    before = _before_output(configuration)
    sharing = {layer.label: str(layer.arguments.get("activation")) for layer in before}
    named = tuple(label for label, each in sharing.items() if each in _SHARES)
    if not named:
        return None
    values = {"layers": Listed(named), "count": len(named), "activation": sharing[named[0]]}
    evidence = {"count": len(named), "hidden": len(weighted_layers(configuration)) - 1}
    return Fact(Severity.WARNING, evidence, {**values, "fault": Message("finding.layers-share", values)})


def _before_output(configuration: Configuration) -> list[Layer]:
    """Return the layers before the one that gives the outputs their activation."""
    layers = list(configuration.layers)
    if not weighted_layers(configuration):
        return []
    last = layers.index(weighted_layers(configuration)[-1])
    acting = (
        place
        for place, layer in enumerate(layers)
        if layer.arguments.get("activation") not in (None, "linear")
    )
    return layers[: max([last, *acting])]


class HiddenSoftmax(ConfigurationRule):
    """A softmax before the last activation."""

    code = "hidden-softmax"
    severities = (Severity.WARNING,)
    reference = "Goodfellow, Bengio and Courville 2016, section 6.2.2.3"
    factors = ("activation",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = sharing_layers(configuration)
        if fact is not None:
            yield fact


class LinearLayers(ConfigurationRule):
    """Layers in a row without an activation between them; an info where other layers have one."""

    code = "linear-layers"
    severities = (Severity.WARNING, Severity.INFO)
    reference = "Goodfellow, Bengio and Courville 2016, section 6.1"
    factors = ("activation",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = linear_layers(configuration)
        if fact is not None:
            yield fact
