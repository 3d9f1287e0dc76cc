"""Counts of a data set's labels, pixels and columns, and of examples that are there more than once.

Copies are counted in all examples, up to a million. What takes longer is measured on a sample, spread evenly
over the rows: `paribus.data.columns` and `paribus.data.near` say on how many.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.columns import columns, targets
from paribus.data.dataset import Dataset
from paribus.data.near import near_copies
from paribus.data.stored import parts
from paribus.study.census import Census, Reading
from paribus.study.datasets import DataFacts

MOST_COMPARED = 1_000_000
"""Training, and test, examples in which copies are looked for."""


def census(dataset: Dataset, facts: DataFacts | None = None) -> Census:
    """Count labels and pixels, and examples that are there more than once.

    Args:
        dataset: Any.
        facts: What is known of data of the user's own, whose columns and near copies are looked at too; None
            for the catalogue's.
    """
    labels = _numbered(dataset.y_train[:MOST_COMPARED])
    trained, tested = (_fingerprints(each[:MOST_COMPARED]) for each in (dataset.x_train, dataset.x_test))
    pictures, picture = np.unique(trained, return_inverse=True)
    given = np.unique(np.column_stack([picture, labels]), axis=0)
    labels_of_picture = np.bincount(given[:, 0], minlength=len(pictures))
    return Census(
        classes=_counts(dataset),
        contradictory=int((labels_of_picture[picture] > 1).sum()),
        copies=len(trained) - len(pictures),
        tested=int(np.isin(tested, pictures).sum()),
        trained_pixels=_mean_and_spread(dataset.x_train),
        tested_pixels=_mean_and_spread(dataset.x_test),
        near=near_copies(dataset.x_train, dataset.x_test, facts) if facts else None,
        columns=columns(dataset, facts) if facts else (),
        targets=targets(dataset, facts) if facts else (),
        reading=dataset.reading if dataset.reading != Reading() else None,
    )


def _numbered(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Return a number for each example's labels: equal ones have the same."""
    if labels.ndim == 1 and labels.dtype.kind in "iu":
        return labels.astype(np.int64)
    return np.unique(labels.reshape(len(labels), -1), axis=0, return_inverse=True)[1].reshape(-1)


def _counts(dataset: Dataset) -> tuple[int, ...]:
    """Return how many training examples each class or label has; nothing in a regression."""
    if not dataset.classes:
        return ()
    if dataset.y_train.ndim == 2:
        return tuple(int(n) for n in dataset.y_train.sum(axis=0))
    return tuple(int(n) for n in np.bincount(dataset.y_train, minlength=len(dataset.classes)))


def _mean_and_spread(images: NDArray[Any]) -> tuple[float, float] | None:
    """Return the mean and the standard deviation of all pixels, exactly, from their histogram."""
    if images.dtype != np.uint8:
        return None
    # In parts: NumPy converts every pixel that it counts to eight bytes.
    counted = [np.bincount(images[rows].reshape(-1), minlength=256) for rows in parts(images)]
    counts, values = np.sum(counted, axis=0), np.arange(256.0)
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


def _fingerprints(images: NDArray[Any]) -> NDArray[np.int64]:
    """Return a number of 64 bits for each example's bytes."""
    return np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))
