"""Small studies and the images that printed scripts and the engine are both trained on."""

from __future__ import annotations

from functools import cache

import numpy as np

from paribus.data.dataset import Dataset, identity
from paribus.study.datasets import IMAGE_SETS
from paribus.study.reader import load

LAB2 = load("lab2")
SMALL = {
    "data": "mnist",
    "scale": "unit",
    "model": {"hidden": [12], "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.5},
    "batch_size": 32,
    "epochs": 3,
}
CONVOLUTION = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "strides": 2, "activation": "relu"}},
    {"batch_normalization": {}},
    {"max_pooling2d": {"pool_size": 2}},
    {"flatten": {}},
    {"dropout": 0.25},
    {"dense": {"units": 10, "activation": "softmax"}},
]


def small(**settings):
    return load({"name": "small", "base": {**SMALL, **settings}, "variants": {"v": {}}})


@cache
def made_images(name):
    """260 + 70 of scikit-learn's digits, enlarged to the size of the data set's images."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    small, labels = (
        np.rint(bunch.images[:330] * 255 / 16).astype(np.uint8),
        bunch.target[:330].astype(np.uint8),
    )
    side, channels = (3, 1) if name == "mnist" else (4, 3)
    large = small.repeat(side, axis=1).repeat(side, axis=2)
    margin = (IMAGE_SETS[name].shape[0] - large.shape[1]) // 2
    pixels = np.pad(large, ((0, 0), (margin, margin), (margin, margin)))[..., None].repeat(channels, axis=-1)
    return pixels[:260], labels[:260], pixels[260:], labels[260:]


def dataset(name):
    arrays = made_images(name)
    return Dataset(
        name, *arrays, tuple("0123456789"), identity(*arrays), verified=False, stand_in=False, origin="made"
    )
