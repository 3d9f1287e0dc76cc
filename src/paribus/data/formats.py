"""Readers of the formats in which image sets are published, which do not trust the file.

Nothing in a file is executed (no pickle), nothing is written to disk, and a declared size is checked against
`LIMIT` and against the real content before memory is allocated.
"""

from __future__ import annotations

import gzip
import lzma
import math
import struct
import sys
import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from paribus.data.stored import LARGE, PART, stored
from paribus.errors import DataError
from paribus.study import reading
from paribus.study.datasets import DataFacts
from paribus.texts import text

LIMIT = 2**30
"""The largest number of bytes of an array or an unpacked archive: six times the largest official set."""

NPZ_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_UBYTE = 0x08  # IDX's code for unsigned bytes


class Arrays(NamedTuple):
    """A decoded data set.

    Args:
        x_train: uint8, shape (num_train, height, width, channels).
        y_train: uint8, shape (num_train,).
        x_test: uint8, shape (num_test, height, width, channels).
        y_test: uint8, shape (num_test,).
        md5: MD5 of each file that was read, where its source publishes these; else empty.
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]
    md5: tuple[str, ...] = ()


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def readinto(self, buffer: memoryview, /) -> int: ...


_ARCHIVE_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError,
    RuntimeError, ValueError, OverflowError, MemoryError,
)  # fmt: skip
"""What the readers of archives raise where one is damaged, or made to look as if it were."""


def damaged(file: Path, code: str, **values: object) -> DataError:
    """Return the error that a file is damaged, with the reason."""
    return DataError("data.damaged", file=file, why=text(code, **values))


def read_npz(files: Sequence[Path], images: DataFacts) -> Arrays:
    """Read a NumPy archive of `NPZ_ARRAYS`, as Keras publishes MNIST.

    Raises:
        DataError: The archive is damaged or too large, has pickled objects, lacks an array or has another,
            or an array's type or shape is not that of this data set.
    """
    (file,) = files
    with npz(file) as archive:
        members = {name: name + ".npy" for name in NPZ_ARRAYS}
        present = archive.namelist()
        if sorted(present) != sorted(members.values()):
            given = ", ".join(name.removesuffix(".npy") for name in present) or "-"
            raise damaged(file, "data.npz-arrays", given=given, expected=", ".join(NPZ_ARRAYS))
        x_train, y_train, x_test, y_test = (_bytes(file, archive, member) for member in members.values())
    return checked(file, images, Arrays(x_train, y_train, x_test, y_test))


@contextmanager
def npz(file: Path) -> Generator[zipfile.ZipFile]:
    """Open an archive of NumPy's; what goes wrong while it is read is told as damage.

    Raises:
        DataError: The archive is damaged.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except _ARCHIVE_ERRORS as error:
        raise damaged(file, "data.unreadable", cause=error) from error


def npz_array(
    file: Path, archive: zipfile.ZipFile, member: str, limit: int, *, large: bool = False
) -> NDArray[Any]:
    """Read an array of numbers or text from an open archive, without trusting what it says of its size.

    Args:
        file: The archive, for messages.
        archive: Open, see `npz`.
        member: The array's name in it, which ends in ``.npy``.
        limit: The largest number of bytes.
        large: Whether an array that is large is written to a file and mapped; else it is read into memory.

    Raises:
        DataError: It has Python objects, is truncated, or is larger than the limit.
    """
    name, declared = member.removesuffix(".npy"), archive.getinfo(member).file_size
    if declared > limit:
        raise damaged(file, "data.too-large", what=name, bytes=declared, limit=limit)
    with archive.open(member) as unpacked:
        stream = cast(_Stream, unpacked)
        try:
            shape, fortran_order, dtype = _npy_header(unpacked)
        except (ValueError, TypeError, SyntaxError, TokenError, MemoryError, RecursionError) as error:
            raise damaged(file, "data.npz-header", array=name, cause=error) from error
        if dtype.hasobject:
            raise damaged(file, "data.npz-pickle", array=name)
        size = math.prod(shape) * dtype.itemsize
        if size > declared:
            raise damaged(file, "data.truncated", expected=size, given=declared)
        if large and size >= LARGE:
            return stored(shape, dtype, _chunks(file, stream, size), fortran=fortran_order)
        content = bytearray(size)
        _fill(file, stream, content)
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran_order else "C")


def _bytes(file: Path, archive: zipfile.ZipFile, member: str) -> NDArray[np.uint8]:
    """Read pixels, or labels that are kept in any type of whole numbers."""
    name, array = member.removesuffix(".npy"), npz_array(file, archive, member, LIMIT)
    is_label = name.startswith("y_")
    if array.dtype != np.uint8 and not (is_label and np.issubdtype(array.dtype, np.integer)):
        raise damaged(file, "data.npz-type", array=name, given=array.dtype)
    if not is_label:
        return array
    if array.size and (array.min() < 0 or array.max() > 255):
        raise damaged(file, "data.npz-label-range", array=name, low=array.min(), high=array.max())
    return array.astype(np.uint8)


