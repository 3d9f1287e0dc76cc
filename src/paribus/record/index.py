"""What was read of the runs in a large study's folder, so that only those which have changed are read again.

It is a cache in the user's own cache folder, never the truth and never a part of the study's folder, so that
no folder of others brings one along. A row holds for just the files that it was read from, by their names,
sizes, inodes and times of change; with any other the run is read anew. Runs are kept that ended and are as
they were written; others are read each time. The file is replaced as a whole, has the SHA-256 of its content,
and is ignored where that is wrong or another version wrote it. `paribus doctor` reads no index.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, TypeGuard, cast

from paribus import __version__
from paribus.record import files, rows, spec_file
from paribus.record.folder import HISTORY, RunFolder
from paribus.record.history import KeptHistory
from paribus.record.result import from_tree, to_tree
from paribus.record.run import DataUsed, EpochRow, Result, RunRecord, RunSpec, Status
from paribus.study import reading
from paribus.study.cache import cache_folder

LEAST_RUNS = 200
"""A folder of fewer runs is read as fast without an index."""
SETTLED_SECONDS = 3.0
"""What changed more recently may change again without another time, and is not kept."""
_OVER = (Status.FINISHED, Status.EARLY_STOPPED, Status.DIVERGED)
_MOST_BYTES = 256 * 2**20
_MOST_STUDIES = 64
_TIMED = 5  # last epochs whose seconds are kept: by these the time left is estimated
_CHECKPOINT = "checkpoint"
_writing = Lock()


@dataclass(frozen=True)
class _Look:
    """What a run's folder looks like: a digest of its files' names, sizes and times, and the latest."""

    stamp: str
    newest: float
    has_checkpoint: bool


@dataclass(frozen=True)
class Ended:
    """A run that ended and is as it was written.

    Args:
        result: How it ended.
        history: Its epochs, of which some are read when they are asked for.
        seconds: Of all epochs; NaN where not known.
        lately: The seconds of the last epochs.
        digests: As `RunRecord.digests`.
        is_checked: Whether the digests of all files were compared, the weights' included.
    """

    result: Result
    history: KeptHistory
    seconds: float
    lately: tuple[float, ...]
    digests: Mapping[str, str]
    is_checked: bool


class Index:
    """The runs in a study's folder, each read from its files once; for one reading of the folder.

    Args:
        runs: The folder with the folders of the runs.
    """

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        try:
            names = sorted(os.listdir(runs))
        except OSError:
            names = []
        self.names: Sequence[str] = names
        self._there = frozenset(names)
        self._rows: dict[str, dict[str, Any]] = {}
        self._looks: dict[str, _Look | None] = {}
        self._has_news = False
        self._now = time.time()
        self._file: Path | None = None
        if len(names) >= LEAST_RUNS:
            self._file = _file_of(runs)
            self._rows = _read(self._file)

    def seeds(self) -> set[int]:
        """Return every seed that a run in the folder has."""
        found = (self.seed(name) for name in self.names)
        return {seed for seed in found if seed is not None}

    def record(self, spec: RunSpec, data: DataUsed, *, live: bool) -> RunRecord | None:
        """Return a run's record, as `RunFolder.read` does."""
        if _name(spec) not in self._there:
            return None
        self._look(_name(spec))
        ended = self._kept(spec)
        folder = self.folder(spec)
        if ended is None:
            record = folder.read(spec, data, live=live)
            if record is not None:
                self._learn(folder, record)
            return record
        seconds = math.nan if spec.configuration.is_imported else ended.seconds
        status, result = ended.result.status, ended.result
        return RunRecord(spec, status, ended.history, result, seconds, data, folder.path, ended.digests)

    def folder(self, spec: RunSpec) -> RunFolder:
        """Return the folder of a run."""
        return RunFolder(self._runs / _name(spec))

    def learned(self, spec: RunSpec, data: DataUsed) -> Ended | None:
        """Return what is known of a run that ended, read now if need be; None of others, and of few runs."""
        if self._look(_name(spec)) is None:
            return None
        ended = self._kept(spec)
        if ended is None:
            self.record(spec, data, live=False)
            ended = self._kept(spec)
        return ended

    def checked(self, spec: RunSpec) -> Ended | None:
        """Return a run that ended, and of which every file was compared with its digest; else None.

        A run that has not been looked at so far is looked at now.
        """
        if self._look(_name(spec)) is None:
            return None
        ended = self._kept(spec)
        if ended is not None and ended.is_checked:
            return ended
        folder = self.folder(spec)
        if ended is None:
            used = DataUsed(**spec.data.model_dump(), verified=False, stand_in=False, train=0, test=0)
            record = folder.read(spec, used)
            if record is None or record.status not in _OVER:
                return None
            self._learn(folder, record)
        row = self._current(folder.path.name)
        if row is None or "result" not in row:
            return None
        result = folder.checked_result()
        if result is None or result.status not in _OVER:
            return None
        row["checked"] = self._has_news = True
        return self._kept(spec)

    def stamp(self) -> str:
        """Return what changes with any file of a run; empty of few runs, and while files still change."""
        looks = [] if self._file is None else [(name, self._look(name)) for name in self.names]
        if not looks or not all(self._is_settled(look) for _, look in looks):
            return ""
        return hashlib.sha256(repr(looks).encode()).hexdigest()

    def keep(self) -> None:
        """Write what was learned; where the cache cannot be written, all is read again the next time."""
        if self._file is None or not self._has_news:
            return
        tree = {name: row for name, row in self._rows.items() if name in self._there}
        body = json.dumps(tree, separators=(",", ":"), allow_nan=False).encode()
        with suppress(OSError), _writing:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            files.write(self._file, hashlib.sha256(body).hexdigest().encode() + b"\n" + body, durable=False)
            _remove_oldest(self._file.parent)
        self._has_news = False

    def seed(self, name: str) -> int | None:
        """Return the seed of the run in a folder; None where its specification is missing or damaged."""
        look, row = self._look(name), self._current(name)
        seed = None if row is None else row.get("seed")
        if isinstance(seed, int):
            return seed
        seed = spec_file.seed(self._runs / name)
        if seed is not None and self._is_settled(look):
            self._rows[name] = {"stamp": look.stamp, "seed": seed}
            self._has_news = True
        return seed

    def _kept(self, spec: RunSpec) -> Ended | None:
        name = _name(spec)
        row = self._current(name)
        if row is None or row.get("digest") != spec.digest:
            return None
        try:
            return _ended(self.folder(spec), row)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def _learn(self, folder: RunFolder, record: RunRecord) -> None:
        """Keep what was read of a run that ended and is sealed, once its files have settled."""
        look = self._look(folder.path.name)
        history, result = record.history, record.result
        if result is None or record.status not in _OVER or HISTORY not in record.digests:
            return
        if not self._is_settled(look) or look.has_checkpoint:
            return
        asked = {0, result.kept_epoch - 1, len(history) - 1}
        known = {place: history[place] for place in asked if 0 <= place < len(history)}
        numbers = chain(result.test.values(), result.final.values(), *map(_values, known.values()))
        if any(map(math.isinf, numbers)):
            return  # which JSON cannot hold
        is_known = not math.isnan(record.seconds)
        row = {
            "stamp": look.stamp,
            "seed": record.spec.seed,
            "digest": record.spec.digest,
            "result": to_tree(result, record.digests),
            "epochs": len(history),
            "rows": {str(place): dict(each) for place, each in known.items()},
            "seconds": record.seconds,
            "lately": folder.last_seconds(_TIMED) if is_known else [],
            "checked": False,
        }
        self._rows[folder.path.name] = cast("dict[str, Any]", files.finite(row))
        self._has_news = True

    def _current(self, name: str) -> dict[str, Any] | None:
        """Return the row of a run whose files are still those that it was read from."""
        row = self._rows.get(name)
        if row is None:
            return None
        look = self._look(name)
        return row if look is not None and row.get("stamp") == look.stamp else None

    def _look(self, name: str) -> _Look | None:
        if self._file is None:
            return None
        if name not in self._looks:
            self._looks[name] = _look(self._runs / name)
        return self._looks[name]

    def _is_settled(self, look: _Look | None) -> TypeGuard[_Look]:
        return look is not None and look.newest < self._now - SETTLED_SECONDS


