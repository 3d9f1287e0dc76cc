"""Read files that anyone may have written: ordinary ones alone, of bounded size, count and depth.

Sizes are checked before memory is taken. A pipe never blocks, and a device is never read. Whatever is wrong
with a file is one of two errors: `OSError` where it cannot be opened, else `ValueError`.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
import stat
from io import BufferedReader
from pathlib import Path
from typing import NoReturn, cast

MAX_JSON = 64 * 2**20
"""Bytes of the largest JSON file; the study of a thousand variants takes six million."""
MAX_LINES = 256 * 2**20
"""Bytes of the largest file of JSON lines."""
MAX_ROWS = 2_000_000
"""Lines that such a file may have."""
MAX_TENSORS = 16 * 2**30
"""Bytes of the largest file of tensors."""
MAX_HEADER = 16 * 2**20
"""Bytes of what such a file says of its tensors."""
MAX_DEPTH = 64
"""Levels of the most deeply nested JSON."""

_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_COUNT_BYTES = 8  # before the header of a file of tensors: its length


class TooLargeError(ValueError):
    """A file is larger than any that Paribus writes or reads."""


def open_file(path: Path, most: int) -> BufferedReader:
    """Open an ordinary file to read its bytes.

    Args:
        path: The file.
        most: Bytes that it may have.

    Raises:
        OSError: There is none, it cannot be opened, or it is a folder, a pipe or a device.
        TooLargeError: It has more bytes.
    """
    descriptor = os.open(path, _READ)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file", str(path))
        if found.st_size > most:
            raise TooLargeError(f"{path}: {found.st_size} bytes")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_bytes(path: Path, most: int = MAX_JSON) -> bytes:
    """Read an ordinary file as a whole.

    Raises:
        OSError: As `open_file`.
        TooLargeError: It has more than `most` bytes.
    """
    with open_file(path, most) as file:
        size = min(most, os.fstat(file.fileno()).st_size)
        content = file.read(size + 1)  # takes the memory that it is asked for
        while size < len(content) <= most:  # it grew, or nobody knows its size
            size = len(content)
            content += file.read(1 << 20)
    if len(content) > most:
        raise TooLargeError(f"{path}: more than {most} bytes")
    return content


def parse_json(content: bytes | str) -> object:
    """Parse JSON; numbers are finite or null, text is text, and nothing is nested deeper than `MAX_DEPTH`.

    Raises:
        ValueError: It is something else.

    Example:
        >>> parse_json(b'{"loss": [1, null]}')
        {'loss': [1, None]}
        >>> parse_json(b"[" * 100_000)
        Traceback (most recent call last):
        ...
        ValueError: nested too deeply
    """
    try:
        if isinstance(content, bytes) and content[:1] in _USUAL and b"\0" not in content[:4]:
            tree = (_strict if _may_be_infinite(content) else _decoder).decode(content.decode())
        else:
            tree = json.loads(content, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    raw = content.encode(errors="surrogatepass") if isinstance(content, str) else content
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _check_depth(tree)
    if b"\\u" in raw:
        json.dumps(tree, ensure_ascii=False).encode()  # half a character cannot be encoded
    return tree


def parse_object(content: bytes | str) -> dict[str, object]:
    """Parse a JSON object, as `parse_json` does.

    Raises:
        ValueError: It is something else.
    """
    tree = parse_json(content)
    if not isinstance(tree, dict):
        raise ValueError("not an object")
    return cast("dict[str, object]", tree)


def read_object(path: Path) -> dict[str, object]:
    """Read the object in a JSON file.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ValueError: It is too large, not JSON, or not an object.
    """
    content = read_bytes(path)
    try:
        return parse_object(content)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def read_lines(path: Path) -> list[bytes]:
    """Read the complete lines of a file, with their ends; a last line still being written is left out.

    Returns:
        The lines; none where there is no file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is too large or has too many lines.
    """
    try:
        content = read_bytes(path, MAX_LINES)
    except FileNotFoundError:
        return []
    return split_lines(content)


def split_lines(content: bytes) -> list[bytes]:
    """Return the complete lines of some bytes, with their ends.

    Raises:
        ValueError: There are too many.

    Example:
        >>> split_lines(b"a\\nb\\nc")
        [b'a\\n', b'b\\n']
    """
    if content.count(b"\n") > MAX_ROWS or content.count(b"\r") > MAX_ROWS:
        raise TooLargeError("too many lines")
    return content[: content.rfind(b"\n") + 1].splitlines(keepends=True)


def parse_lines(content: bytes) -> list[dict[str, object]]:
    """Parse JSON lines, an object each; a last line still being written is left out.

    Lines that hold no list and no object inside the line's own, as those of a history, are parsed at once.

    Raises:
        ValueError: A line is not a JSON object, or there is too much.

    Example:
        >>> parse_lines(b'{"epoch": 1}\\n{"epoch": 2}\\n{"epo')
        [{'epoch': 1}, {'epoch': 2}]
    """
    lines = split_lines(content)
    whole = content[: content.rfind(b"\n") + 1]
    are_flat = (
        whole.startswith(b"{")
        and whole.count(b"{") == whole.count(b"\n{") + 1 == whole.count(b"}\n") == len(lines)
        and not any(each in whole for each in (b"[", b"\r", b"\\"))
        and not _may_be_infinite(whole)
    )
    if are_flat:
        tree = json.loads(b"[%b]" % whole[:-1].replace(b"\n", b","), parse_constant=_refuse)
        return cast("list[dict[str, object]]", tree)
    return [parse_object(line) for line in lines]


def has_all_tensors(file: BufferedReader) -> bool:
    """Return whether a file of tensors has just the bytes that its beginning announces.

    It takes no time, so that a huge file of nothing is found out before it is hashed.

    Args:
        file: At its beginning, and so it is again afterwards.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(_COUNT_BYTES), "little")
    try:
        if not 0 < length <= min(MAX_HEADER, size - _COUNT_BYTES):
            return False
        header = parse_object(file.read(length))
        ends = [_end(tensor) for name, tensor in header.items() if name != "__metadata__"]
        return size == _COUNT_BYTES + length + max(ends, default=0)
    except (ValueError, KeyError, TypeError, IndexError):
        return False
    finally:
        file.seek(0)


def _end(tensor: object) -> int:
    return int(cast("dict[str, list[int]]", tensor)["data_offsets"][1])


def _check_depth(tree: object) -> None:
    level: list[object] = [tree]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(cast("dict[str, object]", each).values())
            elif isinstance(each, list):
                inner.extend(cast("list[object]", each))
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant[:40]} is no number of JSON")


def _may_be_infinite(content: bytes) -> bool:
    """Return whether there may be a number larger than any float: then each is looked at."""
    return any(each.search(content) for each in _EXPONENTS) or b"0" * 200 in content.translate(_DIGITS)


def _finite(written: str) -> float:
    """Return a number, and refuse one that is infinite since no float is so large."""
    found = float(written)
    return found if math.isfinite(found) else _refuse(written)


def _whole(written: str) -> int:
    return int(written) if math.isfinite(float(written)) else _refuse(written)


_decoder = json.JSONDecoder(parse_constant=_refuse)
_strict = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
_EXPONENTS = (re.compile(rb"e\+?[0-9]{3}"), re.compile(rb"E\+?[0-9]{3}"))  # one for both is ten times as slow
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_USUAL = (b"{", b"[")
"""How JSON in UTF-8 begins; of anything else `json.loads` finds out the encoding."""
