"""Numbers over test images: one network, two networks image by image, new images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.statistics import ImageVariance, Interval
from paribus.analysis.questions.tails import ALPHA
from paribus.record.metrics import value
from paribus.study.datasets import Task

DRAWS = 100
"""How often the test examples are drawn anew, of a metric that is no mean over them."""
LEAST_DEFINED = 0.9
"""Share of the draws on which a metric must be defined."""

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


def of_draws(name: str, outputs: NDArray[Any], labels: NDArray[Any], task: Task) -> NDArray[np.float64]:
    """Return a metric of examples drawn with replacement, as often as `DRAWS`; NaN where it is not defined.

    Every network's examples are the same, so that differences of networks are paired.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 6: from 50 to 200 draws
    tell a standard error.

    Args:
        name: Of the metric.
        outputs: The network's, shape (examples, units).
        labels: As `paribus.record.metrics.value` takes them.
        task: What is predicted.
    """
    generator, count = np.random.default_rng(0), len(outputs)
    found = np.full(DRAWS, np.nan)
    for place in range(DRAWS):
        rows = generator.integers(count, size=count)
        drawn = value(name, outputs[rows], labels[rows], task)
        found[place] = np.nan if drawn is None else drawn
    return found


def new_images_of_draws(differences: NDArray[Any], draws: NDArray[Any], images: int) -> ImageInterval | None:
    """Return what `new_images` does where a metric is no mean over examples, from its values on drawn ones.

    The mean squares of examples and of the rest become variances over draws.

    Args:
        differences: Treatment minus reference, shape (seeds,).
        draws: The same on drawn examples, shape (seeds, draws).
        images: How many examples there are.

    Returns:
        None where the metric is not defined on more than a tenth of the draws.
    """
    from scipy import stats

    defined = draws[:, np.isfinite(draws).all(axis=0)]
    if defined.shape[1] < LEAST_DEFINED * draws.shape[1]:
        return None
    seeds, mean = len(differences), float(np.mean(differences))
    over_seeds = defined.mean(axis=0)
    alone = float(over_seeds.var(ddof=1))
    half = float(stats.t.ppf(1 - ALPHA / 2, images - 1)) * alone**0.5
    rest = 0.0
    if seeds > 1:
        rest = float((defined - over_seeds).var(axis=1, ddof=1).sum()) / ((seeds - 1) * seeds)
    return ImageInterval((mean - half, mean + half), ImageVariance(images, max(0.0, alone - rest), rest))


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
