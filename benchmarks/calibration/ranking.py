"""Questions about several variants: how often an answer is false, what is covered, and what is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from benchmarks.calibration.draw import Flags, Floats, generator
from benchmarks.calibration.rules import NOW, mcnemar_p, strengths, strengths_of
from paribus.analysis.design.simulated_power import Asked, may_be_best, shown
from paribus.analysis.questions.ranking import true_pairs
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.record.looks import MIN_SEEDS

STUDIES = 10_000
SEEDS, VARIANTS = (3, 5, 10), (3, 5)
KINDS = ("best_of", "all_pairs", "each")
SHAPES = (
    "normal",
    "one variant varies three times as much",
    "exponential",
    "one variant alone is exponential",
)
FAILING = {
    "one run in ten fails": (0.1, 0.1),
    "one run in two fails": (0.5, 0.5),
    "of one variant one run in ten fails": (0.1, 0.0),
    "of one variant one run in two fails": (0.5, 0.0),
}
"""How often runs fail: of the first variant, and of each other one."""
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
        "failing": [
            false_with_failures(shape, variants, seeds)
            for shape in FAILING
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


def false_with_failures(shape: str, variants: int, seeds: int, studies: int = STUDIES) -> dict[str, Any]:
    """Return the share of studies with any false claim, by kind, where runs fail and the others are alike.

    A variant that truly fails more often may be called less reliable, and worse than the best for it. That no
    run of a variant trained is told of the runs that were made, and is not counted.

    Args:
        shape: Of `FAILING`.
        variants: Of each study.
        seeds: Of each variant.
        studies: How many are simulated.
    """
    first, other = FAILING[shape]
    draw = generator(8, list(FAILING).index(shape), variants, seeds)
    drawn = draw.normal(size=(studies, variants, seeds))
    rates = np.array([first] + [other] * (variants - 1))
    failed = draw.random(drawn.shape) < rates[:, None]
    total = failed.all(axis=-1)
    row: dict[str, Any] = {"differences": shape, "variants": variants, "seeds": seeds}
    for kind in KINDS:
        asked = Asked(kind, variants)
        signs = shown_with_failures(asked, drawn, failed)
        if kind == "best_of":
            is_false = ~may_be_best(asked, signs) & ~total
            is_false[:, 0] &= first == other
        else:
            ends = np.array(asked.pairs)
            is_true = (rates[ends[:, 0]] > rates[ends[:, 1]]) & (signs < 0) | (
                rates[ends[:, 0]] < rates[ends[:, 1]]
            ) & (signs > 0)
            of_means = ~(failed.any(axis=-1)[:, ends].any(axis=-1))
            is_false = (signs != 0) & ~(is_true & ~of_means) & ~total[:, ends].any(axis=-1)
        row[kind] = float(is_false.any(axis=1).mean())
    return row


def shown_with_failures(asked: Asked, values: Floats, failed: Flags) -> Floats:
    """Return which pairs are shown to differ, as signs: −1 where the first is worse or less reliable.

    As a ranking has it: where a run of a pair failed, only failures decide; differences are of the seeds at
    which both trained, and both kinds of p-values are adjusted by themselves. A variant of which no run
    trained is worse than each that trained.

    Args:
        asked: The question.
        values: The metric had every run trained, shape (studies, variants, seeds).
        failed: Which runs failed, same shape.
    """
    ends = np.array(asked.pairs)
    first, second = ends[:, 0], ends[:, 1]
    trained = ~(failed[:, first] | failed[:, second])
    count = trained.sum(axis=-1)
    differences = np.where(trained, values[:, first] - values[:, second], np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(differences, axis=-1) / count
        squares = np.nansum((differences - mean[..., None]) ** 2, axis=-1)
        t = mean / np.sqrt(squares / (count - 1) / count)
    t = np.where(count >= MIN_SEEDS, t, np.nan)
    most = len(ends)
    by_means = _steps(asked, strengths(np.abs(t), count, NOW.two_sided, most))
    p_failures = mcnemar_p(failed[:, first], failed[:, second])
    by_failures = _steps(asked, strengths_of(p_failures, most))
    more = failed[:, second].sum(axis=-1) - failed[:, first].sum(axis=-1)
    total = failed.all(axis=-1)
    alone = total[:, second].astype(float) - total[:, first]
    some = failed.any(axis=-1)[:, ends].any(axis=-1)
    signs = np.where(some, np.where(by_failures, np.sign(more), 0.0), np.where(by_means, np.sign(mean), 0.0))
    return np.where(total[:, ends].any(axis=-1), alone, np.nan_to_num(signs))


def _steps(asked: Asked, strength: Any) -> Flags:
    """Return which pairs a question shows, given for how many tests each p-value suffices."""
    if asked.kind == "best_of":
        return strength >= asked.variants - 1
    left = np.arange(strength.shape[1], 0, -1)
    if asked.kind == "all_pairs":
        left = np.array([max(n for n in true_pairs(asked.variants) if n <= each) for each in left])
    order = np.argsort(-strength, axis=-1, kind="stable")
    stepped = np.logical_and.accumulate(np.take_along_axis(strength, order, axis=-1) >= left, axis=-1)
    found = np.empty_like(stepped)
    np.put_along_axis(found, order, stepped, axis=-1)
    return found


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
