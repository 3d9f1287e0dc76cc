"""What every size of a layer is made of: shapes, and the faults of layers that do not fit each other."""

from __future__ import annotations

from typing import NamedTuple

from paribus.study.configuration import Layer

Shape = tuple[int, ...]

_NEEDS = {1: "needs-vector", 2: "needs-sequence", 3: "needs-image", 4: "needs-volume"}
"""The sentence about an input of another number of dimensions, by the one that is needed."""


class Size(NamedTuple):
    """The size of a layer behind an input of some shape.

    Args:
        output: The shape of its output.
        parameters: The number of its trainable weights.
        multiply_adds: The multiplications, each with an addition, of one input's forward pass.
    """

    output: Shape
    parameters: int = 0
    multiply_adds: int = 0


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


def require_dimensions(
    layer: Layer, shape: Shape, count: int, code: str = "", *, or_more: bool = False
) -> None:
    """Check that an input has as many dimensions as a layer needs.

    Args:
        layer: The layer.
        shape: Of its input.
        count: How many it needs.
        code: The sentence about another number; the usual one where empty.
        or_more: Whether it may have more.

    Raises:
        ShapeError: It has another number.
    """
    if len(shape) < count or (len(shape) > count and not or_more):
        raise ShapeError(code or _NEEDS[count], label=layer.label, shape=format_shape(shape))


def require_groups(layer: Layer, channels: int) -> int:
    """Return the number of a layer's groups, into which it divides some channels.

    Raises:
        ShapeError: They cannot be divided so.
    """
    groups = integer(layer, "groups")
    if channels % groups:
        raise ShapeError("groups", label=layer.label, groups=groups, channels=channels)
    return groups


def integer(layer: Layer, argument: str) -> int:
    """Return an argument that is a whole number."""
    number = layer.arguments[argument]
    assert isinstance(number, int)
    return number


def integers(layer: Layer, argument: str, count: int = 1) -> list[int]:
    """Return an argument that is a list of whole numbers, or one of them for each of `count` sides."""
    given = layer.arguments.get(argument)
    found = given if isinstance(given, list) else [1 if given is None else given] * count
    return [each for each in found if isinstance(each, int)]
