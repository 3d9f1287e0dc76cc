"""Looking after every seed: how often a verdict is ever false."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.calibration.draw import SHAPES, Drawn, Flags, Floats, studies
from benchmarks.calibration.fixed import MARGIN, QUESTIONS, false_of
from benchmarks.calibration.rules import BEFORE, one_sided_critical
from paribus.analysis.questions.anytime import EFFECT, LOOKS, critical_t, e_values, moments, p_of_counts
from paribus.analysis.questions.tails import ALPHA, critical
from paribus.analysis.questions.verdict import Verdict
from paribus.record.looks import MIN_SEEDS

STUDIES, SEEDS = 10_000, 50
AT_ONCE = 2_500
"""Studies in memory at a time."""


def measure() -> list[dict[str, Any]]:
    """Simulate the share of studies with a false verdict at any of the looks."""
    return [false_verdicts(shape) for shape in SHAPES]


def false_verdicts(shape: str, number: int = STUDIES) -> dict[str, Any]:
    """Return the shares of studies that ever have a false verdict, looked at after each of 3 to 50 seeds.

    Questions are judged by the first step of Holm's method, beyond which a study without a difference never
    comes but after a false verdict.

    Args:
        shape: Of the differences.
        number: How many studies are simulated.
    """
    drawn = studies(shape, (number, max(QUESTIONS), SEEDS))
    parts = [drawn[start : start + AT_ONCE] for start in range(0, number, AT_ONCE)]
    rates: dict[str, list[float]] = {"before": [], "now": [], "equivalence_now": []}
    for asked in QUESTIONS:
        found = [_ever_false(each[:, :asked], shape) for each in parts]
        for name, values in zip(rates, np.concatenate(found, axis=1), strict=True):
            rates[name].append(float(values.mean()))
    excluded = np.abs(t_statistics(drawn.differences[:, 0])) >= thresholds(1)
    return {"differences": shape, **rates, "coverage": float(1 - excluded.any(axis=-1).mean())}


def _ever_false(drawn: Drawn, shape: str) -> Flags:
    """Return which studies ever have a false verdict: before, now, and of equivalence at the margin."""
    asked = drawn.differences.shape[1]
    with np.errstate(invalid="ignore"):
        before = np.abs(t_statistics(drawn.as_measured)) >= thresholds_before(asked)
    trained = all_trained(drawn)
    now = different(drawn.differences, asked) & trained | falsely_unreliable(drawn, shape)
    alike = equivalent(drawn.differences + MARGIN, MARGIN, asked) & trained
    return np.stack([each.any(axis=(1, 2)) for each in (before, now, alike)])


def t_statistics(differences: Floats) -> Floats:
    """Return mean / standard error of the first n differences, for every n; not a number where they agree."""
    mean, deviation = moments(differences)
    return mean / deviation * np.sqrt(np.arange(1, mean.shape[-1] + 1))


@cache
def thresholds(questions: float, effect: float = EFFECT, seeds: int = SEEDS) -> Floats:
    """Return from which |t| on a difference is shown, for every number of seeds.

    Args:
        questions: Of the family; the level is that of Holm's first step.
        effect: Of the mixture behind the e-values.
        seeds: The most.
    """
    level = ALPHA / questions
    return np.array(
        [
            max(critical_t(n, level=level, effect=effect), critical(n - 1, level / LOOKS))
            if n >= MIN_SEEDS
            else np.inf
            for n in range(1, seeds + 1)
        ]
    )


@cache
def thresholds_before(questions: float, seeds: int = SEEDS) -> Floats:
    """Return the same of Student's t-test, which does not know of looks."""
    level = ALPHA / questions
    return np.array(
        [BEFORE.two_sided(n - 1, level) if n >= MIN_SEEDS else np.inf for n in range(1, seeds + 1)]
    )


@cache
def _one_sided_thresholds(questions: int, seeds: int) -> Floats:
    level = ALPHA / questions / LOOKS
    return np.array(
        [one_sided_critical(n - 1, level) if n >= MIN_SEEDS else np.inf for n in range(1, seeds + 1)]
    )


def different(differences: Floats, questions: int) -> Flags:
    """Return at which looks a difference is newly shown.

    Args:
        differences: Seeds in the last axis.
        questions: Of the family.
    """
    t = t_statistics(differences)
    with np.errstate(invalid="ignore"):
        shown = np.abs(t) >= thresholds(questions, seeds=t.shape[-1])
    return shown | _alike(t) & (differences[..., :1] != 0) & (_patterns(t, 2.0) <= ALPHA / questions)


def equivalent(differences: Floats, margin: float, questions: int) -> Flags:
    """Return at which looks the mean is shown to lie within the margin.

    Args:
        differences: Seeds in the last axis.
        margin: Above zero.
        questions: Of the family.
    """
    sides = [_shown_above(each, questions) for each in (margin - differences, margin + differences)]
    t = t_statistics(differences)
    inside = np.abs(differences[..., :1]) < margin
    return sides[0] & sides[1] | _alike(t) & inside & (_patterns(t, 1.0) <= ALPHA / questions)


def _shown_above(differences: Floats, questions: int) -> Flags:
    """Return at which looks the mean has been shown to be above zero."""
    t = t_statistics(differences)
    with np.errstate(invalid="ignore"):
        survives = t >= _one_sided_thresholds(questions, t.shape[-1])
    shown = survives & (e_values(t, alternative="greater") >= questions / ALPHA)
    return np.logical_or.accumulate(shown, axis=-1)


def _alike(t: Floats) -> Flags:
    """Return at which looks all differences are equal and the exact test takes the place of the others."""
    return np.isnan(t) & (np.arange(1, t.shape[-1] + 1) >= MIN_SEEDS)


def _patterns(t: Floats, sides: float) -> Floats:
    return sides * 0.5 ** np.arange(1.0, t.shape[-1] + 1)


def all_trained(drawn: Drawn) -> Flags:
    """Return at which looks no run has failed so far."""
    if drawn.treatment_failed is None or drawn.reference_failed is None:
        return np.ones(drawn.differences.shape, bool)
    return ~np.logical_or.accumulate(drawn.treatment_failed | drawn.reference_failed, axis=-1)


def falsely_unreliable(drawn: Drawn, shape: str) -> Flags:
    """Return at which looks one variant is said to fail more often, and does not."""
    treatment, reference = drawn.treatment_failed, drawn.reference_failed
    if treatment is None or reference is None:
        return np.zeros(drawn.differences.shape, bool)
    less = np.cumsum(treatment & ~reference, axis=-1)
    more = np.cumsum(reference & ~treatment, axis=-1)
    shown = p_of_counts(less, more) <= ALPHA / drawn.differences.shape[1]
    total = np.logical_and.accumulate(treatment, axis=-1) | np.logical_and.accumulate(reference, axis=-1)
    false = less < more if Verdict.LESS_RELIABLE not in false_of(shape) else less != more
    return shown & false & ~total
