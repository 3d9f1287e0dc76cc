"""Networks that start or end in a way that training cannot mend: pixels, outputs, initial weights."""

from __future__ import annotations

from collections.abc import Iterator

from paribus.analysis.design.design import Design
from paribus.analysis.finding import Finding, Severity
from paribus.study.configuration import Argument, Configuration, Layer, Technique
from paribus.study.datasets import IMAGE_SETS

_SCALING = ("rescaling", "batch_normalization", "group_normalization", "layer_normalization")
_PASSING = ("flatten", "dropout", "zero_padding2d", "max_pooling2d", "average_pooling2d")
_DEAD_AT_ZERO = ("relu", "relu6")


def networks(design: Design) -> Iterator[Finding]:
    """The findings about the networks, each with all variants that it is true of.

    Args:
        design: What is reviewed.
    """
    unscaled = [name for name, each in design.configurations if is_unscaled(each)]
    if unscaled:
        yield design.finding("unscaled-pixels", Severity.WARNING, unscaled, {"largest": 255}, about=["scale"])
    separate = [(name, _classes(each)) for name, each in design.configurations if _is_one_of_many(each)]
    for classes in dict.fromkeys(count for _, count in separate):
        sigmoid = [name for name, count in separate if count == classes]
        evidence = {"classes": classes, "others": classes - 1}
        about = ["loss", "activation"]
        yield design.finding("sigmoid-for-classes", Severity.WARNING, sigmoid, evidence, about=about)
    yield from _starts(design)


def is_unscaled(configuration: Configuration) -> bool:
    """Whether the first layer with weights sees pixels from 0 to 255.

    Args:
        configuration: A variant, resolved.
    """
    first = next((layer.kind for layer in configuration.layers if layer.kind not in _PASSING), "")
    return configuration.scale == "none" and first not in _SCALING


def _classes(configuration: Configuration) -> int:
    return len(IMAGE_SETS[configuration.data].classes)


def _is_one_of_many(configuration: Configuration) -> bool:
    several = configuration.layers[-1].arguments.get("units") != 1
    return configuration.output == "sigmoid" and configuration.loss.startswith("binary_") and several


def _starts(design: Design) -> Iterator[Finding]:
    """Hidden layers whose units start equal, the same ones in several variants told once."""
    found: dict[tuple[str, str, float], list[str]] = {}
    for name, configuration in design.configurations:
        for layer in configuration.layers[:-1]:
            units = _units(layer)
            value = constant(layer.arguments.get("kernel_initializer"))
            if units < 2 or value is None:
                continue
            code = "dead-start" if value == 0 and stays_dead(layer) else "equal-start"
            found.setdefault((code, layer.label, units), []).append(name)
    for (code, label, units), variants in found.items():
        severity = Severity.SERIOUS if code == "dead-start" else Severity.WARNING
        names, about = {"layer": label}, ["initialization"]
        yield design.finding(code, severity, variants, {"units": units}, placeholders=names, about=about)


def _units(layer: Layer) -> int:
    number = layer.arguments.get("units", layer.arguments.get("filters"))
    return number if isinstance(number, int) else 0


def stays_dead(layer: Layer) -> bool:
    """Whether zeros put a layer where its activation has no gradient: relu of a bias that is not positive.

    Args:
        layer: As the configuration has it.
    """
    bias = constant(layer.arguments.get("bias_initializer"))
    return layer.arguments.get("activation") in _DEAD_AT_ZERO and bias is not None and bias <= 0


def constant(initializer: Argument) -> float | None:
    """The one value that an initializer gives to every weight; None where it draws them.

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
