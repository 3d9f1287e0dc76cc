"""A training: a study's images found, its runs planned, what is missing trained, all of it read back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias, cast

from paribus.data.census import census
from paribus.data.dataset import Dataset
from paribus.data.decoded import cache_images
from paribus.data.own.load import code_digest, load
from paribus.data.own.user_file import check_allowed
from paribus.data.source import find
from paribus.errors import DataError, UsageError
from paribus.execute import devices, together
from paribus.execute.calibration import rates
from paribus.execute.estimate import PlanTime, estimate
from paribus.execute.executor import Executor, make_executor
from paribus.execute.local import Local
from paribus.execute.messages import Assignment, DataSource, RunEvent
from paribus.execute.plan import Chosen, Plan, plan, refresh
from paribus.execute.shards import Shard
from paribus.execute.threads import assign, choose
from paribus.execute.time_left import Machine
from paribus.record.run import DataUsed
from paribus.record.store import LastRequest, Store
from paribus.study.configuration import Configuration, OwnTraining
from paribus.study.datasets import IMAGE_SETS, DataFacts
from paribus.study.model import DesignQuestion, Question, Variant
from paribus.study.own_function import OwnFunction
from paribus.study.programs import Program, is_handed_over, name_of
from paribus.study.ranking import Ranking
from paribus.study.source import Source
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.again import command
from paribus.workflow.folders import default_folder
from paribus.workflow.keeping import check_room, keeping
from paribus.workflow.progress.notebook import NotebookDisplay
from paribus.workflow.progress.terminal import LogDisplay, TerminalDisplay
from paribus.workflow.request import Request, check_trainable
from paribus.workflow.results import Results, load_results
from paribus.workflow.splits import check_splits

Display = AbstractContextManager[Callable[[RunEvent], None]]
"""Shows a study being trained; takes each event while it is entered."""


AnyQuestion: TypeAlias = Question | Ranking | DesignQuestion
"""What a study asks, of whatever kind."""


@dataclass(frozen=True)
class SeedBudget:
    """How many seeds may be added until questions are settled.

    Args:
        first: The seeds that each question starts with: with fewer there is nothing to decide.
        most: Seeds a variant gets at most.
    """

    first: Mapping[AnyQuestion, int]
    most: int


@dataclass(frozen=True)
class Sharded:
    """Which part of a study a training is.

    Args:
        shard: The part.
        seeds: The seeds of each variant in the whole study.
        runs: How many runs the whole study has.
        load: Which share of their work the part has, in [0, 1].
    """

    shard: Shard
    seeds: Mapping[str, tuple[int, ...]]
    runs: int
    load: float


@dataclass(frozen=True)
class Training:
    """A study ready to be trained: read, its images found, its runs planned.

    Args:
        study: What is asked.
        request: How much of it, and where.
        data: The images each data set's name stands for.
        plan: Its runs.
        store: Its folder.
        decoded: Where the cache holds a data set decoded, by its name.
        budget: How many seeds may be added; None where their number is given.
        command: The command that asked for it, and its options that are none of the request's.
        executor: Trains it.
        sharded: Which part of the study it is; None for all of it.
    """

    study: Study
    request: Request
    data: Mapping[str, DataUsed]
    plan: Plan
    store: Store
    decoded: Mapping[str, Path | None] = field(default_factory=dict[str, "Path | None"])
    budget: SeedBudget | None = None
    command: tuple[str, ...] = ("run",)
    executor: Executor = field(default_factory=Local)
    sharded: Sharded | None = None

    @property
    def workers(self) -> int:
        """Processes side by side."""
        return self.plan.chosen.workers

    @property
    def gain(self) -> float:
        """How many times as fast what is missing would be trained with as many threads as pay."""
        return _chosen(self.plan, replace(self.request, threads="auto"), self.executor).gain

    @property
    def seeds(self) -> Mapping[str, tuple[int, ...]]:
        """The seeds that the plan asks for, by variant."""
        seeds: dict[str, list[int]] = {}
        for run in self.plan.runs:
            for name in run.names:
                seeds.setdefault(name, []).append(run.spec.seed)
        return {name: tuple(each) for name, each in seeds.items()}

    @contextmanager
    def writing(self) -> Generator[None]:
        """Hold the study's folder, with the study in it, as long as the context lasts.

        Raises:
            StoreError: Another process is training into the folder, or it cannot be written.
        """
        with self.store.writing():
            self.store.write_study(self.study, {**self.store.known_data(), **self.data})
            yield
            self.store.seal_looks()


def plan_training(
    study: Study, request: Request, seeds: Mapping[str, Iterable[int]], *, needs_images: bool = True
) -> Training:
    """Find a study's images and plan its runs; trains nothing, writes nothing but the cache.

    Args:
        needs_images: False to plan as if the official images were there where none are at hand.

    Raises:
        InputError: The images are missing or cannot be divided as a run asks for, the folder has another
            study, a variant cannot take the update mode that was asked for, or there is no GPU to train on.
    """
    check_trainable(study)
    store = Store(request.out or default_folder(study, request.embedded, request.shard))
    store.expect(study)
    sets = {study.variants[name].configuration.data for name in seeds}
    images = _all_images(study, sorted(sets), request, needs_images)
    data = {name: used for name, (used, _) in images.items()}
    seeds = {name: tuple(each) for name, each in seeds.items()}
    check_splits(study, data, seeds)
    device = devices.choose(request.device)
    planned = plan(study, data, store=store, seeds=seeds, updates=request.updates, device=device)
    executor = make_executor(request.on, request.ray_address or "")
    if needs_images and request.on == "local":
        _check_device(planned)
    planned = together.assign(assign(planned, _chosen(planned, request, executor)), request.together)
    decoded = {name: path for name, (_, path) in images.items()}
    return Training(study, request, data, planned, store, decoded, executor=executor)


def _check_device(planned: Plan) -> None:
    """Check that there is a GPU where a run needs one: asked for, named by its variant, or begun on one."""
    on_gpu = [run for run in planned.missing if run.device == "gpu"]
    if on_gpu:
        named = any(run.spec.configuration.device == "gpu" for run in on_gpu)
        begun = text("run.began-on-gpu", count=len(on_gpu))
        devices.check("--device gpu" if planned.device == "gpu" else "device: gpu" if named else begun)


def _chosen(planned: Plan, request: Request, executor: Executor) -> Chosen:
    """Return how many threads and workers train a plan; one GPU is kept busy by one worker."""
    room = executor.capacity()
    needs_gpu = request.on == "local" and any(run.device == "gpu" for run in planned.missing)
    return choose(
        planned,
        request.threads,
        cores=room.cores,
        most=1 if needs_gpu else room.workers,
        workers=request.workers,
        widest=room.threads,
    )


def train_missing(training: Training) -> None:
    """Train what is missing and show the progress, in a folder that this process holds.

    Args:
        training: Its folder is held by `Training.writing`.
    """
    store, request = training.store, training.request
    planned = refresh(training.plan, store)
    words = command(training.study.source, store.folder, request, *training.command)
    store.write_last_request(LastRequest(training.seeds, training.workers, words))
    store.tidy(run.spec for run in planned.runs if run.is_done)
    assignments = [
        Assignment(
            specs=tuple(run.spec for run in task.runs),
            folder=store.folder,
            source=DataSource(
                data_dir=request.data_dir,
                embedded=request.embedded,
                decoded=training.decoded.get(task.runs[0].spec.data.name),
                own=training.study.sources.get(task.runs[0].spec.data.name),
                program=_program(training.study, task.runs[0].spec.configuration),
                functions=_functions(training.study, task.runs[0].spec.configuration),
            ),
            updates=task.update_mode,
            threads=task.threads,
            until=task.until,
            device=task.device,
        )
        for task in planned.tasks()
    ]
    if assignments:
        check_room(training.study.keep, planned, training.data, store.folder, training.workers)
        for run in planned.missing:
            if (own := run.spec.configuration.train) is not None and not own.is_object:
                check_allowed(own.told)
            if (built := run.spec.configuration.network) is not None and built.function:
                check_allowed(built.told)
            for each in _own_functions(run.spec.configuration):
                check_allowed(each.told)
        with display_for(training.study, planned, training.workers) as shown:
            observe = keeping(training.study.keep, planned, store, training.data, shown)
            training.executor.execute(assignments, training.workers, observe)


def _program(study: Study, configuration: Configuration) -> Program | None:
    """Return the file of the user's that trains a configuration or has its network; None where there is none.

    Raises:
        UsageError: It is an object that another program handed over.
    """
    own = configuration.train or configuration.network
    if own is None:
        return None
    program = study.programs[own.sha256]
    if program.pickled and not is_handed_over(program):
        raise UsageError("run.train-not-here", name=own.told, study=study.name)
    return program.model_copy(update={"timeout": _timeout(study, configuration, program)})


def _timeout(study: Study, configuration: Configuration, program: Program) -> float | None:
    """Return how many seconds a run may take: as its variant says, the longest of those that share it."""
    trains = [each.settings.get("train") for each in _having(study, configuration)]
    limits = [_limit(cast("dict[str, Any]", each)) for each in trains if isinstance(each, dict)]
    if not limits:
        return program.timeout
    known = [each for each in limits if each is not None]
    return max(known) if len(known) == len(limits) else None


def _limit(train: Mapping[str, Any]) -> float | None:
    limit = train.get("timeout")
    return None if limit is None else float(limit)


def _having(study: Study, configuration: Configuration) -> list[Variant]:
    return [each for each in study.variants.values() if each.configuration == configuration]


def _own_functions(configuration: Configuration) -> list[OwnFunction]:
    """Return losses, metrics and the like that are the user's own, but for what the network brings along."""
    losses = [configuration.own_loss, *(each.own for each in configuration.beside)]
    own = [each for each in losses if each and not each.compiled]
    others = (*configuration.own_metrics, *configuration.own_techniques, *configuration.callbacks)
    return [*own, *others]


