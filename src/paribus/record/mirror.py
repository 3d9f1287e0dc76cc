"""A run's folder that is written in one place and kept in another: what has changed, in a safe order.

Lines are sent as they are appended, all other files whole. A reader of the other folder, and a process that
is killed while it writes there, find what they would find at the place itself: an epoch before the checkpoint
that counts it, the weights before the result that has their digest.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from paribus.record import files
from paribus.record.folder import HISTORY, RESULT
from paribus.record.probes import PROBES

_LINES = ".jsonl"


@dataclass(frozen=True)
class Change:
    """What has become of a file.

    Args:
        name: Its path in the run's folder, with slashes.
        content: What it has, or what was appended; None where it is gone.
        at: The size that it had before this was appended; None where the content is the whole file.
    """

    name: str
    content: bytes | None
    at: int | None = None


@dataclass(frozen=True)
class _Seen:
    identity: tuple[int, int, int]
    """Its number on the disk, when it was last written, and its size."""
    sent: int
    """Of a file of lines: how many bytes the other folder has."""


class Mirrored:
    """A run's folder whose changes are sent elsewhere.

    Args:
        folder: The run's; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, _Seen] = {}

    def know(self) -> None:
        """Take what is there now for what the other folder has."""
        self._seen = {name: _Seen(_identity(found), found.st_size) for name, found in _files(self.folder)}

    def changes(self) -> list[Change]:
        """Return what has changed since the last call, in the order in which it must be written elsewhere.

        The folder may be written meanwhile. What is read last was written first, so that a checkpoint or a
        result comes with all that it counts on.
        """
        there = dict(_files(self.folder))
        gone = [name for name in self._seen if name not in there]
        changed = [
            name
            for name, found in there.items()
            if name not in self._seen or self._seen[name].identity != _identity(found)
        ]
        found: list[Change] = []
        for name in sorted(changed, key=_turn, reverse=True):
            change = self._read(name, there[name])
            found += [change] if change is not None else []
        for name in gone:
            del self._seen[name]
        return [*reversed(found), *(Change(name, None) for name in gone)]

    def _read(self, name: str, found: os.stat_result) -> Change | None:
        before, identity = self._seen.get(name), _identity(found)
        is_longer = before is not None and before.identity[0] == identity[0] and before.sent <= found.st_size
        at = before.sent if before is not None and is_longer and name.endswith(_LINES) else None
        try:
            with (self.folder / name).open("rb") as file:
                file.seek(at or 0)
                content = file.read()
        except FileNotFoundError:  # an old checkpoint; the next call finds that it is gone
            return None
        if name.endswith(_LINES):
            content = content[: content.rfind(b"\n") + 1]  # the last line may still be being written
        self._seen[name] = _Seen(identity, (at or 0) + len(content))
        return Change(name, content, at) if content or at is None else None


def write(folder: Path, changes: Sequence[Change]) -> None:
    """Write what has changed elsewhere into the folder of a run, in the given order.

    Raises:
        OSError: It cannot be written, the study's folder is gone, or a link leads out of it.
        ValueError: A change names a file outside of it.
    """
    folder.parent.mkdir(exist_ok=True)  # not the study's, which is gone where someone deleted it
    folder.mkdir(exist_ok=True)
    files.refuse_links(folder, folder.parent)
    for change in changes:
        path = _inside(folder, change.name)
        if change.content is None:
            files.remove(path)
        elif change.at is not None:
            if path.stat().st_size != change.at:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
            files.append(path, change.content)
        else:
            if _counts(change.name):
                files.flush(folder / HISTORY)
                files.flush(folder / PROBES)
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write(path, change.content)


def pack(folder: Path) -> dict[str, bytes]:
    """Return all files of a run's folder by their paths in it, to go on elsewhere; none where it has none."""
    return {name: (folder / name).read_bytes() for name, _ in _files(folder)}


def unpack(folder: Path, packed: Mapping[str, bytes]) -> None:
    """Write what `pack` has returned; nothing is flushed to the disk, since the other folder has it.

    Raises:
        ValueError: It names a file outside of the folder.
    """
    for name, content in packed.items():
        path = _inside(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files below a folder, but for links and what is being written."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(found.st_mode):
            yield from ((f"{entry.name}/{name}", each) for name, each in _files(Path(entry.path)))
        elif stat.S_ISREG(found.st_mode) and not (entry.name.startswith(".") and entry.name.endswith(".tmp")):
            yield entry.name, found


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size


def _counts(name: str) -> bool:
    """Return whether a file makes others count: a result or the manifest of a checkpoint."""
    return name == RESULT or (name.startswith("checkpoint") and name.endswith(".json"))


def _turn(name: str) -> tuple[int, str]:
    """Return what files are written in the order of: lines, then contents, then what makes them count."""
    return (3 if name == RESULT else 2 if _counts(name) else 0 if name.endswith(_LINES) else 1), name


def _inside(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or PurePosixPath(name).is_absolute() or "\\" in name or ":" in name:
        raise ValueError(f"not a file of a run: {name!r}")
    return folder.joinpath(*parts)
