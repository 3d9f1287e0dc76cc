"""How a network starts: errors that shrink on their way back, steps too long for the size of its outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from paribus.analysis.design.activations import activation, weighted_layers
from paribus.analysis.design.design import Design
from paribus.analysis.design.hyperparameters import UNIT_STEPS
from paribus.analysis.design.initial_weights import constant, fans, weight_size
from paribus.analysis.design.networks import mean_square_input
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Configuration, Layer
from paribus.study.layer_kinds import NORMALIZATIONS
from paribus.study.step_size import effective_learning_rate
from paribus.texts.message import Message

MIN_ERROR, MIN_ERROR_SCALED = 1e-2, 1e-4
"""Share of an error that should reach the first layer: under SGD, and where gradients are rescaled."""
MAX_STEP = 12.0
"""Times the longest stable step: a ReLU network can recover from six, and λ may be half as large."""
_SQUARED_SLOPES = {
    "gelu": 0.5, "hard_sigmoid": 1 / 36, "leaky_relu": 0.52, "mish": 0.5, "relu": 0.5, "relu6": 0.5,
    "sigmoid": 1 / 16, "silu": 0.5, "sparse_sigmoid": 0.25,
}  # fmt: skip
"""Mean squared slope over inputs around zero, or its upper bound; 1 for any other activation."""
_SQUARED_OUTPUTS = {"relu": 0.5, "relu6": 0.5, "leaky_relu": 0.52, "linear": 1.0}
_SQUARED_PIXEL = 0.1
"""Mean square of a pixel of MNIST in [0, 1], the smallest of the image sets."""


def shrinking_error(configuration: Configuration, *, times: float = 1.0) -> Fact | None:
    """Return which share of the error at the last hidden layer reaches the first one; None where it suffices.

    √(Π n·E[w²]·E[f′²]): each layer multiplies the mean squared error by the units that an input reaches, the
    mean squared weight and the mean squared slope. Source: Glorot and Bengio 2010, equation 6.

    Args:
        configuration: A variant, resolved; None is known where a layer normalizes or a start is constant.
        times: The usual limits, which shares suffice from on.
    """
    layers = weighted_layers(configuration)
    share = _error_share(configuration, layers)
    limit = times * (MIN_ERROR_SCALED if configuration.optimizer.name in UNIT_STEPS else MIN_ERROR)
    if share is None or not 0 < share < limit:
        return None
    evidence = {"share": share, "count": len(layers) - 1, "limit": limit}
    named = {"activation": activation(configuration, layers[0]), "layer": layers[0].label}
    fault = Message("finding.error-shrinks", {**evidence, **named})
    return Fact(Severity.WARNING, evidence, {**named, "fault": fault})


def _error_share(configuration: Configuration, layers: list[Layer]) -> float | None:
    """Return that share; an upper bound where layers without weights, such as pooling, come between."""
    if len(layers) < 3 or any(layer.kind in NORMALIZATIONS for layer in configuration.layers):
        return None
    logarithm = 0.0
    for layer in layers[:-1]:
        logarithm += math.log(_SQUARED_SLOPES.get(activation(configuration, layer), 1.0))
    for layer in layers[1:-1]:
        initializer, sizes = layer.arguments.get("kernel_initializer"), fans(configuration, layer)
        size = weight_size(initializer, *sizes) if sizes else None
        if not size or sizes is None or constant(initializer) is not None:
            return None
        logarithm += math.log(sizes[1] * size**2)
    return math.exp(logarithm / 2)


class ShrinkingError(ConfigurationRule):
    """Errors that shrink from layer to layer, so that the first ones hardly learn."""

    code = "shrinking-error"
    severities = (Severity.WARNING,)
    reference = "Glorot and Bengio 2010, PMLR 9"
    factors = ("activation", "initialization", "model")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = shrinking_error(configuration)
        if fact is not None:
            yield fact


def unstable_rate(configuration: Configuration) -> Fact | None:
    """Return how many times the longest stable step a squared error of linear outputs is given, else None.

    With k outputs and inputs h of the last layer, the largest curvature λ is at most 2(1 + E|h|²)/k, and
    steps are stable up to 2/λ. Source: LeCun et al. 1998; for `MAX_STEP` Lewkowycz et al. 2020.

    Args:
        configuration: A variant, resolved.
    """
    rate = effective_learning_rate(configuration)
    layers = weighted_layers(configuration)
    is_plain = (
        bool(layers) and configuration.optimizer.name == "sgd" and configuration.loss == "mean_squared_error"
    )
    size = _squared_input(configuration, layers) if is_plain and configuration.output == "linear" else None
    outputs = fans(configuration, layers[-1]) if layers else None
    if rate is None or size is None or outputs is None:
        return None
    longest = outputs[1] / (1 + size)
    if rate <= MAX_STEP * longest:
        return None
    evidence = {"times": rate / longest, "rate": rate, "longest": longest, "limit": MAX_STEP}
    return Fact(Severity.SERIOUS, evidence, {"fault": Message("finding.step-too-long", evidence)})


def _squared_input(configuration: Configuration, layers: list[Layer]) -> float | None:
    """Return E|h|² of the last layer's inputs at the start, in a network of dense layers alone."""
    known = ("activation", "dense", "dropout", "flatten", "leaky_relu")
    sizes = fans(configuration, layers[0])
    if sizes is None or any(layer.kind not in known for layer in configuration.layers):
        return None
    entering = mean_square_input(configuration, _SQUARED_PIXEL)
    if entering is None:
        return None
    squared = sizes[0] * entering
    for layer in layers[:-1]:
        sizes = fans(configuration, layer)
        size = weight_size(layer.arguments.get("kernel_initializer"), *sizes) if sizes else None
        gain = _SQUARED_OUTPUTS.get(activation(configuration, layer))
        if size is None or sizes is None or gain is None:
            return None
        squared *= sizes[1] * size**2 * gain
    return squared


class UnstableRate(ConfigurationRule):
    """A learning rate at which the squared error of linear outputs grows from step to step."""

    code = "unstable-rate"
    severities = (Severity.SERIOUS,)
    reference = "LeCun et al. 1998, Efficient BackProp; Lewkowycz et al. 2020, arXiv:2003.02218"
    factors = ("learning_rate", "loss")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        fact = unstable_rate(configuration)
        if fact is not None:
            yield fact
