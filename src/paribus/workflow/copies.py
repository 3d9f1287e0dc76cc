"""Copies in the cache of results that lie elsewhere: made once by their content, only read, and forgotten."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from paribus.data.cache import cache_folder
from paribus.errors import StoreError
from paribus.record import opened
from paribus.record.contents import OPENED
from paribus.record.unpack import open_archive

ENDING = ".zip"
_KEPT_SECONDS = 30 * 86_400.0
"""How long a copy is kept that nobody opens."""


def copies_folder() -> Path:
    """Return where copies lie."""
    return cache_folder() / "opened"


def place_of(digest: str) -> Path:
    """Return where the copy of some content lies.

    Args:
        digest: The content's identity.
    """
    return copies_folder() / digest[:32]


def copied(digest: str, origin: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder of the cache with some content, which is filled unless it is there.

    Args:
        digest: The content's identity.
        origin: Where it comes from, in words.
        fill: Writes it into an empty folder.

    Raises:
        StoreError: The cache cannot be written.
    """
    place = copies_folder()
    folder = place_of(digest)
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
        marked = each / OPENED if (each / OPENED).exists() else each
        with suppress(OSError):
            if marked.stat().st_mtime < oldest:
                shutil.rmtree(each) if each.is_dir() else each.unlink()


def extract(path: Path, folder: Path) -> None:
    """Write an archive's results into an empty folder.

    Raises:
        StoreError: It is refused.
    """
    with open_archive(path) as archive:
        archive.extract(folder)
