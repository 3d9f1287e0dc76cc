"""A study's folder: the resolved study, the images it used, and a folder a run."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from paribus.errors import StoreError, StudyError
from paribus.record import files, lock, sealed
from paribus.record import looks as look_log
from paribus.record.folder import RunFolder
from paribus.record.records import Records
from paribus.record.run import DataIdentity, DataUsed, RunRecord, RunSpec
from paribus.study.model import Study
from paribus.texts import text

STUDY = "study.json"
AA_TEST = "aa.json"
ABLATIONS = "confirm.json"
LAST_REQUEST = "asked.json"
RUNS = "runs"


@dataclass(frozen=True)
class LastRequest:
    """What the last command that trained into a folder was to train; outside every digest.

    Args:
        seeds: By variant.
        workers: Processes side by side.
    """

    seeds: Mapping[str, tuple[int, ...]]
    workers: int


class Store:
    """The only thing that outlives a process; everything shown is read from it again.

    Args:
        folder: The study's folder, by default ``paribus-out/<study>``; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_study(self, study: Study, data: Mapping[str, DataUsed]) -> None:
        """Keep the resolved study and which images each data set's name stands for.

        Raises:
            StoreError: The folder cannot be written.
        """
        tree = {
            "study": study.model_dump(mode="json"),
            "data": {name: used.model_dump(mode="json") for name, used in data.items()},
        }
        with _storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            files.remove_leftovers(self.folder)
            sealed.write(self.folder / STUDY, tree)

    def study(self) -> tuple[Study, dict[str, DataUsed]]:
        """The study as it was last run, and its images by data set.

        Raises:
            StoreError: The folder holds no study, or one written by a newer Paribus.
        """
        path = self.folder / STUDY
        try:
            tree = sealed.read(path)
        except OSError as error:
            raise StoreError("run.no-study", folder=self.folder) from error
        except sealed.NewerSchemaError as error:
            known = sealed.SCHEMA
            raise StoreError("run.other-schema", file=path, schema=error.schema, known=known) from error
        except ValueError as error:
            raise StoreError("run.damaged", file=path) from error
        try:
            data = cast("dict[str, object]", tree["data"])
            used = {name: DataUsed.model_validate(one) for name, one in data.items()}
            return Study.model_validate(tree["study"]), used
        except (AttributeError, KeyError, ValueError, StudyError) as error:
            raise StoreError("run.damaged", file=path) from error

    def whole_study(self) -> tuple[Study, dict[str, DataUsed]] | None:
        """As `study`; None where there is none, or only a damaged one, which the next run writes anew.

        Raises:
            StoreError: A newer Paribus wrote it.
        """
        if not self.exists():
            return None
        try:
            return self.study()
        except StoreError as error:
            if error.code != "run.damaged":
                raise
            return None

    def expect(self, study: Study) -> None:
        """Make sure that the folder is free for a study, or has its earlier runs.

        Raises:
            StoreError: It holds another study, or something that is not one.
        """
        kept = self.whole_study()
        if kept is not None and kept[0].name != study.name:
            raise StoreError("run.other-study", folder=self.folder, kept=kept[0].name, name=study.name)
        if self.folder.exists() and not self.folder.is_dir():
            raise StoreError("run.unwritable", folder=self.folder, reason=text("run.is-file"))

    def exists(self) -> bool:
        """Whether a study has been run into the folder."""
        return (self.folder / STUDY).exists()

    def run(self, spec: RunSpec) -> RunFolder:
        """The folder of a run, named by the start of its digest."""
        return RunFolder(self.folder / RUNS / spec.digest[:16])

    def seeds(self) -> tuple[int, ...]:
        """Every seed that some run in the folder was trained with, as far as specifications are whole."""
        specs = (folder.spec() for folder in self.folders())
        return tuple(sorted({spec.seed for spec in specs if spec is not None}))

    def tidy(self, ended: Iterable[RunSpec]) -> None:
        """Delete what a process that was killed at a run's very end left in its folder."""
        with _storing(self.folder):
            for spec in ended:
                self.run(spec).tidy()

    def write_aa_test(self, variant: str, pairs: int) -> None:
        """Keep that a variant is held against itself, so many seeds against as many others.

        Raises:
            StoreError: The folder cannot be written.
        """
        with _storing(self.folder):
            sealed.write(self.folder / AA_TEST, {"variant": variant, "pairs": pairs})

    def aa_test(self) -> tuple[str, int] | None:
        """The variant held against itself, and in how many pairs; None without one, or with a damaged one."""
        try:
            tree = sealed.read(self.folder / AA_TEST)
        except (OSError, ValueError):
            return None
        return str(tree["variant"]), int(str(tree["pairs"]))

    def write_ablations(self, ablations: Iterable[files.Tree]) -> None:
        """Keep which settings were suspected of which findings, and the variants without them.

        Raises:
            StoreError: The folder cannot be written.
        """
        with _storing(self.folder):
            sealed.write(self.folder / ABLATIONS, {"counters": list(ablations)})

    def ablations(self) -> list[files.Tree]:
        """What `write_ablations` kept; nothing where nothing was, or where the file is damaged."""
        try:
            return cast("list[files.Tree]", sealed.read(self.folder / ABLATIONS)["counters"])
        except (OSError, ValueError, KeyError):
            return []

    def write_last_request(self, request: LastRequest) -> None:
        """Keep what is trained now, for those who watch.

        Raises:
            StoreError: The folder cannot be written.
        """
        with _storing(self.folder):
            sealed.write(self.folder / LAST_REQUEST, {"seeds": request.seeds, "workers": request.workers})

    def last_request(self) -> LastRequest | None:
        """What was last to be trained; None in folders of earlier versions, or where it is damaged."""
        try:
            tree = sealed.read(self.folder / LAST_REQUEST)
            seeds = cast("dict[str, list[int]]", tree["seeds"])
            return LastRequest({name: tuple(each) for name, each in seeds.items()}, int(str(tree["workers"])))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return None

    def looks(self) -> look_log.LookLog:
        """With which seeds the study's answers have been shown."""
        return look_log.read(self.folder)

    def record_look(self, seeds: Mapping[str, Iterable[int]], *, until_decided: bool = False) -> None:
        """Keep that the study's answers are shown, with these seeds by variant.

        Raises:
            StoreError: The folder cannot be written.
        """
        with _storing(self.folder):
            look_log.append(self.folder, seeds, until_decided=until_decided)

    def folders(self) -> list[RunFolder]:
        """Every run's folder."""
        return [RunFolder(path) for path in sorted((self.folder / RUNS).glob("*"))]

    def records(self, study: Study, data: Mapping[str, DataUsed]) -> Records:
        """What has been run of the study, in the study's order."""
        live = self.is_held()
        seeds = sorted({*self.seeds(), *range(study.seeds)})
        records: dict[tuple[str, int], RunRecord] = {}
        for name, spec in specs(study, data, study.variants, seeds):
            record = self.run(spec).read(spec, data[spec.data.name], live=live)
            if record is not None:
                records[name, spec.seed] = record
        return Records(records)

    @contextmanager
    def writing(self) -> Generator[None]:
        """Hold the folder against a second writer, which is refused at once.

        Raises:
            StoreError: Another process is training into the folder, or it cannot be written.
        """
        with ExitStack() as held:
            with _storing(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                held.enter_context(lock.hold(self.folder))
            yield

    def is_held(self) -> bool:
        """Whether a process is training into the folder now."""
        return lock.is_held(self.folder)


def specs(
    study: Study, data: Mapping[str, DataUsed], names: Iterable[str], seeds: Iterable[int]
) -> Generator[tuple[str, RunSpec]]:
    """The run behind each variant and seed, in the study's order.

    Args:
        study: What is asked.
        data: The images each data set's name stands for; variants on others are passed over.
        names: Which variants.
        seeds: Which seeds.
    """
    chosen = set(names)
    for name, variant in study.variants.items():
        used = data.get(variant.configuration.data)
        if name not in chosen or used is None:
            continue
        identity = DataIdentity(name=used.name, sha256=used.sha256)
        for seed in seeds:
            yield name, RunSpec(configuration=variant.configuration, seed=seed, data=identity)


@contextmanager
def _storing(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError("run.unwritable", folder=folder, reason=error.strerror or error) from error
