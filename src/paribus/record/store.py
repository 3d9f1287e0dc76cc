"""A study's folder: the resolved study, the images it used, and a folder for each run."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter

from paribus.errors import StoreError, StudyError
from paribus.record import files, lock, opened, sealed
from paribus.record import looks as look_log
from paribus.record.folder import RunFolder
from paribus.record.index import Index
from paribus.record.records import Records
from paribus.record.run import DataIdentity, DataUsed, RunRecord, RunSpec
from paribus.study.seeds import FIRST_TRIAL_SEED
from paribus.study.study import Study
from paribus.texts import text

STUDY = "study.json"
AA_TEST = "aa.json"
ABLATIONS = "confirm.json"
SEARCHES = "tuning.json"
LAST_REQUEST = "requested.json"
RUNS = "runs"


@dataclass(frozen=True)
class LastRequest:
    """The runs that the last command was to train; outside every digest.

    Args:
        seeds: Of each variant.
        workers: Number of processes side by side.
        command: The words of the command that trains what is still missing; none where the study has no file.
    """

    seeds: Mapping[str, tuple[int, ...]]
    workers: int
    command: tuple[str, ...] = ()


_LAST_REQUEST = TypeAdapter(LastRequest)
_DATA = TypeAdapter(dict[str, DataUsed])


class Store:
    """The folder of one study, from which everything that is shown is read.

    Every method that writes raises a `StoreError` where the folder cannot be written.

    Args:
        folder: The study's folder, by default ``paribus-out/<study>``; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder where it is not there yet."""
        with store_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    def write_study(self, study: Study, data: Mapping[str, DataUsed]) -> None:
        """Write the resolved study and the images that each data set's name stands for."""
        tree = {
            "study": study.model_dump(mode="json"),
            "data": {name: used.model_dump(mode="json") for name, used in data.items()},
        }
        with store_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            files.remove_leftovers(self.folder)
        before = self._sealed_looks()
        now = look_log.seal(self.folder) if self.looks().is_complete else before
        self._write(STUDY, {**tree, **({} if now is None else {"looks": now})})

    def seal_looks(self) -> None:
        """Write in the study's file which looks there were, so that one that is deleted is noticed."""
        try:
            tree = sealed.read(self.folder / STUDY)
        except (OSError, ValueError):
            return
        if opened.is_copy(self.folder):
            return
        now = look_log.seal(self.folder)
        if now is not None and now != tree.get("looks") and self.looks().is_complete:
            self._write(STUDY, {**tree, "looks": now})

    def study(self) -> tuple[Study, dict[str, DataUsed]]:
        """Read the study as it was last run, and its images by data set.

        Raises:
            StoreError: The folder holds no study, or one written by a newer Paribus.
        """
        path = self.folder / STUDY
        try:
            tree = sealed.read(path)
        except OSError as error:
            code = "run.damaged" if self.exists() else "run.no-study"
            raise StoreError(code, file=path, folder=self.folder) from error
        except sealed.NewerSchemaError as error:
            known = sealed.SCHEMA
            raise StoreError("run.other-schema", file=path, schema=error.schema, known=known) from error
        except ValueError as error:
            raise StoreError("run.damaged", file=path) from error
        try:
            return Study.model_validate(tree["study"]), _DATA.validate_python(tree["data"])
        except (KeyError, TypeError, AttributeError, ValueError, StudyError) as error:
            raise StoreError("run.damaged", file=path) from error

    def whole_study(self) -> tuple[Study, dict[str, DataUsed]] | None:
        """Read the study as `study` does; return None where it is missing or damaged.

        The next run writes a damaged one anew.

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

    def known_data(self) -> dict[str, DataUsed]:
        """Return the images that earlier runs were made with, by data set."""
        kept = self.whole_study()
        return kept[1] if kept else {}

    def expect(self, study: Study) -> None:
        """Check that the folder is unused, or has earlier runs of a study.

        Raises:
            StoreError: It holds another study, or something that is not one.
        """
        kept = self.whole_study()
        if kept is not None and kept[0].name != study.name:
            raise StoreError("run.other-study", folder=self.folder, kept=kept[0].name, name=study.name)
        if self.folder.exists() and not self.folder.is_dir():
            raise StoreError("run.unwritable", folder=self.folder, reason=text("run.is-file"))

    def exists(self) -> bool:
        """Return whether the folder has a study, even a damaged one."""
        return os.path.lexists(self.folder / STUDY)

    def run(self, spec: RunSpec) -> RunFolder:
        """Return the folder of a run, which is named by the start of its digest."""
        return RunFolder(self.folder / RUNS / spec.digest[:16])

    def seeds(self) -> tuple[int, ...]:
        """Return every seed that a run in the folder has, those of tuning and damaged ones left out."""
        index = self.index()
        seeds = of_study(index.seeds())
        index.keep()
        return seeds

    def tidy(self, ended: Iterable[RunSpec]) -> None:
        """Delete what processes left that were killed just after a run's end."""
        with store_errors(self.folder):
            for spec in ended:
                self.run(spec).tidy()

    def write_aa_test(self, variant: str, pairs: int) -> None:
        """Write which variant the A/A test compares with itself, and in how many pairs of seeds."""
        self._write(AA_TEST, {"variant": variant, "pairs": pairs})

    def aa_test(self) -> tuple[str, int] | None:
        """Read the variant and the number of pairs of the A/A test; None where missing or damaged."""
        match self._read(AA_TEST):
            case {"variant": str(variant), "pairs": int(pairs)}:
                return variant, pairs
            case _:
                return None

    def write_ablations(self, ablations: Iterable[files.Tree]) -> None:
        """Write which settings were suspected of which findings, and the ablations without them."""
        self._write(ABLATIONS, {"counters": list(ablations)})

    def ablations(self) -> list[files.Tree]:
        """Read what `write_ablations` wrote; nothing where the file is missing or damaged."""
        found = self._read(ABLATIONS).get("counters")
        return cast("list[files.Tree]", found) if isinstance(found, list) else []

    def write_searches(self, searches: Iterable[files.Tree]) -> None:
        """Write which settings were tried for which variants."""
        self._write(SEARCHES, {"searches": list(searches)})

    def searches(self) -> list[files.Tree]:
        """Read what `write_searches` wrote; nothing where the file is missing or damaged."""
        found = self._read(SEARCHES).get("searches")
        return cast("list[files.Tree]", found) if isinstance(found, list) else []

    def damaged(self) -> list[str]:
        """Return the names of the folder's own damaged files, those of its runs aside."""
        lexists = os.path.lexists
        kept = {
            STUDY: bool(self._read(STUDY)),
            AA_TEST: self.aa_test() is not None,
            ABLATIONS: bool(self._read(ABLATIONS)),
            SEARCHES: bool(self._read(SEARCHES)),
            LAST_REQUEST: self.last_request() is not None,
        }
        bad = [name for name, is_sound in kept.items() if not is_sound and lexists(self.folder / name)]
        if not self.looks().is_complete:
            bad.append(look_log.LOOKS)
        runs = self.folder / RUNS
        if lexists(runs) and (runs.is_symlink() or not _is_listable(runs)):
            bad.append(RUNS)
        return bad

    def write_last_request(self, request: LastRequest) -> None:
        """Write which runs are to be trained now, for the live page."""
        self._write(LAST_REQUEST, asdict(request))

    def last_request(self) -> LastRequest | None:
        """Read which runs were last to be trained; return None where the file is missing or damaged."""
        try:
            return _LAST_REQUEST.validate_python(self._read(LAST_REQUEST))
        except ValueError:
            return None

    def asked_for(self) -> set[tuple[str, int]]:
        """Return the runs that the last command was to train, by variant and seed."""
        asked = self.last_request()
        return {(name, seed) for name, seeds in (asked.seeds if asked else {}).items() for seed in seeds}

    def looks(self) -> look_log.LookLog:
        """Read with which seeds the comparisons were shown."""
        return look_log.read(self.folder, self._sealed_looks())

    def record_look(
        self,
        seeds: Mapping[str, Iterable[int]],
        *,
        until_decided: bool = False,
        answered: Iterable[look_log.AnsweredQuestion] = (),
    ) -> look_log.LookLog:
        """Record that comparisons are shown with these seeds, and return the log with this look.

        A folder that cannot be written is still shown; the log says that the look is not recorded.
        """
        return look_log.append(
            self.folder,
            seeds,
            until_decided=until_decided,
            answered=answered,
            sealed=self._sealed_looks(),
            writes=not opened.is_copy(self.folder),
        )

    def folders(self) -> list[RunFolder]:
        """Return the folder of every run."""
        try:
            paths = sorted((self.folder / RUNS).iterdir())
        except OSError:
            return []
        return [RunFolder(path) for path in paths]

    def records(
        self, study: Study, data: Mapping[str, DataUsed], seeds: Iterable[int] | None = None
    ) -> Records:
        """Read the records of the study's runs, in the study's order.

        Args:
            study: Whose variants.
            data: The images that each data set's name stands for.
            seeds: With which seeds; None for all but those of tuning.
        """
        live, index = self.is_held(), self.index()
        seeds = sorted({*of_study(index.seeds()), *range(study.seeds)}) if seeds is None else [*seeds]
        records: dict[tuple[str, int], RunRecord] = {}
        for name, spec in specs(study, data, study.variants, seeds):
            record = index.record(spec, data[spec.data.name], live=live)
            if record is not None:
                records[name, spec.seed] = record
        index.keep()
        return Records(records)

    def index(self) -> Index:
        """Return what is known of the runs, for one reading of the folder."""
        return Index(self.folder / RUNS)

    @contextmanager
    def writing(self) -> Generator[None]:
        """Lock the folder for this process; a second writer gets an error at once.

        Raises:
            StoreError: Another process is training into the folder, or it cannot be written.
        """
        self.check_writable()
        with ExitStack() as held:
            with store_errors(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                held.enter_context(lock.hold(self.folder))
            yield

    def check_writable(self) -> None:
        """Refuse the copy of an archive, which is only read.

        Raises:
            StoreError: The folder is one.
        """
        if opened.is_copy(self.folder):
            raise StoreError("archive.read-only", place=opened.place(self.folder))

    def is_held(self) -> bool:
        """Return whether a process is training into the folder now."""
        return lock.is_held(self.folder)

    def _sealed_looks(self) -> object:
        return self._read(STUDY).get("looks")

    def _write(self, name: str, tree: files.Tree) -> None:
        with store_errors(self.folder):
            sealed.write(self.folder / name, tree)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return sealed.read(self.folder / name)
        except (OSError, ValueError):
            return {}


def specs(
    study: Study, data: Mapping[str, DataUsed], names: Iterable[str], seeds: Iterable[int]
) -> Generator[tuple[str, RunSpec]]:
    """Yield the variant and the specification of each run, in the study's order.

    Args:
        data: The images that each data set's name stands for; variants on others are skipped.
    """
    chosen = set(names)
    for name, variant in study.variants.items():
        used = data.get(variant.configuration.data)
        if name not in chosen or used is None:
            continue
        identity = DataIdentity(name=used.name, sha256=used.sha256)
        for seed in seeds:
            yield name, RunSpec(configuration=variant.configuration, seed=seed, data=identity)


def of_study(seeds: Iterable[int]) -> tuple[int, ...]:
    """Return seeds in ascending order without those of tuning."""
    return tuple(sorted(seed for seed in seeds if seed < FIRST_TRIAL_SEED))


def _is_listable(folder: Path) -> bool:
    try:
        os.listdir(folder)
    except OSError:
        return False
    return True


@contextmanager
def store_errors(folder: Path) -> Generator[None]:
    """Say of a folder that cannot be written that it cannot, and why.

    Raises:
        StoreError: In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise StoreError("run.unwritable", folder=folder, reason=error.strerror or error) from error
