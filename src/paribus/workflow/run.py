"""From a study to its results: find the images, plan, train what is missing, read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, get_args

from paribus.data.decoded import cache_images
from paribus.data.source import find
from paribus.errors import DataError, UsageError
from paribus.execute.calibration import rates
from paribus.execute.local import default_workers, execute
from paribus.execute.messages import Assignment, DataSource, RunEvent
from paribus.execute.plan import Plan, plan, refresh
from paribus.execute.time_left import Machine
from paribus.record.run import DataUsed
from paribus.record.store import LastRequest, Store
from paribus.study.datasets import IMAGE_SETS
from paribus.study.model import Study
from paribus.study.reader import builtin_names, load
from paribus.study.update_mode import Updates
from paribus.texts import suggestion
from paribus.workflow.progress.notebook import NotebookDisplay
from paribus.workflow.progress.terminal import LogDisplay, TerminalDisplay
from paribus.workflow.results import Results

StudySource = Study | str | Path | Mapping[str, object]


@dataclass(frozen=True)
class Request:
    """What a user asks of a study.

    Args:
        only: Names of the variants to run; None for all.
        seeds: Number of seeds, 0 to ``seeds - 1``; None for the study's own number.
        workers: Number of processes; None for as many as the machine carries.
        data_dir: Folder with the images; None to look in the cache, then to download.
        embedded: Whether stand-ins play the data sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.
        updates: The way that epochs take: ``auto``, ``stepwise`` or ``delayed``.
    """

    only: Sequence[str] | None = None
    seeds: int | None = None
    workers: int | None = None
    data_dir: Path | None = None
    embedded: bool = False
    out: Path | None = None
    updates: Updates = "auto"


class Display(Protocol):
    """Shows a study being trained."""

    def __enter__(self) -> Callable[[RunEvent], None]:
        """Start; what is returned takes each event."""
        ...

    def __exit__(self, *_: object) -> None:
        """Stop, however training ended."""
        ...


@dataclass(frozen=True)
class Prepared:
    """A study ready to be trained: read, its images found, planned.

    Args:
        study: What is asked.
        data: The images each data set's name stands for.
        plan: Its runs.
        store: Its folder.
        decoded: Where the cache holds a data set decoded, by its name.
    """

    study: Study
    data: Mapping[str, DataUsed]
    plan: Plan
    store: Store
    decoded: Mapping[str, Path | None] = field(default_factory=dict[str, "Path | None"])


def prepare(source: StudySource, request: Request, *, needs_images: bool = True) -> Prepared:
    """Read the study, find its images and plan its runs; trains nothing, writes nothing but the cache.

    Args:
        source: A study, its file, a built-in's name or a mapping.
        request: What the user asks.
        needs_images: False to plan as if the official images were there where none are at hand.

    Raises:
        InputError: The study is faulty, the images are missing, or the request names what is not there.
    """
    study = source if isinstance(source, Study) else load(source)
    names = chosen(study, request.only)
    seeds = study.seeds if request.seeds is None else request.seeds
    if request.updates not in get_args(Updates):
        known = ", ".join(get_args(Updates))
        near = suggestion(str(request.updates), get_args(Updates))
        raise UsageError("run.unknown-updates", given=request.updates, known=known, suggestion=near)
    for option, value in (("seeds", seeds), ("workers", request.workers)):
        if value is not None and value < 1:
            raise UsageError("run.not-positive", option=option, value=value)
    if request.embedded and request.data_dir is not None:
        raise UsageError("run.embedded-and-folder", folder=request.data_dir)
    store = Store(request.out or default_folder(study, request.embedded))
    store.expect(study)
    sets = {study.variants[name].configuration.data for name in names}
    images = _all_images(sorted(sets), request, needs_images)
    data = {name: used for name, (used, _) in images.items()}
    planned = plan(study, data, store=store, names=names, seeds=range(seeds), updates=request.updates)
    return Prepared(study, data, planned, store, {name: decoded for name, (_, decoded) in images.items()})


def run(  # noqa: PLR0913 - the command's own options
    study: StudySource,
    *,
    only: Sequence[str] | None = None,
    seeds: int | None = None,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
    updates: Updates = "auto",
) -> Results:
    """Train what is missing of a study, show the progress, and return its results.

    Works from an unguarded script and from a notebook: the training happens in processes of its own.

    Args:
        study: A study, its file, a built-in's name, or a mapping with a study file's keys.
        only: Names of the variants to run; None for all.
        seeds: Number of seeds, 0 to ``seeds - 1``; None for the study's own number.
        workers: Processes side by side, one thread each; None for one a core. Never changes a result.
        data_dir: Folder with the images in their official layout; None to look in the cache.
        embedded: Whether small stand-ins play the image sets' roles.
        out: The study's folder; None for ``paribus-out/<study>``.
        updates: ``stepwise`` moves all weights at every step, ``delayed`` the first layer's once a block
            of steps, to the same result but for rounding; ``auto`` takes whichever is faster. A run goes
            on as it began, and a finished one is not trained again, whatever this says.

    Raises:
        InputError: The study is faulty, the images are missing, or an argument names what is not there.

    Example:
        >>> import paribus as pb
        >>> results = pb.run("lab2", embedded=True, only=["1", "2"])  # doctest: +SKIP
        >>> results["2"].plot()  # doctest: +SKIP
    """
    request = Request(only, seeds, workers, as_path(data_dir), embedded, as_path(out), updates)
    prepared = prepare(study, request)
    return train(prepared, request, display_for(prepared.plan, request.workers))


def as_path(given: str | Path | None) -> Path | None:
    """A folder that a Python call names."""
    return None if given is None else Path(given)


def train(prepared: Prepared, request: Request, display: Display) -> Results:
    """Train what is missing, and read back all that the folder has of the study.

    Args:
        prepared: From `prepare`.
        request: What the user asks.
        display: Shows the training.

    Raises:
        StoreError: Another process is training into the folder, or it cannot be written.
    """
    store = prepared.store
    with store.writing():
        store.write_study(prepared.study, {**known_data(store), **prepared.data})
        train_held(prepared, request, display)
        return looked_at(store, asked(prepared.plan))


def looked_at(store: Store, seeds: Mapping[str, Sequence[int]], *, until_decided: bool = False) -> Results:
    """All that a folder has of its study, to be shown: the look is noted, and the answers are kept.

    Args:
        store: The folder, held by this process.
        seeds: Those asked for, by variant.
        until_decided: Whether seeds are being added until the answers settle.
    """
    store.record_look(seeds, until_decided=until_decided)
    results = Results.read(store.folder)
    results.keep_answers()
    return results


def train_held(prepared: Prepared, request: Request, display: Display) -> None:
    """Train what is missing, in a folder that this process holds and that has the study.

    Args:
        prepared: From `prepare`.
        request: What the user asks.
        display: Shows the training.
    """
    store = prepared.store
    planned = refresh(prepared.plan, store)
    store.write_last_request(LastRequest(asked(prepared.plan), request.workers or default_workers()))
    store.tidy(run.spec for run in planned.runs if run.is_done)
    assignments = [
        Assignment(
            specs=tuple(run.spec for run in task.runs),
            folder=store.folder,
            source=DataSource(
                data_dir=request.data_dir,
                embedded=request.embedded,
                decoded=prepared.decoded.get(task.data),
            ),
            updates=task.update_mode,
        )
        for task in planned.tasks()
    ]
    if assignments:
        with display as observe:
            execute(assignments, request.workers or default_workers(), observe)


def asked(planned: Plan) -> Mapping[str, tuple[int, ...]]:
    """The seeds that a plan asks for, by variant."""
    seeds: dict[str, list[int]] = {}
    for run in planned.runs:
        for name in run.names:
            seeds.setdefault(name, []).append(run.spec.seed)
    return {name: tuple(each) for name, each in seeds.items()}


def display_for(planned: Plan, workers: int | None = None) -> Display:
    """Bars on a terminal, on standard error, and in a notebook; lines elsewhere.

    Args:
        planned: What is trained.
        workers: Number of processes; None for as many as the machine carries.
    """
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not (console.is_terminal or console.is_jupyter):
        return LogDisplay(planned)
    machine = Machine(workers or default_workers(), rates(measure=False))
    if console.is_jupyter:
        return NotebookDisplay(planned, machine)
    return TerminalDisplay(planned, console, machine)


def chosen(study: Study, only: Sequence[str] | None) -> tuple[str, ...]:
    """The variants to run, in the study's order.

    Raises:
        UsageError: A name is not one of the study's, or there is none.
    """
    if only is None:
        return tuple(study.variants)
    if not only:
        raise UsageError("run.only-nothing", known=", ".join(study.variants))
    for name in only:
        if name not in study.variants:
            raise UsageError(
                "run.unknown-variant",
                name=name,
                study=study.name,
                known=", ".join(study.variants),
                suggestion=suggestion(name, study.variants),
            )
    return tuple(name for name in study.variants if name in set(only))


def default_folder(study: Study, embedded: bool) -> Path:
    """Where a study's results go unless the user says otherwise."""
    return Path("paribus-out") / (f"{study.name}-embedded" if embedded else study.name)


