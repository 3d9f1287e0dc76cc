"""How large a network is: shapes, parameters and multiplications, without building it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from paribus.study.configuration import Layer
from paribus.study.datasets import Entering
from paribus.study.layer_kinds import KEEPS_SHAPE, RECURRENT, RESHAPES, SCALED
from paribus.study.layer_size import (
    Shape,
    ShapeError,
    Size,
    format_shape,
    integer,
    integers,
    require_dimensions,
    require_groups,
)
from paribus.study.sequence_size import attention_size, embedding_size, recurrent_size
from paribus.study.window_size import dimensions, window_size

_OF_SOME_SHAPES = ("masking", "multi_head_attention", "spatial_dropout")
"""Layers that keep the shape of their input but do not take any."""


def input_shape(layers: Sequence[Layer], image: Shape) -> Shape:
    """Return the shape in which an input enters the network: a vector where its first layer is dense.

    Layers that take any shape and keep it come before that first layer. Within `time_distributed` a dense
    layer takes each step of a sequence by itself. A grid of numbers without channels gets one where the first
    layer goes over two dimensions.

    Args:
        layers: The network.
        image: An input's shape: (height, width, channels), (time, features), (time,) of tokens.

    Example:
        >>> input_shape([Layer(label="output", kind="dense")], (28, 28, 1))
        (784,)
    """
    first = _first(layers)
    if first == "dense":
        return (math.prod(image),)
    lacks_channel = dimensions(first) == len(image) == 2 and first not in RECURRENT
    return (*image, 1) if lacks_channel else image


def takes_tokens(layers: Sequence[Layer]) -> bool:
    """Return whether layers in a row look their inputs up in an embedding, so that they are whole numbers.

    Example:
        >>> takes_tokens([Layer(label="embedding_1", kind="embedding")])
        True
    """
    return next((layer.kind for layer in layers if layer.kind not in RESHAPES), "") == "embedding"


def shapes(layers: Sequence[Layer], entering: Entering) -> tuple[Shape, ...]:
    """Return the shape of one example after each layer.

    Args:
        layers: The network.
        entering: The shape of an example, or of each of its inputs.

    Raises:
        ShapeError: A layer cannot take what the one before it gives.
    """
    return tuple(size.output for _, size in _sizes(layers, entering))


def shapes_before(layers: Sequence[Layer], entering: Entering) -> tuple[Shape, ...]:
    """Return the shape of one example before each layer, as `shapes` does after it."""
    return tuple(before for before, _ in _sizes(layers, entering))


def parameters(layers: Sequence[Layer], entering: Entering) -> int:
    """Return the number of trainable weights, as Keras counts them."""
    return sum(size.parameters for _, size in _sizes(layers, entering))


def multiply_adds(layers: Sequence[Layer], entering: Entering) -> int:
    """Return the multiplications, each with an addition, of one example's forward pass through the network.

    Only products with weights, and those of attention, are counted.
    """
    return sum(size.multiply_adds for _, size in _sizes(layers, entering))


def _first(layers: Sequence[Layer]) -> str:
    for layer in layers:
        if layer.kind == "spectral_normalization" and layer.wrapped is not None:
            return layer.wrapped.kind
        if layer.kind not in KEEPS_SHAPE or layer.kind.startswith(_OF_SOME_SHAPES):
            return layer.kind
    return "dense"


def _sizes(layers: Sequence[Layer], entering: Entering) -> Sequence[tuple[Shape, Size]]:
    """Return the shape before each layer, and its size; of a network's own tuple they are found once."""
    if not isinstance(layers, tuple):
        return tuple(_find_sizes(layers, entering))
    known = _KNOWN.get(id(layers))
    if known is None or known[0] is not layers or known[1] != entering:
        if len(_KNOWN) >= _MAX_KNOWN:
            _KNOWN.clear()
        _KNOWN[id(layers)] = known = layers, entering, tuple(_find_sizes(layers, entering))
    return known[2]


_KNOWN: dict[int, tuple[Sequence[Layer], Entering, Sequence[tuple[Shape, Size]]]] = {}
_MAX_KNOWN = 2_000


