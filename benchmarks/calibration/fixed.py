"""Studies whose number of seeds was chosen beforehand: how often a verdict is false, and what is covered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.draw import ONE_SIDED_FAILURE, SHAPES, Drawn, Flags, Floats, studies
from benchmarks.calibration.rules import (
    BEFORE,
    NOW,
    Rule,
    Strengths,
    holm_rejects,
    mcnemar_p,
    strengths,
    strengths_of,
)
from paribus.analysis.questions.statistics import sign_flip
from paribus.analysis.questions.tails import ALPHA
from paribus.analysis.questions.verdict import Verdict

STUDIES = 20_000
SEEDS, QUESTIONS = (3, 5, 10), (1, 5, 15)
MARGIN = 3.0
"""In standard deviations of a difference."""
GAIN = 1.5
"""What a treatment gains that now and then fails, in standard deviations of a difference."""
GAIN_SEEDS = (3, 5, 10, 20, 50)

DIFFERENT = (Verdict.BETTER, Verdict.WORSE)
Verdicts = NDArray[np.str_]


def measure() -> dict[str, Any]:
    """Simulate every figure of this part."""
    return {
        "false": [false_verdicts(shape, seeds) for shape in SHAPES for seeds in SEEDS],
        "sign_flip": [sign_flips(shape, seeds) for shape in ("normal", "exponential") for seeds in SEEDS],
        "gain": [gain(seeds) for seeds in GAIN_SEEDS],
    }


def sign_flips(shape: str, seeds: int, number: int = STUDIES) -> dict[str, Any]:
    """Return the share of studies of one question in which the exact sign-flip test would claim a difference.

    Args:
        shape: Of the differences.
        seeds: Of each study.
        number: How many studies are simulated.
    """
    differences = studies(shape, (number, 1, seeds)).differences
    rate = float(np.mean(sign_flip(differences) <= ALPHA))
    return {"differences": shape, "seeds": seeds, "rate": rate}


def false_verdicts(shape: str, seeds: int, number: int = STUDIES) -> dict[str, Any]:
    """Return the shares of studies with a false verdict, by how many questions they ask.

    Args:
        shape: Of the differences.
        seeds: Of each study.
        number: How many studies are simulated.
    """
    drawn = studies(shape, (number, max(QUESTIONS), seeds))
    false = false_of(shape)
    row: dict[str, Any] = {"differences": shape, "seeds": seeds}
    for name, rule in (("before", BEFORE), ("now", NOW)):
        row[name] = [share(verdicts(drawn[:, :asked], rule), false) for asked in QUESTIONS]
        edge = drawn.moved(MARGIN)
        row[f"equivalence_{name}"] = [
            share(verdicts(edge[:, :asked], rule, MARGIN), (Verdict.EQUIVALENT,)) for asked in QUESTIONS
        ]
    failed = [share(verdicts(drawn[:, :asked], NOW), (Verdict.FAILED,)) for asked in QUESTIONS]
    return {**row, "failed": failed, "coverage": coverage(drawn[:, :1])}


def false_of(shape: str) -> tuple[Verdict, ...]:
    """Return the verdicts that are false where the runs that train are alike.

    A treatment that truly fails more often may be called less reliable.
    """
    if shape == ONE_SIDED_FAILURE:
        return (*DIFFERENT, Verdict.MORE_RELIABLE)
    return (*DIFFERENT, Verdict.LESS_RELIABLE, Verdict.MORE_RELIABLE)


def gain(seeds: int, number: int = STUDIES) -> dict[str, Any]:
    """Return what is said of a treatment that gains a little and fails in one run of ten."""
    drawn = studies(ONE_SIDED_FAILURE, (number, 1, seeds)).moved(GAIN)
    found = verdicts(drawn, NOW)
    assert drawn.treatment_failed is not None
    return {
        "seeds": seeds,
        "before": share(verdicts(drawn, BEFORE), (Verdict.BETTER,)),
        "none_failed": float(np.mean(~drawn.treatment_failed.any(axis=-1))),
        **{each.value: share(found, (each,)) for each in (Verdict.BETTER, Verdict.LESS_RELIABLE)},
    }


def share(found: Verdicts, counted: Collection[Verdict]) -> float:
    """Return the share of studies in which any question gets one of these verdicts."""
    return float(np.isin(found, [each.value for each in counted]).any(axis=1).mean())


def coverage(drawn: Drawn) -> float:
    """Return the share of intervals of runs that trained that have the true mean 0 in them."""
    trained, total = _counted(drawn, NOW)
    statistic, pairs, _ = _moments(drawn.as_measured, trained)
    given = np.isfinite(statistic) & (pairs >= 3) & ~total
    outside = strengths(np.abs(statistic), pairs, NOW.two_sided, 1)[given] > 0
    return float(1 - outside.mean())


def verdicts(drawn: Drawn, rule: Rule, margin: float | None = None) -> Verdicts:
    """Return the verdict on every question, as `Comparison.verdict` and `holm` give it.

    Args:
        drawn: The studies.
        rule: Before or now.
        margin: Differences below it count as none.
    """
    trained, total = _counted(drawn, rule)
    values, most = drawn.as_measured, drawn.differences.shape[1]
    statistic, pairs, mean = _moments(values, trained)
    differs = strengths(np.abs(statistic), pairs, rule.two_sided, most)
    alike = np.isnan(statistic) & (pairs >= 3) & rule.minds_failures
    differs[alike] = strengths_of(np.where(mean == 0, 1.0, 2.0 ** (1 - pairs)), most)[alike]
    found = np.where(mean > 0, Verdict.BETTER.value, Verdict.WORSE.value)
    found = np.where(holm_rejects(differs) & (mean != 0), found, Verdict.UNDECIDED.value)
    if margin is not None:
        within = _within(values, trained, margin, rule, most)
        within[alike] = strengths_of(np.where(np.abs(mean) < margin, 0.5**pairs, 1.0), most)[alike]
        found = np.where(holm_rejects(within), Verdict.EQUIVALENT.value, found)
    if drawn.treatment_failed is None or drawn.reference_failed is None or not rule.minds_failures:
        return found
    return _with_failures(found, drawn.treatment_failed, drawn.reference_failed, total)


def _with_failures(found: Verdicts, treatment: Flags, reference: Flags, total: Flags) -> Verdicts:
    strength = strengths_of(mcnemar_p(treatment, reference), found.shape[1])
    more = treatment.sum(axis=-1) > reference.sum(axis=-1)
    reliability = np.where(more, Verdict.LESS_RELIABLE.value, Verdict.MORE_RELIABLE.value)
    decided = np.where(holm_rejects(strength), reliability, Verdict.UNDECIDED.value)
    decided = np.where(total, Verdict.FAILED.value, decided)
    return np.where((treatment | reference).any(axis=-1), decided, found)


def _counted(drawn: Drawn, rule: Rule) -> tuple[Flags, Flags]:
    """Return which seeds are compared, and for which questions no run of one variant trained."""
    treatment, reference = drawn.treatment_failed, drawn.reference_failed
    if treatment is None or reference is None or not rule.minds_failures:
        return np.ones(drawn.differences.shape, bool), np.zeros(drawn.differences.shape[:-1], bool)
    total = treatment.all(axis=-1) | reference.all(axis=-1)
    return ~(treatment | reference) | total[..., None], total


def _moments(values: Floats, counted: Flags) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Return mean / standard error, the number of pairs and the mean; not a number where nothing varies."""
    pairs = counted.sum(axis=-1)
    mean = np.sum(values * counted, axis=-1) / np.maximum(pairs, 1)
    squares = np.sum((values - mean[..., None]) ** 2 * counted, axis=-1)
    error = np.sqrt(squares / np.maximum(pairs - 1, 1) / np.maximum(pairs, 1))
    varies = error > 1e-9 * (1 + np.abs(mean))
    return np.where(varies, mean / np.where(varies, error, 1), np.nan), pairs, mean


def _within(values: Floats, counted: Flags, margin: float, rule: Rule, most: int) -> Strengths:
    """Return the strength of the mean lying within the margin."""
    from_above, pairs, _ = _moments(margin - values, counted)
    from_below, _, _ = _moments(margin + values, counted)
    return strengths(np.minimum(from_above, from_below), pairs, rule.one_sided, most)
