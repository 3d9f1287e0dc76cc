"""Folds are those of scikit-learn, and every example is tested once a repetition."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold

from paribus.data.dataset import Dataset
from paribus.data.folds import fold_of
from paribus.errors import DataError
from paribus.study.seeds import named_seed


def dataset_of(count, classes=3):
    x = np.arange(count, dtype=np.float32)[:, None]
    y, test = np.arange(count) % classes, count // 5
    names = tuple("abcdefghij"[:classes])
    return Dataset("tiny", x[test:], y[test:], x[:test], y[:test], names, "0" * 64, True, False, "")


@pytest.mark.parametrize("has_classes", [True, False])
def test_the_folds_of_a_repetition_are_those_of_scikit_learn(has_classes):
    whole = dataset_of(60)
    x, y = np.concatenate([whole.x_train, whole.x_test]), np.concatenate([whole.y_train, whole.y_test])
    splitter = StratifiedKFold if has_classes else KFold
    for repetition in (0, 1):
        expected = splitter(5, shuffle=True, random_state=named_seed(repetition, "folds")).split(x, y)
        for place, (train, test) in enumerate(expected):
            found = fold_of(whole, 5, 5 * repetition + place, has_classes=has_classes)
            np.testing.assert_array_equal(found.x_test, x[test])
            np.testing.assert_array_equal(found.y_train, y[train])
            assert found.sha256 == whole.sha256


def test_another_repetition_divides_anew():
    one, other = (fold_of(dataset_of(60), 5, seed, has_classes=True).x_test for seed in (0, 5))
    assert sorted(one[:, 0]) != sorted(other[:, 0])


def test_a_class_with_fewer_examples_than_folds_is_told():
    with pytest.raises(DataError, match="folds: 9 needs 9 examples of each class, and tiny has 6 of a"):
        fold_of(dataset_of(18), 9, 0, has_classes=True)
    with pytest.raises(DataError, match="folds: 30 needs 30 examples, and tiny has 18"):
        fold_of(dataset_of(18), 30, 0, has_classes=False)
