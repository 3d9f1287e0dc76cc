"""What a verdict costs: power beside the paired t-test's, and how many seeds it takes, once or looking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.calibration.draw import Flags, Floats, generator
from benchmarks.calibration.fixed import QUESTIONS
from benchmarks.calibration.rules import BEFORE, NOW, Rule
from benchmarks.calibration.sequential import equivalent, t_statistics, thresholds
from paribus.analysis.questions.tails import ALPHA

STUDIES, SEEDS = 10_000, 100
EFFECTS, POWER_SEEDS, POWER_QUESTIONS = (0.5, 1, 2, 3, 4, 8), (3, 5, 8, 10, 20), (1, 15)
MARGINS, MIXTURES = (1, 2, 4), (0.5, 1.0, 2.0, 4.0)
ENOUGH = 0.9
"""The chance of a verdict that counts as enough."""


def measure() -> dict[str, Any]:
    """Compute and simulate every figure of this part."""
    normal = generator(1).normal(size=(STUDIES, SEEDS))
    return {
        "power": [
            {
                "questions": asked,
                "effect": effect,
                "before": _powers(effect, asked, BEFORE),
                "now": _powers(effect, asked, NOW),
            }
            for asked in POWER_QUESTIONS
            for effect in EFFECTS
        ],
        "seeds": [_seeds(effect, normal) for effect in EFFECTS],
        "equivalence": [_equivalence(margin, normal) for margin in MARGINS],
        "mixtures": [{"effect": c, "median": _medians(c, normal)} for c in MIXTURES],
    }


def power(effect: float, seeds: int, critical: float) -> float:
    """Return the chance that t lies beyond a critical value: Student's t, noncentral by effect·√seeds.

    Args:
        effect: The true difference, in standard deviations of a single difference.
        seeds: Number of pairs.
        critical: Of |t|.
    """
    freedom, shift = seeds - 1, effect * np.sqrt(seeds)
    # The wrong sign is rarer than Φ(−shift); scipy cannot compute it where that is all but zero.
    wrong = stats.nct.cdf(-critical, freedom, shift) if shift < 4 else 0.0
    return float(stats.nct.sf(critical, freedom, shift) + wrong)


def _powers(effect: float, questions: int, rule: Rule) -> list[float]:
    needed = [rule.two_sided(seeds - 1, ALPHA / questions) for seeds in POWER_SEEDS]
    return [round(power(effect, *each), 5) for each in zip(POWER_SEEDS, needed, strict=True)]


def _seeds(effect: float, normal: Floats) -> dict[str, Any]:
    t = np.abs(t_statistics(normal + effect))
    return {
        "effect": effect,
        "before": [fixed_seeds(effect, asked, BEFORE) for asked in QUESTIONS],
        "fixed": [fixed_seeds(effect, asked, NOW) for asked in QUESTIONS],
        "looking": [_first(t >= thresholds(asked, seeds=SEEDS)) for asked in QUESTIONS],
    }


def fixed_seeds(effect: float, questions: int, rule: Rule) -> int | None:
    """Return the fewest seeds with which nine of ten studies show the effect; None beyond those drawn.

    Args:
        effect: In standard deviations of a difference.
        questions: Of the family.
        rule: Before or now.
    """
    for seeds in range(3, SEEDS + 1):
        if power(effect, seeds, rule.two_sided(seeds - 1, ALPHA / questions)) >= ENOUGH:
            return seeds
    return None


def _equivalence(margin: float, normal: Floats) -> dict[str, Any]:
    return {
        "margin": margin,
        "fixed": next(seeds for seeds in range(3, SEEDS) if _alike(normal[:, :seeds], margin) >= ENOUGH),
        "looking": _first(equivalent(normal, margin, 1)),
    }


def _alike(differences: Floats, margin: float) -> float:
    """Return the share of studies that are shown to lie within the margin, all seeds at once."""
    seeds = differences.shape[1]
    error = differences.std(axis=1, ddof=1) / np.sqrt(seeds)
    away = (margin - np.abs(differences.mean(axis=1))) / error
    return float(np.mean(away >= NOW.one_sided(seeds - 1, ALPHA)))


def _medians(effect: float, normal: Floats) -> list[int | None]:
    """Return the seeds after which half of the studies are decided, with another mixture."""
    return [
        _first(np.abs(t_statistics(normal + each)) >= thresholds(1, effect, SEEDS))[0] for each in EFFECTS
    ]


def _first(shown: Flags) -> Sequence[int | None]:
    """Return the seeds after which half and nine of ten studies are decided; None beyond those drawn."""
    first = np.where(shown.any(axis=1), shown.argmax(axis=1) + 1, SEEDS + 1)
    counts = [int(np.quantile(first, share, method="higher")) for share in (0.5, ENOUGH)]
    return [count if count <= SEEDS else None for count in counts]