def _functions(study: Study, configuration: Configuration) -> dict[str, Program]:
    """Return the files of the loss and of metrics of the user's own, by their SHA-256."""
    return {each.sha256: study.programs[each.sha256] for each in _own_functions(configuration)}


def read_shown(training: Training) -> Results:
    """Read all that the folder has of the study, to be shown: the look is noted, the comparisons are kept."""
    results = load_results(training.store.folder)
    results.record_look(
        training.study.questions, training.seeds, until_decided=training.request.until_decided
    )
    results.save_comparisons()
    return results


def time_needed(training: Training, say: Callable[[str], None]) -> PlanTime:
    """Return how long what is missing takes; where nothing was measured yet, measure and `say` so."""
    known = rates(measure=False)
    found = estimate(training.plan, training.store, known, training.workers)
    missing = (run.spec for run in training.plan.missing if run.spec.configuration.train is None)
    if known is not None or all(found.runs[spec.digest].is_measured for spec in missing):
        return found
    say(text("run.measures"))
    return estimate(training.plan, training.store, rates(), training.workers)


def display_for(study: Study, planned: Plan, workers: int) -> Display:
    """Return a line a variant for a terminal, on standard error, or for a notebook; lines elsewhere."""
    from paribus.workflow.screen import Screen

    console = Screen(stderr=True, highlight=False)
    if not (console.is_terminal or console.is_jupyter):
        return LogDisplay(study, planned)
    machine = Machine(workers, rates(measure=False))
    if console.is_jupyter:
        return NotebookDisplay(study, planned, machine)
    return TerminalDisplay(study, planned, console, machine)


