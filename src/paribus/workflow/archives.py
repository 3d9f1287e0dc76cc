"""Archives of results: packed from a folder, unpacked into one, and read as they are."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import nullcontext
from hashlib import file_digest
from pathlib import Path

from paribus.errors import StoreError, UsageError
from paribus.record import opened
from paribus.record.pack import Packed, write_manifest
from paribus.record.pack import pack as pack_folder
from paribus.record.store import Store
from paribus.record.unpack import MAX_ARCHIVE, open_archive
from paribus.study import reading
from paribus.workflow.copies import ENDING, copied, extract
from paribus.workflow.public import public


def is_archive(source: str) -> bool:
    """Return whether a source is an archive, by its name.

    Args:
        source: As a user names it.

    Example:
        >>> is_archive("lab2.zip"), is_archive("lab2"), is_archive("lab2.yaml")
        (True, False, False)
    """
    return source.lower().endswith(ENDING) and not Path(source).is_dir()


def is_address(source: str) -> bool:
    """Return whether a source lies at a web address.

    Example:
        >>> is_address("https://example.org/lab2/"), is_address("lab2.zip")
        (True, False)
    """
    return re.match(r"https?://", source, re.IGNORECASE) is not None


def opened_copy(source: str) -> Path | None:
    """Return a folder with the results of an archive or an address, which is only read; None for others.

    The copy lies in the cache by the archive's SHA-256, and is made once. What is not opened for thirty days
    goes.

    Args:
        source: As a user names it.

    Raises:
        StoreError: The archive cannot be read, or is refused.
    """
    if is_address(source):
        from paribus.workflow.remote import fetched

        return fetched(source)
    if not is_archive(source):
        return None
    path = Path(source)
    return copied(_digest(path), source, lambda folder: extract(path, folder))


def _digest(path: Path) -> str:
    try:
        with reading.open_file(path, MAX_ARCHIVE) as file:
            return file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise StoreError("archive.no-file", file=path) from error
    except (OSError, ValueError) as error:
        raise StoreError("archive.unreadable", file=path, reason=getattr(error, "strerror", error)) from error


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
