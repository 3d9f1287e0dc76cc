"""Write and read plain files so that a reader finds the old content or the new, never a mixture."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from paribus.study import reading

Tree = Mapping[str, object]

# A link is never followed: what it leads to may lie outside of the folder. A pipe does not block.
_OWN = (
    os.O_WRONLY
    | os.O_CREAT
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_IS_WINDOWS = os.name == "nt"
_PAUSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Seconds between attempts."""
_NEW = _OWN | os.O_TRUNC
_MORE = _OWN | os.O_APPEND


def write(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace the content of a file: write a temporary file, flush it to the disk and rename it.

    Args:
        path: The file; its folder exists.
        durable: Whether to flush it; False is for files that can be made again and whose digest is checked
            when they are read.

    Raises:
        OSError: The disk is full or failing; the file is unchanged.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _put(temporary, _NEW, content, flush=durable)
        _replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        _flush_folder(path.parent)


def append_line(path: Path, tree: Tree) -> None:
    """Append one line of JSON in a single write."""
    _put(path, _MORE, (json.dumps(finite(tree)) + "\n").encode(), flush=False)


def append(path: Path, content: bytes) -> None:
    """Append lines in a single write."""
    _put(path, _MORE, content, flush=False)


def refuse_links(*paths: Path) -> None:
    """Refuse files and folders that are links: what is written through them lands elsewhere.

    Raises:
        OSError: One is.
    """
    for each in paths:
        if each.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(each))


def flush(path: Path) -> None:
    """Flush appended lines to the disk, so that they survive a power failure; the file need not exist."""
    if path.exists():
        _put(path, _MORE, b"", flush=True)


def remove(path: Path) -> None:
    """Delete a file if it exists."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of processes that were killed while writing."""
    for path in folder.glob(".*.tmp"):
        remove(path)


def write_json(path: Path, tree: Tree) -> None:
    """Replace a file by a tree as JSON, indented by two spaces; numbers that are not finite become null."""
    write(path, (json.dumps(finite(tree), indent=2, ensure_ascii=False) + "\n").encode(errors="replace"))


def read_json(path: Path) -> dict[str, object]:
    """Read the tree in a JSON file.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ValueError: It is too large, not JSON, or not an object.
    """
    return reading.read_object(path)


def read_lines(path: Path) -> list[dict[str, object]]:
    """Read the complete lines of a file of JSON lines; a last line still being written is left out.

    Raises:
        OSError: It cannot be read.
        ValueError: A line is not a JSON object, or there is too much.
    """
    try:
        content = reading.read_bytes(path, reading.MAX_LINES)
    except FileNotFoundError:
        return []
    return reading.parse_lines(content)


def keep_lines(path: Path, count: int) -> None:
    """Truncate a file to its first `count` lines, so that the later ones can be appended again.

    What cannot be read as lines is replaced by an empty file.
    """
    if not os.path.lexists(path):
        return
    try:
        kept = b"".join(reading.read_lines(path)[:count])
    except (OSError, ValueError):
        kept = b""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != len(kept):
        write(path, kept)


def count_lines(path: Path) -> int:
    """Return the number of complete lines in a file; 0 where there is no file."""
    return len(reading.read_lines(path))


def lines_digest(path: Path, count: int) -> str:
    """Return the SHA-256 of the first `count` complete lines; empty where there are fewer."""
    try:
        lines = reading.read_lines(path)[:count]
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(b"".join(lines)).hexdigest() if len(lines) == count else ""


def digest(path: Path) -> str:
    """Return the SHA-256 of a file; empty where it is missing, unreadable or larger than it says."""
    try:
        with reading.open_file(path, reading.MAX_TENSORS) as file:
            if path.suffix == ".safetensors" and not reading.has_all_tensors(file):
                return ""
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""


def finite(tree: object) -> object:
    """Return the same tree with None in place of numbers that are not finite, which JSON cannot represent.

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


def _replace(temporary: Path, path: Path) -> None:
    """Rename a file; Windows refuses it while a reader has the other one open, which is soon over."""
    for pause in _PAUSES if _IS_WINDOWS else ():
        try:
            return os.replace(temporary, path)
        except PermissionError:
            time.sleep(pause)
    return os.replace(temporary, path)


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
    """Make a rename durable where the system can flush folders, which Windows cannot."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
