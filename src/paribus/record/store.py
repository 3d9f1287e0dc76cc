"""A study's folder: the resolved study, the images it used, and a folder a run."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from paribus.errors import StoreError, StudyError
from paribus.record import files
from paribus.record.folder import RunFolder
from paribus.record.run import SCHEMA, DataIdentity, DataUsed, Records, RunRecord, RunSpec
from paribus.study.model import Study
from paribus.texts import text

STUDY = "study.json"
RUNS = "runs"
LOCK = "lock"


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
            "schema": SCHEMA,
            "study": study.model_dump(mode="json"),
            "data": {name: used.model_dump(mode="json") for name, used in data.items()},
        }
        with _told(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            files.write_json(self.folder / STUDY, tree)

    def study(self) -> tuple[Study, dict[str, DataUsed]]:
        """The study as it was last run, and its images by data set.

        Raises:
            StoreError: The folder holds no study, or one written by a newer Paribus.
        """
        path = self.folder / STUDY
        try:
            tree = files.read_json(path)
        except OSError as error:
            raise StoreError("run.no-study", folder=self.folder) from error
        except ValueError as error:
            raise StoreError("run.damaged", file=path) from error
        if tree.get("schema") != SCHEMA:
            raise StoreError("run.other-schema", file=path, schema=tree.get("schema"), known=SCHEMA)
        try:
            data = cast("dict[str, object]", tree["data"])
            used = {name: DataUsed.model_validate(one) for name, one in data.items()}
            return Study.model_validate(tree["study"]), used
        except (AttributeError, KeyError, ValueError, StudyError) as error:
            raise StoreError("run.damaged", file=path) from error

    def expect(self, study: Study) -> None:
        """Make sure that the folder is free for a study, or has its earlier runs.

        Raises:
            StoreError: It holds another study, or something that is not one.
        """
        if self.exists():
            kept = self.study()[0].name
            if kept != study.name:
                raise StoreError("run.other-study", folder=self.folder, kept=kept, name=study.name)
        elif self.folder.exists() and not self.folder.is_dir():
            raise StoreError("run.unwritable", folder=self.folder, reason=text("run.is-file"))

    def exists(self) -> bool:
        """Whether a study has been run into the folder."""
        return (self.folder / STUDY).exists()

    def run(self, spec: RunSpec) -> RunFolder:
        """The folder of a run, named by the start of its digest."""
        return RunFolder(self.folder / RUNS / spec.digest[:16])

    def seeds(self) -> tuple[int, ...]:
        """Every seed that some run in the folder was trained with."""
        specs = (RunFolder(path).spec() for path in sorted((self.folder / RUNS).glob("*")))
        return tuple(sorted({spec.seed for spec in specs if spec is not None}))

    def records(self, study: Study, data: Mapping[str, DataUsed]) -> Records:
        """What has been run of the study, in the study's order."""
        live = self.held()
        seeds = self.seeds()
        records: dict[tuple[str, int], RunRecord] = {}
        for name, spec in specs(study, data, study.variants, seeds):
            record = self.run(spec).read(data[spec.data.name], live=live)
            if record is not None:
                records[name, spec.seed] = record
        return records

    @contextmanager
    def writing(self) -> Generator[None]:
        """Hold the folder against a second writer, which is refused at once.

        Raises:
            StoreError: Another process is training into the folder, or it cannot be written.
        """
        from filelock import FileLock, Timeout

        with _told(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / LOCK)
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                raise StoreError("run.held", folder=self.folder, holder=self._holder()) from error
        try:
            files.write(self.folder / f"{LOCK}.holder", str(os.getpid()).encode())
            yield
        finally:
            (self.folder / f"{LOCK}.holder").unlink(missing_ok=True)
            lock.release()

    def held(self) -> bool:
        """Whether a process is training into the folder now."""
        import psutil

        holder = self._holder()
        return holder.isdigit() and psutil.pid_exists(int(holder))

    def _holder(self) -> str:
        try:
            return (self.folder / f"{LOCK}.holder").read_text()
        except OSError:
            return "?"


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
def _told(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError("run.unwritable", folder=folder, reason=error.strerror or error) from error
