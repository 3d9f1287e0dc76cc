"""What only other variants show of one: underfitting, a better fit by less gap, more swing, more time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from paribus.analysis.finding import Severity, factor_code
from paribus.analysis.runs.convergence import not_converged, oscillation
from paribus.analysis.runs.curves import MIN_EPOCHS, N_SIGMA, neighbour_noise, noise_freedom, standard_error
from paribus.analysis.runs.evidence import Fact, RunEvidence, has_probes, has_validation
from paribus.analysis.runs.internals import penalty_dominates, vanishing
from paribus.study.difference import difference, factors
from paribus.texts.message import Listed, Message

_AS_MUCH_WORK = {"initialization", "learning_rate", "stopping"}
_MATERIAL = 1.1
"""Times as many seconds, below which a machine's own whims are not told from a variant's cost."""


@dataclass(frozen=True)
class Group:
    """The runs of one variant.

    Args:
        variant: As in the study.
        runs: Those that ended and learned, by seed; others tell their own story.
    """

    variant: str
    runs: Mapping[int, RunEvidence]

    @cached_property
    def validation(self) -> MeanAccuracy | None:
        """Validation accuracy with the kept weights."""
        return _mean_accuracy([(each.validation_accuracy, each.held_out) for each in self.runs.values()])

    @cached_property
    def train(self) -> MeanAccuracy | None:
        """Training accuracy of the kept epoch."""
        return _mean_accuracy([(each.train_accuracy, each.train_images) for each in self.runs.values()])

    @property
    def any(self) -> RunEvidence:
        """One of its runs."""
        return next(iter(self.runs.values()))


@dataclass(frozen=True)
class MeanAccuracy:
    """A mean accuracy over seeds.

    Args:
        mean: In [0, 1].
        noise: Its standard error: by the images of one run, or by the spread over seeds where that is larger.
    """

    mean: float
    noise: float


def _mean_accuracy(values: Sequence[tuple[float | None, int]]) -> MeanAccuracy | None:
    shares = [share for share, images in values if share is not None and images > 0]
    if not shares or len(shares) < len(values):
        return None
    mean = float(np.mean(shares))
    images = standard_error(mean, min(images for _, images in values))
    seeds = float(np.std(shares, ddof=1)) / math.sqrt(len(shares)) if len(shares) > 1 else 0.0
    return MeanAccuracy(mean, max(images, seeds))


def group(variant: str, runs: Mapping[int, RunEvidence]) -> Group:
    """A variant's runs that ended and learned.

    Args:
        variant: As in the study.
        runs: All of its runs by seed.
    """
    return Group(variant, {seed: run for seed, run in runs.items() if has_validation(run)})


def underfitting(mine: Group, others: Sequence[Group]) -> Fact | None:
    """Training images fitted worse, beyond noise, than another variant answers images it has never seen.

    Args:
        mine: With runs that ended and learned.
        others: On the same images.
    """
    levels = [(each.validation, each) for each in others if each.validation]
    if mine.train is None or not levels:
        return None
    best, other = max(((level, each) for level, each in levels if level), key=lambda pair: pair[0].mean)
    noise = math.hypot(best.noise, mine.train.noise)
    if best.mean - mine.train.mean <= N_SIGMA * noise:
        return None
    evidence = {
        "short": best.mean - mine.train.mean,
        "train": mine.train.mean,
        "best": best.mean,
        "noise": noise,
        "limit": N_SIGMA * noise,
    }
    found: dict[str, list[Mapping[str, float]]] = {}
    for run in mine.runs.values():
        for code, values in _why_under(run):
            found.setdefault(code, []).append(values)
    causes = [Message(f"diagnosis.underfits-{code}", _middle(runs)) for code, runs in found.items()]
    names: dict[str, object] = {"other": other.variant, "because": ""}
    if causes:
        names["because"] = Message("diagnosis.underfits-because", {"causes": Listed(tuple(causes))})
    return Fact(Severity.WARNING, evidence, names)


def _middle(runs: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The numbers of the run whose leading one is the lower median."""
    return sorted(runs, key=lambda values: next(iter(values.values())))[(len(runs) - 1) // 2]


def _why_under(run: RunEvidence) -> list[tuple[str, Mapping[str, float]]]:
    """What of a run goes with underfitting."""
    rules: list[tuple[str, Callable[[RunEvidence], Fact | None], bool]] = [
        ("rising", not_converged, run.epochs >= MIN_EPOCHS),
        ("swinging", oscillation, run.epochs >= MIN_EPOCHS),
        ("penalized", penalty_dominates, run.kept.get("penalty", 0.0) > 0),
        ("frozen", vanishing, has_probes(run)),
    ]
    return [(code, fact.evidence) for code, judge, can in rules if can and (fact := judge(run))]


def better_with_less_gap(mine: Group, others: Sequence[Group]) -> Fact | None:
    """A variant that differs in one factor, has a smaller gap and validates better, both beyond noise.

    Its training accuracy is no higher: one that also fits its training images better has learned better,
    which says nothing of overfitting.

    Args:
        mine: With runs that ended and learned.
        others: On the same images.
    """
    if mine.train is None or mine.validation is None:
        return None
    gap = mine.train.mean - mine.validation.mean
    best: Fact | None = None
    for other in others:
        if other.train is None or other.validation is None:
            continue
        factor = factors(difference(mine.any.configuration, other.any.configuration))
        gains = other.validation.mean - mine.validation.mean
        less = gap - (other.train.mean - other.validation.mean)
        noise = math.hypot(mine.validation.noise, other.validation.noise)
        both = math.hypot(noise, math.hypot(mine.train.noise, other.train.noise))
        if other.train.mean > mine.train.mean:
            continue
        if len(factor) != 1 or gains <= N_SIGMA * noise or less <= N_SIGMA * both:
            continue
        if best is not None and best.evidence["gain"] >= gains:
            continue
        evidence = {
            "gain": gains,
            "gap": gap,
            "other_gap": gap - less,
            "validation": mine.validation.mean,
            "other_validation": other.validation.mean,
            "limit": N_SIGMA * noise,
            "gap_limit": N_SIGMA * both,
        }
        names = {"other": other.variant, "factor": Message(factor_code(factor[0]))}
        best = Fact(Severity.WARNING, evidence, names)
    return best


def outdone(mine: Group, others: Sequence[Group]) -> Message | None:
    """The variant that validates best, if better beyond noise, in words.

    Args:
        mine: With runs that ended and learned.
        others: On the same images.
    """
    levels = [(each.validation, each.variant) for each in others if each.validation]
    if mine.validation is None or not levels:
        return None
    best, other = max(levels, key=lambda pair: pair[0].mean)
    limit = N_SIGMA * math.hypot(best.noise, mine.validation.noise)
    if best.mean - mine.validation.mean <= limit:
        return None
    told = {"other": other, "best": best.mean, "validation": mine.validation.mean, "limit": limit}
    return Message("diagnosis.outdone", told)


def swings_more(mine: Group, reference: Group) -> Fact | None:
    """A validation curve with more noise from epoch to epoch than the reference's, and than the images'.

    The logarithm of the ratio of two such noises has the variance 1/2ν + 1/2ν′ with ν and ν′ degrees of
    freedom, over all seeds.

    Args:
        mine: The treatment's runs.
        reference: The reference's.
    """
    sides = [_swing(each) for each in (mine, reference)]
    (swing, freedom), (other, other_freedom) = sides
    if swing is None or other is None or not other:
        return None
    limit = math.exp(N_SIGMA * math.sqrt(1 / (2 * freedom) + 1 / (2 * other_freedom)))
    images = standard_error(mine.validation.mean, mine.any.held_out) if mine.validation else math.inf
    if swing / other <= limit or swing <= images:
        return None
    evidence = {
        "times": swing / other,
        "swing": swing,
        "other_swing": other,
        "limit": limit,
        "images_noise": images,
    }
    return Fact(Severity.INFO, evidence, {"other": reference.variant})


def _swing(each: Group) -> tuple[float | None, float]:
    """A variant's noise over all of its seeds, and its degrees of freedom."""
    found = [
        (neighbour_noise(run.curve("val_accuracy")), noise_freedom(run.epochs)) for run in each.runs.values()
    ]
    known = [(noise, freedom) for noise, freedom in found if noise is not None]
    total = sum(freedom for _, freedom in known)
    if not known:
        return None, 0.0
    return math.sqrt(sum(freedom * noise**2 for noise, freedom in known) / total), total


def slower(mine: Group, reference: Group) -> Fact | None:
    """More seconds an epoch than the reference, beyond the spread over epochs.

    Nothing is said where the two differ only in what costs no time: then the machine had other work.

    Args:
        mine: The treatment's runs.
        reference: The reference's.
    """
    differing = set(factors(difference(mine.any.configuration, reference.any.configuration)))
    if differing and differing <= _AS_MUCH_WORK:
        return None
    sides = [
        np.log([second for run in each.runs.values() for second in run.seconds if second > 0])
        for each in (mine, reference)
    ]
    if min(map(len, sides)) < MIN_EPOCHS:
        return None
    middle, other = (float(np.median(side)) for side in sides)
    # 1.4826 times the median absolute deviation is a normal distribution's standard deviation.
    spread, other_spread = (1.4826 * float(np.median(np.abs(side - np.median(side)))) for side in sides)
    limit = max(_MATERIAL, math.exp(N_SIGMA * math.hypot(spread, other_spread)))
    times = math.exp(middle - other)
    if times <= limit:
        return None
    evidence = {
        "times": times,
        "seconds": math.exp(middle),
        "other_seconds": math.exp(other),
        "limit": limit,
    }
    return Fact(Severity.INFO, evidence, {"other": reference.variant})


BESIDE: tuple[tuple[str, Callable[[Group, Sequence[Group]], Fact | None]], ...] = (
    ("underfitting", underfitting),
    ("overfits-beside", better_with_less_gap),
)
"""Held against all other variants on the same images."""

AGAINST: tuple[tuple[str, Callable[[Group, Group], Fact | None]], ...] = (
    ("swings-more", swings_more),
    ("slower", slower),
)
"""Held against the reference of a question."""
