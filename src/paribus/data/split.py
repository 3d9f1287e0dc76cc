"""Train, validation, test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.study.streams import stream


@dataclass(frozen=True)
class Splits:
    """Which images train, which validate, and the test images; pixels stay uint8.

    Args:
        train: Rows of ``dataset.x_train`` to train on, int64, shape (num_train,).
        validation: Rows of ``dataset.x_train`` held out; empty when nothing is.
    """

    dataset: Dataset
    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def split(dataset: Dataset, validation: float, seed: int) -> Splits:
    """Hold out a share of the training images, by scikit-learn's ``train_test_split`` as the lab does.

    Args:
        validation: Share held out, in [0, 1); the number of images is rounded up.
        seed: The run's seed; the draw is its stream ``split``.
    """
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(dataset.x_train))
    if validation == 0:
        return Splits(dataset, rows, rows[:0])
    train, held_out = train_test_split(rows, test_size=validation, random_state=stream(seed, "split"))
    return Splits(dataset, train, held_out)
