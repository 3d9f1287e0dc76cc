"""The cache of decoded images, which workers map into memory instead of decoding the images again.

An entry is a folder named by the data set's identity. It is written completely or not at all. The process
that writes it compares it with what was decoded, and the one that opens it compares its digest with its name:
a damaged entry counts as missing. Where the cache cannot be written, workers decode the images themselves.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.cache import cache_folder
from paribus.data.dataset import Dataset, identity, own_identity
from paribus.data.stored import FOLDER, parts
from paribus.study.datasets import IMAGE_SETS, DataFacts

MAX_BYTES = 2**30
"""The largest size of all entries together; the official sets of the catalogue need half of it."""

_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_BESIDE = ("groups", "weights", "beside", "words")
"""Arrays that only some data have."""
_NAMELESS = ("words",)
"""Those of them that are no part of the data's identity."""


def cache_images(dataset: Dataset) -> Path | None:
    """Store a decoded data set in the cache, unless it is there.

    Returns:
        The entry's folder; None where the cache cannot be used.
    """
    entry = cache_folder() / "decoded" / dataset.sha256
    with suppress(OSError):
        if not _holds(entry, dataset):
            entry.parent.mkdir(parents=True, exist_ok=True)
            _write(entry, dataset)
        os.utime(entry)  # marks the entry as recently used
        _make_room(entry)
        return entry
    return None


def map_images(entry: Path, name: str, sha256: str, own: DataFacts | None = None) -> Dataset | None:
    """Map an entry of the cache into memory; return None unless it has this identity.

    Args:
        entry: The entry's folder.
        name: The data set's.
        sha256: Its identity.
        own: What is known of the user's own data; None for a set of the catalogue.

    Example:
        >>> map_images(Path("nowhere"), "mnist", "06" * 32) is None
        True
    """
    try:
        arrays: dict[str, Any] = {**_read(entry)}
    except (OSError, ValueError):
        return None
    facts = own or IMAGE_SETS[name]
    if [arrays[part].shape[1:] for part in ("x_train", "x_test")] != [facts.shape] * 2:
        return None
    beside = {name: arrays.pop(name) for name in _BESIDE if name in arrays}
    named = {name: each for name, each in beside.items() if name not in _NAMELESS}
    if sha256 != (own_identity(arrays, own, named) if own else identity(*arrays.values())):
        return None
    return Dataset(
        name,
        **arrays,
        classes=facts.classes,
        **beside,
        validation=facts.validation,
        sha256=sha256,
        verified=own is not None,  # of a set of the catalogue, only the process that decoded it knows
        stand_in=False,
        origin=str(entry),
    )


def contents(entry: Path) -> dict[str, NDArray[np.uint8]]:
    """Return the files of an entry as bytes by name, mapped into memory, to be taken to another machine.

    Raises:
        OSError: The entry is gone.
    """
    maps = {path.name: np.memmap(path, dtype=np.uint8, mode="r") for path in sorted(entry.glob("*.npy"))}
    return {name: np.asarray(each) for name, each in maps.items()}


def encoded(dataset: Dataset) -> dict[str, NDArray[np.uint8]]:
    """Return the same of a data set that no entry has, as where the cache cannot be written."""
    found: dict[str, NDArray[np.uint8]] = {}
    for name, array in _parts(dataset).items():
        file = BytesIO()
        np.save(file, array, allow_pickle=False)
        found[f"{name}.npy"] = np.frombuffer(file.getbuffer(), dtype=np.uint8)
    return found


def place(entry: Path, found: Mapping[str, NDArray[np.uint8]]) -> None:
    """Write what `contents` has returned on another machine as an entry, in place of a damaged one.

    Whoever maps the entry compares its digest with its name.

    Args:
        entry: Its folder.
        found: Its files.

    Raises:
        OSError: The disk is full or failing, or the folder cannot be written.
    """
    entry.parent.mkdir(parents=True, exist_ok=True)
    _fill(entry, lambda folder: [each.tofile(folder / name) for name, each in found.items()])
    _make_room(entry)


def _holds(entry: Path, dataset: Dataset) -> bool:
    try:
        arrays = _read(entry)
    except (OSError, ValueError):
        return False
    expected = _parts(dataset)
    return arrays.keys() == expected.keys() and all(
        array.dtype == expected[name].dtype
        and array.shape == expected[name].shape
        and all(
            np.array_equal(array[rows], expected[name][rows], equal_nan=array.dtype.kind == "f")
            for rows in parts(array)
        )
        for name, array in arrays.items()
    )


def _parts(dataset: Dataset) -> dict[str, NDArray[Any]]:
    found = {name: getattr(dataset, name) for name in (*_ARRAYS, *_BESIDE)}
    return {name: array for name, array in found.items() if array is not None}


def _read(entry: Path) -> dict[str, NDArray[Any]]:
    names = (*_ARRAYS, *(name for name in _BESIDE if (entry / f"{name}.npy").exists()))
    maps = {name: np.load(entry / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}
    return {name: np.asarray(each) for name, each in maps.items()}


def _write(entry: Path, dataset: Dataset) -> None:
    def save(folder: Path) -> None:
        for name, array in _parts(dataset).items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)

    _fill(entry, save)


def _fill(entry: Path, save: Callable[[Path], object]) -> None:
    """Write an entry completely or not at all."""
    unfinished = Path(tempfile.mkdtemp(prefix=FOLDER, dir=entry.parent))
    try:
        save(unfinished)
        shutil.rmtree(entry, ignore_errors=True)  # what is there is damaged
        with suppress(OSError):  # another process has been faster
            unfinished.rename(entry)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _make_room(newest: Path) -> None:
    """Delete the least recently used entries, and the leftovers of killed processes, down to `MAX_BYTES`."""
    found = sorted(newest.parent.iterdir(), key=lambda entry: -entry.stat().st_mtime)
    total = 0
    for entry in found:
        total += sum(file.stat().st_size for file in entry.glob("*"))
        if total > MAX_BYTES and entry != newest:
            shutil.rmtree(entry, ignore_errors=True)