def _values(row: EpochRow) -> Iterable[float]:
    return row.values()


def _name(spec: RunSpec) -> str:
    return spec.digest[:16]


def _look(folder: Path) -> _Look | None:
    """Return what a run's folder looks like; None where it cannot be looked at.

    It is looked at before its files are read, so that a row of files that changed in between never holds.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, *_stamp(entry.stat())) for entry in entries)
    except OSError:
        return None
    stamp = hashlib.sha256(repr(found).encode()).hexdigest()[:32]
    newest = max((max(each[3:]) for each in found), default=0) / 1e9
    return _Look(stamp, newest, any(each[0].startswith(_CHECKPOINT) for each in found))


def _stamp(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _ended(folder: RunFolder, row: Mapping[str, Any]) -> Ended:
    """Return the run in a row.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: It is no such row.
    """
    digests = cast("dict[str, str]", row["result"]["files"])
    known: dict[int, EpochRow] = {int(place): rows.numbers(each) for place, each in row["rows"].items()}
    seconds = rows.numbers({"seconds": row["seconds"]})["seconds"]  # as it was: none of no epochs is 0
    return Ended(
        from_tree(row["result"]),
        KeptHistory(int(row["epochs"]), known, partial(folder.history_of, digests[HISTORY])),
        seconds,
        tuple(map(float, row["lately"])),
        digests,
        row["checked"] is True,
    )


def _file_of(runs: Path) -> Path:
    """Return the index of a study's runs: by where they lie, and by what reads them."""
    place = os.fsencode(runs.resolve())
    return cache_folder() / "index" / f"{hashlib.sha256(place).hexdigest()[:24]}-{_reader()[:8]}.json"


@cache
def _reader() -> str:
    """Return the digest of the code that reads records: another may read something else in the same files."""
    digest = hashlib.sha256(__version__.encode())
    for source in (*sorted(Path(__file__).parent.glob("*.py")), Path(reading.__file__)):
        with suppress(OSError):
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _read(file: Path) -> dict[str, dict[str, Any]]:
    """Return the rows of an index by the names of the runs' folders; none where it is missing or damaged."""
    try:
        digest, _, body = reading.read_bytes(file, _MOST_BYTES).partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return {}
        tree = json.loads(body)
    except (OSError, ValueError, RecursionError):
        return {}
    found = cast("dict[str, Any]", tree if isinstance(tree, dict) else {})
    return {name: row for name, row in found.items() if isinstance(row, dict)}


def _remove_oldest(folder: Path) -> None:
    known = sorted(folder.glob("*.json"), key=lambda each: each.stat().st_mtime)
    for old in known[:-_MOST_STUDIES]:
        files.remove(old)
