"""The report of a large study, kept in the user's cache for as long as nothing that it follows from changes.

What it follows from: every file of the study's folder, by sizes and times; this version's code, templates and
texts; the language; which images are at hand. A report of a study of which runs go on is never kept.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Protocol

import paribus
from paribus.record import files
from paribus.record.looks import LOOKS
from paribus.record.records import Records
from paribus.record.store import Store
from paribus.report.output import check_folder, writing
from paribus.study import reading
from paribus.study.cache import cache_folder
from paribus.study.study import Study
from paribus.texts import current_language
from paribus.workflow.comparisons import COMPARISONS, can_keep_severities

_MOST = 8
"""Reports kept; one has some megabytes."""
_MAX_BYTES = 256 * 2**20
_ELSEWHERE = {LOOKS, COMPARISONS}
"""Files of a study that the digest of its comparisons covers."""
_OF_CODE = {".py", ".html", ".css", ".js", ".mo", ".json", ".yaml"}


class Results(Protocol):
    """What is asked of a study's results, which are `paribus.workflow.results.Results`."""

    study: Study
    records: Records
    folder: Path

    def comparisons(self) -> object:
        """Answer the study's questions, which is a look at them."""

    def basis(self) -> str:
        """Return the digest of all that the answers follow from."""
        ...


def of_file(results: Results, output: str | Path, options: object, write: Callable[[], Path]) -> Path:
    """Write a report, and return its file: as it is kept, or made anew.

    Args:
        results: Of the study.
        output: The file; only an HTML file is kept.
        options: All else that the report is made by.
        write: Writes it anew.
    """
    key = _key(results, options) if str(output).endswith(".html") else ""
    kept = _read(key)
    if kept is None:
        file = write()
        _keep(key, file)
        return file
    file = Path(output)
    check_folder(file)
    with writing(file):
        files.write(file, kept, durable=False)
    return file


def of_page(results: Results, make: Callable[[], str]) -> str:
    """Return a report as a page: as it is kept, or made anew.

    Args:
        results: Of the study.
        make: Makes it anew.
    """
    key = _key(results, ("", False, False))
    kept = _read(key)
    if kept is not None:
        return kept.decode()
    page = make()
    _keep(key, page.encode(errors="replace"))
    return page


def _key(results: Results, options: object) -> str:
    """Return the digest of what a report follows from; empty where it cannot be kept."""
    folder = results.folder
    stamp = Store(folder).index().stamp()
    if not stamp or not can_keep_severities(results.records.values()):
        return ""
    results.comparisons()  # which records the look at them
    from paribus.workflow.pictures import of_study

    read = [(run.status, len(run.history), repr(run.seconds)) for run in results.records.values()]
    pictures = [of_study(results.study, used).images is not None for used in results.records.data]
    where = (str(folder), os.getcwd(), current_language(), time.tzname)
    parts = (results.basis(), stamp, _own_files(folder), read, pictures, where, options, _code())
    return hashlib.sha256(repr(parts).encode(errors="backslashreplace")).hexdigest()


def _own_files(folder: Path) -> Sequence[object]:
    """Return names, sizes and times of the study's own files."""
    with os.scandir(folder) as entries:
        found = [
            (each.name, each.stat()) for each in entries if each.is_file() and each.name not in _ELSEWHERE
        ]
    return sorted((name, of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns) for name, of in found)


@cache
def _code() -> str:
    """Return the digest of all code, templates and texts."""
    digest = hashlib.sha256()
    package = Path(paribus.__file__).parent
    for path in sorted(each for each in package.rglob("*") if each.suffix in _OF_CODE):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _file(key: str) -> Path:
    return cache_folder() / "reports" / f"{key[:32]}.html"


def _read(key: str) -> bytes | None:
    if not key:
        return None
    try:
        digest, _, content = reading.read_bytes(_file(key), _MAX_BYTES).partition(b"\n")
    except (OSError, ValueError):
        return None
    return content if hashlib.sha256(content).hexdigest().encode() == digest else None


def _keep(key: str, content: bytes | Path) -> None:
    if not key:
        return
    with suppress(OSError, ValueError):
        whole = reading.read_bytes(content, _MAX_BYTES) if isinstance(content, Path) else content
        folder = _file(key).parent
        folder.mkdir(parents=True, exist_ok=True)
        files.write(_file(key), hashlib.sha256(whole).hexdigest().encode() + b"\n" + whole, durable=False)
        known = sorted(folder.glob("*.html"), key=lambda each: each.stat().st_mtime)
        for old in known[:-_MOST]:
            files.remove(old)
