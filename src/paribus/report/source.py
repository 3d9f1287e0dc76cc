"""Python source from small trees, formatted as `ruff format` does at 88 columns."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TypeAlias, cast

from paribus.texts.inert import escaped_hidden, on_one_line

WIDTH = 88


@dataclass(frozen=True)
class Call:
    """A call, such as ``keras.layers.Dense(10, name="output")``.

    Args:
        function: What is called, as source.
        positional: Arguments without a name.
        named: Arguments with one, in order.
    """

    function: str
    positional: tuple[Node, ...] = ()
    named: Mapping[str, Node] = field(default_factory=dict[str, "Node"])

    @property
    def parts(self) -> list[tuple[str, Node]]:
        """Every argument, with its name and equals sign where it has one."""
        return [
            *(("", node) for node in self.positional),
            *((f"{name}=", n) for name, n in self.named.items()),
        ]


@dataclass(frozen=True)
class Items:
    """A list of nodes."""

    nodes: tuple[Node, ...]


Node: TypeAlias = "str | Call | Items"
"""A call, a list, or source as it is."""


def literal(value: object) -> str:
    """Return a plain value as source; strings in double quotes, sequences as tuples.

    Example:
        >>> literal("relu"), literal([3, 3]), literal([2]), literal(0.01), literal(None)
        ('"relu"', '(3, 3)', '(2,)', '0.01', 'None')
    """
    if isinstance(value, str):
        return escaped_hidden(json.dumps(value, ensure_ascii=False), python=True)
    if isinstance(value, list | tuple):
        inner = [literal(each) for each in value]
        return f"({', '.join(inner)}{',' if len(inner) == 1 else ''})"
    return repr(value)


def statement(prefix: str, node: Node) -> str:
    """Return a statement that ends in a node, broken where it is too long.

    Example:
        >>> statement("y = ", Call("f", ("x",), {"n": "10"}))
        'y = f(x, n=10)'
    """
    return prefix + _broken(node, 0, len(prefix), 0)


def comment(text: str) -> str:
    """Return a sentence as comment lines, whatever line breaks and control characters it has."""
    return "\n".join(f"# {line}" for line in textwrap.wrap(on_one_line(text), WIDTH - 2))


def _flat(node: Node) -> str:
    if isinstance(node, Call):
        return f"{node.function}({', '.join(name + _flat(each) for name, each in node.parts)})"
    if isinstance(node, Items):
        return f"[{', '.join(_flat(each) for each in node.nodes)}]"
    return node


def _broken(node: Node, indent: int, used: int, after: int) -> str:
    """Return a node that begins at column `used`, with `after` columns left free behind it."""
    flat = _flat(node)
    if isinstance(node, str) or used + len(flat) + after <= WIDTH:
        return flat
    inner, parts = indent + 4, _parts(node)
    opening, closing = ("[", "]") if isinstance(node, Items) else (f"{node.function}(", ")")
    pad, together = " " * inner, ", ".join(name + _flat(each) for name, each in parts)
    if isinstance(node, Call) and inner + len(together) <= WIDTH:
        return f"{opening}\n{pad}{together}\n{' ' * indent}{closing}"
    lone = len(parts) == 1 and isinstance(node, Call)
    comma = "" if lone and not parts[0][0] else ","
    lines = [f"{pad}{name}{_broken(each, inner, inner + len(name), 1)}{comma}" for name, each in parts]
    return "\n".join([opening, *lines, " " * indent + closing])


def _parts(node: Call | Items) -> Sequence[tuple[str, Node]]:
    return node.parts if isinstance(node, Call) else [("", each) for each in node.nodes]


def as_source(value: object, indent: int = 0, used: int = 0) -> str:
    """Return mappings, lists and plain values as source, broken where a line is too long.

    Args:
        value: What to write.
        indent: Spaces in front of the line that it begins on.
        used: Columns of that line that are taken besides these.

    Example:
        >>> as_source({"seeds": 3, "data": ["mnist", None], "rate": float("inf")})
        '{"seeds": 3, "data": ["mnist", None], "rate": float("inf")}'
    """
    if isinstance(value, Mapping):
        named = cast("Mapping[object, object]", value)
        parts = [(f"{literal(key)}: ", each) for key, each in named.items()]
        opening, closing = "{}"
    elif isinstance(value, list | tuple):
        parts = [("", each) for each in cast("Sequence[object]", value)]
        opening, closing = "[]"
    elif isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    else:
        return literal(value)
    line = f"{opening}{', '.join(name + as_source(each) for name, each in parts)}{closing}"
    if "\n" not in line and indent + used + len(line) < WIDTH:
        return line
    inner = " " * (indent + 4)
    lines = [f"{inner}{name}{as_source(each, indent + 4, len(name))}," for name, each in parts]
    return "\n".join([opening, *lines, " " * indent + closing])
