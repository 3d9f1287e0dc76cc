"""Layers that start where they cannot learn, or whose units start as copies of one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from paribus.analysis.design.activations import activation, is_flat, weighted_layers
from paribus.analysis.design.design import Design
from paribus.analysis.design.initial_weights import constant, fans, weight_size
from paribus.analysis.design.networks import is_unscaled, largest_input
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration, Layer
from paribus.study.layer_kinds import MARGINS, POOLING
from paribus.texts.message import Listed, Message

_CERTAIN = 10.0
"""Standard deviations of a weighted sum beyond which no draw of the weights takes it (below 1e-20)."""
_LIKELY = 3.0
"""Standard deviations of a weighted sum that one draw in a thousand exceeds."""
_SQUARED_INPUT = 0.3
"""Mean square of the inputs of a layer: 0.1 for pixels of MNIST in [0, 1], 0.26 for those of CIFAR-10."""
_KEEPS_RANGE = (*MARGINS, *POOLING, "flatten", "permute", "reshape")
_ZERO_AT_ZERO = ("linear", "relu", "relu6", "leaky_relu", "tanh", "elu", "selu", "gelu", "silu", "softsign")


def starts_dead(configuration: Configuration, layer: Layer) -> bool:
    """Return whether a layer has no gradient at the start, whatever the image and the seed.

    Its activation is flat at every sum that can occur: the bias alone where all weights are zero. In the
    first layer, inputs of at most 1 (255 unscaled) move the sum by at most ten standard deviations.

    Args:
        configuration: A variant, resolved.
        layer: One of its hidden layers.
    """
    bias = constant(layer.arguments.get("bias_initializer"))
    reach = _reach(configuration, layer)
    if bias is None or reach is None:
        return False
    return is_flat(activation(configuration, layer), bias - reach, bias + reach)


def _reach(configuration: Configuration, layer: Layer) -> float | None:
    """Return how far the weighted sum of a layer's inputs can be from zero; None where that is not known."""
    initializer, sizes = layer.arguments.get("kernel_initializer"), fans(configuration, layer)
    value = constant(initializer)
    if value == 0:
        return 0.0
    before = configuration.layers[: configuration.places[layer.label]]
    is_first = all(each.kind in _KEEPS_RANGE for each in before)
    largest = largest_input(configuration)
    if not is_first or largest is None or sizes is None:
        return None
    if value is not None:
        return abs(value) * sizes[0] * largest
    size = weight_size(initializer, *sizes)
    return None if size is None else _CERTAIN * size * math.sqrt(sizes[0]) * largest


def shut_layers(configuration: Configuration) -> Fact | None:
    """Return the hidden layers that biases most likely leave next to no gradient at the start, else None.

    The activation has next to no slope at the bias, nor three standard deviations of the weighted sum nearer
    to zero. Inputs are taken for pixels of the usual brightness, or for as large as these.

    Args:
        configuration: A variant, resolved; None is told of layers that start dead for sure.
    """
    hidden = weighted_layers(configuration)[:-1]
    shut = [layer for layer in hidden if _is_shut(configuration, layer)]
    if not shut or any(starts_dead(configuration, layer) for layer in hidden):
        return None
    bias = constant(shut[0].arguments.get("bias_initializer")) or 0.0
    named = {
        "layers": Listed(tuple(layer.label for layer in shut)),
        "activation": activation(configuration, shut[0]),
    }
    evidence = {"bias": bias, "count": len(shut)}
    fault = Message("finding.bias-shuts", {**evidence, **named})
    return Fact(Severity.WARNING, evidence, {**named, "fault": fault})


def _is_shut(configuration: Configuration, layer: Layer) -> bool:
    bias = constant(layer.arguments.get("bias_initializer"))
    initializer, sizes = layer.arguments.get("kernel_initializer"), fans(configuration, layer)
    size = weight_size(initializer, *sizes) if sizes and constant(initializer) is None else None
    if not bias or size is None or sizes is None or is_unscaled(configuration):
        return False
    is_of_pixels = configuration.facts.values == "pixels" and configuration.scale != "standard"
    squared = _SQUARED_INPUT if is_of_pixels else 1.0
    near = math.copysign(max(0.0, abs(bias) - _LIKELY * size * math.sqrt(sizes[0] * squared)), bias)
    return bool(near) and is_flat(activation(configuration, layer), *sorted((near, bias)), is_nearly=True)


class ShutStart(ConfigurationRule):
    """Biases that most likely leave a hidden layer no gradient."""

    code = "shut-start"
    severities = (Severity.WARNING,)
    reference = "Goodfellow, Bengio and Courville 2016, section 8.4"
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = shut_layers(configuration)
        if fact is not None:
            yield fact


class DeadStart(ConfigurationRule):
    """A hidden layer starts where it has no gradient, and never learns."""

    code = "dead-start"
    severities = (Severity.SERIOUS,)
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        for layer in weighted_layers(configuration)[:-1]:
            if starts_dead(configuration, layer):
                named = {"layer": layer.label, "activation": activation(configuration, layer)}
                yield Fact(Severity.SERIOUS, {"units": _units(layer)}, named)


class ZeroStart(ConfigurationRule):
    """Two layers in a row start at zeros, so that neither has a gradient."""

    code = "zero-start"
    severities = (Severity.SERIOUS,)
    reference = "Goodfellow, Bengio and Courville 2016, section 8.4"
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        layers = weighted_layers(configuration)
        for layer, following in pairwise(layers):
            if starts_dead(configuration, layer):
                return
            if _puts_out_zero(configuration, layer) and _is_zero(following):
                named = {"layer": layer.label, "following": following.label}
                yield Fact(Severity.SERIOUS, {"units": _units(layer)}, named)
                return


def _puts_out_zero(configuration: Configuration, layer: Layer) -> bool:
    has_no_bias = constant(layer.arguments.get("bias_initializer")) == 0
    return _is_zero(layer) and has_no_bias and activation(configuration, layer) in _ZERO_AT_ZERO


def _is_zero(layer: Layer) -> bool:
    return constant(layer.arguments.get("kernel_initializer")) == 0


class EqualStart(ConfigurationRule):
    """The units of a hidden layer start as copies of one."""

    code = "equal-start"
    severities = (Severity.WARNING,)
    reference = "Goodfellow, Bengio and Courville 2016, section 8.4"
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        for layer in weighted_layers(configuration)[:-1]:
            is_equal = constant(layer.arguments.get("kernel_initializer")) is not None
            if is_equal and _units(layer) > 1 and not starts_dead(configuration, layer):
                yield Fact(Severity.WARNING, {"units": _units(layer)}, {"layer": layer.label})


def _units(layer: Layer) -> int:
    number = layer.arguments.get("units", layer.arguments.get("filters"))
    return number if isinstance(number, int) else 0
