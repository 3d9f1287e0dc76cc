"""The runs of one variant together: mean accuracies with their noise, and how they compare with others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from paribus.analysis.rule import Fact
from paribus.analysis.runs.conditions import has_learned_on_validation
from paribus.analysis.runs.curves import N_SIGMA, standard_error
from paribus.analysis.runs.evidence import RunEvidence
from paribus.texts.message import Message

T = TypeVar("T")


@dataclass(frozen=True)
class MeanAccuracy:
    """A mean accuracy over seeds.

    Args:
        mean: In [0, 1].
        noise: Its standard error: by the images of one run, or by the spread over seeds where that is larger.
    """

    mean: float
    noise: float


@dataclass(frozen=True)
class VariantRuns:
    """The runs of one variant.

    Args:
        variant: As in the study.
        runs: Those that ended and learned, by seed; others say nothing of how the variant compares.
        facts: What is reported of each of its runs, by seed and by code.
    """

    variant: str
    runs: Mapping[int, RunEvidence]
    facts: Mapping[int, Mapping[str, Fact]] = field(default_factory=dict[int, Mapping[str, Fact]])

    @cached_property
    def validation(self) -> MeanAccuracy | None:
        """Validation accuracy with the kept weights."""
        return _mean_accuracy([(each.validation_accuracy, each.held_out) for each in self.runs.values()])

    @cached_property
    def train(self) -> MeanAccuracy | None:
        """Training accuracy of the kept epoch, measured in one way for all runs."""
        return self.train_by(common_measure(self))

    def train_by(self, measure: str | None) -> MeanAccuracy | None:
        """Return the training accuracy by one measure; None without one.

        Args:
            measure: From `common_measure`, of this variant and others.
        """
        return self._train_by.get(measure or "")

    @cached_property
    def _train_by(self) -> Mapping[str, MeanAccuracy | None]:
        return {
            measure: _mean_accuracy([run.train_measures[measure] for run in self.runs.values()])
            for measure in self.measures
        }

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The measures of training accuracy that all of its runs have."""
        runs = self.runs.values()
        return tuple(
            each for each in ("sampled", "running") if all(each in run.train_measures for run in runs)
        )

    @cached_property
    def is_sampled(self) -> bool:
        """Whether the measure ``sampled`` is called for in any run."""
        return any(run.is_sampled for run in self.runs.values())

    @property
    def any(self) -> RunEvidence:
        """One of its runs."""
        return next(iter(self.runs.values()))


def variant_runs(
    variant: str, runs: Mapping[int, RunEvidence], facts: Mapping[int, Mapping[str, Fact]] | None = None
) -> VariantRuns:
    """Return a variant's runs that ended and learned.

    Args:
        variant: As in the study.
        runs: All of its runs, by seed.
        facts: What is reported of each, by seed and by code.
    """
    learned = {seed: run for seed, run in runs.items() if has_learned_on_validation(run)}
    return VariantRuns(variant, learned, facts or {})


def common_measure(*groups: VariantRuns) -> str | None:
    """Return the one measure of training accuracy for all runs of some variants; None where none fits all.

    It is ``sampled`` where that is called for in any run, else ``running`` (`RunEvidence.train_measures`).

    Args:
        groups: Variants.
    """
    order = ("sampled", "running") if any(group.is_sampled for group in groups) else ("running",)
    return next((each for each in order if all(each in group.measures for group in groups)), None)


def with_best_validation(others: Sequence[VariantRuns]) -> tuple[MeanAccuracy, str] | None:
    """Return the highest mean validation accuracy, and the variant that has it; None where none has one.

    Args:
        others: Variants on the same images.
    """
    found = [(each.validation, each.variant) for each in others if each.validation]
    return max(found, key=lambda pair: pair[0].mean, default=None)


def validated_better(mine: VariantRuns, others: Sequence[VariantRuns]) -> Message | None:
    """Return which variant validates best, if better beyond noise; None where none does.

    Args:
        mine: With runs that ended and learned.
        others: On the same images.
    """
    found = with_best_validation(others)
    if mine.validation is None or found is None:
        return None
    best, other = found
    limit = N_SIGMA * math.hypot(best.noise, mine.validation.noise)
    if best.mean - mine.validation.mean <= limit:
        return None
    values = {"other": other, "best": best.mean, "validation": mine.validation.mean, "limit": limit}
    code = "validates-better" if len(mine.runs) == 1 else "validates-better-on-average"
    return Message(f"diagnosis.{code}", values)


def lower_median(items: Iterable[T], key: Callable[[T], float]) -> T:
    """Return the item in the middle, the lower of two, so that its numbers are mutually consistent.

    Args:
        items: One at least.
        key: What orders them.

    Example:
        >>> lower_median([3, 1, 2, 4], float)
        2
    """
    ranked = sorted(items, key=key)
    return ranked[(len(ranked) - 1) // 2]


def _mean_accuracy(values: Sequence[tuple[float | None, int]]) -> MeanAccuracy | None:
    shares = [share for share, images in values if share is not None and images > 0]
    if not shares or len(shares) < len(values):
        return None
    mean = float(np.mean(shares))
    images = standard_error(mean, min(images for _, images in values))
    seeds = float(np.std(shares, ddof=1)) / math.sqrt(len(shares)) if len(shares) > 1 else 0.0
    return MeanAccuracy(mean, max(images, seeds))
