"""What may go from a study's folder: shown with its size first, and removed only where the user says so."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from paribus.errors import StoreError, StudyError
from paribus.record import checkpoint
from paribus.record.contents import is_result
from paribus.record.folder import RESULT, WEIGHTS, RunFolder
from paribus.record.keeping import beyond, drop_weights, is_dropped, weights_size
from paribus.record.run import DataUsed, RunRecord, RunSpec, Status
from paribus.record.store import ABLATIONS, RUNS, SEARCHES, Store
from paribus.report.tables import Table, make_table
from paribus.study.model import Keep
from paribus.study.seeds import FIRST_TRIAL_SEED
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.texts.printable import Block, Lines, Printable
from paribus.texts.quantities import file_size
from paribus.workflow import confirmations
from paribus.workflow.comparisons import COMPARISONS
from paribus.workflow.public import public
from paribus.workflow.rankings import RANKINGS
from paribus.workflow.tuned import Searches, derived

Kind = Literal["temporary", "checkpoints", "runs", "weights", "caches"]
KINDS: tuple[Kind, ...] = ("temporary", "checkpoints", "runs", "weights", "caches")
CACHES = (COMPARISONS, RANKINGS)
"""What is computed again where it is missing."""


@dataclass(frozen=True)
class Removable:
    """Something that may go.

    Args:
        kind: Why it may.
        path: The file, or a run's folder.
        files: The files that go with it.
        size: Their bytes.
        what: Which run it is of, in words; empty where it is of none.
    """

    kind: Kind
    path: Path
    files: tuple[Path, ...]
    size: int
    what: str = ""


@dataclass(frozen=True, repr=False)
class Garbage(Printable):
    """What may go from a study's folder, or what has gone.

    Args:
        folder: The study's.
        items: What was found.
        removed: Whether it was removed.
        notes: What was not looked at, and why; what stayed.
    """

    folder: Path
    items: tuple[Removable, ...]
    removed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all of it."""
        return sum(each.size for each in self.items)

    def of(self, kind: Kind) -> tuple[Removable, ...]:
        """Return what may go for one reason."""
        return tuple(each for each in self.items if each.kind == kind)

    @property
    def table(self) -> Table:
        """How much of each kind there is, a row each."""
        rows = [
            {
                "kind": text(f"gc.kind-{kind}"),
                "files": number(sum(len(each.files) for each in found), ","),
                "size": file_size(sum(each.size for each in found)),
                "examples": _examples(found),
            }
            for kind in KINDS
            if (found := self.of(kind))
        ]
        return make_table("gc.column-", rows, {"kind", "examples"})

    @property
    def lines(self) -> Iterator[str]:
        """How much it is, and how it is removed."""
        code = "gc.removed" if self.removed else "gc.found" if self.items else "gc.nothing"
        yield text(code, size=file_size(self.size), folder=self.folder)
        yield from self.notes

    def tree(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "removed": self.removed,
            "bytes": self.size,
            "items": [
                {
                    "kind": each.kind,
                    "path": str(each.path.relative_to(self.folder)),
                    "files": len(each.files),
                    "bytes": each.size,
                    "what": each.what,
                }
                for each in self.items
            ],
            "notes": list(self.notes),
        }

    def blocks(self) -> Iterator[Block]:
        """Return what there is of each kind, and how it is removed."""
        if self.items:
            yield self.table.grid()
        yield Lines(tuple(self.lines))

    def __repr__(self) -> str:
        return f"Garbage({str(self.folder)!r}, {len(self.items)} items, {self.size} bytes)"


@public
def gc(folder: str | Path, *, yes: bool = False, keep: Keep | None = None) -> Garbage:
    """Find what may go from a study's folder, and remove it where `yes` says so.

    These are temporary files, checkpoints of runs that have ended, runs of no variant of the study, weights
    beyond the study's policy, and comparisons that can be computed again. Nothing that a verdict follows from
    goes: no history, prediction, result or look of a run of the study. No link is followed.

    Args:
        folder: The study's.
        yes: Whether to remove it; without it nothing is changed.
        keep: Another policy than the study's: ``all``, ``best`` or ``none``.

    Raises:
        StoreError: There is no study in the folder, a run goes on in it, or something cannot be removed.

    Example:
        >>> import paribus as pb
        >>> pb.gc("paribus-out/lab2").size  # doctest: +SKIP
        1834
    """
    store = Store(Path(folder))
    store.check_writable()
    study, data = store.study()
    if not yes:
        if store.is_held():
            with store.writing():  # which names who holds it
                pass
        return _found(store, study, data, keep)
    with store.writing():
        found = _found(store, study, data, keep)
        stayed = [note for each in found.items for note in _remove(store, each)]
    return Garbage(store.folder, found.items, removed=True, notes=(*found.notes, *stayed))


def _found(store: Store, study: Study, data: Mapping[str, DataUsed], keep: Keep | None) -> Garbage:
    folders = [] if (store.folder / RUNS).is_symlink() else store.folders()
    runs = [run for run in folders if run.path.is_dir() and not run.path.is_symlink()]
    read = {run.path: spec for run in runs if (spec := run.spec()) is not None}
    known, notes = _configurations(study, store)
    strange = () if known is None else tuple(_strange(runs, read, study, data, known))
    gone = {each.path for each in strange}
    items = (
        *_temporary([store.folder, *(run.path for run in runs if run.path not in gone)]),
        *_checkpoints([run for run in runs if run.path not in gone], read),
        *strange,
        *_weights([run for run in runs if run.path not in gone], read, data, keep or study.keep),
        *_caches(store.folder),
    )
    return Garbage(store.folder, items, notes=notes)


