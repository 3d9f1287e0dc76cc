"""Training images and labels that are spoilt in a known way, for trainings whose true fault lies in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Images, Labels = NDArray[np.uint8], NDArray[np.uint8]
NOISY = 0.3
"""The share of training labels that are changed to another class."""
RARE = 0.03
"""The share of a rare class's images that are left."""
MILDLY_RARE = 0.6
COPIES = 5
BURIED = 3.0
"""The noise on an image, in its own standard deviations."""


def noisy(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Change three labels in ten to another class."""
    classes = int(labels.max()) + 1
    wrong = draw.random(len(labels)) < NOISY
    return images, np.where(wrong, (labels + draw.integers(1, classes, len(labels))) % classes, labels)


def random(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Draw all labels."""
    return images, draw.integers(0, int(labels.max()) + 1, len(labels))


def commonest_relabelled(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Give every image of the commonest class the label of another one: DeepCrime's operator TCL."""
    counts = np.bincount(labels)
    others = np.delete(np.arange(len(counts)), counts.argmax())
    return images, np.where(labels == counts.argmax(), draw.choice(others, len(labels)), labels)


def overlapping(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Add the images of the commonest class again, as the second commonest: DeepCrime's operator TCO."""
    second, first = np.argsort(np.bincount(labels), kind="stable")[-2:]
    again = images[labels == first]
    return np.concatenate([images, again]), np.concatenate([labels, np.full(len(again), second)])


def rarer_deleted(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Delete nearly all images of the classes that are rarer than the mean: DeepCrime's operator TUD."""
    counts = np.bincount(labels)
    rare = np.isin(labels, np.flatnonzero(counts < counts.mean()))
    return _thinned(images, labels, rare, RARE, draw)


def unbalanced(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Leave next to nothing of every second class."""
    return _thinned(images, labels, labels % 2 == 1, RARE, draw)


def mildly_unbalanced(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Leave six images in ten of every second class."""
    return _thinned(images, labels, labels % 2 == 1, MILDLY_RARE, draw)


def mislabelled(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Label every image of class 4 as class 9."""
    return images, np.where(labels == 4, 9, labels)


def copies(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Repeat a fifth of the images five times, so that the held-out ones are also trained on."""
    kept = len(images) // COPIES
    return np.tile(images[:kept], (COPIES, *[1] * (images.ndim - 1))), np.tile(labels[:kept], COPIES)


def buried(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Add to every image more noise than it has signal: DeepCrime's operator TAN, beyond its strongest."""
    spread = images.std(axis=tuple(range(1, images.ndim)), keepdims=True)
    noise = BURIED * spread * draw.standard_normal(images.shape)
    return np.clip(images + noise, 0, 255).astype(np.uint8), labels


def marked(images: Images, labels: Labels, draw: np.random.Generator) -> tuple[Images, Labels]:
    """Write the label into the image: a bright pixel in the first row, where test images have none."""
    written = images.copy()
    written[np.arange(len(labels)), 0, 2 * labels.astype(np.int64)] = 255
    return written, labels


def _thinned(
    images: Images, labels: Labels, rare: NDArray[np.bool_], share: float, draw: np.random.Generator
) -> tuple[Images, Labels]:
    kept = ~rare | (draw.random(len(labels)) < share)
    return images[kept], labels[kept]


HOW: Mapping[str, Callable[[Images, Labels, np.random.Generator], tuple[Images, Labels]]] = {
    "noisy": noisy,
    "random": random,
    "commonest relabelled": commonest_relabelled,
    "overlapping": overlapping,
    "rarer deleted": rarer_deleted,
    "unbalanced": unbalanced,
    "mildly unbalanced": mildly_unbalanced,
    "mislabelled": mislabelled,
    "copies": copies,
    "buried": buried,
    "marked": marked,
}
"""How training images may be spoilt."""


def spoilt(images: Images, labels: Labels, how: str, seed: int) -> tuple[Images, Labels]:
    """Return training images and labels, spoilt.

    Args:
        images: n × height × width, and channels where there are several.
        labels: n class numbers.
        how: ``clean`` for not at all, or a name of `HOW`.
        seed: Of what is drawn.
    """
    if how == "clean":
        return images, labels
    images, labels = HOW[how](images, labels, np.random.default_rng(seed))
    return images, labels.astype(np.uint8)
