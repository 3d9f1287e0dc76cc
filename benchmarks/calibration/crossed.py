"""Studies that draw seeds and test images anew: what a verdict is worth that speaks of the technique."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtr

from benchmarks.calibration.draw import Flags, Floats, generator
from benchmarks.calibration.sequential import thresholds, thresholds_before
from paribus.analysis.questions.anytime import moments
from paribus.analysis.questions.per_image import new_images
from paribus.analysis.questions.statistics import ImageVariance, StandardError, standard_error
from paribus.analysis.questions.tails import ALPHA, two_sided

STUDIES, LOOKING_STUDIES = 5_000, 2_000
SEEDS = (3, 5, 10, 20, 50)
IMAGES = 400
IMAGE_PART = 0.064
"""Of the variance of one seed's mean difference, what the test images add."""
_SHARED = 0.5  # of one seed's variance: the part that is the same for every image


def measure() -> dict[str, Any]:
    """Simulate how often a difference is claimed that is none, once and after every seed."""
    return {
        "once": [once(shape, seeds) for shape in ("normal", "exponential") for seeds in SEEDS],
        "looking": [looking(shape) for shape in ("normal", "exponential")],
    }


def tables(shape: str, seeds: int, draw: np.random.Generator) -> Floats:
    """Draw one study of one question without a difference.

    Args:
        shape: Of what varies from seed to seed, ``normal`` or ``exponential``.
        seeds: How many.
        draw: The random numbers.

    Returns:
        Treatment minus reference, shape (seeds, images), whose mean of one seed has variance 1.
    """
    of_seed = draw.normal(size=(seeds, 1)) if shape == "normal" else draw.exponential(size=(seeds, 1)) - 1
    of_image = draw.normal(size=(1, IMAGES))
    rest = draw.normal(size=(seeds, IMAGES))
    return (
        np.sqrt(_SHARED) * of_seed
        + np.sqrt(IMAGE_PART * IMAGES) * of_image
        + np.sqrt((1 - _SHARED) * IMAGES) * rest
    )


def once(shape: str, seeds: int, number: int = STUDIES) -> dict[str, Any]:
    """Return the share of studies that claim a difference, with a number of seeds chosen beforehand.

    Args:
        shape: As in `tables`.
        seeds: Of each study.
        number: How many studies are simulated.
    """
    draw = generator(seeds, len(shape))
    before = now = 0
    for _ in range(number):
        table = tables(shape, seeds, draw)
        by_seed = table.mean(axis=1)
        alone = standard_error(by_seed)
        both = standard_error(by_seed, new_images(table).variance)
        before += _student(by_seed.mean(), alone)
        # Student's p is the quicker of the two that must be small.
        if _student(by_seed.mean(), both):
            now += two_sided(by_seed.mean() / both.value, both.freedom, seeds) <= ALPHA
    rates = {"before": before / number, "now": now / number}
    return {"differences": shape, "seeds": seeds, **rates, "coverage": 1 - now / number}


def _student(mean: float, error: StandardError) -> bool:
    return 2 * float(stdtr(error.freedom, -abs(mean) / error.value)) <= ALPHA


def looking(shape: str, number: int = LOOKING_STUDIES) -> dict[str, Any]:
    """Return the share of studies that ever claim a difference, looked at after each of 3 to 50 seeds.

    Args:
        shape: As in `tables`.
        number: How many studies are simulated.
    """
    draw = generator(0, len(shape))
    before = now = 0
    for _ in range(number):
        table = tables(shape, SEEDS[-1], draw)
        mean, deviation = moments(table.mean(axis=1))
        n = np.arange(1, len(mean) + 1)
        before += bool((np.abs(mean / deviation * np.sqrt(n)) >= thresholds_before(1)).any())
        now += bool(looks(table).any())
    return {"differences": shape, "before": before / number, "now": now / number}


def looks(table: Floats) -> Flags:
    """Return at which looks a difference is shown, from the look at three seeds on.

    Each look takes what images add from all seeds so far, and applies it to every number of seeds before.

    Args:
        table: Treatment minus reference, shape (seeds, images).
    """
    mean, deviation = moments(table.mean(axis=1))
    found = []
    for seeds in range(3, len(table) + 1):
        errors = _standard_errors(deviation[:seeds], new_images(table[:seeds]).variance)
        found.append((np.abs(mean[2:seeds] / errors[2:]) >= thresholds(1)[2:seeds]).any())
    return np.array(found)


def _standard_errors(deviation: Floats, images: ImageVariance) -> Floats:
    n = np.arange(1, len(deviation) + 1)
    return np.sqrt(np.maximum(deviation**2 / n, images.rest * len(n) / n) + images.between)
