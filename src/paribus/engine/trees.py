"""The nesting of a function's results as plain lists and mappings, which JSON can keep."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, cast

Plain = None | int | list[Any] | dict[str, Any]


def to_plain(tree: Any) -> Plain:
    """Return a tree of integers as lists, each headed by its class, and mappings.

    Args:
        tree: Of lists, tuples, named tuples of the engine's, mappings and None.

    Example:
        >>> to_plain(([0], {"a": 1}, None))
        ['tuple', ['list', 0], {'a': 1}, None]
    """
    if tree is None or isinstance(tree, int):
        return tree
    if isinstance(tree, Mapping):
        return {name: to_plain(each) for name, each in cast("Mapping[str, Any]", tree).items()}
    own: type[Any] = type(tree)
    name = own.__name__ if own.__module__ == "builtins" else f"{own.__module__}.{own.__name__}"
    return [name, *map(to_plain, tree)]


def from_plain(plain: Plain) -> Any:
    """Return the tree that `to_plain` was given.

    Raises:
        KeyError: A named tuple's module is not loaded.

    Example:
        >>> from_plain(["tuple", ["list", 0], {"a": 1}, None])
        ([0], {'a': 1}, None)
    """
    if plain is None or isinstance(plain, int):
        return plain
    if isinstance(plain, dict):
        return {name: from_plain(each) for name, each in plain.items()}
    name, *parts = plain
    parts = [from_plain(each) for each in parts]
    if name in ("list", "tuple"):
        return parts if name == "list" else tuple(parts)
    module, _, own = str(name).rpartition(".")
    return getattr(sys.modules[module], own)(*parts)
