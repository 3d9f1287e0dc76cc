"""How inputs are scaled, by the training examples alone, and how missing numbers are filled."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.data.split import Splits

_CHUNK = 1000  # images whose pixels are counted at once


def scaling(scale: str, splits: Splits, numeric: int | None = None) -> tuple[jax.Array, jax.Array]:
    """Return what is subtracted along the inputs' last axis, and by what the difference is multiplied.

    The last axis is an image's channels, a table's columns, or what is known at one time of a sequence.

    Args:
        scale: ``none``; ``unit`` divides by 255; ``standard`` gives mean 0 and standard deviation 1 over the
            training examples, ``minmax`` the range from 0 to 1, ``robust`` median 0 and an interquartile
            range of 1, as scikit-learn's scalers of these names do.
        splits: The split, whose training examples are used.
        numeric: How many leading columns are scaled; None for all.
    """
    inputs = splits.dataset.x_train
    columns = inputs.shape[-1]
    shift, factor = np.zeros(columns), np.ones(columns)
    if scale == "unit":
        factor /= 255
    elif scale == "standard" and inputs.dtype == np.uint8:
        shift, deviation = _mean_and_deviation(inputs, splits.train)
        factor = 1 / np.where(deviation > 0, deviation, 1)
    elif scale != "none":
        count = columns if numeric is None else numeric
        scaled = inputs[splits.train].reshape(-1, columns)[:, :count]
        if count:
            shift[:count], factor[:count] = _scaler(scale, scaled)
    return jnp.asarray(shift, jnp.float32), jnp.asarray(factor, jnp.float32)


def _mean_and_deviation(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of each channel, exactly, from its histogram."""
    channels = pixels.shape[-1]
    counts = np.zeros((channels, 256), np.int64)
    # In parts: NumPy converts every pixel that it counts to eight bytes.
    for start in range(0, len(rows), _CHUNK):
        part = pixels[rows[start : start + _CHUNK]].reshape(-1, channels)
        counts += [np.bincount(part[:, channel], minlength=256) for channel in range(channels)]
    shares = counts / counts.sum(axis=1, keepdims=True)
    values = np.arange(256.0)
    mean = shares @ values
    return mean, np.sqrt((shares * (values - mean[:, None]) ** 2).sum(axis=1))


def _scaler(scale: str, inputs: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shift and factor of a scaler of scikit-learn, which leaves a constant column its size."""
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    found: Any = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}[scale]()
    found.fit(inputs.astype(np.float64))
    if scale == "minmax":
        return found.data_min_, found.scale_
    return (found.mean_ if scale == "standard" else found.center_), 1 / found.scale_


def filled(splits: Splits) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return training and test inputs, missing numbers filled with their column's median over training rows.

    A column of which the training rows have no number is filled with 0, as scikit-learn's ``SimpleImputer``
    does with ``keep_empty_features``.

    Args:
        splits: The split, whose training examples are used.
    """
    train, test = splits.dataset.x_train, splits.dataset.x_test
    if train.dtype.kind != "f" or not (np.isnan(train).any() or np.isnan(test).any()):
        return train, test
    from sklearn.impute import SimpleImputer

    columns = train.shape[-1]
    imputer: Any = SimpleImputer(strategy="median", keep_empty_features=True)
    imputer.fit(train[splits.train].reshape(-1, columns))
    return tuple(
        imputer.transform(part.reshape(-1, columns)).reshape(part.shape).astype(np.float32)
        for part in (train, test)
    )  # pyright: ignore[reportReturnType]
