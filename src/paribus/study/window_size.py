"""Sizes of layers that go over a sequence, an image or a volume: convolutions, pooling, padding, cropping."""

from __future__ import annotations

import math
from collections.abc import Sequence

from paribus.study.configuration import Layer, Scalar
from paribus.study.layer_size import (
    Shape,
    ShapeError,
    Size,
    integer,
    integers,
    require_dimensions,
    require_groups,
)

_SMALL = 64
"""How far pooling may reach on any input; wider windows must not be more than twice as large as theirs."""


def dimensions(kind: str) -> int:
    """Return how many sides the inputs of a kind of layer have, channels aside; 0 where that is open.

    Example:
        >>> dimensions("conv2d_transpose"), dimensions("dense")
        (2, 0)
    """
    return next((count for count in (1, 2, 3) if f"{count}d" in kind), 0)


def ends_by_side(ends: Sequence[Scalar]) -> list[Scalar | tuple[Scalar, Scalar]]:
    """Return what is added or cut at the ends of each side as Keras takes it.

    Example:
        >>> ends_by_side([1, 2]), ends_by_side([1, 2, 3, 4])
        ([1, 2], [(1, 2), (3, 4)])
    """
    return [*ends] if len(ends) < 4 else [*zip(ends[::2], ends[1::2], strict=True)]


def window_size(layer: Layer, shape: Shape) -> Size:
    """Return the size of such a layer, see `Size`.

    Args:
        layer: A convolution, or a layer that pools, pads, crops or repeats.
        shape: Of its input: the sides, then the channels.
    """
    count = dimensions(layer.kind)
    require_dimensions(layer, shape, count + 1)
    *sides, channels = shape
    if "conv" in layer.kind:
        return _convolution(layer, sides, channels)
    return Size((*_sides_after(layer, sides), channels))


def _sides_after(layer: Layer, sides: list[int]) -> list[int]:
    """Return the sides behind a layer without weights."""
    kind, count = layer.kind, len(sides)
    if kind.startswith("global_"):
        return []
    if kind.startswith("adaptive_"):
        return integers(layer, "output_size", count)
    if kind.startswith("up_sampling"):
        return [side * size for side, size in zip(sides, integers(layer, "size", count), strict=True)]
    if kind.startswith("zero_padding"):
        return [side + more for side, more in zip(sides, _margins(layer, "padding", count), strict=True)]
    return _cropped(layer, sides) if kind.startswith("cropping") else positions(layer, sides, "pool_size")


def positions(layer: Layer, sides: list[int], window: str = "kernel_size") -> list[int]:
    """Return at how many places along each side a window fits.

    Args:
        layer: Whose window.
        sides: Of its input.
        window: The argument with the window's own sides.

    Raises:
        ShapeError: The window is larger than the input; or, of pooling with edges, more than twice as large.
    """
    count = len(sides)
    parts = (integers(layer, name, count) for name in (window, "strides", "dilation_rate"))
    found: list[int] = []
    for side, reach, stride, dilation in zip(sides, *parts, strict=True):
        covered = dilation * (reach - 1) + 1
        if layer.arguments["padding"] != "valid":
            if window == "pool_size" and covered > max(_SMALL, 2 * side):
                raise ShapeError("kernel-too-wide", label=layer.label, kernel=covered, most=2 * side)
            found.append(-(-side // stride))
        elif covered > side:
            raise ShapeError("kernel-too-large", label=layer.label, kernel=covered, side=side)
        else:
            found.append((side - covered) // stride + 1)
    return found


def _convolution(layer: Layer, sides: list[int], channels: int) -> Size:
    kind, bias = layer.kind, bool(layer.arguments["use_bias"])
    window = math.prod(integers(layer, "kernel_size", len(sides)))
    if kind.endswith("_transpose"):
        filters = integer(layer, "filters")
        weights = window * channels * filters
        grown = (*_transposed(layer, sides), filters)
        return Size(grown, weights + bias * filters, math.prod(sides) * weights)
    if kind.startswith("conv"):
        filters = integer(layer, "filters")
        weights = window * channels // require_groups(layer, channels) * filters
        require_groups(layer, filters)
    else:
        deep = channels * integer(layer, "depth_multiplier")
        is_separable = kind.startswith("separable")
        filters = integer(layer, "filters") if is_separable else deep
        weights = window * deep + (deep * filters if is_separable else 0)
    places = positions(layer, sides)
    return Size((*places, filters), weights + bias * filters, math.prod(places) * weights)


def _transposed(layer: Layer, sides: list[int]) -> list[int]:
    """Return the sides of a transposed convolution's output.

    Source: keras/src/backend/common/backend_utils.py, `_get_output_shape_given_tf_padding`.
    """
    count, given = len(sides), layer.arguments.get("output_padding")
    parts = (integers(layer, name, count) for name in ("kernel_size", "strides", "dilation_rate"))
    more = [None] * count if given is None else integers(layer, "output_padding", count)
    found: list[int] = []
    for side, reach, stride, dilation, added in zip(sides, *parts, more, strict=True):
        covered = dilation * (reach - 1) + 1
        if layer.arguments["padding"] == "valid":
            extra = max(covered, stride) - covered if added is None else added
            found.append((side - 1) * stride + covered + extra)
        else:
            found.append(side * stride if added is None else (side - 1) * stride + covered % 2 + added)
    return found


def _margins(layer: Layer, argument: str, count: int) -> list[int]:
    """Return what is added or cut along each side, both ends together."""
    ends = integers(layer, argument, count)
    if len(ends) == count:
        return [2 * end for end in ends]
    return [before + after for before, after in zip(ends[::2], ends[1::2], strict=True)]


def _cropped(layer: Layer, sides: list[int]) -> list[int]:
    cut = _margins(layer, "cropping", len(sides))
    for side, less in zip(sides, cut, strict=True):
        if less >= side:
            raise ShapeError("cropped-away", label=layer.label, cropping=less, side=side)
    return [side - less for side, less in zip(sides, cut, strict=True)]
