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
from pathlib import Path
from typing import Any, cast

import numpy as np

from paribus.data.own.arrays import as_array, from_mapping
from paribus.data.own.raw import Raw, refused
from paribus.errors import DataError
from paribus.study.source import Source

REFUSED = "PARIBUS_NO_PYTHON"
"""The environment variable that ``--no-python`` sets: such data are refused."""


def read_function(source: Source) -> Raw:
    """Call ``FILE:FUNCTION`` in a process of its own and read the arrays that it returns.

    They may be ``(x, y)``, ``(x_train, y_train), (x_test, y_test)`` as ``keras.datasets`` return them, or a
    mapping with these names.

    Raises:
        DataError: It is refused, the file or the function is missing, it fails, or returns anything else.
    """
    file, _, function = source.place.rpartition(":")
    if not file or not function:
        raise refused(source.place, "no-function")
    if os.environ.get(REFUSED):
        raise refused(source.place, "python-refused")
    path = Path(file)
    if not path.is_file():
        raise refused(path, "no-file")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data.npz"
        command = [
            sys.executable,
            "-m",
            __name__,
            str(path),
            function,
            json.dumps(source.arguments),
            str(out),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the user named it
        if done.returncode or not out.is_file():
            lines = done.stderr.strip().splitlines()
            raise refused(source.place, "function-failed", cause=lines[-1] if lines else done.returncode)
        with np.load(out, allow_pickle=False) as archive:
            return from_mapping({name: archive[name] for name in archive.files}, source.place)


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
    if isinstance(returned, tuple | list) and len(cast("tuple[Any, ...]", returned)) == 2:
        first, second = cast("tuple[Any, Any]", returned)
        if isinstance(first, tuple | list) and len(cast("tuple[Any, ...]", first)) == 2:
            pair, other = cast("tuple[Any, Any]", first), cast("tuple[Any, Any]", second)
            if isinstance(first, tuple):
                return {"x_train": pair[0], "y_train": pair[1], "x_test": other[0], "y_test": other[1]}
        return {"x": first, "y": second}
    raise TypeError(
        f"returned {type(returned).__name__}; return (x, y), (x_train, y_train), (x_test, y_test), or a dict"
    )


def main(file: str, function: str, arguments: str, out: str) -> None:
    """Call the function and keep its arrays."""
    sys.path.insert(0, str(Path(file).resolve().parent))
    names = runpy.run_path(file)
    if not callable(names.get(function)):
        raise SystemExit(f"{Path(file).name} has no function {function}")
    try:
        arrays = {
            name: as_array(value, file)
            for name, value in arrays_of(names[function](**json.loads(arguments))).items()
        }
    except (TypeError, DataError) as error:
        raise SystemExit(str(error)) from error
    np.savez(out, **arrays)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main(*sys.argv[1:])
