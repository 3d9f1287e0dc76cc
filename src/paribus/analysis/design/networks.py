"""Networks that are hard to train by how they are made: by their pixels, outputs or initial weights."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.design.rule import ConfigurationRule
from paribus.analysis.finding import Severity
from paribus.analysis.rule import Fact
from paribus.study.configuration import Argument, Configuration, Layer, Technique
from paribus.study.datasets import IMAGE_SETS

_SCALING = ("rescaling", "batch_normalization", "group_normalization", "layer_normalization")
_PASSING = ("flatten", "dropout", "zero_padding2d", "max_pooling2d", "average_pooling2d")
_DEAD_AT_ZERO = ("relu", "relu6")


def is_unscaled(configuration: Configuration) -> bool:
    """Return whether the first layer with weights sees pixels from 0 to 255.

    Args:
        configuration: A variant, resolved.
    """
    first = next((layer.kind for layer in configuration.layers if layer.kind not in _PASSING), "")
    return configuration.scale == "none" and first not in _SCALING


def stays_dead(layer: Layer) -> bool:
    """Return whether a layer that starts at zeros has no gradient: relu of a bias that is not positive.

    Args:
        layer: As the configuration has it.
    """
    bias = constant(layer.arguments.get("bias_initializer"))
    return layer.arguments.get("activation") in _DEAD_AT_ZERO and bias is not None and bias <= 0


def constant(initializer: Argument) -> float | None:
    """Return the one value that an initializer gives to every weight; None where it draws them.

    Args:
        initializer: As the configuration has it.
    """
    if not isinstance(initializer, Technique):
        return None
    numbers = {
        name: float(value)
        for name, value in initializer.arguments.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    match initializer.name:
        case "zeros" | "ones":
            value = float(initializer.name == "ones")
        case "constant":
            value = numbers["value"]
        case "random_normal" | "truncated_normal" if numbers["stddev"] == 0:
            value = numbers["mean"]
        case "random_uniform" if numbers["minval"] == numbers["maxval"]:
            value = numbers["minval"]
        case _:
            value = None
    return value


class UnscaledPixels(ConfigurationRule):
    """Pixels enter the network as 0 to 255."""

    code = "unscaled-pixels"
    severities = (Severity.WARNING,)
    reference = "LeCun et al. 1998, Efficient BackProp; Glorot and Bengio 2010"
    factors = ("scale",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        if is_unscaled(configuration):
            yield Fact(Severity.WARNING, {"largest": 255})


class SigmoidForClasses(ConfigurationRule):
    """Yes-or-no outputs for classes that exclude each other."""

    code = "sigmoid-for-classes"
    severities = (Severity.WARNING,)
    reference = "Bishop 2006, section 4.3.4"
    factors = ("loss", "activation")

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        has_several = configuration.layers[-1].arguments.get("units") != 1
        if configuration.output == "sigmoid" and configuration.loss.startswith("binary_") and has_several:
            classes = len(IMAGE_SETS[configuration.data].classes)
            yield Fact(Severity.WARNING, {"classes": classes, "others": classes - 1})


class DeadStart(ConfigurationRule):
    """A hidden layer starts where it has no gradient, and never learns."""

    code = "dead-start"
    severities = (Severity.SERIOUS,)
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        for layer in configuration.layers[:-1]:
            if _starts_equal(layer) and _starts_dead(layer):
                yield Fact(Severity.SERIOUS, {"units": _units(layer)}, {"layer": layer.label})


class EqualStart(ConfigurationRule):
    """The units of a hidden layer start as copies of one."""

    code = "equal-start"
    severities = (Severity.WARNING,)
    reference = "Goodfellow, Bengio and Courville 2016, section 8.4"
    factors = ("initialization",)

    def facts(self, design: Design, configuration: Configuration) -> Iterator[Fact]:
        for layer in configuration.layers[:-1]:
            if _starts_equal(layer) and not _starts_dead(layer):
                yield Fact(Severity.WARNING, {"units": _units(layer)}, {"layer": layer.label})


def _starts_equal(layer: Layer) -> bool:
    return _units(layer) > 1 and constant(layer.arguments.get("kernel_initializer")) is not None


def _starts_dead(layer: Layer) -> bool:
    return constant(layer.arguments.get("kernel_initializer")) == 0 and stays_dead(layer)


def _units(layer: Layer) -> int:
    number = layer.arguments.get("units", layer.arguments.get("filters"))
    return number if isinstance(number, int) else 0
