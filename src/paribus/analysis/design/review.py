"""The review of a study's design, before anything is spent. What each finding means: ``docs/review.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paribus.analysis.design.columns import (
    ConstantColumns,
    IdentifierColumns,
    MissingValues,
    TargetLeak,
    UnscaledFeatures,
)
from paribus.analysis.design.confounds import Confounded, NothingDiffers, SameTrajectory
from paribus.analysis.design.copies import CopiesHeldOut, CopiesTested, NearCopiesTested
from paribus.analysis.design.datasets import FewTestImages, FewTrainingImages, FewValidationImages
from paribus.analysis.design.design import Design, ImageCounts
from paribus.analysis.design.dropout import DroppedOutputs, HeavyDropout
from paribus.analysis.design.expectations import (
    ExpectedVerdictOfFewSeeds,
    UnaskedExpectation,
    UnknownExpectedFinding,
)
from paribus.analysis.design.fractions import AliasedEffects
from paribus.analysis.design.hyperparameters import (
    AbsurdRate,
    BatchSize,
    Budget,
    MomentumStep,
    OptimizerAndRate,
    OptimizerSameRate,
)
from paribus.analysis.design.l2_dose import DivergingDose, DoseChanged, NegligibleDose, TotalDose, UsualDose
from paribus.analysis.design.labels import ImbalancedAccuracy, MissingClass, RareClass, TwoLabels
from paribus.analysis.design.losses import LossWithPenalty, OtherLoss, StopsOnPenalty, StopsOnTraining
from paribus.analysis.design.matched_settings import MatchedDose, MatchedStep, MatchedUpdates
from paribus.analysis.design.networks import (
    FewNormalizationUpdates,
    ManyWeights,
    SigmoidForClasses,
    SmallNormalizedBatches,
    UnscaledPixels,
)
from paribus.analysis.design.nonlinearity import HiddenSoftmax, LinearLayers
from paribus.analysis.design.outputs import DistanceForClasses, OutputLoss
from paribus.analysis.design.own_networks import OwnDraws
from paribus.analysis.design.pixels import OtherPixels
from paribus.analysis.design.power import (
    ExactTestCannot,
    FewSeeds,
    OneSeed,
    Reach,
    ReachOfMargin,
    SeedsForMargin,
)
from paribus.analysis.design.questions import NoMargin, NoQuestions
from paribus.analysis.design.ranking_power import FewSeedsForRanking
from paribus.analysis.design.reading import RowNames, SkippedFiles
from paribus.analysis.design.regression import ClassLossForNumbers, LimitedOutput, UnscaledTargets
from paribus.analysis.design.regularization import L2AcrossOptimizers, L2BeforeNormalization, L2Rescaled
from paribus.analysis.design.rule import DesignRule
from paribus.analysis.design.schedules import RateGone, RateUnchanged
from paribus.analysis.design.selection import ChosenOnTest
from paribus.analysis.design.signals import ShrinkingError, UnstableRate
from paribus.analysis.design.starts import DeadStart, EqualStart, ShutStart, ZeroStart
from paribus.analysis.design.stopping import BackwardsMode
from paribus.analysis.design.tokens import TooManyTokens
from paribus.analysis.design.updates import FewEpochs, LargeBatches
from paribus.analysis.finding import Finding, with_words
from paribus.analysis.rule import extensions
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.record.run import DataUsed
from paribus.study.datasets import DataFacts
from paribus.study.study import Study

DESIGN_RULES: tuple[DesignRule, ...] = (
    NothingDiffers(),
    Confounded(),
    MomentumStep(),
    OptimizerAndRate(),
    OptimizerSameRate(),
    BatchSize(),
    Budget(),
    SameTrajectory(),
    MatchedStep(),
    MatchedUpdates(),
    MatchedDose(),
    NegligibleDose(),
    UsualDose(),
    TotalDose(),
    DivergingDose(),
    L2Rescaled(),
    L2BeforeNormalization(),
    DoseChanged(),
    L2AcrossOptimizers(),
    LossWithPenalty(),
    OtherLoss(),
    StopsOnPenalty(),
    StopsOnTraining(),
    BackwardsMode(),
    OwnDraws(),
    OutputLoss(),
    UnstableRate(),
    AbsurdRate(),
    RateGone(),
    RateUnchanged(),
    DeadStart(),
    ShutStart(),
    ZeroStart(),
    EqualStart(),
    HiddenSoftmax(),
    LinearLayers(),
    ShrinkingError(),
    DroppedOutputs(),
    HeavyDropout(),
    LargeBatches(),
    FewEpochs(),
    FewNormalizationUpdates(),
    SmallNormalizedBatches(),
    UnscaledPixels(),
    UnscaledFeatures(),
    UnscaledTargets(),
    LimitedOutput(),
    ClassLossForNumbers(),
    TooManyTokens(),
    SigmoidForClasses(),
    DistanceForClasses(),
    MissingClass(),
    RareClass(),
    ImbalancedAccuracy(),
    TwoLabels(),
    OtherPixels(),
    CopiesTested(),
    NearCopiesTested(),
    CopiesHeldOut(),
    TargetLeak(),
    IdentifierColumns(),
    ConstantColumns(),
    MissingValues(),
    RowNames(),
    SkippedFiles(),
    ManyWeights(),
    FewTrainingImages(),
    AliasedEffects(),
    NoQuestions(),
    FewTestImages(),
    FewValidationImages(),
    NoMargin(),
    ChosenOnTest(),
    UnknownExpectedFinding(),
    ExpectedVerdictOfFewSeeds(),
    UnaskedExpectation(),
    OneSeed(),
    FewSeeds(),
    FewSeedsForRanking(),
    Reach(),
    ReachOfMargin(),
    ExactTestCannot(),
    SeedsForMargin(),
)
"""Every rule about a design, in the order in which findings of one severity are shown."""


def review(
    study: Study,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    data: Mapping[str, DataUsed] | None = None,
    records: Records | None = None,
    looks: LookLog | None = None,
) -> tuple[Finding, ...]:
    """Return what is doubtful about a study's design, the worst first; nothing is trained.

    Args:
        study: What is reviewed.
        only: The variants that are to run; None for all.
        seeds: How many seeds are to be run; None for the study's own number.
        data: The images each data set's name stands for; the official ones where it names none.
        records: What has run already: it shows how much accuracies vary from seed to seed.
        looks: Which questions were answered before: they count in the family.

    Example:
        >>> from paribus.study.reader import load
        >>> [finding.variants for finding in review(load("lab2")) if finding.code == "confounded"]
        [('4b', '2'), ('4b', '4c'), ('7c', '7b'), ('7c', '7a')]
    """
    names = tuple(study.variants) if only is None else tuple(only)
    sets = dict.fromkeys(study.variants[name].configuration.data for name in names)
    images = {name: _images(study.facts[name], (data or {}).get(name)) for name in sets}
    count = study.seeds if seeds is None else seeds
    design = Design(study, names, images, count, records or Records(), looks or LookLog())
    rules = (*DESIGN_RULES, *extensions(DesignRule))
    about = ((rule, design.concerning(rule)) for rule in rules)
    findings = [finding for rule, part in about if part.configurations for finding in rule.check(part)]
    told = (with_words(finding, study.words) for finding in findings)
    return tuple(sorted(told, key=lambda finding: finding.severity.rank))


def by_code(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Return the findings of each code together, in order.

    Args:
        findings: From `review`.
    """
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.code, []).append(finding)
    return grouped


def _images(facts: DataFacts, used: DataUsed | None) -> ImageCounts:
    if used is None:
        return ImageCounts(facts.train, facts.test)
    return ImageCounts(used.train, used.test, used.census)
