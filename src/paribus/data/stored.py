"""Large arrays: written part by part to a file, and mapped, so that they never lie in memory as a whole.

The file has no name once it is mapped: it goes with the last map, also where the process is killed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from paribus.data.cache import cache_folder
from paribus.errors import DataError

LARGE = 2**28
"""The size in bytes from which an array is written to a file."""
PART = 2**24
"""Bytes that are taken into memory at once, of a large array."""
FOLDER = ".unfinished-"
"""How the folders begin that a killed process may leave in the cache."""


def is_large(shape: Sequence[int], dtype: DTypeLike) -> bool:
    """Return whether an array of this size is written to a file."""
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize >= LARGE


def parts(array: NDArray[Any]) -> Iterator[slice]:
    """Yield the rows of an array in parts that are small."""
    rows = max(1, PART // max(1, array.nbytes // max(1, len(array))))
    return (slice(start, start + rows) for start in range(0, len(array), rows))


def stored(
    shape: tuple[int, ...], dtype: DTypeLike, content: Iterable[Any], *, fortran: bool = False
) -> NDArray[Any]:
    """Write an array's bytes to a file of the cache and map it, read-only.

    Args:
        shape: Of the whole.
        dtype: Of its elements.
        content: Arrays or buffers that follow each other.
        fortran: Whether their order is that of Fortran.

    Raises:
        DataError: The cache folder has no room, or cannot be written.
    """
    folder = cache_folder() / "decoded"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=FOLDER, dir=folder, ignore_cleanup_errors=True) as own:
            path = Path(own) / "array.npy"
            header = {
                "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
                "fortran_order": fortran,
                "shape": shape,
            }
            with path.open("wb") as file:
                np.lib.format.write_array_header_2_0(file, header)
                for each in content:
                    file.write(memoryview(each).cast("B") if len(each) else b"")
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
            with suppress(OSError):  # Windows keeps the name of a file that is mapped
                path.unlink()
            return np.asarray(mapped)
    except OSError as error:
        raise DataError("data.no-room", folder=folder, cause=error) from error


def taken(arrays: Sequence[NDArray[Any]], rows: NDArray[np.int64] | None = None) -> NDArray[Any]:
    """Return rows of arrays that follow each other, as one array; from a file where it is large.

    Args:
        arrays: At least one, alike but for their lengths.
        rows: Which; None for all.

    Example:
        >>> taken([np.arange(3), np.arange(10, 12)], np.array([3, 0])).tolist()
        [10, 0]
    """
    ends = np.cumsum([len(each) for each in arrays])
    count = int(ends[-1]) if rows is None else len(rows)
    shape = (count, *arrays[0].shape[1:])
    if not is_large(shape, arrays[0].dtype):
        whole = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
        return whole if rows is None else whole[rows]

    def content() -> Iterator[NDArray[Any]]:
        given = np.arange(count) if rows is None else rows
        step = max(1, PART * count // (int(np.prod(shape)) * arrays[0].itemsize))
        for start in range(0, count, step):
            here = given[start : start + step]
            found = np.empty((len(here), *shape[1:]), arrays[0].dtype)
            of_array = np.searchsorted(ends, here, side="right")
            for place, array in enumerate(arrays):
                mine = of_array == place
                found[mine] = array[here[mine] - (ends[place] - len(array))]
            yield found

    return stored(shape, arrays[0].dtype, content())


def converted(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of another type and in C's order; itself where it is so already."""
    if array.dtype == dtype and array.flags.c_contiguous:
        return array
    if not is_large(array.shape, dtype):
        return np.ascontiguousarray(array, dtype)
    return stored(array.shape, dtype, (np.ascontiguousarray(array[each], dtype) for each in parts(array)))
