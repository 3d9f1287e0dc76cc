"""A run's result as its sealed file has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from paribus.record import rows
from paribus.record.run import Result

_RESULT = TypeAdapter(Result)
_FILES = TypeAdapter(dict[str, str])
DROPPED = "dropped"
"""The key of what was deleted on purpose: the weights, whose digest stays. Other files are never missed."""


def to_tree(result: Result, digests: Mapping[str, str]) -> dict[str, object]:
    """Return a result as it is written, with the digests of the files that it stands for.

    What every version has written alike stays so, to the byte.
    """
    tree = asdict(result)
    tree["path"] = tree.pop("update_mode")
    if not result.final:
        del tree["final"]
    for name, usual in (("threads", 1), ("device", "cpu"), ("together", 1)):
        if tree[name] == usual:
            del tree[name]
    return {**tree, "files": dict(digests)}


def from_tree(tree: Mapping[str, Any]) -> Result:
    """Return the result in a sealed tree.

    Raises:
        ValueError: It is no result.
        AttributeError, TypeError: The same.
    """
    _FILES.validate_python(tree.get("files", {}))
    apart = ("files", "path", "test", "final", DROPPED)
    named = {key: value for key, value in tree.items() if key not in apart}
    measured = {key: rows.numbers(tree.get(key, {})) for key in ("test", "final")}
    return _RESULT.validate_python({**named, **measured, "update_mode": tree.get("path", "")})
