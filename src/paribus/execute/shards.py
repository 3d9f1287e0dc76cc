"""Shards: the runs of a plan divided among machines that know nothing of each other.

Which shard a run belongs to follows from the study, its images and its seeds alone. So every machine divides
them alike, whatever has been trained already and however fast it is.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from paribus.execute.cost import TYPICAL, epoch_cost
from paribus.execute.plan import Plan, PlannedRun
from paribus.study.update_mode import update_mode

MAX_SHARDS = 100_000
"""Shards that a study is divided into at most: as many as a plan has runs."""

_WRITTEN = re.compile(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*")


@dataclass(frozen=True, order=True)
class Shard:
    """One of several parts of a study's runs.

    Args:
        place: Which, from 1.
        count: Of how many.

    Example:
        >>> str(Shard(3, 10))
        '3/10'
    """

    place: int
    count: int

    @classmethod
    def of(cls, written: str) -> Shard | None:
        """Return the shard that a text such as ``3/10`` names, whether there is one or not.

        Example:
            >>> Shard.of("3/10"), Shard.of("3-10")
            (Shard(place=3, count=10), None)
        """
        found = _WRITTEN.fullmatch(written)
        return cls(int(found[1]), int(found[2])) if found else None

    @property
    def exists(self) -> bool:
        """Whether there is such a shard."""
        return 1 <= self.place <= self.count <= MAX_SHARDS

    @property
    def folder_ending(self) -> str:
        """What the name of a study's folder gets for it: each shard has a folder of its own."""
        return f"-shard-{self.place}-of-{self.count}"

    def __str__(self) -> str:
        return f"{self.place}/{self.count}"


def divide(works: Sequence[float], count: int) -> list[int]:
    """Return the shard of each piece of work: the longest first, each into the one with least to do.

    No two shards differ by more than the longest piece (Graham 1969). Pieces of equal work keep their order.

    Args:
        works: How long each takes, in any unit.
        count: Of shards.

    Returns:
        The place of each piece's shard, from 1.

    Example:
        >>> divide([5.0, 4.0, 3.0, 3.0], 2)
        [1, 2, 2, 1]
    """
    shards = [(0.0, 0, place) for place in range(1, count + 1)]
    found = [0] * len(works)
    for piece in sorted(range(len(works)), key=lambda each: (-works[each], each)):
        load, pieces, place = shards[0]
        heapq.heapreplace(shards, (load + works[piece], pieces + 1, place))
        found[piece] = place
    return found


@dataclass(frozen=True)
class Division:
    """The runs of a study, divided into shards.

    Args:
        places: The shard of each run, from 1, in the study's order.
        loads: How much of the whole work each shard has, in [0, 1], the first shard first.
    """

    places: tuple[int, ...]
    loads: tuple[float, ...]


def division(runs: Sequence[PlannedRun], count: int) -> Division:
    """Divide runs into shards; those of one trajectory share theirs, since they are trained once.

    Args:
        runs: All runs of the study, in its order, whether they have been trained or not.
        count: Of shards.
    """
    trajectories: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        trajectories.setdefault(run.spec.trajectory, []).append(place)
    works = [max(_work(runs[each]) for each in group) for group in trajectories.values()]
    places, loads, whole = [0] * len(runs), [0.0] * count, sum(works) or 1.0
    for group, work, shard in zip(trajectories.values(), works, divide(works, count), strict=True):
        loads[shard - 1] += work / whole
        for each in group:
            places[each] = shard
    return Division(tuple(places), tuple(loads))


def share(plan: Plan, shard: Shard) -> Plan:
    """Return the part of a plan that belongs to a shard.

    Args:
        plan: Of all runs.
        shard: Which part.
    """
    of_shard = zip(plan.runs, division(plan.runs, shard.count).places, strict=True)
    return replace(plan, runs=tuple(run for run, place in of_shard if place == shard.place))


def _work(run: PlannedRun) -> float:
    """Return how long a run takes on a typical machine as a new one: how it began must not move it."""
    configuration = run.spec.configuration
    cost = epoch_cost(configuration, run.images, update_mode(configuration, "auto"))
    return configuration.epochs * TYPICAL.epoch(cost)