_FoundImages = tuple[DataUsed, Path | None]
"""The images that a data set's name stands for, and where they lie decoded."""


def _all_images(
    study: Study, names: Sequence[str], request: Request, needs_images: bool
) -> dict[str, _FoundImages]:
    functions = {each.configuration.data: each.configuration.train for each in study.variants.values()}
    images: dict[str, _FoundImages] = {}
    missing: list[DataError] = []
    for name in names:
        try:
            own, train = study.sources.get(name), functions.get(name)
            if train is not None and own is None and name not in IMAGE_SETS:
                images[name] = of_function(train), None
            else:
                images[name] = _own(own, needs_images) if own else _images(name, request, needs_images)
        except DataError as error:
            missing.append(error)
    if len(missing) == 1:
        raise missing[0]
    if missing:
        raise DataError("run.images-missing", errors="\n\n".join(str(error) for error in missing))
    return images


def _images(name: str, request: Request, needs_images: bool) -> _FoundImages:
    try:
        found = find(name, data_dir=request.data_dir, embedded=request.embedded, download=needs_images)
    except DataError:
        if needs_images or request.data_dir or request.embedded:
            raise
        images = IMAGE_SETS[name]  # the official one, without its bytes
        official = DataUsed(
            name=name, sha256="", verified=True, stand_in=False, train=images.train, test=images.test
        )
        return official, None
    return _used(found), cache_images(found) if needs_images else None


def _own(source: Source, needs_images: bool) -> _FoundImages:
    found, facts = load(source)
    used = _used(found, facts).model_copy(update={"source": source.told, "code": code_digest(source)})
    return used, cache_images(found) if needs_images else None


def of_function(train: OwnTraining) -> DataUsed:
    """Return what is known of data that a function gets by itself: they change where its file does."""
    sha256 = train.sha256
    name = name_of(train)
    return DataUsed(name=name, sha256=sha256, verified=True, stand_in=False, train=0, test=0, code=sha256)


def own_data(study: Study, names: Sequence[str]) -> dict[str, DataUsed]:
    """Return what is counted of the study's own data, which lie at hand whenever it is read.

    Args:
        study: Any.
        names: Of data sets; those of the catalogue are left out.
    """
    return {name: _own(study.sources[name], needs_images=False)[0] for name in names if name in study.sources}


def _used(found: Dataset, facts: DataFacts | None = None) -> DataUsed:
    return DataUsed(
        name=found.name,
        sha256=found.sha256,
        verified=found.verified,
        stand_in=found.stand_in,
        train=len(found.x_train),
        test=len(found.x_test),
        census=census(found, facts),
    )
