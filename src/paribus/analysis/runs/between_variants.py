"""What only other variants show of one: underfitting, a better fit by less gap, more swing, more time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from paribus.analysis.finding import Finding, Severity, factor
from paribus.analysis.rule import LABELS, Fact
from paribus.analysis.runs.changes import Change, round_to_digit
from paribus.analysis.runs.convergence import NotConverged, Oscillation
from paribus.analysis.runs.curves import (
    MIN_EPOCHS,
    N_SIGMA,
    degrees_of_freedom,
    neighbour_noise,
    standard_error,
)
from paribus.analysis.runs.loss import PenaltyDominates
from paribus.analysis.runs.modes import LaggingStatistics
from paribus.analysis.runs.rule import PairRule, Place, RunRule, VariantRule
from paribus.analysis.runs.updates import Vanishing
from paribus.analysis.runs.variant_runs import (
    VariantRuns,
    common_measure,
    lower_median,
    with_best_validation,
)
from paribus.study.configuration import Configuration, Technique
from paribus.study.difference import differ_in_several, difference, factors
from paribus.study.l2_dose import strength
from paribus.texts.message import Listed, Message

_GOODFELLOW = "Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.2"
_FREE_FACTORS = {"initialization", "learning_rate", "stopping"}
"""Factors that cost no time: where nothing else differs, the machine had other work."""
_MIN_RATIO = 1.1
"""Times as many seconds, below which a machine's own fluctuation hides a variant's cost."""


class OverfitsBeside(VariantRule):
    """A variant that differs in one factor, has a smaller gap and validates better, both beyond noise.

    Its training accuracy is no higher: one that also fits its training images better has learned better,
    which says nothing of overfitting.
    """

    code = "overfits-beside"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = LABELS
    reference = _GOODFELLOW
    remark = Place.CURVES

    def judge(self, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact | None:
        """Return the variant that gains most."""
        if mine.validation is None:
            return None
        least = mine.validation.mean + N_SIGMA * mine.validation.noise
        better = [each for each in others if each.validation and each.validation.mean > least]
        facts = [fact for other in better if (fact := _fits_better(mine, other)) is not None]
        return max(facts, key=lambda fact: fact.size, default=None)


def _fits_better(mine: VariantRuns, other: VariantRuns) -> Fact | None:
    """Return how much better another variant validates with a smaller gap; None where it does not."""
    measure = common_measure(mine, other)
    train, other_train = mine.train_by(measure), other.train_by(measure)
    if not (train and mine.validation and other_train and other.validation):
        return None
    is_lagging = any(LaggingStatistics.code in facts for facts in mine.facts.values())
    if other_train.mean > train.mean or is_lagging:
        return None
    gain = other.validation.mean - mine.validation.mean
    gap = train.mean - mine.validation.mean
    less = gap - (other_train.mean - other.validation.mean)
    noise = math.hypot(mine.validation.noise, other.validation.noise)
    gap_noise = math.hypot(noise, math.hypot(train.noise, other_train.noise))
    if gain <= N_SIGMA * noise or less <= N_SIGMA * gap_noise:
        return None
    pair = mine.any.configuration, other.any.configuration
    differing = () if differ_in_several(*pair) else factors(difference(*pair))
    if len(differing) != 1:
        return None
    evidence = {
        "gain": gain,
        "gap": gap,
        "other_gap": gap - less,
        "validation": mine.validation.mean,
        "other_validation": other.validation.mean,
        "limit": N_SIGMA * noise,
        "gap_limit": N_SIGMA * gap_noise,
    }
    return Fact(Severity.WARNING, evidence, {"other": other.variant, "factor": factor(differing[0])})


class Underfitting(VariantRule):
    """Training images fitted worse, beyond noise, than another variant predicts images it has never seen.

    Its own validation accuracy must be as low: training accuracy under dropout, or as a mean over an epoch,
    lies below what the kept weights get right.
    """

    code = "underfitting"
    severities = (Severity.WARNING,)
    any_training = True
    tasks = LABELS
    reference = _GOODFELLOW
    remark = Place.CURVES
    is_contrasted = True
    is_summarized = True
    accompanied_by: ClassVar[Mapping[RunRule, str]] = {
        NotConverged(): "rising",
        Oscillation(): "swinging",
        PenaltyDominates(): "penalized",
        Vanishing(): "frozen",
    }
    """The findings of its runs that go with it, each with the last word of its sentence's code."""

    def judge(self, mine: VariantRuns, others: Sequence[VariantRuns]) -> Fact | None:
        """Return how far training accuracy falls short, and what goes with it."""
        found = with_best_validation(others)
        if mine.train is None or found is None:
            return None
        if any(run.configuration.has_training_mode and not run.is_sampled for run in mine.runs.values()):
            return None  # measured with dropout, or by the batches' statistics
        if any(LaggingStatistics.code in facts for facts in mine.facts.values()):
            return None  # its weights are not at fault
        best, other = found
        noise = math.hypot(best.noise, mine.train.noise)
        known = max(each.mean for each in (mine.train, mine.validation) if each)
        if best.mean - known <= N_SIGMA * noise:
            return None
        evidence = {
            "short": best.mean - mine.train.mean,
            "train": mine.train.mean,
            "best": best.mean,
            "noise": noise,
            "limit": N_SIGMA * noise,
        }
        found_beside = self._beside(mine)
        beside = Message("diagnosis.underfits-beside", {"findings": Listed(tuple(found_beside.values()))})
        placeholders = {
            "other": other,
            "measured": Message(f"diagnosis.underfits-{common_measure(mine)}"),
            "beside": beside if found_beside else "",
            "findings": found_beside,
        }
        return Fact(Severity.WARNING, evidence, placeholders)

    def _beside(self, mine: VariantRuns) -> dict[str, Message]:
        """Return what goes with it, by code: in how many runs, and with the numbers of which."""
        found: dict[str, Message] = {}
        for rule, word in self.accompanied_by.items():
            facts = {
                seed: mine.facts[seed][rule.code]
                for seed in mine.runs
                if rule.code in mine.facts.get(seed, {})
            }
            if not facts:
                continue
            seed = lower_median(facts, lambda seed, facts=facts: facts[seed].size)
            what = Message(f"diagnosis.underfits-{word}", facts[seed].evidence)
            judged = sum(rule.judges(run) for run in mine.runs.values())
            values = {"what": what, "found": len(facts), "judged": judged, "seed": seed, "count": judged}
            code = "some" if judged == len(mine.runs) else "judged"
            found[rule.code] = (
                Message(f"diagnosis.underfits-in-{code}", values) if len(mine.runs) > 1 else what
            )
        return found

    def advise(self, configuration: Configuration, finding: Finding) -> Iterable[Change]:
        """Advise less penalty, where most of the loss is penalty."""
        now = strength(configuration)
        beside = finding.placeholders["findings"]
        if not now or not isinstance(beside, dict) or PenaltyDominates.code not in beside:
            return
        then = round_to_digit(now / 10)
        settings = {
            setting: {"l2": then}
            for setting in ("kernel_regularizer", "bias_regularizer")
            if any(isinstance(layer.arguments.get(setting), Technique) for layer in configuration.layers)
        }
        yield Change("weaker", settings, {"strength": now, "weaker": then})


