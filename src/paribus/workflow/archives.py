"""Archives of results: packed from a folder, unpacked into one, and read as they are."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from hashlib import file_digest
from pathlib import Path

from paribus.data.cache import cache_folder
from paribus.errors import StoreError, UsageError
from paribus.record import opened
from paribus.record.contents import OPENED
from paribus.record.pack import Packed, write_manifest
from paribus.record.pack import pack as pack_folder
from paribus.record.store import Store
from paribus.record.unpack import MAX_ARCHIVE, open_archive
from paribus.study import reading
from paribus.workflow.public import public

ENDING = ".zip"
_PLACE = "opened"
_KEPT_SECONDS = 30 * 86_400.0
"""How long a copy is kept that nobody opens."""


def is_archive(source: str) -> bool:
    """Return whether a source is an archive, by its name.

    Args:
        source: As a user names it.

    Example:
        >>> is_archive("lab2.zip"), is_archive("lab2"), is_archive("lab2.yaml")
        (True, False, False)
    """
    return source.lower().endswith(ENDING) and not Path(source).is_dir()


def opened_copy(source: str) -> Path | None:
    """Return a folder with an archive's results, which is only read; None where the source is no archive.

    The copy lies in the cache by the archive's SHA-256, and is made once. What is not opened for thirty days
    goes.

    Args:
        source: As a user names it.

    Raises:
        StoreError: The archive cannot be read, or is refused.
    """
    if not is_archive(source):
        return None
    path = Path(source)
    return copied(_digest(path), source, lambda folder: _extract(path, folder))


def copied(digest: str, origin: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder of the cache with some content, which is filled unless it is there.

    Args:
        digest: The content's identity.
        origin: Where it comes from, in words.
        fill: Writes it into an empty folder.

    Raises:
        StoreError: The cache cannot be written.
    """
    place = cache_folder() / _PLACE
    folder = place / digest[:32]
    try:
        if not opened.is_copy(folder):
            place.mkdir(parents=True, exist_ok=True)
            _forget_old(place)
            _make(folder, origin, fill)
        if opened.origin(folder) != origin:
            opened.mark(folder, origin)
        else:
            os.utime(folder / OPENED)
    except OSError as error:
        raise StoreError("run.unwritable", folder=folder, reason=error.strerror or error) from error
    return folder


def _make(folder: Path, origin: str, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside its place, and move it there as a whole; another process may be faster."""
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        fill(made)
        opened.mark(made, origin)
        try:
            made.rename(folder)
        except OSError:
            if not opened.is_copy(folder):
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _forget_old(place: Path) -> None:
    """Delete the copies that nobody has opened for long, and what killed processes left."""
    oldest = time.time() - _KEPT_SECONDS
    for each in place.iterdir():
        marked = each if each.name.startswith(".making-") else each / OPENED
        with suppress(OSError):
            if marked.stat().st_mtime < oldest:
                shutil.rmtree(each, ignore_errors=True)


def _digest(path: Path) -> str:
    try:
        with reading.open_file(path, MAX_ARCHIVE) as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise StoreError("archive.no-file", file=path) from error
    except (OSError, ValueError) as error:
        raise StoreError("archive.unreadable", file=path, reason=getattr(error, "strerror", error)) from error


def _extract(path: Path, folder: Path) -> None:
    with open_archive(path) as archive:
        archive.extract(folder)


def pack_results(folder: Path, output: Path | None = None, *, manifest: bool = False) -> Packed:
    """Pack a study's folder, or write its manifest, while nobody writes into it.

    Args:
        folder: The study's.
        output: The archive; None for one of the folder's name, here.
        manifest: Whether the list of its files is written into it instead.

    Raises:
        StoreError: There is no study in it, a run goes on in it, or something cannot be read or written.
        UsageError: The archive's name does not end in ``.zip``, or its folder is missing.
    """
    store = Store(folder)
    study = store.study()[0].name
    if manifest and output is not None:
        raise UsageError("archive.manifest-and-file", file=output)
    target = output or Path(f"{folder.resolve().name}{ENDING}")
    if target.suffix.lower() != ENDING:
        raise UsageError("archive.other-ending", file=target)
    if not manifest and not target.absolute().parent.is_dir():
        raise UsageError("archive.no-folder", file=target, folder=target.parent)
    can_write = os.access(folder, os.W_OK) and not opened.is_copy(folder)
    with store.writing() if can_write else nullcontext():
        return write_manifest(folder, study) if manifest else pack_folder(folder, study, target)


def unpack_results(archive: Path, folder: Path | None = None) -> Path:
    """Write an archive's results as a folder like any other, in which the study can go on.

    Args:
        archive: The file.
        folder: Where; None for ``paribus-out/<name of the file>``.

    Returns:
        The folder.

    Raises:
        StoreError: The archive is refused, or the folder has something in it or cannot be written.
    """
    target = folder or Path("paribus-out") / archive.stem
    try:
        if os.path.lexists(target) and (not target.is_dir() or any(target.iterdir())):
            raise StoreError("archive.not-empty", folder=target)
        with open_archive(archive) as found:
            target.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
            try:
                found.extract(made)
                made.chmod(0o777 & ~_umask())
                if target.is_dir():
                    target.rmdir()
                made.rename(target)
            finally:
                shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise StoreError("run.unwritable", folder=target, reason=error.strerror or error) from error
    return target


def _umask() -> int:
    """Return which rights new folders lack; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@public
def pack(folder: str | Path, output: str | Path | None = None) -> Path:
    """Pack a study's results into one zip file, which is read back and compared before this returns.

    The same results make the same bytes. Whoever has the file reads it with `open`, or with ``paribus show``.

    Args:
        folder: The study's.
        output: The file; None for one of the folder's name, here.

    Returns:
        The file.

    Raises:
        StoreError: There is no study in the folder, a run goes on in it, or something cannot be written.

    Example:
        >>> import paribus as pb
        >>> pb.pack("paribus-out/lab2", "lab2.zip")  # doctest: +SKIP
    """
    return pack_results(Path(folder), None if output is None else Path(output)).file
