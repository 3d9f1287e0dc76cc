"""What a number of seeds can show: the smallest difference found, and the seeds that a difference needs.

Differences are paired by seed and tested by Student's t, two-sided, at the level 0.05 over the number of
questions: what Holm's procedure asks of its first rejection. Beside it stands the exact test that flips the
signs of the differences; the smallest p it can give with n seeds is 2 / 2ⁿ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from paribus.analysis.design.design import Design, QuestionDesign
from paribus.analysis.finding import Finding, Severity
from paribus.analysis.questions.statistics import ALPHA, smallest_exact

POWER = 0.8
"""Chance of finding the difference that is there."""
LARGE = 3.0
"""A difference of so many standard deviations is seen without a test."""
MAX_SEEDS = 10_000
"""More seeds than this are not counted."""
_MIN_SEEDS = 3  # two seeds give a standard deviation that may be off by a factor of thirty


def detectable(seeds: int, alpha: float, power: float = POWER) -> float:
    """The smallest mean difference that the paired t test finds, in standard deviations of the differences.

    The noncentrality at which the noncentral t lies above the critical value with the power asked for,
    divided by √seeds.

    Args:
        seeds: Number of pairs, at least 2.
        alpha: Two-sided level.
        power: Chance of finding it.

    Example:
        >>> round(detectable(5, 0.05), 2)
        1.68
    """
    from scipy.special import nctdtrinc, stdtrit

    freedom = seeds - 1
    critical = float(stdtrit(freedom, 1 - alpha / 2))
    return float(nctdtrinc(freedom, 1 - power, critical)) / math.sqrt(seeds)


def seeds_for(difference: float, alpha: float, power: float = POWER) -> int:
    """How many seeds a difference needs to be found; `MAX_SEEDS` where it is more.

    Args:
        difference: In standard deviations of the paired differences.
        alpha: Two-sided level.
        power: Chance of finding it.

    Example:
        >>> seeds_for(1.0, 0.05)
        10
    """
    low, high = 2, MAX_SEEDS
    while low < high:
        middle = (low + high) // 2
        if detectable(middle, alpha, power) <= difference:
            high = middle
        else:
            low = middle + 1
    return low


def seeds_for_exact(alpha: float) -> int:
    """The fewest seeds with which the exact test can reach a level.

    Args:
        alpha: Two-sided level.

    Example:
        >>> seeds_for_exact(0.05)
        6
    """
    return math.ceil(1 - math.log2(alpha))


def spread(differences: Sequence[float]) -> tuple[float, float, float]:
    """Standard deviation of the differences, and its 95 % interval by the chi-square distribution.

    Args:
        differences: Treatment minus reference, one a seed, at least two.

    Returns:
        The estimate, and both ends of the interval.

    Example:
        >>> tuple(round(each, 2) for each in spread([1.0, 2.0, 3.0]))
        (1.0, 0.52, 6.28)
    """
    import numpy as np
    from scipy.special import chdtri

    freedom = len(differences) - 1
    found = float(np.std(differences, ddof=1))
    low, high = (found * math.sqrt(freedom / float(chdtri(freedom, tail))) for tail in (0.025, 0.975))
    return found, low, high


def feasibility(design: Design) -> Iterator[Finding]:
    """The findings about the number of seeds.

    Args:
        design: What is reviewed.
    """
    questions = len(design.asked)
    if not questions:
        return
    line = design.study.lines.get("seeds")
    alpha = ALPHA / questions
    evidence = {"seeds": design.seeds, "questions": questions, "alpha": alpha}
    exact = {"smallest": smallest_exact(design.seeds), "needed": seeds_for_exact(alpha)}
    if design.seeds == 1:
        yield Finding("one-seed", Severity.SERIOUS, evidence={**evidence, **exact}, line=line)
    else:
        yield _reach(design, evidence, line)
        if exact["smallest"] > alpha:
            yield Finding("exact-test-cannot", Severity.INFO, evidence={**evidence, **exact}, line=line)
    for asked in design.asked:
        yield from _needed(design, asked, alpha)


def _reach(design: Design, evidence: dict[str, float], line: int | None) -> Finding:
    alpha = evidence["alpha"]
    found = detectable(design.seeds, alpha)
    numbers = {**evidence, "detectable": found, "unit": seeds_for(1.0, alpha)}
    if found > LARGE:
        return Finding("few-seeds", Severity.WARNING, evidence=numbers, line=line)
    if design.study.margin is None:
        return Finding("reach", Severity.INFO, evidence=numbers, line=line)
    points = {"margin": 100 * design.study.margin, "allowed": 100 * design.study.margin / found}
    return Finding("reach-of-margin", Severity.INFO, evidence={**numbers, **points}, line=line)


def _needed(design: Design, asked: QuestionDesign, alpha: float) -> Iterator[Finding]:
    """How many seeds a difference of the margin needs, by the spread of the differences seen so far."""
    margin = design.study.margin
    differences = design.differences(asked)
    if margin is None or asked.question.metric != "test_accuracy" or len(differences) < _MIN_SEEDS:
        return
    found, low, high = spread(differences)
    if not found:
        return
    fewest, most = (seeds_for(margin / each, alpha) for each in (low, high))
    evidence = {
        "seen": len(differences),
        "spread": 100 * found,
        "low": 100 * low,
        "high": 100 * high,
        "margin": 100 * margin,
        "fewest": fewest,
        "most": most,
        "seeds": design.seeds,
        "questions": len(design.asked),
    }
    severity = Severity.WARNING if design.seeds < fewest else Severity.INFO
    yield asked.finding("seeds-for-margin", severity, evidence, about=[])
