"""How large a network is: shapes, parameters and multiplications, without building it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from paribus.study.configuration import Layer

Shape = tuple[int, ...]

_SAME_SHAPE = (
    "activation",
    "batch_normalization",
    "dropout",
    "group_normalization",
    "layer_normalization",
    "leaky_relu",
    "rescaling",
)
"""Layers whose output has the shape of their input."""


class ShapeError(ValueError):
    """Two layers do not fit each other.

    Args:
        code: The sentence that says how, without its domain.
        values: What it names.
    """

    def __init__(self, code: str, /, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(code)


def format_shape(shape: Shape) -> str:
    """Return a shape as a person writes it.

    Example:
        >>> format_shape((28, 28, 1)), format_shape((10,))
        ('28 × 28 × 1', '10')
    """
    return " × ".join(str(side) for side in shape)


def input_shape(layers: Sequence[Layer], image: Shape) -> Shape:
    """Return the shape in which an example enters the network: a vector where its first layer is dense.

    A grid of numbers without channels gets one where the first layer slides over two dimensions.

    Args:
        layers: The network.
        image: (height, width, channels).

    Example:
        >>> input_shape([Layer(label="output", kind="dense")], (28, 28, 1))
        (784,)
    """
    first = next((layer.kind for layer in layers if layer.kind not in _SAME_SHAPE), "dense")
    if first == "dense":
        return (math.prod(image),)
    return (*image, 1) if first.endswith("2d") and len(image) == 2 else image


def shapes(layers: Sequence[Layer], image: Shape) -> tuple[Shape, ...]:
    """Return the shape of one image after each layer.

    Raises:
        ShapeError: A layer cannot take what the one before it gives.
    """
    shape = input_shape(layers, image)
    found: list[Shape] = []
    for layer in layers:
        shape = _output_shape(layer, shape)
        found.append(shape)
    return tuple(found)


def parameters(layers: Sequence[Layer], image: Shape) -> int:
    """Return the number of trainable weights, as Keras counts them."""
    return sum(_layer_parameters(layer, before) for layer, before in _with_inputs(layers, image))


def multiply_adds(layers: Sequence[Layer], image: Shape) -> int:
    """Return the multiplications, each with an addition, of one image's forward pass through the network.

    Only dense layers and convolutions are counted.
    """
    return sum(
        math.prod(after[:-1]) * _kernel_size(layer, before)
        for (layer, before), after in zip(_with_inputs(layers, image), shapes(layers, image), strict=True)
    )


def _with_inputs(layers: Sequence[Layer], image: Shape) -> list[tuple[Layer, Shape]]:
    befores = (input_shape(layers, image), *shapes(layers, image)[:-1])
    return list(zip(layers, befores, strict=True))


def _output_shape(layer: Layer, shape: Shape) -> Shape:
    kind = layer.kind
    if kind in _SAME_SHAPE:
        if kind == "group_normalization" and shape[-1] % _integer(layer, "groups"):
            raise ShapeError(
                "groups", label=layer.label, groups=_integer(layer, "groups"), channels=shape[-1]
            )
        return shape
    if kind == "flatten":
        return (math.prod(shape),)
    if kind == "dense":
        return (*shape[:-1], _integer(layer, "units"))
    if len(shape) != 3:
        raise ShapeError("needs-image", label=layer.label, shape=format_shape(shape))
    height, width, channels = shape
    if kind.startswith("global_"):
        return (channels,)
    if kind == "zero_padding2d":
        down, across = _pair(layer, "padding")
        return (height + 2 * down, width + 2 * across, channels)
    window = _pair(layer, "pool_size" if "pooling" in kind else "kernel_size")
    sides = tuple(
        _positions(layer, side, reach, stride, dilation)
        for side, reach, stride, dilation in zip(
            (height, width), window, _pair(layer, "strides"), _pair(layer, "dilation_rate"), strict=True
        )
    )
    return (*sides, _channels(layer, channels))


def _positions(layer: Layer, side: int, reach: int, stride: int, dilation: int) -> int:
    if layer.arguments["padding"] == "same":
        return -(-side // stride)
    covered = dilation * (reach - 1) + 1
    if covered > side:
        raise ShapeError("kernel-too-large", label=layer.label, kernel=covered, side=side)
    return (side - covered) // stride + 1


def _channels(layer: Layer, before: int) -> int:
    if layer.kind == "conv2d":
        groups, filters = _integer(layer, "groups"), _integer(layer, "filters")
        if before % groups or filters % groups:
            raise ShapeError(
                "groups", label=layer.label, groups=groups, channels=before if before % groups else filters
            )
        return filters
    if layer.kind == "separable_conv2d":
        return _integer(layer, "filters")
    if layer.kind == "depthwise_conv2d":
        return before * _integer(layer, "depth_multiplier")
    return before


def _kernel_size(layer: Layer, before: Shape) -> int:
    """Return how many weights of a layer multiply its inputs, at one position."""
    if layer.kind == "dense":
        return before[-1] * _integer(layer, "units")
    if not layer.kind.endswith("conv2d"):
        return 0
    window, channels = math.prod(_pair(layer, "kernel_size")), before[-1]
    if layer.kind == "conv2d":
        return window * channels // _integer(layer, "groups") * _integer(layer, "filters")
    deep = channels * _integer(layer, "depth_multiplier")
    pointwise = deep * _integer(layer, "filters") if layer.kind == "separable_conv2d" else 0
    return window * deep + pointwise


def _layer_parameters(layer: Layer, before: Shape) -> int:
    if layer.kind.endswith("normalization"):
        return before[-1] * (bool(layer.arguments["center"]) + bool(layer.arguments["scale"]))
    biases = _output_shape(layer, before)[-1] if layer.arguments.get("use_bias") else 0
    return _kernel_size(layer, before) + biases


def _integer(layer: Layer, argument: str) -> int:
    number = layer.arguments[argument]
    assert isinstance(number, int)
    return number


def _pair(layer: Layer, argument: str) -> tuple[int, int]:
    pair = layer.arguments.get(argument, [1, 1])
    assert isinstance(pair, list)
    down, across = pair
    assert isinstance(down, int)
    assert isinstance(across, int)
    return down, across
