"""The split of a data set into training, validation and test images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.data.folds import fold_of
from paribus.errors import DataError
from paribus.study.configuration import Configuration, SplitWay
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


def split(
    dataset: Dataset,
    validation: float,
    seed: int,
    *,
    way: SplitWay = "random",
    train_size: float | None = None,
) -> Splits:
    """Hold out a share of the training images, and keep as many of the others as are asked for.

    Where the data have validation examples of their own, these are held out, whatever the share and the seed.

    The rows are those of scikit-learn's ``train_test_split``, which the lab uses; for ``random`` it is not
    called because importing it takes longer than an epoch.

    Args:
        validation: Share held out, in [0, 1); the number of images, or of groups, is rounded up.
        seed: The run's seed; the rows are drawn from its streams ``split`` and ``train_size``.
        way: How the images held out are chosen: any, as many of each class, whole groups, or the last.
        train_size: How many of the others are kept: a share as float, or a number as int; None for all. The
            first of one permutation are kept, so that at one seed a smaller size is a part of a larger.

    Raises:
        DataError: The share is not in [0, 1), or leaves no image to train on; classes or groups are too few;
            or more images are asked for than there are.
    """
    if not 0 <= validation < 1:
        raise DataError("data.split-share", given=validation)
    images = len(dataset.x_train)
    if dataset.validation:
        train, held = np.split(np.arange(images), [images - dataset.validation])
        return Splits(dataset, _first(train, train_size, seed), held)
    held_out = math.ceil(validation * images)
    if held_out >= images:
        written = str(validation)  # as a study has it, whatever is spoken
        raise DataError("data.nothing-to-train-on", images=images, held_out=held_out, validation=written)
    if held_out == 0:
        train, held = np.arange(images), np.arange(0)
    elif way == "time":
        train, held = np.arange(images - held_out), np.arange(images - held_out, images)
    elif way == "stratified":
        train, held = _stratified(dataset, held_out, seed)
    elif way == "group":
        train, held = _by_group(dataset, validation, seed)
    else:
        train, held = random_rows(images, held_out, seed)
    return Splits(dataset, _first(train, train_size, seed), held)


def random_rows(images: int, held_out: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which rows are trained on and which are held out, drawn by the run's seed.

    Args:
        images: How many there are.
        held_out: How many of them are held out.
        seed: The run's.
    """
    rows = np.random.RandomState(named_seed(seed, "split")).permutation(images).astype(np.int64)
    return rows[held_out:], rows[:held_out]


def split_of(dataset: Dataset, configuration: Configuration, seed: int) -> Splits:
    """Return the split that a run of a configuration has, of its own fold where it has folds.

    Args:
        dataset: The whole.
        configuration: Of the run.
        seed: The run's.

    Raises:
        DataError: As `split` and `fold_of`.
    """
    if configuration.folds is not None:
        has_classes = configuration.facts.task == "classification"
        dataset = fold_of(dataset, configuration.folds, seed, has_classes=has_classes)
    return split(
        dataset, configuration.validation, seed, way=configuration.split, train_size=configuration.train_size
    )


def _stratified(dataset: Dataset, held_out: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from sklearn.model_selection import train_test_split

    labels = dataset.y_train
    found, counts = np.unique(labels, return_counts=True)
    if counts.min() < 2:
        label = dataset.classes[int(found[counts.argmin()])]
        raise DataError("data.stratified", name=dataset.name, count=int(counts.min()), label=label)
    if len(found) > min(held_out, len(labels) - held_out):
        raise DataError("data.stratified-few", images=len(labels), held_out=held_out, classes=len(found))
    train, held = train_test_split(
        np.arange(len(labels)), test_size=held_out, random_state=named_seed(seed, "split"), stratify=labels
    )
    return np.asarray(train, np.int64), np.asarray(held, np.int64)


def _by_group(dataset: Dataset, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from sklearn.model_selection import GroupShuffleSplit

    groups = np.arange(0) if dataset.groups is None else dataset.groups[: len(dataset.x_train)]
    count = len(np.unique(groups))
    if count < 2 or math.ceil(share * count) >= count:
        raise DataError("data.split-groups", name=dataset.name, count=count)
    splitter = GroupShuffleSplit(n_splits=1, test_size=share, random_state=named_seed(seed, "split"))
    train, held = next(splitter.split(np.arange(len(dataset.x_train)), groups=groups))
    return np.asarray(train, np.int64), np.asarray(held, np.int64)


def _first(train: NDArray[np.int64], size: float | None, seed: int) -> NDArray[np.int64]:
    """Return the first rows of one permutation."""
    if size is None:
        return train
    count = size if isinstance(size, int) else max(1, math.floor(size * len(train)))
    if count > len(train):
        raise DataError("data.train-size", given=count, images=len(train))
    draw = np.random.default_rng(named_seed(seed, "train_size"))
    return train[draw.permutation(len(train))[:count]]
