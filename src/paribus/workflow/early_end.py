"""Which tries of a search end early, and how far the others are trained next.

All of it follows from the epochs that runs have left on the disk, up to the epoch that is judged. So the same
study has the same answer however many workers it had, wherever it was killed, and whatever else was trained.
"""

from __future__ import annotations

import statistics
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from paribus.analysis.tuning import Ending
from paribus.study.early_end import Halving, Median
from paribus.study.tuning import OF_OPTUNA, Tune
from paribus.workflow.search import ROUND

S = TypeVar("S", bound=Median | Halving)


@dataclass(frozen=True)
class Progress:
    """How far the runs of one try are.

    Args:
        values: What is tuned on after each epoch that all of them have, as a mean; None where undefined.
        lengths: How many epochs each run has.
        are_over: Whether each run was trained to its own end.
        diverged_at: The epoch after which the first of them diverged; None where none has.
        score: As of a `Try` that does not end early.
    """

    values: Sequence[float | None]
    lengths: Sequence[int]
    are_over: Sequence[bool]
    diverged_at: int | None = None
    score: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is left to train."""
        return all(self.are_over)

    def has_reached(self, epoch: int) -> bool:
        """Return whether every run has so many epochs, or ended before."""
        return all(over or length >= epoch for length, over in zip(self.lengths, self.are_over, strict=True))

    def goes_beyond(self, epoch: int) -> bool:
        """Return whether a run has more epochs than these, or would have."""
        return any(
            length > epoch or not over for length, over in zip(self.lengths, self.are_over, strict=True)
        )

    def has_diverged(self, epoch: int) -> bool:
        """Return whether a run had diverged by an epoch."""
        return self.diverged_at is not None and self.diverged_at <= epoch

    def after(self, epoch: int) -> float | None:
        """Return the mean after an epoch; None where a run has none, or it is undefined."""
        return self.values[epoch - 1] if epoch <= len(self.values) else None


@dataclass
class Decided:
    """What is decided by now.

    Args:
        ended: The tries that end early, by their places.
        wanted: Up to which epoch others are trained next, by their places; None for their end. Tries that
            are over, and those that wait for others, are left out.
    """

    ended: dict[int, Ending] = field(default_factory=dict[int, Ending])
    wanted: dict[int, int | None] = field(default_factory=dict[int, "int | None"])


def decide(tune: Tune, epochs: int, tries: Sequence[Progress]) -> Decided:
    """Return which tries end early, and how far the others are trained next.

    Tries are compared after the same number of epochs each, and only where all of their seeds have a value
    there. A try that early stopping of its own has ended before, or whose last epoch it is, ends by that.

    Args:
        tune: How the variant is tuned.
        epochs: Of the variant, where they are not tuned.
        tries: How far each is, in the order of the search.
    """
    if tune.stop is None:
        return Decided(wanted={place: None for place, each in enumerate(tries) if not each.is_over})
    most = tune.most_epochs(epochs)
    found = (
        _Halved(tune.stop, most, tries, rises=tune.rises)
        if isinstance(tune.stop, Halving)
        else _Judged(tune.stop, most, tries, rises=tune.rises)
    )
    for round_ in rounds(tune, len(tries)):
        found.take(round_)
        if found.decided.wanted:
            break  # later rounds are judged by what comes of this one
    return found.decided


def rounds(tune: Tune, count: int) -> list[list[int]]:
    """Return the places of tries that are trained side by side, in their order.

    A sampler of Optuna's is asked for a few settings at a time. All points of a grid are known from the
    start; the median rule needs some that are over before it judges others, and takes these from all over it.

    Args:
        tune: How the variant is tuned.
        count: How many tries there are.
    """
    if tune.search in OF_OPTUNA:
        return [list(range(first, min(first + ROUND, count))) for first in range(0, count, ROUND)]
    if not isinstance(tune.stop, Median):
        return [list(range(count))]
    startup = min(tune.stop.startup, count)
    first = list(range(startup))
    if tune.search == "grid":
        first = sorted({round(place * (count - 1) / max(1, startup - 1)) for place in range(startup)})
    return [first, [place for place in range(count) if place not in first]]


class _Rule(ABC, Generic[S]):
    def __init__(self, stop: S, most: int, tries: Sequence[Progress], *, rises: bool) -> None:
        self.stop, self.tries = stop, tries
        self.checks: Sequence[int] = stop.checks(most)
        self.sign = 1.0 if rises else -1.0
        self.decided = Decided()
        self.order: list[int] = []

    @abstractmethod
    def take(self, places: Sequence[int]) -> None:
        """Decide about the tries of a round, as far as they have got."""

    def diverged(self, place: int, epoch: int) -> bool:
        """End a try of which a run had diverged by an epoch, and return whether it has."""
        each = self.tries[place]
        if each.diverged_at is None or not each.has_diverged(epoch):
            return False
        if each.goes_beyond(each.diverged_at):
            self.decided.ended[place] = Ending(each.diverged_at, "diverged")
        return True

    def to_the_end(self, place: int) -> None:
        if not self.tries[place].is_over:
            self.decided.wanted[place] = None


class _Halved(_Rule[Halving]):
    """Successive halving: with all tries of a round, and those of earlier rounds that got as far."""

    def __init__(self, stop: Halving, most: int, tries: Sequence[Progress], *, rises: bool) -> None:
        super().__init__(stop, most, tries, rises=rises)
        self.at_rung: Mapping[int, list[int]] = {rung: [] for rung in self.checks}

    def take(self, places: Sequence[int]) -> None:
        left = list(places)
        for rung in self.checks:
            late = [place for place in left if not self.tries[place].has_reached(rung)]
            if late:
                self.decided.wanted |= dict.fromkeys(late, rung)
                return
            known = {place: self.tries[place].after(rung) for place in left}
            gone = [place for place in left if self.diverged(place, rung)]
            here = [place for place in left if place in gone or known[place] is not None]
            self.at_rung[rung].extend(here)
            ended = self._below(rung, [place for place in here if place not in gone])
            left = [place for place in left if place not in gone and place not in ended]
        for place in left:
            self.to_the_end(place)

    def _below(self, rung: int, judged: Sequence[int]) -> list[int]:
        """End the tries of a round that are not among the best at a rung, and return them."""
        reached = self.at_rung[rung]
        scores = [
            self.sign * score
            for place in reached
            if not self.tries[place].has_diverged(rung)
            and (score := self.tries[place].after(rung)) is not None
        ]
        go_on = max(1, len(reached) // self.stop.reduction_factor)
        if len(scores) <= go_on:
            return []
        bar = sorted(scores, reverse=True)[go_on - 1]
        ended: list[int] = []
        for place in judged:
            score = self.tries[place].after(rung)
            if score is not None and self.sign * score < bar and self.tries[place].goes_beyond(rung):
                end = Ending(rung, "halving", score, self.sign * bar, len(reached))
                self.decided.ended[place] = end
                ended.append(place)
        return ended


class _Judged(_Rule[Median]):
    """The median rule: each try with those of earlier rounds that were trained to their end."""

    def take(self, places: Sequence[int]) -> None:
        finished = [place for place in self.order if self._is_finished(place)]
        for number, place in enumerate(places, len(self.order)):
            self._judge(place, finished if number >= self.stop.startup else [])
        self.order.extend(places)

    def _is_finished(self, place: int) -> bool:
        return place not in self.decided.ended and self.tries[place].score is not None

    def _judge(self, place: int, finished: Sequence[int]) -> None:
        each = self.tries[place]
        for check in self.checks if finished else ():
            known = [value for other in finished if (value := self.tries[other].after(check)) is not None]
            if not known:
                continue
            if not each.has_reached(check):
                self.decided.wanted[place] = check
                return
            if self.diverged(place, check):
                return
            so_far = [self.sign * value for value in each.values[:check] if value is not None]
            bar = statistics.median(self.sign * value for value in known)
            if each.after(check) is None or not each.goes_beyond(check) or max(so_far) >= bar:
                continue
            best = self.sign * max(so_far)
            self.decided.ended[place] = Ending(check, "median", best, self.sign * bar, len(known))
            return
        self.to_the_end(place)
