"""Questions about several variants: how often an answer is false, what is covered, and what is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from benchmarks.calibration.draw import Floats, generator
from paribus.analysis.design.simulated_power import Asked, may_be_best, shown
from paribus.analysis.questions.tails import ALPHA, critical

STUDIES = 10_000
SEEDS, VARIANTS = (3, 5, 10), (3, 5)
KINDS = ("best_of", "all_pairs", "each")
SHAPES = (
    "normal",
    "one variant varies three times as much",
    "exponential",
    "one variant alone is exponential",
)
EFFECT = 3.0
"""What one variant loses, in standard deviations of a paired difference, where power is measured."""


def measure() -> dict[str, Any]:
    """Simulate every figure of this part."""
    return {
        "false": [
            false_answers(shape, variants, seeds)
            for shape in SHAPES
            for variants in VARIANTS
            for seeds in SEEDS
        ],
        "power": [seen(variants, seeds) for variants in VARIANTS for seeds in SEEDS],
    }


def values(shape: str, studies: int, variants: int, seeds: int) -> Floats:
    """Draw studies in which no variant differs; a block effect would cancel, so there is none.

    Args:
        shape: One of `SHAPES`.
        studies: How many.
        variants: Of each study.
        seeds: Of each variant.

    Returns:
        Shape (studies, variants, seeds), of mean 0.
    """
    draw = generator(7, SHAPES.index(shape), variants, seeds)
    size = (studies, variants, seeds)
    if shape == "exponential":
        return draw.exponential(size=size) - 1
    drawn = draw.normal(size=size)
    if shape == SHAPES[1]:
        drawn[:, 0] *= 3
    elif shape == SHAPES[3]:
        drawn *= 0.01
        drawn[:, 0] = draw.exponential(size=(studies, seeds)) - 1
    return drawn


def false_answers(shape: str, variants: int, seeds: int, studies: int = STUDIES) -> dict[str, Any]:
    """Return the share of studies with any false claim, by kind, and that with all true differences covered.

    Args:
        shape: As in `values`.
        variants: Of each study.
        seeds: Of each variant.
        studies: How many are simulated.
    """
    drawn = values(shape, studies, variants, seeds)
    row: dict[str, Any] = {"differences": shape, "variants": variants, "seeds": seeds}
    for kind in KINDS:
        asked = Asked(kind, variants)
        signs = shown(asked, drawn)
        claimed = ~may_be_best(asked, signs) if kind == "best_of" else signs != 0
        row[kind] = float(claimed.any(axis=1).mean())
    row["coverage"] = coverage(drawn)
    row["tukey"] = tukey(drawn)
    return row


def coverage(drawn: Floats) -> float:
    """Return the share of studies in which the intervals of all pairs have the true difference, at once."""
    asked = Asked("all_pairs", drawn.shape[1])
    first, second = (np.array(side) for side in zip(*asked.pairs, strict=True))
    differences = drawn[:, first] - drawn[:, second]
    t = stats.ttest_1samp(differences, 0, axis=-1).statistic
    limit = critical(drawn.shape[-1] - 1, ALPHA / len(asked.pairs))
    return float((np.abs(t) <= limit).all(axis=1).mean())


def tukey(drawn: Floats) -> float:
    """Return the share of studies in which Tukey's test in blocks claims a difference, by one variance."""
    variants, seeds = drawn.shape[1:]
    freedom = (variants - 1) * (seeds - 1)
    means = drawn.mean(axis=2)
    rest = (
        drawn - means[..., None] - drawn.mean(axis=1, keepdims=True) + drawn.mean(axis=(1, 2))[:, None, None]
    )
    error = np.sqrt((rest**2).sum(axis=(1, 2)) / freedom / seeds)
    limit = stats.studentized_range.ppf(1 - ALPHA, variants, freedom)
    return float((np.ptp(means, axis=1) / error >= limit).mean())


def seen(variants: int, seeds: int, studies: int = STUDIES) -> dict[str, Any]:
    """Return the share of studies that see that one variant is lower than the others, which are alike."""
    drawn = values("normal", studies, variants, seeds) * 0.5**0.5
    drawn[:, 0] -= EFFECT
    row: dict[str, Any] = {"variants": variants, "seeds": seeds}
    for kind in KINDS:
        asked = Asked(kind, variants)
        signs = shown(asked, drawn)
        found = ~may_be_best(asked, signs)[:, 0] if kind == "best_of" else signs[:, variants - 2] < 0
        if kind == "each":
            found = signs[:, 0] < 0
        row[kind] = float(found.mean())
    return row
