"""The image sets that a study may name, and what a network needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageSet:
    """What every copy of a data set has in common.

    Args:
        shape: One image's (height, width, channels).
        train: Number of training images.
        test: Number of test images.
        classes: Name of each class, in the order of the labels.
    """

    shape: tuple[int, int, int]
    train: int
    test: int
    classes: tuple[str, ...]


IMAGE_SETS = {
    "mnist": ImageSet((28, 28, 1), 60_000, 10_000, tuple("0123456789")),
    "fashion_mnist": ImageSet(
        (28, 28, 1),
        60_000,
        10_000,
        (
            "T-shirt/top",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
    ),
    "cifar10": ImageSet(
        (32, 32, 3),
        50_000,
        10_000,
        ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
}
