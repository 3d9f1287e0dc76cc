"""Numbers over test images: one network, two networks image by image, new images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.failure import predicted_classes
from paribus.analysis.questions.statistics import ImageVariance, Interval
from paribus.analysis.questions.tails import ALPHA

_NORMAL = 1.959963984540054  # the normal distribution's 97.5 % quantile, here without loading scipy


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test of two networks on the same images.

    Args:
        only_treatment: Images that only the treatment's network predicts correctly.
        only_reference: Images that only the reference's predicts correctly.
        p_value: Two-sided, of the hypothesis that both numbers are equal.
    """

    only_treatment: int
    only_reference: int
    p_value: float


@dataclass(frozen=True)
class ImageInterval:
    """How far a mean difference may lie on other test images.

    Args:
        interval: 95 % interval over new images of the same kind, for these very networks.
        variance: What new images add to the variance of the mean.
    """

    interval: Interval
    variance: ImageVariance


def correct(outputs: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return 1 for each image that a network predicts correctly, 0 for the others.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).
    """
    return (predicted_classes(outputs) == labels).astype(np.float64)


def brier(outputs: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return Brier's score of each image: Σ over the classes of (output − 1 or 0)².

    The outputs count as they are. Ten sigmoid outputs are ten probabilities of their own, as the binary
    cross-entropy takes them, and their score is the sum of ten scores of one class against the rest; they
    are not made to add up to one. A single output's score is (output − label)².

    Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78
    (1950); with two classes and one output it is half of that.

    Args:
        outputs: The network's, shape (images, units).
        labels: Classes, shape (images,).

    Example:
        >>> brier(np.array([[0.8, 0.2]]), np.array([0])).round(2)
        array([0.08])
    """
    given = outputs.astype(np.float64)
    if given.shape[1] == 1:
        return (given[:, 0] - labels) ** 2
    return ((given - np.eye(given.shape[1])[labels]) ** 2).sum(axis=1)


def wilson(right: int, images: int) -> Interval:
    """Return Wilson's 95 % interval for one fixed network's accuracy on new images of the same kind.

    Source: Wilson, Journal of the American Statistical Association 22 (1927).

    Args:
        right: How many images it predicts correctly.
        images: Of how many.

    Example:
        >>> [round(end, 4) for end in wilson(9618, 10_000)]
        [0.9579, 0.9654]
    """
    share, square = right / images, _NORMAL**2 / images
    middle = (share + square / 2) / (1 + square)
    half = _NORMAL * math.sqrt((share * (1 - share) + square / 4) / images) / (1 + square)
    return middle - half, middle + half


def mcnemar(treatment: NDArray[Any], reference: NDArray[Any]) -> McNemar:
    """Test whether the images that just one network predicts correctly are as often the one's as the other's.

    The test compares these two networks on images like these. It says nothing about the techniques that
    made them: another seed makes another two networks.

    Source: McNemar, Psychometrika 12 (1947).

    Args:
        treatment: 1 for each image its network predicts correctly, else 0, shape (images,).
        reference: The same of the reference's.

    Example:
        >>> mcnemar(np.array([1, 1, 1, 0]), np.array([1, 0, 0, 0]))
        McNemar(only_treatment=2, only_reference=0, p_value=0.5)
    """
    only_treatment = int(np.sum(treatment > reference))
    only_reference = int(np.sum(reference > treatment))
    differing = only_treatment + only_reference
    if not differing:
        return McNemar(0, 0, 1.0)
    from scipy import stats

    p_value = float(stats.binomtest(only_treatment, differing).pvalue)
    return McNemar(only_treatment, only_reference, p_value)


def new_images(differences: NDArray[Any]) -> ImageInterval:
    """Return what new test images would change in a mean difference, from a table of seeds × images.

    Of n seeds by m images, with mean squares of images and of the rest, MS_i and MS_r: these networks on new
    images have a t interval from the m means over the seeds, whose variance is MS_i / (n·m). New seeds bring
    MS_r / (n·m) of that as well, so that images add no more than (MS_i − MS_r) / (n·m) to what seeds vary.

    Source: Searle, Casella and McCulloch, "Variance Components" (1992), chapter 4 (two crossed random
    factors).

    Args:
        differences: Treatment minus reference, shape (seeds, images), two images or more.
    """
    from scipy import stats

    seeds, images = differences.shape
    by_image, by_seed = differences.mean(axis=0), differences.mean(axis=1)
    mean, alone = float(differences.mean()), float(by_image.var(ddof=1)) / images
    half = float(stats.t.ppf(1 - ALPHA / 2, images - 1)) * alone**0.5
    rest = 0.0
    if seeds > 1:
        residuals = differences - by_image - by_seed[:, None] + mean
        rest = float((residuals**2).sum()) / ((seeds - 1) * (images - 1)) / residuals.size
    return ImageInterval((mean - half, mean + half), ImageVariance(images, max(0.0, alone - rest), rest))
