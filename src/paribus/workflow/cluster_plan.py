"""How long a plan takes on a cluster and what that costs, by simulation: for ``paribus plan --on``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from paribus.errors import UsageError
from paribus.execute.calibration import rates
from paribus.execute.estimate import PlanTime, kind_of
from paribus.execute.plan import Chosen, Plan
from paribus.execute.simulate import MAX_WORKERS, Cluster, Overhead, Simulated, doubled, simulate
from paribus.execute.threads import assign, choose
from paribus.record.files import finite
from paribus.report.tables import Table, make_table
from paribus.texts import number, text
from paribus.texts.quantities import spoken_duration
from paribus.workflow.training import Training, time_needed

_ENOUGH = 1.1
"""How many times as long as on all workers a plan may take where fewer are said to be enough."""


@dataclass(frozen=True)
class ClusterPlan:
    """A plan on a cluster.

    Args:
        cluster: Its workers.
        table_rows: What becomes of the plan on 1, 2, 4, ... and all workers; none where the time of a run is
            not known.
        at_most: Whether early stopping may end runs earlier.
        split: The same cores as fewer workers with more threads, where that is done sooner; else None.
        has_winners: Whether variants are tuned, whose winners are trained afterwards and are not in it.
    """

    cluster: Cluster
    table_rows: tuple[Simulated, ...]
    at_most: bool = False
    split: tuple[Cluster, Simulated] | None = None
    has_winners: bool = False

    @property
    def whole(self) -> Simulated | None:
        """What becomes of it on all workers; None where that is not known."""
        return self.table_rows[-1] if self.table_rows else None

    @property
    def core_hours(self) -> float | None:
        """Hours in which a core trains or compiles; None where that is not known."""
        whole = self.whole
        return None if whole is None else (whole.trained + whole.prepared) * self.cluster.threads / 3600

    @property
    def enough(self) -> int | None:
        """The fewest workers of the table with which it takes hardly longer; None where all are needed."""
        whole = self.whole
        if whole is None:
            return None
        least = next(row.workers for row in self.table_rows if row.seconds <= _ENOUGH * whole.seconds)
        return least if least < self.cluster.workers else None

    @property
    def lines(self) -> Iterator[str]:
        """It in words."""
        whole, hours = self.whole, self.core_hours
        if whole is None or hours is None:
            yield text("cluster.unknown")
            return
        code = "cluster.takes-at-most" if self.at_most else "cluster.takes"
        yield text(
            code,
            workers=self.cluster.workers,
            threads=self.cluster.threads,
            time=spoken_duration(whole.seconds),
            hours=_hours(hours),
            share=whole.utilisation,
        )
        yield text(f"cluster.limit-{whole.limit}", time=spoken_duration(whole.longest))
        if self.enough is not None:
            yield text("cluster.enough", workers=self.enough)
        if self.split is not None:
            other, found = self.split
            time = spoken_duration(found.seconds)
            yield text("cluster.split", workers=other.workers, threads=other.threads, time=time)
        if self.has_winners:
            yield text("cluster.winners")

    @property
    def table(self) -> Table:
        """A row for each number of workers."""
        return make_table("cluster.column-", [self._row(each) for each in self.table_rows], set())

    def _row(self, found: Simulated) -> dict[str, str]:
        return {
            "workers": number(found.workers, ","),
            "hours": number(found.seconds / 3600, ",.2f"),
            "reserved": number(self._reserved(found), ",.2f"),
            "utilisation": number(found.utilisation, ".0p"),
        }

    def _reserved(self, found: Simulated) -> float:
        return found.workers * self.cluster.threads * found.seconds / 3600

    @property
    def tree(self) -> dict[str, object]:
        """It as JSON can hold it."""
        whole = self.whole
        rows = [
            {
                "workers": each.workers,
                "seconds": each.seconds,
                "reserved_core_hours": self._reserved(each),
                "utilisation": each.utilisation,
                "limit": each.limit,
            }
            for each in self.table_rows
        ]
        split = self.split and {
            "workers": self.split[0].workers,
            "threads": self.split[0].threads,
            "seconds": self.split[1].seconds,
        }
        tree: dict[str, object] = {
            "workers": self.cluster.workers,
            "threads": self.cluster.threads,
            "seconds": whole and whole.seconds,
            "at_most": self.at_most,
            "core_hours": self.core_hours,
            "utilisation": whole and whole.utilisation,
            "limit": whole and whole.limit,
            "longest": whole and whole.longest,
            "enough": self.enough,
            "split": split,
            "table": rows,
        }
        return {name: finite(value) for name, value in tree.items()}


def read_cluster(given: object) -> Cluster | None:
    """Return the cluster that a user names: a number of workers, or workers and threads such as ``8x4``.

    Raises:
        UsageError: It is something else.
    """
    if given is None:
        return None
    words = str(given) if isinstance(given, str | int) and not isinstance(given, bool) else ""
    found = Cluster.of(words)
    if found is None or not found.exists:
        raise UsageError("cluster.wrong", given=given, most=MAX_WORKERS)
    return found


def cluster_plan(
    trainings: Sequence[Training], cluster: Cluster, say: Callable[[str], None], *, has_winners: bool = False
) -> ClusterPlan:
    """Simulate what becomes of what is missing on a cluster of machines such as this one.

    Args:
        trainings: In the order in which they are trained.
        cluster: Its workers.
        say: Told where this machine is measured.
        has_winners: Whether something follows that is not known yet.
    """
    found = _simulated(trainings, cluster, say)
    if found is None:
        return ClusterPlan(cluster, (), has_winners=has_winners)
    rows, at_most = found
    split = _split(trainings, cluster, say)
    is_sooner = split is not None and split[1].seconds * _ENOUGH < rows[-1].seconds
    return ClusterPlan(cluster, rows, at_most, split if is_sooner else None, has_winners)


def _split(
    trainings: Sequence[Training], cluster: Cluster, say: Callable[[str], None]
) -> tuple[Cluster, Simulated] | None:
    """Return how the planner would divide the cluster's cores, and what becomes of the plan then."""
    chosen = choose(trainings[-1].plan, "auto", cores=cluster.cores, most=cluster.cores)
    other = Cluster(chosen.workers, chosen.threads)
    if other == cluster:
        return None
    found = _simulated(trainings, other, say)
    return None if found is None else (other, found[0][-1])


def _simulated(
    trainings: Sequence[Training], cluster: Cluster, say: Callable[[str], None]
) -> tuple[tuple[Simulated, ...], bool] | None:
    """Return what becomes of the plan on 1, 2, 4, ... workers, and whether it may end earlier."""
    chosen = Chosen(cluster.threads, cluster.workers, cluster.cores)
    tasks: list[tuple[tuple[str, ...], float]] = []
    at_most = False
    for training in trainings:
        planned = assign(training.plan, chosen)
        time = time_needed(replace(training, plan=planned), say)
        if time.seconds is None:
            return None
        tasks += _tasks(planned, time)
        at_most = at_most or time.at_most
    known = rates(measure=False)
    overhead = Overhead(known.start, known.setup) if known and tasks else Overhead()
    rows = tuple(simulate(tasks, workers, overhead) for workers in doubled(cluster.workers))
    return rows, at_most


def _tasks(planned: Plan, time: PlanTime) -> Iterator[tuple[tuple[str, ...], float]]:
    for task in planned.tasks():
        seconds = max(time.runs[run.spec.digest].seconds or 0.0 for run in task.runs)
        yield kind_of(task.runs[0].spec, task.update_mode, task.device), seconds


def _hours(hours: float) -> str:
    return number(hours, ",.1f" if hours >= 1 else ",.2f")
