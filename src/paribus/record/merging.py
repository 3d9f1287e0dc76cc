"""Runs copied from one study's folder into another: found, checked by their digests, compared, put in place.

A run is its content. So two folders that have the same run must have the same bits of it, whatever trained
them, and what is copied is checked where it has arrived before it counts.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paribus.record import files
from paribus.record.checkpoint import newest
from paribus.record.folder import HISTORY, PREDICTIONS, PREPARATION, RESULT, WEIGHTS, RunFolder
from paribus.record.probes import PROBES
from paribus.record.run import SCHEMA, SEMANTICS, RunSpec, Status
from paribus.record.store import RUNS, Store

_WORK = ".merge"
"""The folder in the merged one where copies are checked before they are put in place."""
_OVER = (Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED)
_NUMBERS = (HISTORY, PROBES, WEIGHTS, PREDICTIONS, PREPARATION)
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class FoundRun:
    """An undamaged run in a study's folder.

    Args:
        folder: The study's.
        run: Its own folder.
        spec: What it is.
        is_over: Whether it has ended and is not tried again.
        epochs: How far it is: up to its newest checkpoint, or to its end.
        content: What its numbers are, to the bit; empty unless it is over.
    """

    folder: Path
    run: RunFolder
    spec: RunSpec
    is_over: bool
    epochs: int
    content: tuple[object, ...]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.run.path.name

    @property
    def is_of_these_semantics(self) -> bool:
        """Whether its configuration means to this version what it meant to the one that trained it."""
        return (self.spec.semantics, self.spec.schema_) == (SEMANTICS, SCHEMA)

    def agrees_with(self, other: FoundRun) -> bool:
        """Return whether both can be the same run: unless both are over, with other bits."""
        return not (self.is_over and other.is_over) or self.content == other.content

    def is_further_than(self, other: FoundRun) -> bool:
        """Return whether it is over where the other is not, or has trained for more epochs."""
        return (self.is_over, self.epochs) > (other.is_over, other.epochs) and not other.is_over


@dataclass(frozen=True)
class DamagedRun:
    """A run that cannot be used as it is.

    Args:
        folder: The study's.
        name: Of the run's folder.
        files: The damaged ones, by name; none where the run's folder is a link or cannot be read.
    """

    folder: Path
    name: str
    files: tuple[str, ...]


def find_runs(folder: Path) -> Iterator[FoundRun | DamagedRun]:
    """Yield every run in a study's folder, after comparing its files with their digests.

    Links are not followed: a run that is one, or has one in place of a file of ours, counts as damaged.

    Args:
        folder: The study's; it is only read.
    """
    if (folder / RUNS).is_symlink():
        yield DamagedRun(folder, RUNS, ())
        return
    for run in Store(folder).folders():
        yield examine(folder, run)


def examine(folder: Path, run: RunFolder) -> FoundRun | DamagedRun:
    """Compare a run's files with their digests.

    Args:
        folder: The study's.
        run: The run's.
    """
    name = run.path.name
    if run.path.is_symlink() or not run.path.is_dir():
        return DamagedRun(folder, name, ())
    links = sorted(path.name for path in run.path.iterdir() if path.is_symlink() and _is_ours(path.name))
    damaged = links or [str(path.relative_to(run.path)) for path in run.damaged()]
    spec = run.spec()
    if damaged or spec is None:
        return DamagedRun(folder, name, tuple(damaged))
    result = run.result()
    if result is None or result.status not in _OVER:
        saved = newest(run.path)
        return FoundRun(folder, run, spec, False, saved.epoch if saved else 0, ())
    present = (each for each in _NUMBERS if (run.path / each).exists())
    digests = run.digests() or {each: files.digest(run.path / each) for each in present}  # of schema 1
    numbers = {each: digest for each, digest in sorted(digests.items()) if each in _NUMBERS}
    content = (result.status, result.epochs, result.kept_epoch, repr(sorted(result.test.items())), numbers)
    return FoundRun(folder, run, spec, True, result.epochs, content)


def _is_ours(name: str) -> bool:
    return name.endswith((".json", ".jsonl", ".safetensors"))


class Merge:
    """Runs put into a study's folder, each of them wholly or not at all.

    Args:
        folder: The study's, which this process holds.

    Raises:
        OSError: It cannot be written, or its runs lie behind a link.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._work = folder, folder / _WORK
        files.refuse_links(folder / RUNS, self._work)
        self.clear()
        self._work.mkdir()
        (folder / RUNS).mkdir(exist_ok=True)

    def take(self, found: FoundRun) -> DamagedRun | None:
        """Copy a run, check the copy, and put it in the place of what the folder has of it.

        Returns:
            What was damaged on the way, as where it was being trained; None where the run is in place.
        """
        copy = self._work / found.name
        shutil.rmtree(copy, ignore_errors=True)
        _copy(found.run.path, copy)
        checked = examine(self._folder, RunFolder(copy))
        if isinstance(checked, DamagedRun):
            shutil.rmtree(copy, ignore_errors=True)
            return DamagedRun(found.folder, found.name, checked.files)
        place = self._folder / RUNS / found.name
        if os.path.lexists(place):
            os.replace(place, self._work / f"{found.name}.before")  # what is not as far, or damaged
        os.replace(copy, place)
        return None

    def clear(self) -> None:
        """Delete what was left of copies."""
        if self._work.is_dir() and not self._work.is_symlink():
            shutil.rmtree(self._work)


def _copy(source: Path, target: Path) -> None:
    """Copy the ordinary files of a run, those that a function of the user's left in folders included.

    Checkpoints come before the history, which only grows: so a run that is being trained is copied whole.
    """
    target.mkdir()
    for folder, names, plain in os.walk(source, followlinks=False):
        here = target / Path(folder).relative_to(source)
        for name in sorted(names):
            if not Path(folder, name).is_symlink():
                (here / name).mkdir()
        names[:] = [name for name in names if not Path(folder, name).is_symlink()]
        for name in sorted(plain, key=lambda each: (not each.startswith("checkpoint"), each == RESULT, each)):
            is_leftover = name.startswith(".") and name.endswith(".tmp")
            if not is_leftover and not Path(folder, name).is_symlink():
                _copy_file(Path(folder, name), here / name)


def _copy_file(source: Path, target: Path) -> None:
    """Copy an ordinary file that can be read; where one of ours cannot, the copy is found to lack it."""
    try:
        descriptor = os.open(source, _READ)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            with target.open("xb") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)
