"""Counts of a data set's labels and pixels, and of images that are there more than once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.study.census import Census


def census(dataset: Dataset) -> Census:
    """Count labels and pixels, and images whose pixels are there more than once.

    Args:
        dataset: Any.
    """
    labels = dataset.y_train.reshape(-1).astype(np.int64)
    trained, tested = _fingerprints(dataset.x_train), _fingerprints(dataset.x_test)
    pictures, picture = np.unique(trained, return_inverse=True)
    given = np.unique(np.column_stack([picture, labels]), axis=0)
    labels_of_picture = np.bincount(given[:, 0], minlength=len(pictures))
    return Census(
        classes=tuple(int(n) for n in np.bincount(labels, minlength=len(dataset.classes))),
        contradictory=int((labels_of_picture[picture] > 1).sum()),
        copies=len(trained) - len(pictures),
        tested=int(np.isin(tested, pictures).sum()),
        trained_pixels=_mean_and_spread(dataset.x_train),
        tested_pixels=_mean_and_spread(dataset.x_test),
    )


def _mean_and_spread(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the mean and the standard deviation of all pixels, exactly, from their histogram."""
    counts, values = np.bincount(images.reshape(-1), minlength=256), np.arange(256.0)
    mean = float(np.average(values, weights=counts))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


def _fingerprints(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return a number of 64 bits for each image's pixels."""
    return np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))
