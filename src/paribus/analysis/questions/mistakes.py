"""What a network gets wrong on the test images, from its outputs on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.per_image import answers

BINS = 15
"""Of the calibration, as wide as each other; the number of the source in `calibration`."""

MOST_WRONG = 20
"""How many confidently wrong images are told unless asked for more."""


@dataclass(frozen=True)
class Bin:
    """The images whose confidence lies within a bin; one without an image is left out.

    Args:
        low: Its lower end, which is not in it.
        high: Its upper end, which is.
        images: How many.
        confidence: Their mean confidence.
        accuracy: Share of them answered rightly.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How far a network's confidence is from its accuracy.

    Args:
        error: The expected calibration error, in [0, 1].
        bins: From the lowest confidence to the highest.
    """

    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Wrong:
    """An image answered wrongly.

    Args:
        image: Its place among the test images, from 0.
        label: Its class.
        answer: The class it was answered with.
        confidence: The network's in that answer.
    """

    image: int
    label: int
    answer: int
    confidence: float


@dataclass(frozen=True, eq=False)
class Mistakes:
    """A network's answers to the test images.

    Args:
        confusion: Images by their class (row) and their answer (column).
        precision: Of each class, the share of its answers that are right; not a number without an answer.
        recall: Of each class, the share of its images answered with it; not a number without an image.
        calibration: None where the outputs are no probabilities.
        wrong: The most confidently wrong images, the worst first.
    """

    confusion: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    calibration: Calibration | None
    wrong: tuple[Wrong, ...]


def mistakes(outputs: NDArray[Any], labels: NDArray[Any]) -> Mistakes:
    """Everything that this file tells of one network.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).
    """
    precision, recall = precision_and_recall(outputs, labels)
    return Mistakes(
        confusion(outputs, labels),
        precision,
        recall,
        calibration(outputs, labels),
        most_confidently_wrong(outputs, labels),
    )


def confusion(outputs: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """How many images of each class (row) were answered with each (column).

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).

    Example:
        >>> confusion(np.array([[0.9], [0.2], [0.7]]), np.array([1, 0, 0]))
        array([[1, 1],
               [0, 1]])
    """
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(labels, answers(outputs), labels=_classes(outputs))


def precision_and_recall(
    outputs: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each class: how many of its answers are right, and how many of its images are answered with it.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).

    Returns:
        Precision and recall, shape (classes,); not a number where a class has no answer, or no image.
    """
    from sklearn.metrics import precision_recall_fscore_support

    nothing: Any = np.nan  # scikit-learn takes it, its types do not say so
    found: Any = precision_recall_fscore_support(
        labels, answers(outputs), labels=_classes(outputs), zero_division=nothing
    )
    return found[0], found[1]


def confidence(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """The output of each image's answer; of a single output, what it gives to the class it answers with.

    Sigmoid outputs count as they are, and are not made to add up to one.

    Args:
        outputs: The network's, shape (images, units).
    """
    given = outputs.astype(np.float64)
    if given.shape[1] == 1:
        return np.where(given[:, 0] > 0.5, given[:, 0], 1 - given[:, 0])
    return given.max(axis=1)


def calibration(outputs: NDArray[Any], labels: NDArray[Any], bins: int = BINS) -> Calibration | None:
    """The expected calibration error: Σ over bins of (images / all images) · |accuracy − confidence|.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015; Guo, Pleiss, Sun and Weinberger, "On calibration of
    modern neural networks", ICML 2017, equation 3, with 15 bins (i/15, (i + 1)/15] as there.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).
        bins: How many.

    Returns:
        None where an output is not in [0, 1].

    Example:
        >>> found = calibration(np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0, 0]))
        >>> round(found.error, 3), [round(each.confidence, 3) for each in found.bins]
        (0.4, [0.7, 0.9])
    """
    if not len(outputs) or not ((outputs >= 0) & (outputs <= 1)).all():
        return None
    sure, right = confidence(outputs), answers(outputs) == labels
    ends = np.arange(bins + 1) / bins
    place = np.clip(np.searchsorted(ends, sure, side="left") - 1, 0, bins - 1)
    found = tuple(
        Bin(
            float(ends[each]),
            float(ends[each + 1]),
            int(inside.sum()),
            float(sure[inside].mean()),
            float(right[inside].mean()),
        )
        for each in range(bins)
        if (inside := place == each).any()
    )
    gaps = (each.images * abs(each.accuracy - each.confidence) for each in found)
    return Calibration(sum(gaps) / len(outputs), found)


def most_confidently_wrong(
    outputs: NDArray[Any], labels: NDArray[Any], most: int = MOST_WRONG
) -> tuple[Wrong, ...]:
    """The wrong answers given with the highest confidence.

    Where two are alike, the one that gives less to the right class comes first, then the first image.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).
        most: How many at most.

    Example:
        >>> outputs = np.array([[0.9, 0.1], [0.6, 0.7], [0.0, 1.0]])
        >>> most_confidently_wrong(outputs, np.array([0, 0, 0]), most=1)
        (Wrong(image=2, label=0, answer=1, confidence=1.0),)
    """
    given, sure = answers(outputs), confidence(outputs)
    right = sure if outputs.shape[1] == 1 else outputs[np.arange(len(labels)), labels]
    order = np.lexsort((right, -sure))
    wrong = order[(given != labels)[order]][:most]
    return tuple(
        Wrong(int(image), int(labels[image]), int(given[image]), float(sure[image])) for image in wrong
    )


def _classes(outputs: NDArray[Any]) -> list[int]:
    return list(range(max(2, outputs.shape[1])))
