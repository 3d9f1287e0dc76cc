"""Cross-validation: each seed tests on another part of all examples, and trains on the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.stored import taken
from paribus.errors import DataError
from paribus.study.seeds import named_seed


def fold_of(dataset: Dataset, folds: int, seed: int, *, has_classes: bool) -> Dataset:
    """Return a data set whose test examples are one fold of all examples, training and test.

    Seed s tests on fold s mod k of repetition s div k; each repetition divides the examples anew. So k seeds
    test every example once. Folds have as many of each class as possible, as scikit-learn's
    ``StratifiedKFold``; in a regression they are those of its ``KFold``. Where examples are of groups, each
    group is in one fold, as in its ``StratifiedGroupKFold`` and ``GroupKFold``.

    Args:
        dataset: Its identity stays that of the whole.
        folds: k, two or more.
        seed: The run's; the stream is ``folds``, by repetition.
        has_classes: Whether labels are classes.

    Raises:
        DataError: A class has fewer examples than there are folds, or there are fewer examples or groups.

    Example:
        >>> x, y = np.arange(8.0)[:, None], np.array([0, 0, 0, 0, 1, 1, 1, 1])
        >>> whole = Dataset("tiny", x[:6], y[:6], x[6:], y[6:], ("a", "b"), "", True, False, "")
        >>> sorted(float(x) for s in range(4) for x in fold_of(whole, 4, s, has_classes=True).x_test[:, 0])
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    x = [dataset.x_train, dataset.x_test]
    y = np.concatenate([dataset.y_train, dataset.y_test])
    found, counts = np.unique(y, return_counts=True) if has_classes else (np.arange(0), np.array([len(y)]))
    if counts.min() < folds:
        label = dataset.classes[int(found[counts.argmin()])] if has_classes else ""
        code = "data.folds-class" if has_classes else "data.folds-few"
        raise DataError(code, name=dataset.name, count=int(counts.min()), label=label, folds=folds)
    groups = dataset.groups
    if groups is not None and len(np.unique(groups)) < folds:
        count = len(np.unique(groups))
        raise DataError("data.folds-few-groups", name=dataset.name, count=count, folds=folds)
    repetition, place = divmod(seed, folds)
    if groups is None:
        kind = StratifiedKFold if has_classes else KFold
    else:
        kind = StratifiedGroupKFold if has_classes else GroupKFold
    splitter = kind(folds, shuffle=True, random_state=named_seed(repetition, "folds"))
    train, test = list(splitter.split(np.zeros(len(y)), y, groups))[place]
    beside = {
        name: None if each is None else np.concatenate([each[train], each[test]])
        for name, each in {
            "groups": groups,
            "weights": dataset.weights,
            "beside": dataset.beside,
        }.items()
    }
    return replace(
        dataset, x_train=taken(x, train), y_train=y[train], x_test=taken(x, test), y_test=y[test], **beside
    )
