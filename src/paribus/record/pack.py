"""Write a study's results as one zip file, and read it back before saying so."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from paribus.errors import StoreError
from paribus.record import files
from paribus.record.contents import MANIFEST, OPENED, Listed, Manifest, listed, most_bytes, results_in
from paribus.record.unpack import BROKEN
from paribus.study import reading

_PIECE = 1 << 20
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file has: none of ours
_ORDINARY = 0o100644 << 16
_UNIX = 3


@dataclass(frozen=True)
class Packed:
    """What was packed.

    Args:
        file: The archive, or the manifest.
        manifest: What is in it.
        left_out: The paths of what lies in the folder and is no result.
    """

    file: Path
    manifest: Manifest
    left_out: tuple[str, ...]

    @property
    def runs(self) -> int:
        """How many runs it has."""
        return len({name.split("/")[1] for name in self.manifest.files if name.startswith("runs/")})


def pack(folder: Path, study: str, output: Path) -> Packed:
    """Write a folder's results as a zip file: the same bytes for the same files, wherever and whenever.

    Args:
        folder: The study's, into which nobody writes meanwhile.
        study: The study's name.
        output: The archive, which is replaced as a whole.

    Raises:
        StoreError: The folder cannot be read, the archive cannot be written, or what was read back of it
            differs from what was written.
    """
    temporary = output.with_name(f".{output.name}.{os.getpid()}.tmp")
    try:
        names = results_in(folder)
        with temporary.open("xb") as file:
            manifest = _write(folder, study, names, file)
            file.flush()
            os.fsync(file.fileno())
        _compare(temporary, output, manifest)
        os.replace(temporary, output)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError("archive.not-packed", folder=folder, file=output, reason=reason) from error
    finally:
        files.remove(temporary)
    return Packed(output, manifest, left_out(folder, names))


def write_manifest(folder: Path, study: str) -> Packed:
    """Write the list of a folder's results into it, by which others read the folder over HTTP.

    Args:
        folder: The study's, into which nobody writes meanwhile.
        study: The study's name.

    Raises:
        StoreError: The folder cannot be read or written.
    """
    output = folder / MANIFEST
    try:
        manifest = Manifest(study, {name: listed(folder, name) for name in results_in(folder)})
        files.write(output, manifest.encode())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError("archive.not-packed", folder=folder, file=output, reason=reason) from error
    return Packed(output, manifest, left_out(folder, manifest.files))


def left_out(folder: Path, taken: Mapping[str, object] | list[str]) -> tuple[str, ...]:
    """Return what lies directly in a study's folder and is no result, by name; its lock and manifest aside.

    Args:
        folder: The study's.
        taken: The paths of its results.
    """
    ours = {*taken, MANIFEST, OPENED, "runs", "lock", "lock.holder"}
    return tuple(sorted(each.name for each in folder.iterdir() if each.name not in ours))


def _write(folder: Path, study: str, names: list[str], file: BinaryIO) -> Manifest:
    found: dict[str, Listed] = {}
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            with reading.open_file(folder / name, most_bytes(name)) as source:
                digest, size = hashlib.sha256(), 0
                with archive.open(_entry(name, os.fstat(source.fileno()).st_size), "w") as packed:
                    while piece := source.read(_PIECE):
                        packed.write(piece)
                        digest.update(piece)
                        size += len(piece)
            found[name] = Listed(size, digest.hexdigest())
        manifest = Manifest(study, found)
        content = manifest.encode()
        archive.writestr(_entry(MANIFEST, len(content)), content)
    return manifest


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    """Return an entry without date and owner; a network's numbers, which do not shrink, as they are."""
    entry = zipfile.ZipInfo(name, _DATE)
    entry.create_system, entry.external_attr = _UNIX, _ORDINARY
    entry.file_size = size
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(".safetensors") else zipfile.ZIP_DEFLATED
    return entry


def _compare(written: Path, output: Path, manifest: Manifest) -> None:
    """Read an archive back and compare every byte, by its digest, with what was read of the folder.

    Raises:
        StoreError: Something differs.
    """
    try:
        with zipfile.ZipFile(written) as archive:
            names = {*archive.namelist()} - {MANIFEST}
            is_whole = archive.read(MANIFEST) == manifest.encode() and names == {*manifest.files}
            is_whole = is_whole and all(
                _digest(archive, name) == each.sha256 for name, each in manifest.files.items()
            )
    except BROKEN as error:
        raise StoreError("archive.not-as-written", file=output) from error
    if not is_whole:
        raise StoreError("archive.not-as-written", file=output)


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as packed:
        while piece := packed.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
