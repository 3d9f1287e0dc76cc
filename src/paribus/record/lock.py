"""The lock of a study's folder, which allows one writer at a time and names it.

Where the file system has locks, the kernel's lock on the file ``lock`` decides; the kernel releases it when
its process ends, however it ends. ``lock.holder`` names the process. Where the file system has no locks,
creating ``lock.holder`` is the lock, and one that a dead process left is replaced. There filelock's own
SoftFileLock is not used: it replaces a file only by exchanging two names, which NFS and SMB, the usual file
systems without locks, refuse.
"""

from __future__ import annotations

import errno
import json
import os
import platform
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from paribus.errors import StoreError
from paribus.record import files
from paribus.texts import text
from paribus.texts.quantities import moment

LOCK = "lock"
HOLDER = "lock.holder"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)
_TIMEOUT = 5.0  # seconds for a holder to write its name; milliseconds, but with fifty starts on two cores
_UNFINISHED_SECONDS = 60.0
"""Seconds after which a holder's file without content is one whose writer was killed."""
_CLOCK_SECONDS = 2.0
"""Tolerance of a process's start: it counts from the boot, which is known in whole seconds."""


@dataclass(frozen=True)
class Holder:
    """The process that trains into a folder.

    Args:
        pid: Its process number.
        started: When it was started, in seconds since 1970; this differs where the number is used again.
        host: The computer it runs on.
        since: When it locked the folder, as ISO 8601.
    """

    pid: int
    started: float
    host: str
    since: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this computer."""
        return self.host == platform.node()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs; a process on another computer counts as running."""
        return not self.is_here or _is_running(self.pid, self.started)

    def description(self) -> str:
        """Return how a message names it."""
        since = moment(self.since)
        if self.is_here:
            return text("run.holder", pid=self.pid, since=since)
        return text("run.holder-elsewhere", pid=self.pid, host=self.host, since=since)


@contextmanager
def hold(folder: Path) -> Generator[None]:
    """Lock a folder for this process; a second process gets an error at once.

    Raises:
        StoreError: Another process holds the lock; the message names it.
        OSError: The folder cannot be written.
    """
    myself = _this_process()
    with ExitStack() as held:
        deadline = time.monotonic() + _TIMEOUT
        while not _acquire(folder, myself, held):
            holder = read(folder / HOLDER)
            if holder is not None and holder.is_alive:
                raise StoreError("run.held", folder=folder, holder=holder.description())
            if time.monotonic() > deadline:
                raise StoreError("run.held", folder=folder, holder=text("run.holder-unknown"))
            time.sleep(0.02)
        yield


def is_held(folder: Path) -> bool:
    """Return whether a process is training into the folder now.

    Only ``lock.holder`` is read: trying the lock could make a writer fail that starts at this moment. A file
    that a killed process of this computer left does not count. Whether a process of another computer still
    runs cannot be known, so its file counts until the next writer replaces it.
    """
    holder = read(folder / HOLDER)
    return holder is not None and holder.is_alive


def read(path: Path) -> Holder | None:
    """Read the process that a holder's file names; return None where the file is missing or incomplete."""
    try:
        tree = files.read_json(path)
    except (OSError, ValueError):
        return None
    match tree:
        case {"pid": int(pid), "started": float(started), "host": str(host), "since": str(since)}:
            return Holder(pid, started, host, since)
        case _:
            return None


def _acquire(folder: Path, myself: Holder, held: ExitStack) -> bool:
    """Lock the folder unless another process holds it; `held` releases it."""
    from filelock import FileLock, Timeout

    path = folder / HOLDER
    files.refuse_links(folder / LOCK)  # what it leads to would be emptied
    try:
        held.enter_context(FileLock(folder / LOCK, fallback_to_soft=False).acquire(timeout=0))
    except Timeout:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        _warn_no_locks(folder)
        return _acquire_by_file(path, myself, held)
    before = read(path)
    if before is not None and before.is_here and before.pid != myself.pid and before.is_alive:
        held.close()  # it holds the folder by its file, from when there were no locks
        return False
    _write_holder(path, myself, held)
    return True


def _acquire_by_file(path: Path, myself: Holder, held: ExitStack) -> bool:
    try:
        with path.open("x", encoding="utf-8") as file:
            held.callback(_remove_holder, path, myself)
            json.dump(asdict(myself), file)
    except FileExistsError:
        return _is_abandoned(path) and _replace_file(path, myself, held)
    return True


def _replace_file(path: Path, myself: Holder, held: ExitStack) -> bool:
    """Replace the file of a dead process.

    Two processes may find it at once, and the slower must not replace the file of the faster: so replacing
    needs a lock file of its own, and its holder checks the file again.
    """
    with ExitStack() as turn:
        mine = _acquire_by_file(path.with_name(f"{path.name}.takeover"), myself, turn)
        if not mine or not _is_abandoned(path):
            return False
        _write_holder(path, myself, held)
        return True


def _is_abandoned(path: Path) -> bool:
    holder = read(path)
    if holder is not None:
        return not holder.is_alive
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > _UNFINISHED_SECONDS
    return False


def _write_holder(path: Path, myself: Holder, held: ExitStack) -> None:
    held.callback(_remove_holder, path, myself)
    files.write_json(path, asdict(myself))


def _remove_holder(path: Path, myself: Holder) -> None:
    """Delete this process's own file, even half-written; never that of a later process."""
    if read(path) in (myself, None):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _this_process() -> Holder:
    import psutil

    since = datetime.now().astimezone().isoformat(timespec="seconds")
    return Holder(os.getpid(), psutil.Process().create_time(), platform.node(), since)


def _is_running(pid: int, started: float) -> bool:
    import psutil

    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return not ended and abs(process.create_time() - started) < _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


@cache
def _warn_no_locks(folder: Path) -> None:
    """Warn once that the file system has no locks, and say what to do after a crash on another computer."""
    sys.stderr.write(text("run.no-locks", folder=folder, file=folder / HOLDER) + "\n")