def _npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Parse shape, order and type by NumPy's parser, which evaluates a literal and may raise many errors."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(version)
    parse = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = parse(stream)
    if any(side < 0 for side in shape):
        raise ValueError(shape)
    return shape, fortran_order, dtype


def read_idx_files(files: Sequence[Path], images: DataFacts) -> Arrays:
    """Read MNIST's own files: training images, training labels, test images, test labels.

    Args:
        files: The four files in this order, each plain or compressed by gzip.

    Raises:
        DataError: A file is damaged, too large or of another kind.
    """
    x_train, y_train, x_test, y_test = (
        read_idx(file, dimensions) for file, dimensions in zip(files, (3, 1, 3, 1), strict=True)
    )
    return checked(files[0].parent, images, Arrays(x_train, y_train, x_test, y_test))


def read_idx(file: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, plain or compressed by gzip, whatever its name.

    The format: two zero bytes, the type (8 for unsigned bytes), the number of dimensions, each dimension
    as four bytes with the highest first, then the values (https://yann.lecun.com/exdb/mnist/).

    Args:
        dimensions: 3 for images, 1 for labels.

    Raises:
        DataError: It is no such file, is truncated, has bytes after its values, or would be too large.
    """
    try:
        with reading.open_file(file, sys.maxsize) as plain:
            is_gzip = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            if not is_gzip:
                return _idx_values(file, plain, dimensions)
            with gzip.GzipFile(fileobj=plain) as unpacked:
                return _idx_values(file, unpacked, dimensions)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(file, "data.unreadable", cause=error) from error


def _idx_values(file: Path, stream: _Stream, dimensions: int) -> NDArray[np.uint8]:
    magic = stream.read(4)
    expected = bytes([0, 0, _UBYTE, dimensions])
    if magic != expected:
        raise damaged(file, "data.idx-magic", given=magic.hex(" "), expected=expected.hex(" "))
    sides = stream.read(4 * dimensions)
    if len(sides) < 4 * dimensions:
        raise damaged(file, "data.truncated", expected=4 + 4 * dimensions, given=4 + len(sides))
    shape = tuple(int(side) for side in np.frombuffer(sides, ">u4"))
    size = math.prod(shape)
    if size > LIMIT:
        raise damaged(file, "data.too-large", what=" × ".join(map(str, shape)), bytes=size, limit=LIMIT)
    values = np.empty(size, np.uint8)
    _fill(file, stream, values.data)
    return values.reshape(shape)


def _fill(file: Path, stream: _Stream, buffer: bytearray | memoryview) -> None:
    """Fill the buffer and check that the stream ends there; checksums are compared at its end."""
    view = memoryview(buffer)
    done = 0
    while done < len(view):
        count = stream.readinto(view[done:])
        if not count:
            raise damaged(file, "data.truncated", expected=len(view), given=done)
        done += count
    if stream.read(1):
        raise damaged(file, "data.trailing", expected=len(view))


def _chunks(file: Path, stream: _Stream, size: int) -> Iterator[bytes]:
    """Yield so many bytes and check that the stream ends there, as `_fill` does."""
    left = size
    while left:
        found = stream.read(min(left, PART))
        if not found:
            raise damaged(file, "data.truncated", expected=size, given=size - left)
        left -= len(found)
        yield found
    if stream.read(1):
        raise damaged(file, "data.trailing", expected=size)


def checked(place: Path, images: DataFacts, arrays: Arrays) -> Arrays:
    """Check arrays against the data set's image shape and classes, and return them in their final shapes.

    Args:
        place: The file or folder that they come from, for the message.
        images: The data set; the number of images is free, so that a subset may be used.
        arrays: Images with or without their last axis where there is one channel; labels of shape (n,) or
            (n, 1), as Keras keeps CIFAR-10's.

    Raises:
        DataError: A shape is wrong, a label has no class, or there are no images.
    """
    final: list[NDArray[np.uint8]] = []
    for which, x, y in (("train", arrays.x_train, arrays.y_train), ("test", arrays.x_test, arrays.y_test)):
        shape = x.shape[1:] if x.ndim == 4 else (*x.shape[1:], 1)
        if shape != images.shape:
            expected = " × ".join(map(str, ("n", *images.shape)))
            raise damaged(place, "data.image-shape", which=which, given=x.shape, expected=expected)
        if y.shape not in ((len(x),), (len(x), 1)):
            raise damaged(place, "data.label-shape", which=which, given=y.shape, images=len(x))
        if not len(x):
            raise damaged(place, "data.empty", which=which)
        if y.max() >= len(images.classes):
            first = int(np.argmax(y.reshape(-1) >= len(images.classes)))
            values = {"which": which, "given": y.flat[first], "place": first, "last": len(images.classes) - 1}
            raise damaged(place, "data.label-range", **values)
        final += [np.ascontiguousarray(x).reshape(len(x), *images.shape), y.reshape(len(x))]
    x_train, y_train, x_test, y_test = final
    return Arrays(x_train, y_train, x_test, y_test, arrays.md5)
