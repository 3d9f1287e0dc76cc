"""How large a layer's weights are before training, by its initializer."""

from __future__ import annotations

import math

from paribus.study.configuration import Argument, Configuration, Layer, Technique
from paribus.study.shapes import shapes_before

LARGE = 2.0
"""Times the size of GlorotUniform's weights; He's are 1.4 times as large between layers of one size."""
_TRUNCATED = 0.87962566103423978
"""Standard deviation of a standard normal variable that is drawn again beyond two of them."""
_SCALING = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}


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


def weight_size(initializer: Argument, fan_in: int, fan_out: int) -> float | None:
    """Return the root mean square of the weights that an initializer gives; None where it is not known.

    Source: Keras, initializers/random_initializers.py.

    Args:
        initializer: As the configuration has it.
        fan_in: Inputs of a unit.
        fan_out: Units that an input reaches.

    Example:
        >>> weight_size(Technique(name="glorot_uniform"), 100, 100)
        0.1
    """
    value = constant(initializer)
    if value is not None or not isinstance(initializer, Technique):
        return None if value is None else abs(value)
    given = {
        name: float(number)
        for name, number in initializer.arguments.items()
        if isinstance(number, int | float) and not isinstance(number, bool)
    }
    match initializer.name:
        case "random_normal":
            size = math.hypot(given["mean"], given["stddev"])
        case "truncated_normal":
            size = math.hypot(given["mean"], _TRUNCATED * given["stddev"])
        case "random_uniform":
            low, high = given["minval"], given["maxval"]
            size = math.hypot((low + high) / 2, (high - low) / math.sqrt(12))
        case "orthogonal":
            size = given["gain"] / math.sqrt(max(fan_in, fan_out))
        case "variance_scaling":
            size = _scaled(given["scale"], str(initializer.arguments["mode"]), fan_in, fan_out)
        case name if name.partition("_")[0] in _SCALING:
            size = _scaled(*_SCALING[name.partition("_")[0]], fan_in, fan_out)
        case _:
            size = None
    return size


def large_layers(configuration: Configuration) -> tuple[str, ...]:
    """Return the layers whose weights are drawn at twice the size of GlorotUniform's, or larger.

    Args:
        configuration: A variant, resolved.
    """
    large: list[str] = []
    for layer in configuration.layers:
        given, sizes = layer.arguments.get("kernel_initializer"), fans(configuration, layer)
        size = weight_size(given, *sizes) if sizes else None
        usual = weight_size(Technique(name="glorot_uniform"), *sizes) if sizes else None
        if size is not None and usual is not None and constant(given) is None and size > LARGE * usual:
            large.append(layer.label)
    return tuple(large)


def _scaled(scale: float, mode: str, fan_in: int, fan_out: int) -> float:
    fans = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    return math.sqrt(scale / fans[mode])


def fans(configuration: Configuration, layer: Layer) -> tuple[int, int] | None:
    """Return the inputs of a unit of a layer and the units that an input reaches, as Keras counts them.

    Args:
        configuration: A variant, resolved.
        layer: One of its layers.

    Returns:
        None for layers that are neither dense nor plain convolutions.
    """
    window = layer.arguments.get("kernel_size", [])
    outputs = layer.arguments.get("units", layer.arguments.get("filters"))
    if layer.kind not in ("conv1d", "conv2d", "conv3d", "dense") or not isinstance(outputs, int):
        return None
    befores = shapes_before(configuration.layers, configuration.facts.entering)
    before = befores[configuration.places[layer.label]]
    sides = window if isinstance(window, list) else [window]
    places = math.prod(side for side in sides if isinstance(side, int))
    return places * before[-1], places * outputs
