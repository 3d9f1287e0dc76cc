"""Arrays: of NumPy files, of scikit-learn's wheel, and in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
from numpy.typing import NDArray

from paribus.data import stored
from paribus.data.cache import cache_folder
from paribus.data.formats import npz, npz_array
from paribus.data.own.raw import Raw, refused

WEIGHTS = ("sample_weight", "weight")
"""What an array is called that says how much each training example counts."""
_SPREADSHEETS = (".xlsx", ".xls", ".ods")
_TEST, _VALIDATION = ("x_test", "y_test"), ("x_val", "y_val")
_NAMES = (("x", "y"), ("x_train", "y_train", *_TEST), ("x_train", "y_train", *_VALIDATION))


def read_sklearn(name: str) -> Raw:
    """Read a data set that scikit-learn's wheel contains."""
    from sklearn import datasets

    # scaled=False: features are as they were measured.
    options = {"scaled": False} if name == "diabetes" else {}
    found: Any = getattr(datasets, f"load_{name}")(**options)
    if name == "digits":
        return Raw(x=found.images.astype(np.float32)[..., None], y=found.target, values="numbers")
    names = np.array([str(each) for each in found.target_names]) if name != "diabetes" else None
    labels = found.target if names is None else names[found.target]
    return Raw(x=found.data, y=labels, features=tuple(map(str, found.feature_names)))


def read_npz(path: Path, values: str | None = None) -> Raw:
    """Read ``x`` and ``y``, or training, validation and test arrays, from an archive of NumPy.

    In place of an archive it may be a folder with a ``.npy`` file for each, which are mapped. Large arrays
    of an archive are unpacked into the cache and mapped from there.

    Raises:
        DataError: It is no such archive, is damaged, holds Python objects or lacks an array.
    """
    if path.is_dir():
        return from_mapping(_mapped(path), str(path), values)
    if not path.is_file():
        raise refused(path, "no-file")
    if path.suffix.lower() in _SPREADSHEETS:
        raise refused(path, "a-spreadsheet")
    room = psutil.virtual_memory().available
    with npz(path) as archive:
        members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
        limits = {each.filename: _free() if each.file_size >= stored.LARGE else room for each in members}
        arrays = {
            name.removesuffix(".npy"): npz_array(path, archive, name, limit, large=True)
            for name, limit in limits.items()
        }
    return from_mapping(arrays, str(path), values)


def _free() -> int:
    """Return how many bytes the cache has room for."""
    folder = cache_folder()
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(there).free


def _mapped(folder: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a folder of ``.npy`` files, which `np.save` writes, without reading them."""
    try:
        return {
            path.stem: np.load(path, mmap_mode="r", allow_pickle=False)
            for path in sorted(folder.glob("*.npy"))
        }
    except (ValueError, OSError, EOFError) as error:
        raise refused(folder, "unreadable", cause=error) from error


def from_mapping(arrays: Mapping[str, object], place: str, values: str | None = None) -> Raw:
    """Return what arrays with names hold.

    Args:
        arrays: ``x`` and ``y``, or ``x_train`` and ``y_train`` with ``x_test`` and ``y_test``; validation
            examples are ``x_val`` and ``y_val``; ``sample_weight`` is of ``x``.
        place: Where they come from, for messages.
        values: What the inputs are; None to find out.

    Raises:
        DataError: An array is missing, or is none.
    """
    names = next((names for names in _NAMES if set(names) <= set(arrays)), None)
    if names is None or any((x in arrays) != (y in arrays) for x, y in (_TEST, _VALIDATION)):
        raise refused(place, "no-arrays", given=", ".join(arrays) or "–")
    found: dict[str, Any] = {
        name: as_array(arrays[name], place) for name in (*names[:2], *_TEST, *_VALIDATION) if name in arrays
    }
    x, y = (found.pop(name) for name in names[:2])
    weighing = [name for name in WEIGHTS if name in arrays]
    if len(weighing) > 1:
        raise refused(place, "two-weights", given=", ".join(weighing))
    weights = as_array(arrays[weighing[0]], place) if weighing else None
    return Raw(x, y, **found, values=cast("Any", values), weights=weights)


def as_array(value: object, place: str) -> NDArray[Any]:
    """Return anything array-like as an array of NumPy: pandas, Polars, tensors, lists.

    Raises:
        DataError: It is ragged, or no array.
    """
    for method in ("to_numpy", "numpy"):
        if hasattr(value, method) and not isinstance(value, np.ndarray):
            taken = cast("Any", value)
            taken = taken.detach().cpu() if hasattr(taken, "detach") else taken
            return np.asarray(getattr(taken, method)())
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise refused(place, "ragged", cause=error) from error
    if array.ndim == 0:
        raise refused(place, "no-array", given=type(value).__name__)
    return array


def from_batches(batches: object, place: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read an iterable of examples or batches once, such as a ``DataLoader`` of PyTorch or a ``tf.data``.

    Args:
        batches: Yields pairs of inputs and labels.
        place: What to call it in messages.

    Raises:
        DataError: It yields anything else.
    """
    inputs: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []
    for pair in cast("Iterable[Any]", batches):
        if not isinstance(pair, tuple | list) or len(cast("tuple[Any, ...]", pair)) != 2:
            raise refused(place, "no-pairs", given=type(pair).__name__)
        x, y = (
            np.asarray(each) if np.isscalar(each) else as_array_or_scalar(each, place)
            for each in cast("tuple[Any, Any]", pair)
        )
        is_batch = y.ndim > 0 and len(y) == len(x) and x.ndim > 1 and y.ndim in (1, 2)
        inputs.append(x if is_batch else x[None])
        labels.append(y if is_batch else y[None])
    if not inputs:
        raise refused(place, "few", count=0, fewest=5)
    try:
        return np.concatenate(inputs), np.concatenate(labels)
    except ValueError as error:
        raise refused(place, "ragged", cause=error) from error


def as_array_or_scalar(value: object, place: str) -> NDArray[Any]:
    """Return an array of any number of dimensions, none included."""
    return np.asarray(value) if np.ndim(cast("Any", value)) == 0 else as_array(value, place)
