"""Whether a published number may be one more result like ours: the prediction interval, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np

from paribus.analysis.questions.statistics import Interval
from paribus.analysis.questions.tails import ALPHA
from paribus.record.looks import MIN_SEEDS
from paribus.texts.message import Joined, Message
from paribus.texts.quantities import Difference, DifferenceInterval, PRelation, ShareInterval, Unit

_UNIT: Unit = "percent"


class Agreement(StrEnum):
    """What our runs say of a published number. None of these is a proof that it holds."""

    WITHIN = "within"
    DIFFERS = "differs"
    TOO_FEW_SEEDS = "too-few-seeds"
    TOO_FEW_PUBLISHED = "too-few-published"
    NOT_COMPARABLE = "not-comparable"
    MISSING = "missing"


@dataclass(frozen=True)
class Sample:
    """Our results of one variant, and of how many runs its published figure is the mean.

    Args:
        values: Test accuracies in [0, 1], one a seed; two or more.
        images: How many test images they were counted on.
        published_runs: How many runs the source had.
    """

    values: Sequence[float]
    images: int
    published_runs: int = 1

    @property
    def variance(self) -> float:
        """Variance of a run; a spread below one test image cannot be seen, and one image is assumed then."""
        return max(float(np.var(self.values, ddof=1)), self.images**-2)


@dataclass(frozen=True)
class Prediction:
    """Where a published number would lie if its runs were like ours.

    Args:
        half_width: Half the width of the 95 % prediction interval around our number.
        p_value: Two-sided p of the published number's distance from ours.
    """

    half_width: float
    p_value: float


def predict(samples: Sequence[Sample], distance: float, *, endless_seeds: bool = False) -> Prediction:
    """Return the prediction for one variant's accuracy, or for the difference between two variants'.

    Each sample contributes s²·(1/m + 1/n): m published runs vary, and so does our mean of n. The runs of two
    variants count as independent, since a source seldom says that both had the same seed; degrees of freedom
    are Welch's, n − 1 where there is one sample.

    Source: Hahn and Meeker, "Statistical Intervals" (1991), section 4.7; Welch, Biometrika 34 (1947).

    Args:
        samples: Of one variant or of two.
        distance: Our number minus the published one.
        endless_seeds: Whether to assume that our mean and spread are known exactly, as ever more seeds would
            make them: what remains is that the published runs are few.

    Example:
        >>> found = predict([Sample([0.961, 0.963, 0.965], 10_000)], 0.963 - 0.9618)
        >>> round(found.half_width, 4), round(found.p_value, 2)
        (0.0099, 0.66)
    """
    from scipy import stats

    parts = [
        each.variance * (1 / each.published_runs + (0.0 if endless_seeds else 1 / len(each.values)))
        for each in samples
    ]
    weights = [part**2 / (len(each.values) - 1) for part, each in zip(parts, samples, strict=True)]
    freedom = np.inf if endless_seeds else sum(parts) ** 2 / sum(weights)
    scale = sum(parts) ** 0.5
    half_width: Any = stats.t.ppf(1 - ALPHA / 2, freedom) * scale
    p_value: Any = 2 * stats.t.sf(abs(distance) / scale, freedom)
    return Prediction(float(half_width), float(p_value))


@dataclass(frozen=True)
class Judgement:
    """A published number and ours, and what may be said of the two.

    Args:
        published: An accuracy in [0, 1], or a difference of two; None where it is not known.
        ours: The same of our runs.
        kind: Which of the two it is.
        seeds: Those of our runs.
        tolerance: An interval with a larger half width cannot tell enough.
        published_runs: Of how many runs the published accuracy is the mean.
        diverged: How many of our runs diverged, and are left out.
        not_comparable: Why the two may not be compared; None where they may.
        prediction: From our runs; None with fewer than three seeds and where nothing may be compared.
        with_endless_seeds: The same if our mean and spread were known exactly.
        p_adjusted: The prediction's p by Holm's method over all numbers that are judged.
        family: How many these are.
    """

    published: float | None
    ours: float | None
    kind: Literal["accuracy", "difference"]
    seeds: tuple[int, ...]
    tolerance: float
    published_runs: int = 1
    diverged: int = 0
    not_comparable: Message | None = None
    prediction: Prediction | None = None
    with_endless_seeds: Prediction | None = None
    p_adjusted: float | None = None
    family: int = 1

    @property
    def distance(self) -> float | None:
        """Ours minus the published number."""
        if self.ours is None or self.published is None:
            return None
        return self.ours - self.published

    @property
    def interval(self) -> Interval | None:
        """The 95 % prediction interval, as far as accuracies can go; None without a prediction."""
        if self.prediction is None or self.ours is None:
            return None
        lowest = 0.0 if self.kind == "accuracy" else -1.0
        half = self.prediction.half_width
        return max(lowest, self.ours - half), min(1.0, self.ours + half)

    @property
    def ends(self) -> ShareInterval | DifferenceInterval:
        """The interval as a person reads it."""
        if self.kind == "accuracy" and self.interval is not None:
            return ShareInterval(*self.interval)
        return DifferenceInterval(self.interval, _UNIT)

    @property
    def is_outside(self) -> bool:
        """Whether the published number lies outside the interval; not adjusted for how many are compared."""
        return self.prediction is not None and self.prediction.p_value <= ALPHA

    @property
    def agreement(self) -> Agreement:
        """What may be said.

        Lying within the interval is not adjusted for how many numbers are compared, differing is. What is
        neither is put down to our seeds if more of them would settle it, else to the published runs.
        """
        if self.not_comparable is not None:
            return Agreement.NOT_COMPARABLE
        if self.distance is None:
            return Agreement.MISSING
        if self.prediction is None or self.with_endless_seeds is None or self.p_adjusted is None:
            return Agreement.TOO_FEW_SEEDS
        settled = self._settled(self.prediction, self.p_adjusted)
        if settled is not None:
            return settled
        adjusted = self.with_endless_seeds.p_value * self.p_adjusted / self.prediction.p_value
        could_settle = self._settled(self.with_endless_seeds, adjusted) is not None
        return Agreement.TOO_FEW_SEEDS if could_settle else Agreement.TOO_FEW_PUBLISHED

    def _settled(self, prediction: Prediction, p_adjusted: float) -> Agreement | None:
        """Return what a prediction shows; None where neither agreement nor a difference is shown."""
        if p_adjusted <= ALPHA:
            return Agreement.DIFFERS
        if prediction.p_value > ALPHA and prediction.half_width <= self.tolerance:
            return Agreement.WITHIN
        return None

    @property
    def sentence(self) -> Message | Joined:
        """What may be said, in words."""
        return self.not_comparable or Joined(tuple(self._sentences()))

    def _sentences(self) -> Iterator[Message]:
        if self.agreement is Agreement.MISSING:
            yield Message("verify.missing")
        elif self.prediction is None:
            yield Message("verify.seeds", {"count": len(self.seeds), "least": MIN_SEEDS})
        else:
            side = "outside" if self.is_outside else "inside"
            half, tolerance = (
                Difference(width, _UNIT, signed=False)
                for width in (self.prediction.half_width, self.tolerance)
            )
            of_runs = "run" if self.published_runs == 1 else "mean"
            kind = of_runs if self.kind == "accuracy" else self.kind
            more = Message(f"verify.one-more-{kind}", {"runs": self.published_runs})
            yield Message(f"verify.{side}", {"more": more, "interval": self.ends, "half": half})
            values = {"tolerance": tolerance, "family": self.family, "p": PRelation(self.p_adjusted)}
            yield Message(f"verify.{self.agreement}-{side}", values)
        if self.diverged:
            yield Message("verify.diverged", {"count": self.diverged})
