"""How a metric depends on a dose: trend, best dose tested, plateau and cliff.

Two kinds of contrasts answer it. One is linear in the rank of the dose: the change from the lowest to the
highest dose on the line through the ranks. The others compare every two doses. The first has half of the
question's part of the level, the others share the other half.

Source: Bretz, Hothorn and Westfall, "Multiple Comparisons Using R" (2010), section 4.3, for trends by
contrasts; the blocks are seeds, so that each contrast has a standard error of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from paribus.analysis.failure import FailureRate
from paribus.analysis.questions.contrast import Cells, Contrast, Contrasted, evenly
from paribus.analysis.questions.statistics import Interval, mean_interval
from paribus.study.model import Design, Trend

_PART = 0.5
"""Part of a question's level that the trend has; the pairs of doses share the rest."""
TREND_TESTS = round(1 / _PART)
"""How many such parts a question's level has: what the trend needs is as with so many tests."""
_CLIFF = 0.5
"""A step from a dose to the next is a cliff where it is this much of the whole range, or more."""


class TrendVerdict(StrEnum):
    """What may be said of a metric's dependence on a dose."""

    IMPROVES = "improves"
    WORSENS = "worsens"
    PEAK = "peak"
    FLAT = "flat"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Dose:
    """What one dose came to.

    Args:
        level: As the study writes it.
        value: The number.
        scores: By seed, averaged over the levels of other factors.
        failures: How many runs failed to train.
    """

    level: str
    value: float
    scores: tuple[float, ...]
    failures: FailureRate

    @property
    def mean(self) -> float | None:
        """Over seeds; None where it is left out."""
        return float(np.mean(self.scores)) if self.scores else None

    @property
    def interval(self) -> Interval | None:
        """95 % t interval over seeds."""
        return mean_interval(self.scores)


@dataclass(frozen=True)
class TrendAnswer:
    """A question about a dose, answered.

    Args:
        question: What was asked.
        seeds: Those that every dose with means has.
        doses: In ascending order.
        line: The contrast that is linear in the rank; None with fewer than three doses that trained.
        pairs: Higher dose minus lower dose, by the places of the lower and the higher one.
        family: Over how many questions p-values are adjusted.
        averaged: The other factors of the design, over which doses are averaged.
    """

    question: Trend
    seeds: tuple[int, ...]
    doses: tuple[Dose, ...]
    line: Contrasted | None
    pairs: Mapping[tuple[int, int], Contrasted]
    family: int = 1
    averaged: tuple[str, ...] = ()

    @property
    def contrasts(self) -> tuple[Contrasted, ...]:
        """All that are tested."""
        return (*((self.line,) if self.line else ()), *self.pairs.values())

    def with_contrasts(self, contrasts: Sequence[Contrasted], family: int) -> TrendAnswer:
        """Return the answer with its contrasts replaced, in the order of `contrasts`."""
        line = contrasts[0] if self.line else None
        rest = contrasts[1:] if self.line else contrasts
        return replace(self, line=line, pairs=dict(zip(self.pairs, rest, strict=True)), family=family)

    @property
    def is_answered(self) -> bool:
        """Whether there is something to say: two doses with means, or a run that failed."""
        return bool(self.pairs) or any(each.failures.failed for each in self.doses)

    @property
    def can_be_settled(self) -> bool:
        """Whether more seeds could bring a verdict."""
        return self.line is not None and self.line.can_be_settled

    @property
    def is_decided(self) -> bool:
        """Whether it has a verdict."""
        return self.verdict is not TrendVerdict.UNDECIDED

    @property
    def used(self) -> tuple[int, ...]:
        """The places of the doses with means: all of whose runs trained."""
        return tuple(place for place, each in enumerate(self.doses) if each.scores)

    @property
    def _sign(self) -> int:
        return 1 if self.question.measured.rises else -1

    def _gain(self, found: Contrasted) -> float:
        return self._sign * (found.difference or 0.0)

    @property
    def best(self) -> int | None:
        """The place of the dose with the best mean; None without any."""
        means = {place: self._sign * float(np.mean(self.doses[place].scores)) for place in self.used}
        return max(means, key=means.__getitem__) if means else None

    def between(self, one: int, other: int) -> Contrasted:
        """Return the contrast of two doses by their places."""
        return self.pairs[min(one, other), max(one, other)]

    def _is_better(self, one: int, other: int) -> bool:
        """Return whether one dose is shown to be better than another."""
        found = self.between(one, other)
        return found.is_shown and (self._gain(found) > 0) == (one > other)

    @property
    def peak(self) -> int | None:
        """The place of an inner dose that is shown to be better than the lowest and the highest one."""
        inner = self.used[1:-1]
        ends = (self.used[0], self.used[-1]) if inner else ()
        shown = [each for each in inner if all(self._is_better(each, end) for end in ends)]
        return self.best if self.best in shown else shown[0] if shown else None

    @property
    def verdict(self) -> TrendVerdict:
        """What may be said."""
        if len(self.used) > 1 and all(each.is_equivalent for each in self.pairs.values()):
            return TrendVerdict.FLAT
        if self.peak is not None:
            return TrendVerdict.PEAK
        if self.line is not None and self.line.is_shown:
            return TrendVerdict.IMPROVES if self._gain(self.line) > 0 else TrendVerdict.WORSENS
        return TrendVerdict.UNDECIDED

    @property
    def plateau(self) -> tuple[int, ...]:
        """The neighbouring doses that are shown to be as good as the best one, within the margin; with it."""
        return self._around(lambda place: self.between(place, self.best or 0).is_equivalent)

    @property
    def near_best(self) -> tuple[int, ...]:
        """The doses that are not shown to be worse than the best one; with it."""
        best = self.best
        if best is None:
            return ()
        return tuple(each for each in self.used if each == best or not self._is_better(best, each))

    def _around(self, holds: Callable[[int], bool]) -> tuple[int, ...]:
        best = self.best
        if best is None:
            return ()
        at = self.used.index(best)
        low = high = at
        while low and holds(self.used[low - 1]):
            low -= 1
        while high + 1 < len(self.used) and holds(self.used[high + 1]):
            high += 1
        return self.used[low : high + 1] if high > low else ()

    @property
    def cliff(self) -> tuple[int, int] | None:
        """The places of two neighbouring doses, the better one first, between which most is lost; or None.

        It is shown that the second is worse, and the step is at least half of the range of all doses.
        """
        if len(self.used) < 3:
            return None
        means = [float(np.mean(self.doses[place].scores)) for place in self.used]
        steps = list(itertools.pairwise(self.used))
        widest = max(steps, key=lambda step: abs(self.pairs[step].difference or 0.0))
        found = self.pairs[widest]
        if not found.is_shown or abs(found.difference or 0.0) < _CLIFF * float(np.ptp(means)):
            return None
        return widest if self._gain(found) < 0 else (widest[1], widest[0])

    @property
    def failing(self) -> tuple[Dose, ...]:
        """The doses at which runs failed to train; they have no means here."""
        return tuple(each for each in self.doses if each.failures.failed)

    @property
    def fit(self) -> tuple[float, ...]:
        """The isotonic fit to the means of the used doses; up to the best dose and down from it for a peak.

        Source: Barlow, Bartholomew, Bremner and Brunk, "Statistical Inference under Order Restrictions"
        (1972).
        """
        means = [float(np.mean(self.doses[place].scores)) for place in self.used]
        if len(means) < 2:
            return tuple(means)
        if self.peak is not None:
            top = self.used.index(self.peak)
            rises = self._sign > 0
            first, second = _isotonic(means[: top + 1], rises=rises), _isotonic(means[top:], rises=not rises)
            return (*first[:-1], *second)
        rises = self.line is None or (self.line.difference or 0.0) >= 0
        return _isotonic(means, rises=rises)


