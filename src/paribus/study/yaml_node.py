"""What a person wrote, as a tree whose nodes know their place, and how one node is merged into another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from paribus.errors import Fault
from paribus.study.configuration import Scalar
from paribus.study.datasets import DATA_WAYS

_PLACES = {
    "data": DATA_WAYS,
    "train": ("python", "command", "object"),
    "model": ("python", "keras"),
    "loss": ("python",),
}
"""What names another place, so that nothing is taken over of the one below."""

KeyPath: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "Scalar | dict[str, Plain] | list[Plain]"


@dataclass(frozen=True)
class YamlNode:
    """A value or a branch of a study, and its place in the source.

    Args:
        value: A scalar, or a mapping or list of further nodes.
        path: The keys that lead to it in the source.
        line: Its line in the file, counted from 1; None when it was not read from a file.
        spelling: A scalar as its author spelt it, for names that look like numbers.
    """

    value: Scalar | dict[str, YamlNode] | list[YamlNode]
    path: KeyPath = ()
    line: int | None = None
    spelling: str | None = None

    @property
    def branches(self) -> dict[str, YamlNode]:
        """The nodes by key; none unless this is a mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[YamlNode]:
        """The nodes of a list; none unless this is one."""
        return self.value if isinstance(self.value, list) else []

    @property
    def text(self) -> str | None:
        """The scalar as text, whatever it looks like; None when this is no scalar or null."""
        if self.value is None or isinstance(self.value, dict | list):
            return None
        return self.spelling if self.spelling is not None else str(self.value)

    def get(self, key: str) -> YamlNode | None:
        """Return the node under a key; None when it is absent or null."""
        found = self.branches.get(key)
        return None if found is None or found.value is None else found

    def without(self, *keys: str) -> YamlNode:
        """Return the same mapping without some keys."""
        return replace(self, value={key: node for key, node in self.branches.items() if key not in keys})

    def plain(self) -> Plain:
        """Return the value alone, as JSON has it."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def fault(self, code: str, *keys: str | int, **values: object) -> Fault:
        """Return a fault at this place.

        Args:
            code: Its sentence, without the domain.
            keys: The keys that lead from here to a missing value.
            values: What the sentence names.
        """
        return Fault(f"study.{code}", (*self.path, *keys), values, self.line)


class SameKeyError(ValueError):
    """Two keys of a Python mapping are the same as text, such as 1 and "1"."""


def write(
    value: object, path: KeyPath = (), convert: Callable[[object, KeyPath], object] | None = None
) -> YamlNode:
    """Return a Python value as if it had been written in a file.

    Args:
        value: Scalars, mappings and sequences.
        path: The keys that lead to it.
        convert: Called with anything else; returns what a study writes instead.

    Raises:
        SameKeyError: Two keys of a mapping are the same as text.
        TypeError: The value is something else, and there is no `convert`.
    """
    if value is None or isinstance(value, bool):
        return YamlNode(value, path)
    for scalar in (int, float, str):
        if isinstance(value, scalar):
            return YamlNode(scalar(value), path)
    if isinstance(value, Mapping):
        branches: dict[str, YamlNode] = {}
        for key, each in cast("Mapping[object, object]", value).items():
            name = str(key)
            if name in branches:
                raise SameKeyError(name)
            branches[name] = write(each, (*path, name), convert)
        return YamlNode(branches, path)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return YamlNode([write(each, (*path, place), convert) for place, each in enumerate(value)], path)
    if convert is None:
        raise TypeError(type(value).__name__)
    return write(convert(value, path), path)


def merge(below: YamlNode, above: YamlNode, key: str = "") -> YamlNode:
    """Return what a variant makes of the settings it starts from: by key, deep.

    A list, a named technique, a regularizer and data from another place are replaced whole; null takes a
    setting back. A mapping without ``name`` changes arguments of the technique below, also where that is
    written as its name alone.
    """
    technique = key in ("optimizer", "learning_rate") or key.endswith(("_initializer", "_constraint"))
    names = {"name", "python"} if technique else set(_PLACES.get(key, ()))
    if not isinstance(above.value, dict) or names & above.value.keys():
        return above
    ground = below.value
    if technique and isinstance(ground, str):
        ground = {"name": below}
    if not isinstance(ground, dict) or key.endswith("_regularizer"):
        return above
    if key == "model" and "hidden" in above.value and {*_PLACES[key]} & ground.keys():
        return above
    merged = dict(ground)
    for name, node in above.value.items():
        merged[name] = merge(merged[name], node, name) if name in merged else node
    return replace(above, value=merged)