def _configurations(study: Study, store: Store) -> tuple[set[str] | None, tuple[str, ...]]:
    """Return the configurations that a study trains; None where a damaged file keeps that unknown."""
    bad = {ABLATIONS, SEARCHES} & {*confirmations.damaged(store)}
    if bad:
        return None, (text("gc.unknown-runs", names=", ".join(sorted(bad))),)
    known = [each.configuration for each in study.variants.values()]
    known += [each.configuration for each in confirmations.ablation_variants(study, store)]
    for (name, _), tried in Searches.of(store).tried_for.items():
        for settings in tried if name in study.variants else ():
            with suppress(StudyError):
                known.append(derived(study, name, settings, "tuned").configuration)
    return {each.canonical for each in known}, ()


def _strange(
    runs: Iterable[RunFolder],
    read: Mapping[Path, RunSpec],
    study: Study,
    data: Mapping[str, DataUsed],
    known: set[str],
) -> Iterator[Removable]:
    """Yield the runs that are of no variant, ablation or tuned setting; a damaged one is never one."""
    for run in runs:
        spec = read.get(run.path)
        if spec is None or (study.tuned and spec.seed >= FIRST_TRIAL_SEED):
            continue
        used = data.get(spec.configuration.data)
        is_same_data = used is not None and used.sha256 == spec.data.sha256
        if spec.configuration.canonical in known and is_same_data:
            continue
        own = [path for path in _plain(run.path) if is_result(f"{RUNS}/{run.path.name}/{path.name}")]
        yield _removable("runs", run.path, own, text("gc.seed", seed=spec.seed))


def _temporary(folders: Iterable[Path]) -> Iterator[Removable]:
    for folder in folders:
        for path in _plain(folder):
            if path.name.startswith(".") and path.name.endswith(".tmp"):
                yield _removable("temporary", path, [path])


def _checkpoints(runs: Iterable[RunFolder], read: Mapping[Path, RunSpec]) -> Iterator[Removable]:
    """Yield the checkpoints of runs that are over; a failed one goes on from its own."""
    for run in runs:
        plain = {*_plain(run.path)} if run.path in read else set[Path]()
        own = [path for path in checkpoint.files_of(run.path) if path in plain]
        result = run.result() if own else None
        if result is not None and result.status is not Status.FAILED:
            yield _removable("checkpoints", run.path, own, text("gc.seed", seed=read[run.path].seed))


def _weights(
    runs: Iterable[RunFolder], read: Mapping[Path, RunSpec], data: Mapping[str, DataUsed], keep: Keep
) -> Iterator[Removable]:
    """Yield the weights of runs beyond a policy, and those that a killed process had all but dropped."""
    records: list[RunRecord] = []
    for run in runs:
        spec = read.get(run.path)
        used = None if spec is None else data.get(spec.configuration.data)
        record = None if spec is None or used is None else run.read(spec, used)
        if record is not None and record.has_ended:
            records.append(record)
    over = {each.folder for each in beyond(keep, records)}
    for each in records:
        size = weights_size(each.folder)
        if size and (each.folder in over or is_dropped(each.folder)):
            path = each.folder / WEIGHTS
            yield Removable("weights", path, (path,), size, text("gc.seed", seed=each.spec.seed))


def _caches(folder: Path) -> Iterator[Removable]:
    for path in _plain(folder):
        if path.name in CACHES:
            yield _removable("caches", path, [path])


def _plain(folder: Path) -> list[Path]:
    """Return the ordinary files that lie directly in a folder; links are none."""
    try:
        return sorted(each for each in folder.iterdir() if stat.S_ISREG(os.lstat(each).st_mode))
    except OSError:
        return []


def _removable(kind: Kind, path: Path, files: list[Path], what: str = "") -> Removable:
    size = 0
    for each in files:
        with suppress(OSError):
            size += os.lstat(each).st_size
    return Removable(kind, path, tuple(files), size, what)


def _remove(store: Store, item: Removable) -> Iterator[str]:
    """Remove something, its result first, so that no run is left that looks whole; yield what stays of it."""
    try:
        if item.kind == "weights":
            drop_weights(item.path.parent)
            return
        for path in sorted(item.files, key=lambda each: each.name != RESULT):
            with suppress(FileNotFoundError):
                os.unlink(path)
        if item.kind == "runs":
            with suppress(OSError):  # something else lies in it
                item.path.rmdir()
                return
            yield text("gc.not-empty", folder=item.path.relative_to(store.folder))
    except ValueError:
        yield text("gc.damaged", folder=item.path.parent.relative_to(store.folder))
    except OSError as error:
        raise StoreError("run.unwritable", folder=store.folder, reason=error.strerror or error) from error


def _examples(items: tuple[Removable, ...]) -> str:
    names = [_named(each) for each in items[:3]]
    return ", ".join(names) + (", …" if len(items) > len(names) else "")


def _named(item: Removable) -> str:
    """Return what one thing is called: its file, or its run."""
    run = item.path if item.kind in ("runs", "checkpoints") else item.path.parent
    if not item.what:
        return item.path.name
    return f"{run.name} ({item.what})"
