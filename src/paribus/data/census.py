"""Counts of a data set's labels and pixels, and of examples that are there more than once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.study.census import Census


def census(dataset: Dataset) -> Census:
    """Count labels and pixels, and images whose pixels are there more than once.

    Args:
        dataset: Any.
    """
    labels = _numbered(dataset.y_train)
    trained, tested = _fingerprints(dataset.x_train), _fingerprints(dataset.x_test)
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
    counts, values = np.bincount(images.reshape(-1), minlength=256), np.arange(256.0)
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


def _fingerprints(images: NDArray[Any]) -> NDArray[np.int64]:
    """Return a number of 64 bits for each image's pixels."""
    return np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))
