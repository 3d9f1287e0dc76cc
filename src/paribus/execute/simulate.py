"""A cluster simulated: what its workers would do with a plan's tasks, as events alone. Nothing is trained.

A task waits for a worker and for whoever hands tasks out, then is prepared (built, compiled) and trained. So
a simulation tells how long a plan takes on N workers, how well these are used, and what limits that.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from paribus.execute.cost import AGAIN

MAX_WORKERS = 100_000
"""Workers of a cluster that is simulated, and threads of each, at most."""

Limit: TypeAlias = Literal["longest", "setup", "handing-out", "work"]
"""What keeps a plan from being done sooner, or that nothing but its work does."""

_WRITTEN = re.compile(r"\s*([0-9]{1,7})(?:\s*[xX×]\s*([0-9]{1,7}))?\s*")
_NEAR = 1.05  # of the longest task: with more workers the plan takes as long
_NOTICEABLE = 0.1  # share of the workers' time


@dataclass(frozen=True)
class Cluster:
    """Workers on whatever machines.

    Args:
        workers: Processes side by side.
        threads: Of each.
    """

    workers: int
    threads: int = 1

    @classmethod
    def of(cls, written: str) -> Cluster | None:
        """Return the cluster that a text names: workers, or workers and threads of each.

        Example:
            >>> Cluster.of("8"), Cluster.of("8x4"), Cluster.of("eight")
            (Cluster(workers=8, threads=1), Cluster(workers=8, threads=4), None)
        """
        found = _WRITTEN.fullmatch(written)
        return cls(int(found[1]), int(found[2] or 1)) if found else None

    @property
    def exists(self) -> bool:
        """Whether there can be such a cluster."""
        return 1 <= self.workers <= MAX_WORKERS and 1 <= self.threads <= MAX_WORKERS

    @property
    def cores(self) -> int:
        """How many cores it takes."""
        return self.workers * self.threads

    def __str__(self) -> str:
        return f"{self.workers}x{self.threads}" if self.threads > 1 else str(self.workers)


@dataclass(frozen=True)
class Overhead:
    """What a task costs besides its epochs, in seconds.

    Args:
        start: To start a worker.
        setup: To build and compile what a worker has not compiled yet.
        handing_out: To hand a task out, which one process does for all workers.
    """

    start: float = 0.0
    setup: float = 0.0
    handing_out: float = 0.0


@dataclass(frozen=True)
class Simulated:
    """What became of a plan on a simulated cluster.

    Args:
        workers: Of the cluster.
        tasks: How many were trained.
        seconds: Until the last one had ended.
        trained: Seconds of training, over all workers.
        prepared: Seconds of building and compiling, over all workers.
        waited: Seconds that free workers waited for a task to be handed out.
        longest: Seconds of the longest task, with its preparation.
        last_wave: When the last task was handed out: from then on workers run out of work.
        trained_before: Of `trained`, what lies before the last wave.
    """

    workers: int
    tasks: int
    seconds: float
    trained: float
    prepared: float
    waited: float
    longest: float
    last_wave: float
    trained_before: float

    @property
    def utilisation(self) -> float:
        """The share of the workers' time in which they train, in [0, 1]."""
        return self.trained / (self.workers * self.seconds) if self.seconds else 1.0

    @property
    def utilisation_before(self) -> float:
        """The same until the last wave."""
        return self.trained_before / (self.workers * self.last_wave) if self.last_wave else 1.0

    @property
    def limit(self) -> Limit:
        """What keeps the plan from being done sooner."""
        whole = self.workers * self.seconds
        if self.tasks <= self.workers or self.seconds <= _NEAR * self.longest:
            return "longest"
        if self.waited > _NOTICEABLE * whole:
            return "handing-out"
        return "setup" if self.prepared > _NOTICEABLE * whole else "work"


def simulate(
    tasks: Iterable[tuple[Hashable, float]],
    workers: int,
    overhead: Overhead = Overhead(),
    takes: Callable[[float], float] = float,
) -> Simulated:
    """Return what becomes of tasks that workers take one after the other, each as soon as it is free.

    Its memory grows with the workers and with the kinds that each has compiled, not with the tasks.

    Args:
        tasks: The kind and the seconds of each, in the order in which they are handed out; tasks of one kind
            share what is compiled.
        workers: Side by side.
        overhead: What a task costs besides.
        takes: Returns how long a task takes in truth, given its expected seconds.

    Example:
        >>> found = simulate([("a", 4.0), ("b", 2.0), ("c", 2.0)], workers=2)
        >>> found.seconds, found.utilisation, found.limit
        (4.0, 1.0, 'longest')
        >>> simulate([("a", 1.0)] * 4, workers=2, overhead=Overhead(setup=10.0)).seconds
        12.5
    """
    free = [(overhead.start, worker) for worker in range(workers)]
    compiled: list[set[Hashable]] = [set() for _ in range(workers)]
    begun = [0.0] * workers  # when each worker's last training began
    hands_free = overhead.start
    count, trained, prepared, waited, longest, last_wave = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for kind, expected in tasks:
        since, worker = free[0]
        last_wave = max(since, hands_free) + overhead.handing_out
        hands_free = last_wave
        setup = overhead.setup * (AGAIN if kind in compiled[worker] else 1.0)
        compiled[worker].add(kind)
        seconds = takes(expected)
        begun[worker] = last_wave + setup
        heapq.heapreplace(free, (begun[worker] + seconds, worker))
        count, trained, prepared = count + 1, trained + seconds, prepared + setup
        waited, longest = waited + last_wave - since, max(longest, setup + seconds)
    ended = max(end for end, _ in free) if count else 0.0
    left = sum(max(0.0, end - max(last_wave, begun[worker])) for end, worker in free)
    before = min(workers * last_wave, max(0.0, trained - left))
    return Simulated(workers, count, ended, trained, prepared, waited, longest, last_wave, before)


def doubled(most: int) -> Sequence[int]:
    """Return 1, 2, 4 and so on up to a number, and the number itself.

    Example:
        >>> doubled(6), doubled(1)
        ([1, 2, 4, 6], [1])
    """
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]
