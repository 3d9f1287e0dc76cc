"""What a network gets wrong on the test images, from its outputs on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.record.metrics import BINS, calibration_bins, confidence, of_classes, predicted_classes

MAX_MISTAKES = 20
"""How many of the surest mistakes are listed unless more are requested."""


@dataclass(frozen=True)
class Bin:
    """The images whose confidence lies within a bin; one without an image is left out.

    Args:
        low: Its lower end, which is not in it.
        high: Its upper end, which is.
        images: How many.
        confidence: Their mean confidence.
        accuracy: Share of them that are predicted correctly.
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
class Mistake:
    """An image whose class is predicted wrongly.

    Args:
        image: Its place among the test images, from 0.
        label: Its class.
        predicted: The class that the network predicts.
        confidence: The network's output for the predicted class.
        label_output: Its output for the right class.
    """

    image: int
    label: int
    predicted: int
    confidence: float
    label_output: float


@dataclass(frozen=True, eq=False)
class Mistakes:
    """A network's predictions on the test images, and what is wrong with them.

    Args:
        confusion: Images by their class (row) and their prediction (column).
        precision: Of each class, the share of its predictions that are right; not a number without one.
        recall: Of each class, the share of its images predicted correctly; not a number without an image.
        calibration: None where the outputs are no probabilities.
        surest: The surest mistakes, the surest first.
    """

    confusion: NDArray[np.int64]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    calibration: Calibration | None
    surest: tuple[Mistake, ...]


def mistakes(outputs: NDArray[Any], labels: NDArray[Any]) -> Mistakes:
    """Compute everything in this file for one network.

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
        surest_mistakes(outputs, labels),
    )


def confusion(outputs: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """Count the images of each class (row) by predicted class (column).

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).

    Example:
        >>> confusion(np.array([[0.9], [0.2], [0.7]]), np.array([1, 0, 0]))
        array([[1, 1],
               [0, 1]])
    """
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(labels, predicted_classes(outputs), labels=_classes(outputs))


def precision_and_recall(
    outputs: NDArray[Any], labels: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision and recall of each class.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).

    Returns:
        Both of shape (classes,); not a number where a class has no prediction, or no image.
    """
    from sklearn.metrics import precision_recall_fscore_support

    nothing: Any = np.nan  # scikit-learn takes it, its types do not say so
    found: Any = precision_recall_fscore_support(
        labels, predicted_classes(outputs), labels=_classes(outputs), zero_division=nothing
    )
    return found[0], found[1]


def calibration(outputs: NDArray[Any], labels: NDArray[Any], bins: int = BINS) -> Calibration | None:
    """Return the expected calibration error: Σ over bins of (images / all images) · |accuracy − confidence|.

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
    sure, right = confidence(outputs), predicted_classes(outputs) == labels
    ends = np.arange(bins + 1) / bins
    place = calibration_bins(sure, bins)
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


def surest_mistakes(
    outputs: NDArray[Any], labels: NDArray[Any], most: int = MAX_MISTAKES
) -> tuple[Mistake, ...]:
    """Return the mistakes that a network is surest of, the surest first.

    How sure it is of a mistake is its output for the predicted class minus its output for the right one. Of
    equals the first image comes first.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).
        most: How many at most.

    Example:
        >>> outputs = np.array([[0.9, 0.1], [0.6, 0.7], [0.0, 1.0]])
        >>> surest_mistakes(outputs, np.array([0, 0, 0]), most=1)
        (Mistake(image=2, label=0, predicted=1, confidence=1.0, label_output=0.0),)
    """
    given, predicted, images = of_classes(outputs), predicted_classes(outputs), np.arange(len(labels))
    confidence, label_output = given[images, predicted], given[images, labels]
    wrong = images[predicted != labels]
    surest = wrong[np.argsort(label_output[wrong] - confidence[wrong], kind="stable")][:most]
    return tuple(
        Mistake(
            int(image),
            int(labels[image]),
            int(predicted[image]),
            float(confidence[image]),
            float(label_output[image]),
        )
        for image in surest
    )


def _classes(outputs: NDArray[Any]) -> list[int]:
    return list(range(max(2, outputs.shape[1])))
