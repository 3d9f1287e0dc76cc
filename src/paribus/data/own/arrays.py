"""Arrays: of NumPy files, of scikit-learn's wheel, and in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
from numpy.typing import NDArray

from paribus.data.formats import npz, npz_array
from paribus.data.own.raw import Raw, refused

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

    Raises:
        DataError: It is no such archive, is damaged, holds Python objects or lacks an array.
    """
    if not path.is_file():
        raise refused(path, "no-file")
    room = psutil.virtual_memory().available
    with npz(path) as archive:
        members = [name for name in archive.namelist() if name.endswith(".npy")]
        arrays = {name.removesuffix(".npy"): npz_array(path, archive, name, room) for name in members}
    return from_mapping(arrays, str(path), values)


def from_mapping(arrays: Mapping[str, object], place: str, values: str | None = None) -> Raw:
    """Return what arrays with names hold.

    Args:
        arrays: ``x`` and ``y``, or ``x_train`` and ``y_train`` with ``x_test`` and ``y_test``; validation
            examples are ``x_val`` and ``y_val``.
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
    return Raw(x, y, **found, values=cast("Any", values))


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
