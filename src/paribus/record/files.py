"""Writing plain files so that a reader finds the old content or the new, never something between."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

Tree = Mapping[str, object]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
_MORE = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


def write(path: Path, content: bytes, *, lasting: bool = True) -> None:
    """Replace a file's content: written under a temporary name, flushed to the disk, then renamed.

    Args:
        path: The file; its folder exists.
        content: All of it.
        lasting: False to leave it to the system when it reaches the disk: for what can be made again and is
            held against a digest when it is read.

    Raises:
        OSError: The disk is full or failing; the file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _put(temporary, _NEW, content, flush=lasting)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if lasting:
        _flush_folder(path.parent)


def append_line(path: Path, tree: Tree) -> None:
    """Append one line of JSON in a single write, so that a reader never sees half of it for long."""
    _put(path, _MORE, (json.dumps(finite(tree)) + "\n").encode(), flush=False)


def flush(path: Path) -> None:
    """Make what was appended to a file last through a power failure; a file that is not there may be."""
    if path.exists():
        _put(path, _MORE, b"", flush=True)


def remove(path: Path) -> None:
    """Delete a file, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of processes that were killed while they wrote."""
    for path in folder.glob(".*.tmp"):
        remove(path)


def write_json(path: Path, tree: Tree) -> None:
    """Replace a file by this tree as JSON, two spaces a level; numbers that are not finite become null."""
    write(path, (json.dumps(finite(tree), indent=2, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, object]:
    """The tree in a JSON file.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ValueError: It is not JSON, or not an object.
    """
    return parse_json(path.read_bytes(), path)


def parse_json(content: bytes, path: Path) -> dict[str, object]:
    """The object that some JSON is.

    Args:
        content: The JSON.
        path: The file it was read from.

    Raises:
        ValueError: It is not JSON, or not an object; says `path` in the latter case.
    """
    tree = json.loads(content)
    if not isinstance(tree, dict):
        raise ValueError(path)
    return cast("dict[str, object]", tree)


def read_lines(path: Path) -> list[dict[str, object]]:
    """The complete lines of a file of JSON lines; a last line still being written is left out.

    Raises:
        ValueError: A line is not a JSON object.
    """
    return [parse_json(line, path) for line in _lines(path)]


def keep_lines(path: Path, count: int) -> None:
    """Cut a file of lines to its first `count`, so that what follows can be appended again."""
    kept = b"".join(_lines(path)[:count])
    if path.exists() and path.stat().st_size != len(kept):
        write(path, kept)


def count_lines(path: Path) -> int:
    """How many complete lines a file has; none where there is no file."""
    return len(_lines(path))


def lines_digest(path: Path, count: int) -> str:
    """SHA-256 of the first `count` complete lines; empty where there are not so many."""
    lines = _lines(path)[:count]
    return hashlib.sha256(b"".join(lines)).hexdigest() if len(lines) == count else ""


def digest(path: Path) -> str:
    """SHA-256 of a file; empty where there is none, or none that can be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


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


def _lines(path: Path) -> list[bytes]:
    """The complete lines of a file, none where there is no file."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines


def _put(path: Path, flags: int, content: bytes, *, flush: bool) -> None:
    descriptor = os.open(path, flags, 0o666)
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        if flush:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    """Make a rename durable, where the system lets folders be flushed (Windows does not)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
