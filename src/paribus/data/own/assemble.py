"""A data set made from what a reader found: labels numbered, inputs checked, test data set aside."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset, own_identity
from paribus.data.own.labels import Labels, read_labels
from paribus.data.own.raw import Raw, refused
from paribus.study.datasets import DataFacts, Values
from paribus.study.seeds import named_seed
from paribus.study.source import Source

TEST = 0.2
"""Share of the examples that become test data, where a study does not say."""
MIN_EXAMPLES = 5


def assembled(raw: Raw, source: Source) -> tuple[Dataset, DataFacts]:
    """Return a data set and what is known of it.

    Test data that are taken from the examples are the same at every seed: they are drawn once, a share of
    each class where there are classes, whole groups where there are groups.

    Args:
        raw: What a reader found.
        source: What the study says of it.

    Raises:
        DataError: Inputs and labels do not fit, or there are too few.
    """
    place = source.place
    _check_lengths(raw, place)
    x, values = _inputs(raw.x, raw.values, place)
    if raw.x_test is None or raw.y_test is None:
        labels = read_labels(raw.y, source.task, place, raw.targets)
        train, test = _rows(labels, raw.groups, TEST if source.test is None else source.test, place)
        x_train, x_test = x[train], x[test]
        y_train, y_test = labels.values[train], labels.values[test]
        groups = None if raw.groups is None else raw.groups[train]
    else:
        labels = read_labels(np.concatenate([raw.y, raw.y_test]), source.task, place, raw.targets)
        x_train, (x_test, other) = x, _inputs(raw.x_test, raw.values, place)
        if x_test.shape[1:] != x.shape[1:] or other != values:
            raise refused(place, "test-shape", train=x.shape[1:], test=x_test.shape[1:])
        y_train, y_test = labels.values[: len(x)], labels.values[len(x) :]
        groups = raw.groups
    vocabulary = raw.vocabulary or (1 + int(max(x_train.max(), x_test.max())) if values == "tokens" else 0)
    groups = None if groups is None else np.unique(groups, return_inverse=True)[1].astype(np.int32)
    facts = DataFacts(
        shape=x_train.shape[1:],
        train=len(x_train),
        test=len(x_test),
        classes=labels.classes,
        task=labels.task,
        values=values,
        targets=labels.values.shape[1] if labels.task == "regression" else 1,
        features=raw.features,
        numeric=raw.numeric,
        groups=0 if groups is None else 1 + int(groups.max()),
        vocabulary=vocabulary,
    )
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    dataset = Dataset(
        source.name,
        **arrays,
        classes=labels.classes,
        sha256=own_identity(arrays, facts, groups),
        verified=True,
        stand_in=False,
        origin=place,
        groups=groups,
    )
    return dataset, facts


def _check_lengths(raw: Raw, place: str) -> None:
    if len(raw.x) != len(raw.y):
        raise refused(place, "lengths", inputs=len(raw.x), labels=len(raw.y))
    if raw.x_test is not None and raw.y_test is not None and len(raw.x_test) != len(raw.y_test):
        raise refused(place, "lengths", inputs=len(raw.x_test), labels=len(raw.y_test))
    if len(raw.x) < MIN_EXAMPLES:
        raise refused(place, "few", count=len(raw.x), fewest=MIN_EXAMPLES)


def _inputs(x: NDArray[Any], values: Values | None, place: str) -> tuple[NDArray[Any], Values]:
    """Return inputs in the type that they are kept in, and what they are."""
    if x.dtype.kind in "OSUMm":
        raise refused(place, "input-type", given=x.dtype)
    if x.ndim < 2:
        x = x.reshape(len(x), 1)
    if values is None:
        values = "pixels" if x.dtype == np.uint8 and x.ndim in (3, 4) else "numbers"
    if values == "pixels":
        return (x[..., None] if x.ndim == 3 else x).astype(np.uint8, copy=False), values
    if values == "tokens":
        if x.dtype.kind not in "iu" or x.min() < 0:
            raise refused(place, "not-tokens", given=x.dtype)
        return x.astype(np.int32, copy=False), values
    found = x.astype(np.float32, copy=False)
    if np.isinf(found).any():
        rows = np.flatnonzero(np.isinf(found).reshape(len(found), -1).any(axis=1))
        raise refused(place, "infinite", count=len(rows), row=rows[0] + 1)
    return found, values


def _rows(
    labels: Labels, groups: NDArray[Any] | None, share: float, place: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of the training and of the test data, each in ascending order."""
    from sklearn.model_selection import GroupShuffleSplit, train_test_split

    rows, seed = np.arange(len(labels.values)), named_seed(0, "test")
    if groups is not None:
        splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        try:
            train, test = next(splitter.split(rows, groups=groups))
        except ValueError:
            raise refused(place, "few-groups", count=len(np.unique(groups))) from None
        return np.sort(train), np.sort(test)
    classes = labels.values if labels.task == "classification" else None
    counts = np.bincount(classes) if classes is not None else np.array([2])
    held_out = int(np.ceil(share * len(rows)))
    can_stratify = (
        classes is not None and counts.min() >= 2 and len(counts) <= min(held_out, len(rows) - held_out)
    )
    train, test = train_test_split(
        rows, test_size=share, random_state=seed, stratify=classes if can_stratify else None
    )
    return np.sort(train), np.sort(test)
