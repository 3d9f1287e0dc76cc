"""What a study would train and how long that takes, as a terminal or a notebook shows it; trains nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from paribus.analysis.questions.design_words import fraction_sentence
from paribus.execute.estimate import PlanTime, RunTime
from paribus.execute.plan import PlannedRun
from paribus.execute.shards import Shard
from paribus.execute.threads import Threads
from paribus.report.tables import Table, changes, label, make_table
from paribus.study.configuration import Configuration
from paribus.study.device import Devices
from paribus.study.together import Together
from paribus.study.update_mode import Updates
from paribus.texts import number, text
from paribus.texts.printable import Block, Lines, Printable
from paribus.texts.quantities import NOTHING, spoken_duration
from paribus.workflow.cluster_plan import ClusterPlan, cluster_plan, read_cluster
from paribus.workflow.keeping import POLICIES, DiskUse, disk_line, disk_use
from paribus.workflow.plan_json import plan_tree
from paribus.workflow.progress.devices import device_lines
from paribus.workflow.progress.threads import thread_lines
from paribus.workflow.public import public
from paribus.workflow.request import Request, StudySource, as_path
from paribus.workflow.run import prepare
from paribus.workflow.sharding import shard_lines, share_of_trials
from paribus.workflow.training import Training, time_needed
from paribus.workflow.tuning import ended_runs, plan_trials

if TYPE_CHECKING:
    from pandas import DataFrame

    from paribus.workflow.power import StudyPower


@dataclass(frozen=True)
class TuningPlan:
    """What is trained before a study's own runs, and after them.

    Args:
        variants: How many are tuned.
        tries: How many settings are tried, over all of them.
        runs: How many runs that takes.
        missing: How many of these are missing.
        winners: How many runs the tuned variants take at most afterwards.
        seconds: How long the missing trials take; None where it is not known.
        epochs: How many epochs all these runs have at most.
        ends_early: Whether hopeless tries end early, so that it takes less.
    """

    variants: int
    tries: int
    runs: int
    missing: int
    winners: int
    seconds: float | None
    epochs: int = 0
    ends_early: bool = False

    @property
    def lines(self) -> Iterator[str]:
        """It in words."""
        yield text("tune.plan", tries=self.tries, runs=self.runs, missing=self.missing)
        if self.missing and self.seconds is not None:
            yield text("tune.plan-takes", time=spoken_duration(self.seconds))
        if self.missing and self.ends_early:
            yield text("tune.plan-stop", epochs=number(self.epochs, ",d"))
        if self.winners:
            yield text("tune.plan-winners", count=self.winners)

    @property
    def tree(self) -> dict[str, object]:
        """It as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True, repr=False)
