"""Read a zip file of results that anyone may have made; it is checked before anything of it is written."""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paribus.errors import StoreError
from paribus.record.contents import MANIFEST, Manifest, is_result, most_bytes
from paribus.record.sealed import SCHEMA, NewerSchemaError
from paribus.record.store import STUDY
from paribus.study import reading

MAX_ARCHIVE = 1 << 40
"""Bytes of the largest archive."""
MAX_DIRECTORY = 96 * 2**20
"""Bytes of what an archive says of its files, of which it may have a million."""
_FREELY = 2**30
_MOST_TIMES = 200
"""How many times as large as the archive its files may be, where they have more bytes than `_FREELY`."""
_SPARE = 2**28
"""Bytes that are left free on the disk."""
_PIECE = 1 << 20
_IS_ENCRYPTED = 0x1
_ALLOWED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, KeyError, NotImplementedError, OverflowError,
    RuntimeError, ValueError,
)  # fmt: skip
"""What reading a zip file raises that is none, or that is cut short or damaged."""


@dataclass(frozen=True)
class Archive:
    """The results in an open zip file, whose names, kinds and sizes were checked.

    Args:
        path: The file.
        zipped: The same, open.
        entries: Its results, by their path in a study's folder.
        manifest: The list of its files; None where another program packed the folder.
    """

    path: Path
    zipped: zipfile.ZipFile
    entries: Mapping[str, zipfile.ZipInfo]
    manifest: Manifest | None

    @property
    def size(self) -> int:
        """The bytes of all results, unpacked."""
        return sum(each.file_size for each in self.entries.values())

    def extract(self, target: Path) -> None:
        """Write the results into an empty folder, each with the size and the digest that the archive says.

        Args:
            target: The folder, which exists.

        Raises:
            StoreError: The disk has no room for them, or a file is not what the archive says.
        """
        free = shutil.disk_usage(target).free
        if self.size + _SPARE > free:
            raise StoreError("archive.no-room", file=self.path, needed=self.size / 1e9, free=free / 1e9)
        for name, entry in self.entries.items():
            place = target / name
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                digest = self._copy(entry, place)
            except BROKEN as error:
                raise StoreError("archive.damaged", file=self.path, name=name) from error
            except OSError as error:
                raise StoreError("run.unwritable", folder=target, reason=error.strerror or error) from error
            if self.manifest is not None and self.manifest.files[name].sha256 != digest:
                raise StoreError("archive.damaged", file=self.path, name=name)

    def _copy(self, entry: zipfile.ZipInfo, place: Path) -> str:
        """Copy one file, no more of it than announced; return its digest."""
        digest = hashlib.sha256()
        with place.open("xb") as file:
            for piece in self._pieces(entry):
                file.write(piece)
                digest.update(piece)
        return digest.hexdigest()

    def _pieces(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        left = entry.file_size
        try:
            with self.zipped.open(entry) as packed:
                while piece := packed.read(min(_PIECE, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        break
                    yield piece
        except OSError as error:  # such as a place in the file that there is not
            raise ValueError("unreadable") from error
        if left:
            raise ValueError("other bytes than announced")


class _Bounded(io.BufferedReader):
    """A file of which no more is read into memory at once than an archive may say of its files."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some bytes."""
        rest = os.fstat(self.fileno()).st_size - self.tell()
        if (rest if size is None or size < 0 else min(size, rest)) > MAX_DIRECTORY:
            raise reading.TooLargeError("more than an archive says of its files")
        return super().read(size)


@contextmanager
def open_archive(path: Path) -> Generator[Archive]:
    """Open a zip file with results, and check all that it says of its files.

    The results may lie in a folder of it, as where another program packed them. What is no result is passed
    over; a name that leads out of the archive, a link, or a password makes it refused as a whole.

    Args:
        path: The file.

    Raises:
        StoreError: It cannot be opened, is no zip file or a part of one, or is refused; one message each.
    """
    try:
        with _Bounded(reading.open_file(path, MAX_ARCHIVE).detach()) as file:
            try:
                zipped = zipfile.ZipFile(file)
            except BROKEN as error:
                raise StoreError("archive.no-zip", file=path) from error
            with zipped:
                yield _checked(path, zipped)
    except reading.TooLargeError as error:
        raise StoreError("archive.no-zip", file=path) from error
    except FileNotFoundError as error:
        raise StoreError("archive.no-file", file=path) from error
    except OSError as error:
        raise StoreError("archive.unreadable", file=path, reason=error.strerror or error) from error


def _checked(path: Path, zipped: zipfile.ZipFile) -> Archive:
    named: dict[str, zipfile.ZipInfo] = {}
    for entry in zipped.infolist():
        _check_entry(path, entry)
        if entry.filename in named:
            raise StoreError("archive.twice", file=path, name=entry.filename)
        named[entry.filename] = entry
    before = _folder_of_study(path, named)
    within = {name.removeprefix(before): entry for name, entry in named.items() if name.startswith(before)}
    entries = {name: entry for name, entry in within.items() if is_result(name)}
    for name, entry in entries.items():
        if entry.file_size > most_bytes(name):
            raise StoreError("archive.large-file", file=path, name=name, size=entry.file_size / 1e9)
    manifest = _manifest(path, zipped, within)
    if manifest is not None:
        _compare(path, entries, manifest)
    found = Archive(path, zipped, entries, manifest)
    packed = path.stat().st_size
    if found.size > max(_FREELY, _MOST_TIMES * packed):
        raise StoreError("archive.bomb", file=path, size=found.size / 1e9, packed=packed / 1e9)
    return found


def _check_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    """Refuse an entry that no program writes which packs a folder of plain files."""
    name = entry.filename
    parts = name.removesuffix("/").split("/")
    if "\\" in name or _DRIVE.match(name) or any(part in {"", ".", ".."} for part in parts):
        raise StoreError("archive.leads-out", file=path, name=name)
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise StoreError("archive.link", file=path, name=name)
    if entry.flag_bits & _IS_ENCRYPTED:
        raise StoreError("archive.encrypted", file=path, name=name)
    if entry.compress_type not in _ALLOWED:
        raise StoreError("archive.compression", file=path, name=name)


def _folder_of_study(path: Path, named: Mapping[str, zipfile.ZipInfo]) -> str:
    """Return in which folder of the archive the results lie: empty, or with a slash at its end."""
    found = [name.removesuffix(STUDY) for name in named if name == STUDY or name.endswith(f"/{STUDY}")]
    if not found:
        raise StoreError("archive.no-study", file=path, name=STUDY)
    outermost = min(each.count("/") for each in found)
    outer = [each for each in found if each.count("/") == outermost]
    if len(outer) > 1:
        raise StoreError("archive.several", file=path, names=", ".join(sorted(outer)))
    return outer[0]


def _manifest(path: Path, zipped: zipfile.ZipFile, within: Mapping[str, zipfile.ZipInfo]) -> Manifest | None:
    entry = within.get(MANIFEST)
    if entry is None:
        return None
    try:
        if entry.file_size > reading.MAX_LINES:
            raise ValueError("too large")
        with zipped.open(entry) as packed:
            return Manifest.decode(packed.read(reading.MAX_LINES))
    except NewerSchemaError as error:
        raise StoreError("run.other-schema", file=path, schema=error.schema, known=SCHEMA) from error
    except BROKEN as error:
        raise StoreError("archive.damaged", file=path, name=MANIFEST) from error


def _compare(path: Path, entries: Mapping[str, zipfile.ZipInfo], manifest: Manifest) -> None:
    """Refuse an archive that has other files than its list says."""
    for name in sorted({*entries} ^ {*manifest.files}):
        raise StoreError("archive.other-files", file=path, name=name)
    for name, entry in entries.items():
        if entry.file_size != manifest.files[name].size:
            raise StoreError("archive.damaged", file=path, name=name)
