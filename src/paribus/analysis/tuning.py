"""Tuned variants: what was tried, what was best on validation, how much that took and how sensitive it is.

Nothing here reads a test score: a search sees validation alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.ranked import Ranked
from paribus.record.records import Records
from paribus.study.configuration import Scalar
from paribus.study.study import Study
from paribus.study.tuning import Tune


@dataclass(frozen=True)
class Ending:
    """Why a try ended before its last epoch.

    Args:
        epoch: After which it ended.
        rule: ``halving`` or ``median``; ``diverged`` where a run of it had diverged by then.
        score: Its mean over seeds: after that epoch, by the median rule the best up to it.
        bar: What the score fell short of: that of the last try that went on, or the median; None after a
            divergence.
        among: With how many tries it was compared, each after as many epochs.
    """

    epoch: int
    rule: Literal["halving", "median", "diverged"]
    score: float | None = None
    bar: float | None = None
    among: int = 0


@dataclass(frozen=True)
class Try:
    """One setting of a search, trained with every seed of the search.

    Args:
        settings: What was set, by the names that the study gives.
        scores: What is tuned on, at the end of the kept weights, by seed; runs that diverged have none, and
            those of a try that ended early neither.
        diverged: How many runs diverged.
        missing: How many runs have not ended, or failed; those of a try that ended early are not missing.
        ended: Why it ended early; None where it did not.
        epochs: How many epochs the search had of its runs, all of them together.
        most_epochs: How many these would be without early endings.
    """

    settings: Mapping[str, Scalar]
    scores: tuple[float, ...] = ()
    diverged: int = 0
    missing: int = 0
    ended: Ending | None = None
    epochs: int = 0
    most_epochs: int = 0

    @property
    def score(self) -> float | None:
        """The mean over seeds; None unless every seed was trained to its end.

        A setting at which one run diverged is no candidate: nothing is made up for that run. Nor is one that
        ended early: its score after fewer epochs is compared with nothing after more.
        """
        if self.diverged or self.missing or self.ended is not None or not self.scores:
            return None
        return sum(self.scores) / len(self.scores)


@dataclass(frozen=True)
class Point:
    """What was measured at one value of one setting: the best try there.

    Args:
        value: Of the setting.
        mean: Over the seeds of the search.
        low: The lowest seed.
        high: The highest.
    """

    value: Scalar
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class GoodEnough:
    """The values around the best that are about as good.

    Args:
        low: The smallest of them that was tried.
        high: The largest.
        tolerance: How far their score may lie from the best, in the unit of what is tuned on.
        by_margin: Whether that is the study's margin; else it is the standard error of a try over seeds.
        is_log: Whether the setting was tuned by ratios.
    """

    low: float
    high: float
    tolerance: float
    by_margin: bool
    is_log: bool

    @property
    def width(self) -> float:
        """The largest value as a multiple of the smallest, or their distance where steps are differences."""
        return self.high / self.low if self.is_log else self.high - self.low


@dataclass(frozen=True)
class TunedVariant:
    """One variant, its search, and what came of it.

    Args:
        name: The variant's.
        tune: How it is tuned.
        tries: What was tried, in the order of the search.
        written: The tuned settings as the study writes them, where it does.
        margin: The smallest difference that matters in what is tuned on; None for none.
        earlier: How many settings were tried in searches that the study has no more; none of them counts.
    """

    name: str
    tune: Tune
    tries: tuple[Try, ...]
    written: Mapping[str, Scalar]
    margin: float | None = None
    earlier: int = 0

    @property
    def is_over(self) -> bool:
        """Whether every try has been made and trained."""
        return len(self.tries) == self.tune.budget and not any(each.missing for each in self.tries)

    @cached_property
    def best(self) -> Try | None:
        """The try with the best score, the first of equal ones; None before the search is over."""
        known = [(each.score, each) for each in self.tries if each.score is not None]
        if not self.is_over or not known:
            return None
        sign = -1.0 if self.tune.rises else 1.0
        return min(known, key=lambda each: sign * each[0])[1]

    @property
    def diverged(self) -> int:
        """At how many of the settings a run diverged."""
        return sum(each.diverged > 0 for each in self.tries)

    @property
    def ended(self) -> tuple[Try, ...]:
        """The tries that a rule ended early, in the order of the search; those that diverged are others."""
        return tuple(each for each in self.tries if each.ended and each.ended.rule != "diverged")

    @property
    def saved_epochs(self) -> int:
        """How many epochs their runs would have had beyond, at most."""
        return sum(each.most_epochs - each.epochs for each in self.ended)

    @property
    def epochs(self) -> int:
        """How many epochs the search took, over all runs."""
        return sum(each.epochs for each in self.tries)

    @property
    def most_epochs(self) -> int:
        """How many it takes at most where nothing ends early: its budget in epochs."""
        return sum(each.most_epochs for each in self.tries)

    @property
    def at_edge(self) -> Mapping[str, str]:
        """The settings whose best value is the last that was tried, with the end: ``low`` or ``high``.

        Of values that a sampler chose within a range, the last ones must also lie in the outer tenth of it.
        """
        found: dict[str, str] = {}
        for name, each in self.tune.settings.items():
            values = sorted({_number(a.settings[name]) for a in self.tries}) if each.is_ordered else []
            if self.best is None or len(values) < 2:
                continue
            best = _number(self.best.settings[name])
            if self.tune.search != "grid" and not each.values and 0.1 < each.position(best) < 0.9:
                continue
            if best in (values[0], values[-1]):
                found[name] = "low" if best == values[0] else "high"
        return found

    @property
    def is_profile(self) -> bool:
        """Whether a score belongs to a value alone: one setting is tuned, or all values meet in a grid."""
        return len(self.tune.settings) == 1 or self.tune.search == "grid"

    def sensitivity(self, setting: str) -> tuple[Point, ...]:
        """Return the score against a tuned setting, in ascending order: the best of the tries at each value.

        Args:
            setting: One of those that are tuned.
        """
        best: dict[Scalar, Try] = {}
        sign = 1.0 if self.tune.rises else -1.0
        for each in self.tries:
            value, score = each.settings[setting], each.score
            other = best[value].score if value in best else None
            if score is not None and (other is None or sign * score > sign * other):
                best[value] = each
        ordered = self.tune.settings[setting].is_ordered
        values = sorted(best, key=_number) if ordered else [*best]
        points = ((value, best[value].scores) for value in values)
        return tuple(Point(value, sum(s) / len(s), min(s), max(s)) for value, s in points)

    @cached_property
    def tolerance(self) -> tuple[float, bool] | None:
        """How much worse than the best still counts as good, and whether the study says so; None if unknown.

        Without a margin it is one standard error of a try, pooled over all of them (Breiman et al. 1984).
        """
        if self.margin is not None:
            return self.margin, True
        scores = [each.scores for each in self.tries if each.score is not None]
        if self.tune.seeds < 2 or not scores:
            return None
        spread = [np.var(each, ddof=1) for each in scores]
        return math.sqrt(float(np.mean(spread)) / self.tune.seeds), False

    def good_enough(self, setting: str) -> GoodEnough | None:
        """Return which values around the best are about as good; None where that cannot be said."""
        each, best = self.tune.settings[setting], self.best
        if best is None or self.tolerance is None or not (each.is_ordered and self.is_profile):
            return None
        sign = 1.0 if self.tune.rises else -1.0
        tolerance, by_margin = self.tolerance
        points = self.sensitivity(setting)
        tried = sorted({_number(one.settings[setting]) for one in self.tries})
        scores = {_number(point.value): point.mean for point in points}
        top = scores[_number(best.settings[setting])]
        good = [value in scores and sign * (top - scores[value]) <= tolerance * (1 + 1e-9) for value in tried]
        low = high = tried.index(_number(best.settings[setting]))
        while low > 0 and good[low - 1]:
            low -= 1
        while high < len(tried) - 1 and good[high + 1]:
            high += 1
        return GoodEnough(tried[low], tried[high], tolerance, by_margin, each.is_log)

    @cached_property
    def budget_curve(self) -> NDArray[np.float64]:
        """The expected best score after 1, 2, ... tries, shape (tries,); see `expected_best`.

        There is none where tries ended early: their final scores are not known, and not drawn at random.
        """
        if self.ended:
            return np.full(len(self.tries), math.nan)
        scores = np.array([math.nan if each.score is None else each.score for each in self.tries])
        return expected_best(scores, rises=self.tune.rises)


@dataclass(frozen=True)
class TunedStudy:
    """A study whose variants are compared at the setting that they share, and each at its best.

    Args:
        study: As it is written.
        variants: Those that are tuned.
        best: The same study with each tuned variant at its best, as far as that is known.
        records: Of these, with the study's own seeds.
        comparisons: The questions about them.
        shared: The same questions about the variants as the study writes them.
        designs: Questions about factors, at the shared setting and with each variant at its best.
        rankings: Questions about several variants, as `designs`.
    """

    study: Study
    variants: tuple[TunedVariant, ...]
    best: Study
    records: Records
    comparisons: tuple[Comparison, ...] = ()
    shared: tuple[Comparison, ...] = ()
    designs: tuple[tuple[DesignAnswer, DesignAnswer], ...] = ()
    rankings: tuple[tuple[Ranked, Ranked], ...] = ()

    @property
    def pairs(self) -> Iterator[tuple[Comparison, Comparison]]:
        """Each question at the shared setting, and each at its best."""
        return zip(self.shared, self.comparisons, strict=True)

    @property
    def is_over(self) -> bool:
        """Whether every search is over, and every winner was trained with some seed of the study."""
        won = {name for (name, _), run in self.records.items() if run.has_ended}
        return all(each.is_over and (each.best is None or each.name in won) for each in self.variants)

    def is_over_for(self, seeds: Mapping[str, Sequence[int]]) -> bool:
        """Return whether the searches of some variants are over, and their winners trained to their end.

        Args:
            seeds: Those that were asked for, by variant; others are not looked at.
        """
        asked = [each for each in self.variants if each.name in seeds]
        keys = [(each.name, seed) for each in asked if each.best is not None for seed in seeds[each.name]]
        ended = (key in self.records and self.records[key].has_ended for key in keys)
        return all(each.is_over for each in asked) and all(ended)


def expected_best(scores: NDArray[np.float64] | Sequence[float], *, rises: bool) -> NDArray[np.float64]:
    """Return the expected best of k tries drawn from these with replacement, for k = 1, 2, ..., n.

    Source: Dodge et al. 2019, arXiv:1909.03004, section 3. Tries without a score, because a run diverged, can
    be drawn too: the expectation is over draws among which at least one has a score.

    Args:
        scores: A try each; NaN for one that has none. Shape (n,).
        rises: Whether a higher score is better.

    Returns:
        Shape (n,); NaN where no try has a score.

    Example:
        >>> expected_best([0.5, 0.9], rises=True)
        array([0.7, 0.8])
    """
    given = np.asarray(scores, np.float64)
    known = np.sort(given[np.isfinite(given)] if rises else -given[np.isfinite(given)])
    k = np.arange(1, len(given) + 1)[:, None]
    if not len(known):
        return np.full(len(given), math.nan)
    lost = 1 - len(known) / len(given)
    # P(best of k ≤ i-th smallest), given that one of the k has a score
    steps = (lost + np.arange(len(known) + 1) / len(given)) ** k
    chances = np.diff(steps, axis=1) / (1 - lost**k)
    best = chances @ known
    return best if rises else -best


def _number(value: Scalar) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