def results_folder(source: str, *, embedded: bool = False) -> Path:
    """Where results lie: the folder itself, or a study's by default.

    Args:
        source: A folder of results, a study's file, or a built-in's name.
        embedded: Whether stand-ins played the image sets' roles; taken, too, where only they have run.

    Raises:
        StudyError: It is neither a folder of results nor a study.
    """
    folder = Path(source)
    if Store(folder).exists() or (folder.is_dir() and source not in builtin_names()):
        return folder
    study = load(source)
    own, small = (default_folder(study, each) for each in (False, True))
    return small if embedded or (Store(small).exists() and not Store(own).exists()) else own


def known_data(store: Store) -> Mapping[str, DataUsed]:
    """The images that earlier runs in the folder were made with."""
    kept = store.whole_study()
    return kept[1] if kept else {}


_FoundImages = tuple[DataUsed, Path | None]


def _all_images(names: Sequence[str], request: Request, needs_images: bool) -> dict[str, _FoundImages]:
    """Every data set and where it lies decoded; what is missing is told of all of them at once."""
    images: dict[str, _FoundImages] = {}
    missing: list[DataError] = []
    for name in names:
        try:
            images[name] = _images(name, request, needs_images)
        except DataError as error:
            missing.append(error)
    if len(missing) == 1:
        raise missing[0]
    if missing:
        raise DataError("run.images-missing", told="\n\n".join(str(error) for error in missing))
    return images


def _images(name: str, request: Request, needs_images: bool) -> _FoundImages:
    try:
        found = find(name, data_dir=request.data_dir, embedded=request.embedded, download=needs_images)
    except DataError:
        if needs_images or request.data_dir or request.embedded:
            raise
        return official(name), None
    used = DataUsed(
        name=name,
        sha256=found.sha256,
        verified=found.verified,
        stand_in=found.stand_in,
        train=len(found.x_train),
        test=len(found.x_test),
    )
    return used, cache_images(found) if needs_images else None


def official(name: str) -> DataUsed:
    """A data set as its publisher made it, without its bytes."""
    images = IMAGE_SETS[name]
    return DataUsed(name=name, sha256="", verified=True, stand_in=False, train=images.train, test=images.test)
