"""The labels that a run trains on, how much each counts, and which rows an epoch has.

Draws are by row of the training data and by stream, so that variants at one seed share them: a larger share
of noise changes the same labels and more, whatever else differs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.data.split import Splits
from paribus.study.configuration import Configuration, LabelNoise
from paribus.study.seeds import named_seed


def training_labels(splits: Splits, configuration: Configuration, seed: int) -> NDArray[Any]:
    """Return the labels of all training data, where those of the rows to train on may be wrong.

    Args:
        splits: Whose rows are trained on; labels held out stay as they are.
        configuration: Says whether labels are exchanged among these rows, and how many are wrong.
        seed: The run's; the streams are ``shuffle_labels`` and ``label_noise``.
    """
    labels, train = splits.dataset.y_train, splits.train
    if configuration.shuffle_labels:
        draw = np.random.default_rng(named_seed(seed, "shuffle_labels"))
        labels = labels.copy()
        labels[train] = labels[draw.permutation(train)]
    if configuration.label_noise is None:
        return labels
    noisy = _noisy(labels, len(splits.dataset.classes), configuration.label_noise, seed)
    changed = labels.copy()
    changed[train] = noisy[train]
    return changed


def _noisy(labels: NDArray[Any], classes: int, noise: LabelNoise, seed: int) -> NDArray[Any]:
    """Return labels of which each is drawn anew with the probability of the noise."""
    draws = np.random.default_rng(named_seed(seed, "label_noise")).random((len(labels), 2))
    others = (np.ones((classes, classes)) - np.eye(classes)) / max(1, classes - 1)
    rows = others if noise.matrix is None else np.array(noise.matrix)
    found = labels.copy()
    for label in range(classes):
        changed = (labels == label) & (draws[:, 0] < noise.share)
        upto = np.cumsum(rows[label])
        drawn = np.searchsorted(upto, draws[changed, 1] * upto[-1], side="right")
        found[changed] = np.minimum(drawn, classes - 1)
    return found


def example_weights(
    labels: NDArray[Any],
    train: NDArray[np.int64],
    configuration: Configuration,
    own: NDArray[np.float32] | None = None,
) -> NDArray[np.float32] | None:
    """Return how much each example counts in the training loss; None where all count the same.

    ``balanced`` weighs an example of a class by n / (k · n_c), as scikit-learn does: n examples are trained
    on, n_c of its class, and k classes are among them.

    Args:
        labels: That are trained on, int, shape (num_images,).
        train: The rows that are trained on.
        configuration: Has the weights of classes.
        own: Weights that the data have, of the training examples first; never together with those of classes.
    """
    if own is not None:
        return own[: len(labels)]
    given, classes = configuration.class_weight, configuration.facts.classes
    if given is None:
        return None
    if given == "balanced":
        counts = np.bincount(labels[train], minlength=len(classes))
        by_class = len(train) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    else:
        by_class = np.array([given.get(name, 1.0) for name in classes])
    return by_class.astype(np.float32)[labels]


def epoch_rows(
    labels: NDArray[Any], train: NDArray[np.int64], configuration: Configuration, *, seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return the rows of an epoch, not yet in order: those to train on, unless classes are balanced.

    ``over`` has as many of each class as there are of the most frequent one, each row as often as another or
    once more. ``under`` has as many of each class as there are of the rarest.

    Args:
        labels: That are trained on.
        train: The rows to train on.
        configuration: Says how classes are balanced.
        seed: The run's; the stream is ``balance``, by epoch.
        epoch: Counted from 1.
    """
    if configuration.balance is None:
        return train
    by_class = [train[labels[train] == label] for label in np.unique(labels[train])]
    sizes = [len(rows) for rows in by_class]
    size = max(sizes) if configuration.balance == "over" else min(sizes)
    draw = np.random.default_rng(named_seed(seed, "balance", epoch))
    return np.concatenate([np.resize(draw.permutation(rows), size) for rows in by_class])
