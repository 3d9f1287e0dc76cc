"""Every rule about what has run, in the one order of findings, remarks, advice and ablations.

Where two rules advise to change the same setting, the first one's advice is given.
"""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from paribus.analysis.rule import Fact, extensions
from paribus.analysis.runs.between_variants import OverfitsBeside, Slower, SwingsMore, Underfitting
from paribus.analysis.runs.configured import OutputMismatch, ScheduleOver, UnstableStep
from paribus.analysis.runs.configured_batches import FewUpdates, NoisyNormalization
from paribus.analysis.runs.configured_dropout import DroppedOutputs, StrongDropout
from paribus.analysis.runs.configured_layers import (
    FadingError,
    LinearNetwork,
    NarrowLayers,
    ShutLayers,
    SoftmaxInside,
)
from paribus.analysis.runs.convergence import Converged, NotConverged, Oscillation, Plateau
from paribus.analysis.runs.decline import Collapsed, Declined
from paribus.analysis.runs.early_stopping import StoppedEarly, StoppedOnPenalty, StoppedTooSoon
from paribus.analysis.runs.easy_validation import EasyValidation
from paribus.analysis.runs.evidence import RunEvidence
from paribus.analysis.runs.failures import Diverged, NothingLearned, OneAnswer
from paribus.analysis.runs.loss import LargeWeights, PenaltyDominates, UnscaledInput
from paribus.analysis.runs.memorized import OnlyMemorized
from paribus.analysis.runs.modes import LaggingStatistics, MeasuredWithDropout
from paribus.analysis.runs.neglected_class import NeglectedClass
from paribus.analysis.runs.other_images import OtherTestImages
from paribus.analysis.runs.overfitting import Gap, Overfitting
from paribus.analysis.runs.overflow import OverflowAtStart
from paribus.analysis.runs.regression import PredictsMean, StillImproving
from paribus.analysis.runs.rule import DiagnosisRule, PairRule, RunRule, VariantRule
from paribus.analysis.runs.slow_loss import SlowLoss
from paribus.analysis.runs.stopped_by_setting import StoppedBySetting
from paribus.analysis.runs.stopped_on_noise import StoppedOnNoise
from paribus.analysis.runs.strong_penalty import PenaltyLimits, StrongDecay, StrongPenalty
from paribus.analysis.runs.ties import TiedOutputs
from paribus.analysis.runs.units import DeadUnits, IdenticalUnits, Saturation, SilentLayer, ZeroGradient
from paribus.analysis.runs.updates import Exploding, ForgottenStart, LargeSteps, Vanishing

R = TypeVar("R", bound=DiagnosisRule)

BUILT_IN: tuple[DiagnosisRule, ...] = (
    OutputMismatch(),
    DroppedOutputs(),
    UnstableStep(),
    ScheduleOver(),
    StrongDropout(),
    SoftmaxInside(),
    ShutLayers(),
    LargeWeights(),
    FadingError(),
    UnscaledInput(),
    StrongPenalty(),
    StrongDecay(),
    SlowLoss(),
    OverflowAtStart(),
    ForgottenStart(),
    LargeSteps(),
    NoisyNormalization(),
    LaggingStatistics(),
    LinearNetwork(),
    NarrowLayers(),
    FewUpdates(),
    TiedOutputs(),
    OneAnswer(),
    ZeroGradient(),
    SilentLayer(),
    IdenticalUnits(),
    Collapsed(),
    NothingLearned(),
    PredictsMean(),
    Diverged(),
    DeadUnits(),
    Exploding(),
    Saturation(),
    Vanishing(),
    EasyValidation(),
    OtherTestImages(),
    NeglectedClass(),
    MeasuredWithDropout(),
    Gap(),
    Declined(),
    OnlyMemorized(),
    Overfitting(),
    OverfitsBeside(),
    Underfitting(),
    Converged(),
    NotConverged(),
    StillImproving(),
    Oscillation(),
    Plateau(),
    PenaltyLimits(),
    PenaltyDominates(),
    StoppedBySetting(),
    StoppedEarly(),
    StoppedOnPenalty(),
    StoppedTooSoon(),
    StoppedOnNoise(),
    SwingsMore(),
    Slower(),
)


def rules() -> tuple[DiagnosisRule, ...]:
    """Return all rules: those of Paribus, then those of installed packages.

    Raises:
        ExtensionError: An installed package registers a rule that cannot be used.
    """
    return (*BUILT_IN, *_extensions())


@cache
def _extensions() -> tuple[DiagnosisRule, ...]:
    return extensions(DiagnosisRule, BUILT_IN)


def has_extensions() -> bool:
    """Return whether an installed package registers rules."""
    return bool(_extensions())


@cache
def _of_kind(among: tuple[DiagnosisRule, ...], kind: type[R]) -> tuple[R, ...]:
    return tuple(rule for rule in among if isinstance(rule, kind))


def run_rules() -> tuple[RunRule, ...]:
    """Return the rules about one run."""
    return _of_kind(rules(), RunRule)


def variant_rules() -> tuple[VariantRule, ...]:
    """Return the rules about a variant beside all others."""
    return _of_kind(rules(), VariantRule)


def pair_rules() -> tuple[PairRule, ...]:
    """Return the rules about a question's treatment beside its reference."""
    return _of_kind(rules(), PairRule)


def facts(run: RunEvidence) -> dict[str, Fact]:
    """Return what is reported of a run, by code: all that is found but what something else found silences.

    Args:
        run: Any.
    """
    found = {rule: fact for rule in run_rules() if (fact := rule.find(run)) is not None}
    silenced = frozenset[str]().union(*(rule.silences for rule in found))
    return {rule.code: fact for rule, fact in found.items() if rule.code not in silenced}
