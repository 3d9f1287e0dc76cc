"""Contrasts of several variants, paired by seed: a weighted mean of some minus that of others.

A pair of variants is the simplest one. Each seed is a block: the contrast is computed at every seed, and the
statistics of a pair follow from these numbers, new test images included. So nothing is assumed of variances,
nor of how runs of one seed depend on each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.anytime import anytime
from paribus.analysis.questions.per_image import ImageInterval, new_images, new_images_of_draws
from paribus.analysis.questions.scores import PerImageScores, VariantScores, variant_scores
from paribus.analysis.questions.statistics import ROUNDING, Interval, Paired, paired
from paribus.analysis.questions.tails import ALPHA
from paribus.record.folder import test_examples
from paribus.record.looks import MIN_SEEDS, LookLog, LookReason
from paribus.record.records import Records
from paribus.record.run import RunRecord
from paribus.study.metrics import part_of
from paribus.study.model import DesignQuestion
from paribus.study.study import Study


@dataclass(frozen=True)
class Contrast:
    """What is compared with what.

    Args:
        above: The weight of each variant on the side that counts as treatment.
        below: The same of the other side; both add up to the same.
        share: Its part of the level that its question has.
    """

    above: Mapping[str, float]
    below: Mapping[str, float]
    share: float = 0.0

    @property
    def variants(self) -> tuple[str, ...]:
        """Every variant in it."""
        return (*self.above, *self.below)

    def of(self, values: Mapping[str, float]) -> tuple[float, float]:
        """Return the weighted sums of both sides.

        Args:
            values: A number for each variant.
        """
        first, second = (
            sum(weight * values[name] for name, weight in side.items()) for side in (self.above, self.below)
        )
        return first, second


@dataclass(frozen=True)
class Contrasted:
    """A contrast's numbers, as those of a pair.

    Args:
        contrast: Of which variants.
        seeds: Those from which everything is computed.
        means: Of both sides, over seeds; None without a seed.
        paired: The contrast by seed, and the tests on it.
        image_interval: As of a pair.
        margin: Smaller differences count as none; None where none is declared.
        p_adjusted: `paired.p_value` by Holm's method over the family; this one decides.
        p_equivalence_adjusted: The equivalence tests' p, adjusted in the same way.
        corrected: The interval that leaves out 0 just where `p_adjusted` is at most 0.05.
        procedure: How the number of seeds was chosen.
    """

    contrast: Contrast
    seeds: tuple[int, ...]
    means: tuple[float, float] | None
    paired: Paired
    image_interval: ImageInterval | None = None
    margin: float | None = None
    p_adjusted: float | None = None
    p_equivalence_adjusted: float | None = None
    corrected: Interval | None = None
    procedure: Literal["fixed", "sequential"] = "fixed"

    @property
    def difference(self) -> float | None:
        """The mean over seeds."""
        return self.paired.mean

    @property
    def interval(self) -> Interval | None:
        """95 % interval over new seeds and, where they are known, new images."""
        return self.paired.interval

    @property
    def can_be_settled(self) -> bool:
        """Whether more seeds could show anything: not where nothing ever differs and there is no margin."""
        return not self.paired.is_exact or bool(self.difference) or self.margin is not None

    @property
    def is_equivalent(self) -> bool:
        """Whether it is shown to be smaller than the margin."""
        return self.p_equivalence_adjusted is not None and self.p_equivalence_adjusted <= ALPHA

    @property
    def is_shown(self) -> bool:
        """Whether a difference is shown that is not shown to be below the margin."""
        is_different = self.p_adjusted is not None and self.p_adjusted <= ALPHA and bool(self.difference)
        return is_different and not self.is_equivalent


class Cells:
    """The scores of a design's variants on one metric, seed by seed.

    Args:
        study: Which has them.
        question: Its metric and margin.
        records: What has run.
        looks: With which seeds comparisons were shown.
    """

    def __init__(self, study: Study, question: DesignQuestion, records: Records, looks: LookLog) -> None:
        self.study, self.question, self.records, self.looks = study, question, records, looks
        self.design = study.design_of(question)
        self.margin = study.margin_of(question)
        self._per_image = PerImageScores()
        self.scores: Mapping[str, VariantScores] = {
            name: variant_scores(name, question, records, self._per_image) for name in self.design.cells
        }

    @property
    def failures(self) -> Mapping[str, FailureRate]:
        """How many runs of each variant failed to train."""
        return {name: FailureRate(len(each.failed), len(each.judged)) for name, each in self.scores.items()}

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """The variants that have values and of which no run failed: others are no matter of means."""
        return tuple(name for name, each in self.scores.items() if each.values and not each.failed)

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """The seeds at which all of these have a value."""
        found = [self.scores[name].values.keys() for name in self.trained]
        return tuple(sorted(set(found[0]).intersection(*found[1:]))) if found else ()

    def values(self, weights: Mapping[str, float]) -> tuple[float, ...]:
        """Return a weighted sum of variants, seed by seed."""
        return tuple(
            sum(weight * self.scores[name].values[seed] for name, weight in weights.items())
            for seed in self.seeds
        )

    @cached_property
    def reason(self) -> LookReason | None:
        """Why looking must be allowed for; None where it need not be."""
        first, *others = self.design.cells
        return next(filter(None, (self.looks.reason(first, other) for other in others)), None)

    def contrasted(self, contrast: Contrast) -> Contrasted:
        """Return a contrast's numbers; it is of variants in `trained`."""
        above, below = (self.values(side) for side in (contrast.above, contrast.below))
        folds = {self.study.variants[name].configuration.folds for name in contrast.variants} - {None}
        overlap = max((1 / (each - 1) for each in folds if each), default=0.0)
        images = None if folds else self._image_interval(contrast, np.subtract(above, below))
        variance = images and images.variance
        found = Contrasted(
            contrast,
            self.seeds,
            (float(np.mean(above)), float(np.mean(below))) if self.seeds else None,
            paired(above, below, self.margin, variance, overlap=overlap),
            images,
            self.margin,
        )
        if self.reason is None or overlap or found.means is None or len(self.seeds) < MIN_SEEDS:
            return found
        rounding = ROUNDING * max(map(abs, found.means))
        after = anytime(found.paired, self.margin, variance, rounding=rounding)
        return replace(found, paired=after, procedure="sequential")

    def _image_interval(self, contrast: Contrast, differences: np.ndarray) -> ImageInterval | None:
        """Return what new test images would change; None where predictions do not say."""
        asked, per_image = self.question.measured, self._per_image
        runs = [{name: self.records[name, seed] for name in contrast.variants} for seed in self.seeds]
        tested = {per_image.tested_on(record) for row in runs for record in row.values()}
        if part_of(self.question.metric) == "val" or not asked.is_measured or len(tested) != 1:
            return None
        rows = [self._summed(contrast, row, drawn=False) for row in runs]
        by_image = [row for row in rows if row is not None]
        if len(by_image) == len(rows):
            alike = len({len(row) for row in by_image}) == 1 and len(by_image[0]) > 1
            return new_images(np.stack(by_image)) if alike else None
        draws = [self._summed(contrast, row, drawn=True) for row in runs]
        images, known = test_examples(next(iter(runs[0].values()))), [row for row in draws if row is not None]
        if len(known) < len(runs) or images < 2:
            return None
        return new_images_of_draws(differences, np.stack(known), images)

    def _summed(self, contrast: Contrast, row: Mapping[str, RunRecord], *, drawn: bool) -> np.ndarray | None:
        """Return the contrast of each image, or of each draw of images; None where one is not kept."""
        asked, read = self.question.measured, self._per_image.draws if drawn else self._per_image.of
        total: np.ndarray | None = None
        for sign, side in ((1, contrast.above), (-1, contrast.below)):
            for name, weight in side.items():
                own = read(row[name], asked)
                if own is None or (total is not None and total.shape != own.shape):
                    return None
                total = sign * weight * own if total is None else total + sign * weight * own
        return total


def evenly(variants: Sequence[str], total: float = 1.0) -> dict[str, float]:
    """Return equal weights of variants that add up to a total."""
    return dict.fromkeys(variants, total / len(variants))
