"""The split of a data set into training, validation and test images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.errors import DataError
from paribus.study.seeds import named_seed


@dataclass(frozen=True)
class Splits:
    """Which images are for training and which for validation; pixels stay uint8.

    Args:
        train: Rows of ``dataset.x_train`` to train on, int64, shape (num_train,).
        validation: Rows of ``dataset.x_train`` held out, int64, shape (num_validation,).
    """

    dataset: Dataset
    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def split(dataset: Dataset, validation: float, seed: int) -> Splits:
    """Hold out a share of the training images, regardless of their classes.

    The rows are those of scikit-learn's ``train_test_split``, which the lab uses; it is not called because
    importing it takes longer than an epoch.

    Args:
        validation: Share held out, in [0, 1); the number of images is rounded up.
        seed: The run's seed; the rows are drawn from its stream ``split``.

    Raises:
        DataError: The share is not in [0, 1), or leaves no image to train on.
    """
    if not 0 <= validation < 1:
        raise DataError("data.split-share", given=validation)
    images = len(dataset.x_train)
    held_out = math.ceil(validation * images)
    if held_out >= images:
        written = str(validation)  # as a study has it, whatever is spoken
        raise DataError("data.nothing-to-train-on", images=images, held_out=held_out, validation=written)
    if held_out == 0:
        rows = np.arange(images)
    else:
        rows = np.random.RandomState(named_seed(seed, "split")).permutation(images).astype(np.int64)
    return Splits(dataset, rows[held_out:], rows[:held_out])
