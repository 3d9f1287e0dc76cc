"""Images held out for validation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from paribus.data.dataset import Dataset
from paribus.data.split import split
from paribus.errors import DataError
from paribus.study.seeds import named_seed


def dataset_of(count):
    pixels, labels = np.zeros((count, 1, 1, 1), np.uint8), np.zeros(count, np.uint8)
    return Dataset("tiny", pixels, labels, pixels[:1], labels[:1], ("zero",), "", False, False, "")


@settings(max_examples=50, deadline=None)
@given(
    count=st.integers(2, 3000), share=st.floats(0.001, 0.999, exclude_max=True), seed=st.integers(0, 2**31)
)
def test_the_rows_are_those_of_scikit_learn(count, share, seed):
    try:
        expected = train_test_split(np.arange(count), test_size=share, random_state=named_seed(seed, "split"))
    except ValueError:
        with pytest.raises(DataError, match="leaves none to train"):
            split(dataset_of(count), share, seed)
        return
    splits = split(dataset_of(count), share, seed)
    np.testing.assert_array_equal(splits.train, expected[0])
    np.testing.assert_array_equal(splits.validation, expected[1])


@pytest.mark.parametrize(
    ("count", "held_out"), [(60_000, 6_000), (50_000, 5_000), (4_000, 400), (1_001, 101)]
)
def test_a_tenth_is_held_out_rounded_up(count, held_out):
    splits = split(dataset_of(count), 0.1, seed=0)
    assert (len(splits.train), len(splits.validation)) == (count - held_out, held_out)
    assert splits.train.dtype == splits.validation.dtype == np.int64


def test_every_image_is_in_exactly_one_part():
    splits = split(dataset_of(1000), 0.25, seed=3)
    np.testing.assert_array_equal(np.sort(np.concatenate([splits.train, splits.validation])), np.arange(1000))


def test_the_seed_decides():
    one, again, other = (split(dataset_of(1000), 0.1, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.train, again.train)
    np.testing.assert_array_equal(one.validation, again.validation)
    assert set(one.validation) != set(other.validation)


def test_nothing_held_out_keeps_all_in_order():
    splits = split(dataset_of(5), 0.0, seed=0)
    np.testing.assert_array_equal(splits.train, np.arange(5))
    assert len(splits.validation) == 0


@pytest.mark.parametrize("count", [1, 10])
def test_a_share_that_leaves_nothing_to_train_on_is_an_error(count):
    with pytest.raises(DataError, match=rf"Of {count} training images {count} would be held out"):
        split(dataset_of(count), 0.95, seed=0)


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan")])
def test_a_share_outside_its_bounds_is_an_error(share):
    with pytest.raises(DataError, match="at least 0 and below 1"):
        split(dataset_of(10), share, seed=0)


def labelled(count, classes, groups=None):
    x, y = np.zeros((count, 1), np.float32), np.arange(count) % classes
    names = tuple("abcdefgh"[:classes])
    groups = None if groups is None else np.asarray(groups, np.int32)
    return Dataset("tiny", x, y, x[:1], y[:1], names, "", True, False, "", groups=groups)


def test_a_stratified_split_is_that_of_scikit_learn_and_has_as_many_of_each_class():
    dataset = labelled(90, 3)
    splits = split(dataset, 0.2, 4, way="stratified")
    expected = train_test_split(
        np.arange(90), test_size=0.2, random_state=named_seed(4, "split"), stratify=dataset.y_train
    )
    np.testing.assert_array_equal(splits.train, expected[0])
    np.testing.assert_array_equal(splits.validation, expected[1])
    assert np.bincount(dataset.y_train[splits.validation]).tolist() == [6, 6, 6]


def test_groups_stay_whole():
    groups = np.arange(100) // 7
    splits = split(labelled(100, 2, groups), 0.3, 0, way="group")
    assert not {*groups[splits.train]} & {*groups[splits.validation]}
    assert len(splits.train) + len(splits.validation) == 100


def test_in_time_the_last_are_held_out_at_every_seed():
    for seed in (0, 1):
        splits = split(labelled(10, 2), 0.25, seed, way="time")
        assert splits.train.tolist() == [0, 1, 2, 3, 4, 5, 6]
        assert splits.validation.tolist() == [7, 8, 9]


def test_too_few_of_a_class_of_groups_or_of_images_is_told():
    with pytest.raises(DataError, match="at least two images of each class, and tiny has 1 of a"):
        split(labelled(3, 3), 0.3, 0, way="stratified")
    with pytest.raises(DataError, match="Of 10 images 1 would be held out, for 5 classes"):
        split(labelled(10, 5), 0.1, 0, way="stratified")
    with pytest.raises(DataError, match="at least two groups, and tiny has 1"):
        split(labelled(10, 2, np.zeros(10)), 0.3, 0, way="group")
    with pytest.raises(DataError, match="train_size 9 is more than the 8 training images"):
        split(labelled(10, 2), 0.2, 0, train_size=9)