def trend_answer(cells: Cells, question: Trend) -> TrendAnswer:
    """Answer a question about a dose, p-values not adjusted yet.

    Args:
        cells: The scores of the design's variants.
        question: What is asked.
    """
    design = cells.design
    at = _variants_by_dose(design, question.trend)
    trained = [set(names) <= set(cells.trained) for _, _, names in at]
    rates = cells.failures
    doses = tuple(
        Dose(
            level,
            value,
            cells.values(evenly(names)) if is_used else (),
            FailureRate(sum(rates[n].failed for n in names), sum(rates[n].runs for n in names)),
        )
        for (level, value, names), is_used in zip(at, trained, strict=True)
    )
    used = [place for place, dose in enumerate(doses) if dose.scores]
    planned = len(doses) * (len(doses) - 1) / 2
    line = None
    if len(used) > 2:
        above, below = _line([at[place][2] for place in used])
        line = cells.contrasted(Contrast(above, below, _PART))
    pairs = {
        (low, high): cells.contrasted(
            Contrast(evenly(at[high][2]), evenly(at[low][2]), (1 - _PART) / planned)
        )
        for low, high in itertools.combinations(used, 2)
    }
    averaged = tuple(name for name in design.names if name != question.trend)
    return TrendAnswer(question, cells.seeds, doses, line, pairs, averaged=averaged)


def _variants_by_dose(design: Design, name: str) -> list[tuple[str, float, tuple[str, ...]]]:
    factor = next(each for each in design.factors if each.name == name)
    found = [
        (level, dose, design.variants({name: place}))
        for place, (level, dose) in enumerate(zip(factor.levels, factor.doses or (), strict=True))
    ]
    return sorted(found, key=lambda each: each[1])


def rank_weights(doses: int) -> tuple[float, ...]:
    """Return the weights of the change from the lowest to the highest dose on the line through the ranks.

    Args:
        doses: How many, two or more.

    Example:
        >>> [round(each, 1) for each in rank_weights(4)]
        [-0.9, -0.3, 0.3, 0.9]
    """
    ranks = np.arange(doses) - (doses - 1) / 2
    return tuple(float(each) for each in ranks * (doses - 1) / np.sum(ranks**2))


def _line(at: Sequence[Sequence[str]]) -> tuple[dict[str, float], dict[str, float]]:
    weights = rank_weights(len(at))
    sides: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for weight, names in zip(weights, at, strict=True):
        if weight:
            sides[weight < 0].update(evenly(names, abs(weight)))
    return sides


def _isotonic(values: Sequence[float], *, rises: bool) -> tuple[float, ...]:
    from scipy.optimize import isotonic_regression

    found: Any = isotonic_regression(values, increasing=rises)
    return tuple(float(each) for each in found.x)