def _find_sizes(layers: Sequence[Layer], entering: Entering) -> Iterator[tuple[Shape, Size]]:
    """Yield the shape before each layer, and its size; the ends of branches are joined in one row."""
    if not isinstance(entering, Mapping):
        yield from _sizes_in_a_row(layers, entering)
        return
    joined = 0
    for name, shape in entering.items():
        end = shape
        for before, size in _sizes_in_a_row([layer for layer in layers if layer.branch == name], shape):
            yield before, size
            end = size.output
        joined += math.prod(end)
    yield from _sizes_in_a_row([layer for layer in layers if not layer.branch], (joined,))


def _sizes_in_a_row(layers: Sequence[Layer], entering: Shape) -> Iterator[tuple[Shape, Size]]:
    shape = input_shape(layers, entering)
    for layer in layers:
        size = _size(layer, shape)
        yield shape, size
        shape = size.output


def _size(layer: Layer, shape: Shape) -> Size:
    if layer.wrapped is not None:
        return _wrapped(layer, layer.wrapped, shape)
    own = _SIZES.get(layer.kind)
    if own is not None:
        return own(layer, shape)
    if layer.kind in KEEPS_SHAPE:
        return Size(shape, _kept(layer, shape))
    return Size(_reshaped(layer, shape)) if layer.kind in RESHAPES else window_size(layer, shape)


def _dense(layer: Layer, shape: Shape) -> Size:
    units, positions = integer(layer, "units"), math.prod(shape[:-1])
    weights = shape[-1] * units
    biases = units if layer.arguments.get("use_bias") else 0
    return Size((*shape[:-1], units), weights + biases, positions * weights)


_SIZES: dict[str, Callable[[Layer, Shape], Size]] = {
    "dense": _dense,
    "embedding": embedding_size,
    "multi_head_attention": attention_size,
    **dict.fromkeys(RECURRENT, recurrent_size),
}


def _wrapped(layer: Layer, inner: Layer, shape: Shape) -> Size:
    if layer.kind == "time_distributed":
        require_dimensions(layer, shape, 2, or_more=True)
        each = _size(inner, shape[1:])
        return Size((shape[0], *each.output), each.parameters, shape[0] * each.multiply_adds)
    one = _size(inner, shape)
    if layer.kind == "spectral_normalization":
        return one
    width = one.output[-1] * (2 if layer.arguments["merge_mode"] == "concat" else 1)
    return Size((*one.output[:-1], width), 2 * one.parameters, 2 * one.multiply_adds)


def _kept(layer: Layer, shape: Shape) -> int:
    """Return the number of weights of a layer that keeps the shape of its input."""
    if layer.kind == "masking":
        require_dimensions(layer, shape, 2, or_more=True)
    elif layer.kind.startswith("spatial_dropout"):
        require_dimensions(layer, shape, dimensions(layer.kind) + 1)
    elif layer.kind == "group_normalization":
        require_groups(layer, shape[-1])
    if layer.kind == "prelu":
        shared = integers(layer, "shared_axes", 0)
        if any(axis > len(shape) for axis in shared):
            raise ShapeError("no-such-axis", label=layer.label, shape=format_shape(shape))
        return math.prod(side for axis, side in enumerate(shape, 1) if axis not in shared)
    if layer.kind == "rms_normalization":
        return shape[-1]
    if layer.kind in SCALED:
        return shape[-1] * (bool(layer.arguments["center"]) + bool(layer.arguments["scale"]))
    return 0


def _reshaped(layer: Layer, shape: Shape) -> Shape:
    if layer.kind == "flatten":
        return (math.prod(shape),)
    if layer.kind == "repeat_vector":
        require_dimensions(layer, shape, 1)
        return (integer(layer, "n"), *shape)
    given = integers(layer, "dims" if layer.kind == "permute" else "target_shape")
    if layer.kind == "permute":
        if sorted(given) != [*range(1, len(shape) + 1)]:
            raise ShapeError("permute", label=layer.label, dims=str(given), shape=format_shape(shape))
        return tuple(shape[axis - 1] for axis in given)
    known, whole = math.prod(side for side in given if side != -1), math.prod(shape)
    if given.count(-1) > 1 or known <= 0 or whole % known or (-1 not in given and whole != known):
        raise ShapeError("reshape", label=layer.label, target=str(given), shape=format_shape(shape))
    return tuple(whole // known if side == -1 else side for side in given)
