"""Numbers over test images: one network, two networks image by image, new images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.statistics import ALPHA, Interval

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
class ImageIntervals:
    """Intervals for a mean difference that cover what other test images would have given.

    Args:
        images: Number of test images.
        new_images: 95 % interval over new images of the same kind, for these very networks.
        new_seeds_and_images: 95 % interval over new images and new seeds; None with one seed.
    """

    images: int
    new_images: Interval
    new_seeds_and_images: Interval | None


def predicted_classes(outputs: NDArray[Any]) -> NDArray[np.int64]:
    """Return the class that the network predicts for each image.

    It is that of the largest output, the lowest class where two are equal; a single output predicts class 1
    above one half.

    Args:
        outputs: The network's, shape (images, units).
    """
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0.5).astype(np.int64)
    return outputs.argmax(axis=1)


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


def image_intervals(differences: NDArray[Any]) -> ImageIntervals:
    """Return 95 % intervals for a mean difference over new images, from a table of seeds × images.

    With mean squares of seeds, images and the rest, MS_s, MS_i and MS_r, of n seeds by m images:

    - these networks, new images: the m means over the seeds, a t interval;
    - new seeds and new images: both are drawn at random, so the mean's variance is
      (MS_s + MS_i − MS_r) / (n·m), the part of the seeds plus that of the images minus what both
      contain, with Satterthwaite's degrees of freedom. MS_r is an estimate too and can be too large; an
      interval that comes out narrower than that of new seeds or of new images alone is made as wide
      as the wider of these, since a second source of variation never makes an estimate more certain.

    Source: Searle, Casella and McCulloch, "Variance Components" (1992), chapter 4 (two crossed random
    factors); Satterthwaite, Biometrics Bulletin 2 (1946).

    Args:
        differences: Treatment minus reference, shape (seeds, images), two images or more.
    """
    seeds, images = differences.shape
    mean = float(differences.mean())
    by_image, by_seed = differences.mean(axis=0), differences.mean(axis=1)
    # Each mean square divided by the number of differences: its part of the mean's variance.
    of_images = float(by_image.var(ddof=1)) / images
    alone = _half_width(of_images, images - 1)
    new_images = (mean - alone, mean + alone)
    if seeds == 1:
        return ImageIntervals(images, new_images, None)
    of_seeds = float(by_seed.var(ddof=1)) / seeds
    rest = differences - by_image - by_seed[:, None] + mean
    freedom = np.array([seeds - 1, images - 1, (seeds - 1) * (images - 1)])
    parts = np.array([of_seeds, of_images, -float((rest**2).sum()) / freedom[2] / rest.size])
    together = 0.0
    if (total := float(parts.sum())) > 0:
        together = _half_width(total, total**2 / float((parts**2 / freedom).sum()))
    half = max(together, alone, _half_width(of_seeds, seeds - 1))
    return ImageIntervals(images, new_images, (mean - half, mean + half))


def _half_width(variance: float, freedom: float) -> float:
    """Return the half width of a 95 % t interval for a mean with this variance."""
    from scipy import stats

    return float(stats.t.ppf(1 - ALPHA / 2, freedom)) * float(np.sqrt(variance))
