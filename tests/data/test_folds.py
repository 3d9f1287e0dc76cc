"""Folds are those of scikit-learn, and every example is tested once a repetition."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from paribus.data.dataset import Dataset
from paribus.data.folds import fold_of
from paribus.data.split import split
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


@pytest.mark.parametrize("has_classes", [True, False])
def test_folds_of_groups_are_those_of_scikit_learn_and_part_no_group(has_classes):
    groups = (np.arange(60) * 7 % 12).astype(np.int32)
    whole = replace(dataset_of(60), groups=groups)
    x, y = np.concatenate([whole.x_train, whole.x_test]), np.concatenate([whole.y_train, whole.y_test])
    splitter = StratifiedGroupKFold if has_classes else GroupKFold
    expected = splitter(4, shuffle=True, random_state=named_seed(0, "folds")).split(x, y, groups)
    for place, (train, test) in enumerate(expected):
        found = fold_of(whole, 4, place, has_classes=has_classes)
        np.testing.assert_array_equal(found.x_train, x[train])
        np.testing.assert_array_equal(found.x_test, x[test])
        of_train, of_test = np.split(found.groups, [len(train)])
        assert len(of_test) == len(test) > 0
        assert not set(of_train) & set(of_test)


def test_a_run_holds_out_groups_of_the_training_part_of_its_fold():
    groups = (np.arange(60) * 7 % 12).astype(np.int32)
    found = fold_of(replace(dataset_of(60), groups=groups), 4, 1, has_classes=True)
    splits = split(found, 0.25, 1, way="group")
    held, trained, tested = (
        set(found.groups[rows]) for rows in (splits.validation, splits.train, slice(len(found.x_train), None))
    )
    assert all((held, trained, tested))
    assert not any((held & trained, held & tested, trained & tested))


def test_fewer_groups_than_folds_are_told():
    whole = replace(dataset_of(60), groups=(np.arange(60) % 3).astype(np.int32))
    with pytest.raises(DataError, match="folds: 5 needs as many groups, and tiny has 3"):
        fold_of(whole, 5, 0, has_classes=True)


def test_another_repetition_divides_anew():
    one, other = (fold_of(dataset_of(60), 5, seed, has_classes=True).x_test for seed in (0, 5))
    assert sorted(one[:, 0]) != sorted(other[:, 0])


def test_a_class_with_fewer_examples_than_folds_is_told():
    with pytest.raises(DataError, match="folds: 9 needs 9 examples of each class, and tiny has 6 of a"):
        fold_of(dataset_of(18), 9, 0, has_classes=True)
    with pytest.raises(DataError, match="folds: 30 needs 30 examples, and tiny has 18"):
        fold_of(dataset_of(18), 30, 0, has_classes=False)
