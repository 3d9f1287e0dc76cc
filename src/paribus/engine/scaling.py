"""How inputs are scaled, numbers filled and words numbered, by the training examples alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.data.own.text import known_words, numbering
from paribus.data.split import Splits
from paribus.data.stored import is_large, parts, stored
from paribus.study.configuration import Configuration, Scale
from paribus.study.datasets import Input, places

_CHUNK = 1000  # images whose pixels are counted at once
_BLOCK = 2**27  # bytes of large inputs whose columns are scaled at once: each block reads all rows


def scaling(
    scale: Scale | Mapping[str, Scale],
    splits: Splits,
    numeric: int | None = None,
    *,
    inputs: Sequence[Input] = (),
) -> tuple[jax.Array, jax.Array]:
    """Return what is subtracted along the inputs' last axis, and by what the difference is multiplied.

    The last axis is an image's channels, a table's columns, or what is known at one time of a sequence.

    Args:
        scale: ``none``; ``unit`` divides by 255; ``standard`` gives mean 0 and standard deviation 1 over the
            training examples, ``minmax`` the range from 0 to 1, ``robust`` median 0 and an interquartile
            range of 1, as scikit-learn's scalers of these names do.
        splits: The split, whose training examples are used.
        numeric: How many leading columns are scaled; None for all.
        inputs: Those of examples that have several, which then follow each other in rows of numbers. Each is
            scaled as one that is alone.
    """
    x = splits.dataset.x_train
    if isinstance(scale, str):
        shift, factor = _scaling(scale, x, splits.train, numeric)
    else:
        shift, factor = np.zeros(x.shape[-1]), np.ones(x.shape[-1])
        for each, place in zip(inputs, places(inputs).values(), strict=True):
            found = _scaling(scale.get(each.name, "none"), _input_of(x, each, place), splits.train)
            shift[place], factor[place] = (np.broadcast_to(part, each.shape).ravel() for part in found)
    return jnp.asarray(shift, jnp.float32), jnp.asarray(factor, jnp.float32)


def _input_of(x: NDArray[Any], given: Input, place: slice) -> NDArray[Any]:
    """Return one of several inputs as it would be alone."""
    alone = x[:, place].reshape(len(x), *given.shape)
    return alone.astype(np.uint8) if given.values == "pixels" else alone


def _scaling(
    scale: str, inputs: NDArray[Any], train: NDArray[np.int64], numeric: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return shift and factor of each column of one input, over some of its rows."""
    columns = inputs.shape[-1]
    shift, factor = np.zeros(columns), np.ones(columns)
    if scale == "unit":
        factor /= 255
    elif scale == "standard" and inputs.dtype == np.uint8:
        shift, deviation = _mean_and_deviation(inputs, train)
        factor = 1 / np.where(deviation > 0, deviation, 1)
    elif scale != "none":
        count = columns if numeric is None else numeric
        for block in _blocks(inputs, count):
            scaled = inputs[..., block][train].reshape(-1, block.stop - block.start)
            shift[block], factor[block] = _scaler(scale, scaled)
    return shift, factor


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


def target_scaling(kind: str, targets: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is subtracted from each target of a regression, and by what the difference is divided.

    Args:
        kind: ``none``, or ``standard`` for mean 0 and standard deviation 1.
        targets: Of the training examples, shape (num_train, num_targets).
    """
    if kind == "none":
        return np.zeros(1), np.ones(1)
    given = targets.astype(np.float64)
    deviation = given.std(axis=0)
    return given.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


Prepared = tuple[NDArray[Any], NDArray[Any], dict[str, NDArray[Any]]]
"""Training and test inputs, and what the training rows have said of how: nothing where nothing was done."""


def filled(splits: Splits, *, inputs: Sequence[Input] = ()) -> Prepared:
    """Return inputs with missing numbers filled with their column's ``medians``.

    Args:
        splits: The split, whose training examples are used.
        inputs: Those of examples that have several.
    """
    train, test = splits.dataset.x_train, splits.dataset.x_test
    found = medians(splits, inputs=inputs)
    if found is None:
        return train, test, {}
    return _with_medians(train, found), _with_medians(test, found), {"medians": found}


def medians(splits: Splits, *, inputs: Sequence[Input] = ()) -> NDArray[Any] | None:
    """Return each column's median over training rows; None where no number is missing.

    That of a column of which the training rows have no number is 0, as scikit-learn's ``SimpleImputer``
    does with ``keep_empty_features``.

    Args:
        splits: The split, whose training examples are used.
        inputs: Those of examples that have several: the columns are those of each by itself.
    """
    train, test = splits.dataset.x_train, splits.dataset.x_test
    if train.dtype.kind != "f" or not (_has_missing(train) or _has_missing(test)):
        return None
    if not inputs:
        return _medians(train, splits.train)
    of_each = zip(inputs, places(inputs).values(), strict=True)
    found = (
        (each, _medians(train[:, place].reshape(len(train), *each.shape), splits.train))
        for each, place in of_each
    )
    return np.concatenate([np.broadcast_to(part, each.shape).ravel() for each, part in found])


def _medians(inputs: NDArray[Any], train: NDArray[np.int64]) -> NDArray[Any]:
    """Return the median of each column over some of the rows, 0 where they have no number."""
    from sklearn.impute import SimpleImputer

    columns = inputs.shape[-1]
    imputer: Any = SimpleImputer(strategy="median", keep_empty_features=True)
    medians = np.empty(columns, inputs.dtype)
    for block in _blocks(inputs, columns):
        rows = inputs[..., block][train].reshape(-1, block.stop - block.start)
        medians[block] = imputer.fit(rows).statistics_
    return medians


def tokenized(splits: Splits, configuration: Configuration) -> Prepared | None:
    """Return texts as ``tokens`` of the words that the training texts have; None of other data.

    Args:
        splits: The split, whose training examples are used.
        configuration: Says how many words there are, and how many tokens there may be.
    """
    facts = configuration.facts
    if not facts.words:
        return None
    train, test = splits.dataset.x_train, splits.dataset.x_test
    tokens = numbering(train[splits.train], facts.words, facts.vocabulary)
    words = splits.dataset.words
    known = {} if words is None else {"words": known_words(words, tokens)}
    return tokens[train], tokens[test], {"tokens": tokens, **known}


def _has_missing(inputs: NDArray[Any]) -> bool:
    return any(bool(np.isnan(inputs[rows]).any()) for rows in parts(inputs))


def _with_medians(inputs: NDArray[Any], medians: NDArray[Any]) -> NDArray[Any]:
    filled = (np.where(np.isnan(inputs[rows]), medians, inputs[rows]) for rows in parts(inputs))
    if is_large(inputs.shape, inputs.dtype):
        return stored(inputs.shape, inputs.dtype, filled)
    return np.concatenate([inputs[:0], *filled])


def _blocks(inputs: NDArray[Any], count: int) -> list[slice]:
    """Return the first columns in blocks that are scaled at once: all, unless the inputs are large.

    NumPy adds the rows of a column alone in another order than those of several, so a block has two at least.
    """
    if not count:
        return []
    size = max(2, count * _BLOCK // inputs.nbytes) if is_large(inputs.shape, inputs.dtype) else count
    starts = [start for start in range(0, count, size) if count - start > 1] or [0]
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], count], strict=True)]
