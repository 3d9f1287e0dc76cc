"""Data that a function of the user's makes, called in a process of its own.

``python -m paribus.data.own.function FILE FUNCTION ARGUMENTS OUT`` calls it and keeps what it returns.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.data.own.arrays import as_array, read_npz
from paribus.data.own.raw import Raw, refused
from paribus.errors import DataError
from paribus.study import interpreter
from paribus.study.source import Source

REFUSED = "PARIBUS_NO_PYTHON"
"""The environment variable that ``--no-python`` sets: such data are refused."""


def check_allowed(source: Source) -> None:
    """Check that the user does not refuse data that a function makes.

    Raises:
        DataError: The user does.
    """
    if os.environ.get(REFUSED):
        raise refused(source.place, "python-refused")


def read_function(source: Source) -> Raw:
    """Call ``FILE:FUNCTION`` in a process of its own and read the arrays that it returns.

    They may be ``(x, y)``, ``(x_train, y_train), (x_test, y_test)`` as ``keras.datasets`` return them, three
    pairs with those of validation in the middle, or a mapping with the names that `from_mapping` knows.
    Several inputs are a mapping in place of an array.

    Raises:
        DataError: The file or the function is missing, it fails, or returns anything else.
    """
    file, _, function = source.place.rpartition(":")
    if not file or not function:
        raise refused(source.place, "no-function")
    path = Path(file)
    if not path.is_file():
        raise refused(path, "no-file")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data.npz"
        words = (str(path), function, json.dumps(source.arguments), str(out))
        command = interpreter.command(__name__, *words)
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the user named it
        if done.returncode or not out.is_file():
            lines = done.stderr.strip().splitlines()
            raise refused(source.place, "function-failed", cause=lines[-1] if lines else done.returncode)
        return read_npz(out, tokens=source.tokens, score=source.score)


def arrays_of(returned: object) -> dict[str, Any]:
    """Return what a function returned by the names of its arrays.

    Raises:
        TypeError: It is nothing that data are read from.

    Example:
        >>> sorted(arrays_of((([1], [2]), ([3], [4]))))
        ['x_test', 'x_train', 'y_test', 'y_train']
    """
    if isinstance(returned, dict):
        return cast("dict[str, Any]", returned)
    if isinstance(returned, tuple | list):
        parts = tuple(cast("tuple[Any, ...]", returned))
        are_pairs = all(isinstance(each, tuple) and len(cast("Any", each)) == 2 for each in parts)
        if are_pairs and len(parts) in (2, 3):
            names = ("train", "test") if len(parts) == 2 else ("train", "val", "test")
            pairs = zip(names, parts, strict=True)
            return {
                f"{axis}_{name}": array
                for name, pair in pairs
                for axis, array in zip("xy", pair, strict=True)
            }
        if len(parts) == 2:
            return {"x": parts[0], "y": parts[1]}
    raise TypeError(
        f"returned {type(returned).__name__}; return (x, y), (x_train, y_train), (x_test, y_test), or a dict"
    )


def _flat(returned: Mapping[str, Any]) -> dict[str, Any]:
    """Return arrays by one name each: ``x_train/age`` for the input ``age`` of ``x_train``."""
    found: dict[str, Any] = {}
    for name, value in returned.items():
        parts = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None
        found |= {name: value} if parts is None else {f"{name}/{part}": each for part, each in parts.items()}
    return found


def _as_text(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of Python's texts as one of NumPy's, which is kept without Python objects.

    Raises:
        TypeError: It has other objects.
    """
    if not array.dtype.hasobject:
        return array
    if not all(isinstance(each, str) for each in array.reshape(-1)):
        raise TypeError("returned Python objects; return arrays of numbers or text")
    return array.astype(str)


def main(file: str, function: str, arguments: str, out: str) -> None:
    """Call the function and keep its arrays."""
    sys.path.insert(0, str(Path(file).resolve().parent))
    names = runpy.run_path(file)
    if not callable(names.get(function)):
        raise SystemExit(f"{Path(file).name} has no function {function}")
    try:
        returned = arrays_of(names[function](**json.loads(arguments)))
        arrays = {name: _as_text(as_array(value, file)) for name, value in _flat(returned).items()}
    except (TypeError, DataError) as error:
        raise SystemExit(str(error)) from error
    np.savez(out, **arrays)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main(*sys.argv[1:])
