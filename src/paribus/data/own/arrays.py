"""Arrays: of NumPy files, of scikit-learn's wheel, and in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
from numpy.typing import NDArray

from paribus.data import stored
from paribus.data.cache import cache_folder
from paribus.data.formats import npz, npz_array
from paribus.data.own.raw import Raw, refused
from paribus.data.own.targets import gathered_targets
from paribus.errors import DataError
from paribus.texts import suggestion

WEIGHTS = ("sample_weight", "weight")
"""What an array is called that says how much each training example counts."""
_SPREADSHEETS = (".xlsx", ".xls", ".ods")
_TEST, _VALIDATION = ("x_test", "y_test"), ("x_val", "y_val")
_ENDINGS = ("", "_train", "_val", "_test")
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


def read_npz(
    path: Path,
    values: str | None = None,
    *,
    inputs: Mapping[str, str] | None = None,
    tokens: Sequence[str] = (),
    score: str = "",
) -> Raw:
    """Read ``x`` and ``y``, or training, validation and test arrays, from an archive of NumPy.

    In place of an archive it may be a folder with a ``.npy`` file for each, which are mapped. Large arrays
    of an archive are unpacked into the cache and mapped from there.

    Args:
        path: The archive or the folder.
        values: What the inputs are; None to find out.
        inputs: The array of each input, where examples have several.
        tokens: Which of these are tokens.
        score: The target that runs are scored by, where examples have several; empty for the first.

    Raises:
        DataError: It is no such archive, is damaged, holds Python objects or lacks an array.
    """
    if path.is_dir():
        named = _gathered(_mapped(path), inputs, path)
        return replace(from_mapping(named, str(path), values), tokens=tuple(tokens), score=score)
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
    found = from_mapping(_gathered(arrays, inputs, path), str(path), values)
    return replace(found, tokens=tuple(tokens), score=score)


def _gathered(
    arrays: Mapping[str, NDArray[Any]], inputs: Mapping[str, str] | None, place: Path
) -> Mapping[str, object]:
    """Return arrays with those of several inputs under one name, such as ``x_train``.

    Args:
        arrays: By name; ``x_train/age`` is the input ``age`` of ``x_train``.
        inputs: The name before ``_train``, ``_val`` and ``_test`` of each input's array; None for one input.
        place: Where they come from, for messages.

    Raises:
        DataError: An array that is named is missing.
    """
    found: dict[str, Any] = {name: each for name, each in arrays.items() if "/" not in name}
    for name, array in arrays.items():
        part, _, own = name.partition("/")
        if own and part not in arrays:
            found.setdefault(part, {})[own] = array
    if not inputs:
        return found
    parts: dict[str, Any] = {}
    for ending in _ENDINGS:
        wanted = {name: f"{array}{ending}" for name, array in inputs.items()}
        lacking = [array for array in wanted.values() if array not in arrays]
        if not lacking:
            parts[f"x{ending}"] = {name: arrays[array] for name, array in wanted.items()}
        elif len(lacking) < len(wanted):
            raise _no_array(place, lacking[0], arrays)
    if not {"x", "x_train"} & parts.keys():
        raise _no_array(place, next(iter(inputs.values())), arrays)
    return found | parts


def _no_array(place: Path, name: str, arrays: Mapping[str, object]) -> DataError:
    return refused(
        place, "input-array", name=name, given=", ".join(arrays), meant=suggestion(name, list(arrays))
    )


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
            examples are ``x_val`` and ``y_val``; ``sample_weight`` is of ``x``. Of several targets each has
            an array, such as ``y_train_digit``.
        place: Where they come from, for messages.
        values: What the inputs are; None to find out.

    Raises:
        DataError: An array is missing, or is none.
    """
    arrays = gathered_targets(arrays)
    names = next((names for names in _NAMES if set(names) <= set(arrays)), None)
    if names is None or any((x in arrays) != (y in arrays) for x, y in (_TEST, _VALIDATION)):
        raise refused(place, "no-arrays", given=", ".join(arrays) or "–")
    found: dict[str, Any] = {
        name: as_inputs(arrays[name], place) for name in (*names[:2], *_TEST, *_VALIDATION) if name in arrays
    }
    x, y = (found.pop(name) for name in names[:2])
    weighing = [name for name in WEIGHTS if name in arrays]
    if len(weighing) > 1:
        raise refused(place, "two-weights", given=", ".join(weighing))
    weights = as_array(arrays[weighing[0]], place) if weighing else None
    return Raw(x, y, **found, values=cast("Any", values), weights=weights)


def as_inputs(value: object, place: str) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return anything array-like as an array of NumPy, and a mapping as one of arrays by name.

    Raises:
        DataError: It is ragged, or no array.
    """
    if not isinstance(value, Mapping):
        return as_array(value, place)
    named = cast("Mapping[object, object]", value)
    return {str(name): as_array(each, f"{place} ({name})") for name, each in named.items()}


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


def from_batches(batches: object, place: str) -> tuple[NDArray[Any] | dict[str, NDArray[Any]], NDArray[Any]]:
    """Read an iterable of examples or batches once, such as a ``DataLoader`` of PyTorch or a ``tf.data``.

    Args:
        batches: Yields pairs of inputs and labels; several inputs are a mapping by name.
        place: What to call it in messages.

    Raises:
        DataError: It yields anything else.
    """
    inputs: dict[str, list[NDArray[Any]]] = {}
    labels: list[NDArray[Any]] = []
    has_names = False
    for pair in cast("Iterable[Any]", batches):
        if not isinstance(pair, tuple | list) or len(cast("tuple[Any, ...]", pair)) != 2:
            raise refused(place, "no-pairs", given=type(pair).__name__)
        given, label = cast("tuple[Any, Any]", pair)
        has_names = isinstance(given, Mapping)
        named = cast("Mapping[str, Any]", given) if has_names else {"": given}
        found = {name: as_array_or_scalar(each, place) for name, each in named.items()}
        y = as_array_or_scalar(label, place)
        are_rows = all(each.ndim > 0 and len(each) == len(y) for each in found.values()) if y.ndim else False
        is_batch = are_rows and y.ndim in (1, 2) and (has_names or found[""].ndim > 1)
        if inputs and found.keys() != inputs.keys():
            names = {"part": "train", "given": ", ".join(found), "known": ", ".join(inputs)}
            raise refused(place, "input-names", **names)
        for name, each in found.items():
            inputs.setdefault(name, []).append(each if is_batch else each[None])
        labels.append(y if is_batch else y[None])
    if not inputs:
        raise refused(place, "few", count=0, fewest=5)
    try:
        x = {name: np.concatenate(arrays) for name, arrays in inputs.items()}
        return x if has_names else x[""], np.concatenate(labels)
    except ValueError as error:
        raise refused(place, "ragged", cause=error) from error


def as_array_or_scalar(value: object, place: str) -> NDArray[Any]:
    """Return an array of any number of dimensions, none included."""
    return np.asarray(value) if np.ndim(cast("Any", value)) == 0 else as_array(value, place)