class StudyPlan(Printable):
    """The runs of a study, which of them are missing, and how long these take.

    Args:
        training: What would be trained.
        time: How long it takes.
        power: What the study's questions will see; None where that was not asked for.
        tuning: What is tuned first, and how long that takes; None where nothing is.
        cluster: What becomes of it on a cluster; None where that was not asked for.
    """

    training: Training
    time: PlanTime
    power: StudyPower | None = None
    tuning: TuningPlan | None = None
    cluster: ClusterPlan | None = None

    @property
    def missing(self) -> int:
        """How many runs are missing."""
        return len(self.training.plan.missing)

    @property
    def seconds(self) -> float | None:
        """How long the missing runs take, from start to end; None where it is not known."""
        return self.time.seconds

    @property
    def lines(self) -> Iterator[str]:
        """How many runs are missing, how long they take and where they will lie, in words."""
        plan, tasks = self.training.plan, len(self.training.plan.tasks())
        if self.training.sharded is not None:
            yield from shard_lines(self.training, self.training.sharded)
        if not self.missing:
            yield text("cli.plan.none")
        elif tasks < self.missing:
            yield text("cli.plan.shared", count=self.missing, tasks=tasks)
        else:
            yield text("cli.plan.sum", count=self.missing)
        if plan.missing and self.seconds is not None:
            code = "cli.plan.takes-at-most" if self.time.at_most else "cli.plan.takes"
            yield text(code, count=self.time.workers, time=spoken_duration(self.seconds))
        yield from device_lines(self.training.study, plan)
        yield from thread_lines(plan)
        faster = 1.0 if plan.chosen.is_auto or plan.chosen.threads > 1 else self.training.gain
        if faster > 1:
            yield text("cli.plan.threads-gain", gain=faster)
        for design in self.training.study.designs:
            if design.resolution is not None:
                yield str(fraction_sentence(design))
        if self.tuning is not None:
            yield from self.tuning.lines
        if self.cluster is not None:
            yield from self.cluster.lines
        yield disk_line(self.disk, self.training.study.keep)
        yield text("cli.plan.folder", folder=self.training.store.folder)

    @property
    def disk(self) -> DiskUse:
        """What all its runs take on the disk, tries of a tuning aside."""
        return disk_use(self.training.plan.runs, self.training.data, self.training.workers)

    @property
    def table(self) -> Table:
        """What each variant changes, on which images, and what it takes: a row a variant."""
        return self.first(None)[0]

    def first(self, most: int | None) -> tuple[Table, int]:
        """Return the table of no more than so many variants, and how many more there are.

        Args:
            most: How many; None for all. Of too many, those of which runs are missing come first.
        """
        names = [name for name in self.training.study.variants if self._runs(name)]
        shown = names
        if most is not None and len(names) > most:
            shown = sorted(names, key=lambda name: all(run.is_done for run in self._runs(name)))[:most]
        rows = [self._row(name) for name in shown]
        columns = {"variant", "changes", "images", "path", "status"}
        return make_table("cli.plan.", rows, columns), len(names) - len(shown)

    def to_frame(self) -> DataFrame:
        """Return every run of every variant as a row of a DataFrame, as ``paribus plan --json`` has it."""
        from pandas import DataFrame

        return DataFrame(self.tree()["runs"])

    def tree(self) -> dict[str, object]:
        """Return the plan as JSON can hold it."""
        tree = plan_tree(self.training, self.time)
        power = {} if self.power is None else {"power": self.power.tree()}
        tuning = {} if self.tuning is None else {"tuning": self.tuning.tree}
        cluster = {} if self.cluster is None else {"on": self.cluster.tree}
        sharded = self.training.sharded
        shard = {} if sharded is None else {"shard": str(sharded.shard), "share": sharded.load}
        disk = {"keep": self.training.study.keep, **{each: self.disk.of(each) for each in POLICIES}}
        return {**tree, **shard, "disk": disk, **power, **tuning, **cluster}

    def blocks(self) -> Iterator[Block]:
        """Return what is missing in words, and a row a variant."""
        yield Lines(tuple(self.lines))
        yield self.table.grid()
        if self.cluster is not None and self.cluster.table_rows:
            yield self.cluster.table.grid()
        if self.power is not None:
            yield from self.power.blocks()

    def __repr__(self) -> str:
        study = self.training.study.name
        return f"StudyPlan({study!r}, {self.missing} of {len(self.training.plan.runs)} runs missing)"

    def _runs(self, name: str) -> Sequence[PlannedRun]:
        return self._by_variant.get(name, [])

    @cached_property
    def _by_variant(self) -> dict[str, list[PlannedRun]]:
        found: dict[str, list[PlannedRun]] = {}
        for run in self.training.plan.runs:
            for name in run.names:
                found.setdefault(name, []).append(run)
        return found

    def _row(self, name: str) -> dict[str, str]:
        runs, study = self._runs(name), self.training.study
        configuration = runs[0].spec.configuration
        limit = "≤ " if configuration.early_stopping else ""
        done = sum(run.is_done for run in runs)
        return {
            "variant": study.named(name),
            "changes": changes(study, name),
            "seeds": str(len(runs)),
            "images": label(self.training.data[configuration.data]),
            "weights": _known(configuration, runs[0].parameters),
            "epochs": f"{limit}{configuration.epochs}",
            "updates": _known(configuration, runs[0].updates, limit),
            "path": _path(configuration, runs),
            "minutes": _minutes([self.time.runs[run.spec.digest] for run in runs if not run.is_done]),
            "status": text("cli.plan.done", done=done, runs=len(runs)),
        }


def _path(configuration: Configuration, runs: Sequence[PlannedRun]) -> str:
    """Return how epochs are computed, or the function or command of the user's that trains."""
    if configuration.train is not None:
        return configuration.train.told
    return ", ".join(sorted({text(f"cli.plan.{run.update_mode}") for run in runs}))


def _known(configuration: Configuration, count: int, limit: str = "") -> str:
    """Return a number that follows from the configuration; a dash where a function of the user's trains."""
    return limit + number(count, ",") if configuration.train is None else NOTHING