class SwingsMore(PairRule):
    """A validation curve with more noise from epoch to epoch than the reference's, and than the images'.

    The logarithm of the ratio of two such noises has the variance 1/2ν + 1/2ν′ with ν and ν′ degrees of
    freedom, over all seeds.
    """

    code = "swings-more"
    severities = (Severity.INFO,)
    any_training = True
    tasks = LABELS
    reference = "Gasser, Sroka and Jennen-Steinmetz, Biometrika 73 (1986), for the noise"
    remark = Place.QUESTION

    def judge(self, treatment: VariantRuns, reference: VariantRuns) -> Fact | None:
        """Return how many times as much the treatment swings."""
        (swing, freedom), (other, other_freedom) = _swing(treatment), _swing(reference)
        if swing is None or other is None or not other:
            return None
        limit = math.exp(N_SIGMA * math.sqrt(1 / (2 * freedom) + 1 / (2 * other_freedom)))
        validation = treatment.validation
        images = standard_error(validation.mean, treatment.any.held_out) if validation else math.inf
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


def _swing(each: VariantRuns) -> tuple[float | None, float]:
    """Return a variant's noise over all of its seeds, and its degrees of freedom."""
    runs = each.runs.values()
    found = [(neighbour_noise(run.curve("val_accuracy")), degrees_of_freedom(run.epochs)) for run in runs]
    known = [(noise, freedom) for noise, freedom in found if noise is not None]
    total = sum(freedom for _, freedom in known)
    if not known:
        return None, 0.0
    return math.sqrt(sum(freedom * noise**2 for noise, freedom in known) / total), total


class Slower(PairRule):
    """More seconds an epoch than the reference, beyond the spread over epochs."""

    code = "slower"
    severities = (Severity.INFO,)
    any_training = True
    remark = Place.QUESTION

    def judge(self, treatment: VariantRuns, reference: VariantRuns) -> Fact | None:
        """Return how many times as long an epoch takes; None where the two differ in free factors alone."""
        differing = set(factors(difference(treatment.any.configuration, reference.any.configuration)))
        if differing and differing <= _FREE_FACTORS:
            return None
        sides = [
            np.log([second for run in each.runs.values() for second in run.seconds if second > 0])
            for each in (treatment, reference)
        ]
        if min(map(len, sides)) < MIN_EPOCHS:
            return None
        median, other = (float(np.median(side)) for side in sides)
        # 1.4826 times the median absolute deviation is a normal distribution's standard deviation.
        spreads = [1.4826 * float(np.median(np.abs(side - np.median(side)))) for side in sides]
        limit = max(_MIN_RATIO, math.exp(N_SIGMA * math.hypot(*spreads)))
        times = math.exp(median - other)
        if times <= limit:
            return None
        evidence = {
            "times": times,
            "seconds": math.exp(median),
            "other_seconds": math.exp(other),
            "limit": limit,
        }
        return Fact(Severity.INFO, evidence, {"other": reference.variant})
