"""Writing plain files so that a reader finds the old content or the new, never something between."""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

Tree = Mapping[str, object]


def write(path: Path, content: bytes) -> None:
    """Replace a file's content: written under a temporary name, flushed to the disk, then renamed.

    Args:
        path: The file; its folder exists.
        content: All of it.

    Raises:
        OSError: The disk is full or failing; the file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def write_json(path: Path, tree: Tree) -> None:
    """Replace a file by this tree as JSON, two spaces a level; numbers that are not finite become null."""
    write(path, (json.dumps(finite(tree), indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, object]:
    """The tree in a JSON file.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ValueError: It is not JSON, or not an object.
    """
    tree = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(tree, dict):
        raise ValueError(path)
    return cast("dict[str, object]", tree)


def append_line(path: Path, tree: Tree) -> None:
    """Append one line of JSON in a single write, so that a reader never sees half of it for long."""
    line = json.dumps(finite(tree)) + "\n"
    with path.open("ab") as file:
        file.write(line.encode())


def read_lines(path: Path) -> list[dict[str, object]]:
    """The complete lines of a file of JSON lines; a last line still being written is left out."""
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    complete = content[: content.rfind("\n") + 1]
    return [json.loads(line) for line in complete.splitlines()]


def keep_lines(path: Path, count: int) -> None:
    """Cut a file of lines to its first `count`, so that what follows can be appended again."""
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    if len(lines) > count:
        write(path, b"".join(lines[:count]))


def finite(tree: object) -> object:
    """The same tree with null in place of numbers that JSON cannot hold.

    Example:
        >>> finite({"loss": [1.5, float("nan")]})
        {'loss': [1.5, None]}
    """
    if isinstance(tree, float):
        return tree if math.isfinite(tree) else None
    if isinstance(tree, Mapping):
        return {key: finite(value) for key, value in cast("Mapping[str, object]", tree).items()}
    if isinstance(tree, list | tuple):
        return [finite(value) for value in cast("list[object]", tree)]
    return tree


def _flush_folder(folder: Path) -> None:
    """Make a rename durable, where the system lets folders be flushed (Windows does not)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