@public
def plan(  # noqa: PLR0913 - the command's own options
    study: StudySource,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
    updates: Updates = "auto",
    threads: Threads = 1,
    device: Devices = "cpu",
    together: Together | None = None,
    shard: str | tuple[int, int] | None = None,
    power: bool = False,
    on: int | str | None = None,
) -> StudyPlan:
    """Return what `paribus.run` would train, and how long that takes; trains nothing.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        power: Whether to simulate which differences the study's questions will see, and what more seeds buy.
        on: A cluster on which the plan is simulated: its workers, or workers and threads such as ``"8x4"``.
        ...: As in `Request`.

    Raises:
        InputError: As `paribus.run`, but where images are missing the official ones are planned with.

    Example:
        >>> import paribus as pb
        >>> planned = pb.plan("lab2", embedded=True, out="nowhere")  # doctest: +SKIP
        >>> planned.missing, planned.seconds  # doctest: +SKIP
        (70, 91.2)
    """
    request = Request(
        only=only,
        seeds=seeds,
        workers=workers,
        data_dir=as_path(data_dir),
        embedded=embedded,
        out=as_path(out),
        updates=updates,
        threads=threads,
        device=device,
        together=together,
        shard=cast("Shard | None", shard),  # which `Request` reads
    )
    return planned(study, request, power=power, on=on)


def planned(
    study: StudySource, request: Request, *, power: bool = False, on: int | str | None = None
) -> StudyPlan:
    """Return the plan of a request; where nothing was measured yet, standard error says that it is now.

    Args:
        study: Anything that a study can be read from.
        request: What is asked for.
        power: Whether to simulate what the study's questions will see.
        on: A cluster on which the plan is simulated; None for none.
    """
    cluster = read_cluster(on)
    training = prepare(study, request, needs_images=False)
    trials = _trials(training)
    found = StudyPlan(training, time_needed(training, _say), tuning=_tuning(training, trials))
    if cluster is not None:
        trainings = [training] if trials is None else [trials, training]
        on_cluster = cluster_plan(trainings, cluster, _say, has_winners=trials is not None)
        found = replace(found, cluster=on_cluster)
    if not power:
        return found
    from paribus.workflow.power import study_power

    return replace(found, power=study_power(training, request, _say))


def _trials(training: Training) -> Training | None:
    """Return the trials that are known now, of a shard its part of them; None where nothing is tuned."""
    if training.sharded is not None:
        return share_of_trials(training, training.sharded, needs_images=False)
    return plan_trials(training.study, training.request, training.seeds, training.store, needs_images=False)


def _tuning(training: Training, trials: Training | None) -> TuningPlan | None:
    study, store = training.study, training.store
    tuned = {name: tune for name, tune in study.tuned.items() if name in training.seeds}
    if training.sharded is not None:  # all of its search is known beforehand, and winners come after merging
        if trials is None:
            return None
        count = len({name for run in trials.plan.runs for name in run.names})
        names = [name for name in study.tuned if name in training.sharded.seeds]
        missing = len(trials.plan.missing)
        return TuningPlan(
            len(names), count, len(trials.plan.runs), missing, 0, time_needed(trials, _say).seconds
        )
    if not tuned:
        return None
    tries = sum(tune.budget for tune in tuned.values())
    runs = sum(tune.budget * tune.seeds for tune in tuned.values())
    winners = sum(len(training.seeds[name]) for name in tuned)
    done = ended_runs(study, tuned, store)
    seconds = 0.0
    if trials is not None:
        done += sum(run.is_done for run in trials.plan.runs)
        needed, known = time_needed(trials, _say).seconds, len(trials.plan.missing)
        seconds = needed * (runs - done) / known if needed is not None and known else needed
    epochs = sum(
        tune.budget * tune.seeds * tune.most_epochs(study.variants[name].configuration.epochs)
        for name, tune in tuned.items()
    )
    stops = any(tune.stop for tune in tuned.values())
    missing = max(0, runs - done)
    return TuningPlan(len(tuned), tries, runs, missing, winners, seconds, epochs, ends_early=stops)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _minutes(runs: Sequence[RunTime]) -> str:
    """Return the minutes that runs still take, one after the other; a dash where that is unknown."""
    seconds = [run.seconds for run in runs if run.seconds is not None]
    if not seconds or len(seconds) < len(runs):
        return NOTHING
    minutes = sum(seconds) / 60
    places = 2 if minutes < 0.995 else 1
    return ("≤ " if any(run.at_most for run in runs) else "") + number(minutes, f",.{places}f")
