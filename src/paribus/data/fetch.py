"""Downloads into the cache, from several mirrors, with known checksums and without half-written files."""

from __future__ import annotations

import hashlib
import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from paribus.data.catalogue import Entry, OfficialFile
from paribus.data.embedded import SHA256 as STAND_INS
from paribus.errors import DataError
from paribus.texts import text

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 20.0)
"""Seconds to wait for a connection, and for each further piece of a response."""

_CHUNK = 2**16
_SLOWEST = 2**14
"""Bytes a second of the slowest download that is waited for; the next mirror may be faster."""
_START_SECONDS = 30.0


def fetch_files(entry: Entry, cache: Path, *, progress: bool | None = None) -> Path:
    """Download the files of a data set that are missing from the cache or damaged.

    Several processes may do so at once: one downloads, the others wait for it.

    Args:
        cache: The cache; the files go to the folder of the data set's name in it.
        progress: Whether to draw a progress bar; by default where standard error is a terminal.

    Returns:
        The folder with the files.

    Raises:
        DataError: No mirror could be reached or had the right file, or the cache cannot be written.
    """
    import filelock

    folder = cache / entry.name
    bar = sys.stderr.isatty() if progress is None else progress
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / ".lock"):
            _discard_damaged(entry, folder)
            if any(all((folder / file.name).exists() for file in files) for files in entry.downloads):
                return folder
            failures: list[str] = []
            for files in entry.downloads:
                if all(_download(file, folder, bar, failures) for file in files):
                    return folder
    except OSError as error:
        raise DataError("data.cache-unusable", folder=folder, cause=error) from error
    raise DataError(
        "data.unreachable",
        title=entry.title,
        name=entry.name,
        failures="\n".join(f"  {failure}" for failure in failures),
        ways=other_ways(entry),
    )


def other_ways(entry: Entry) -> str:
    """Describe the other ways to get a data set, for a message."""
    files = entry.downloads[0]
    message = text(
        "data.ways",
        name=entry.name,
        files=", ".join(file.name for file in files),
        address=files[0].mirrors[0],
        site=entry.site,
    )
    return message + text("data.way-embedded") if entry.name in STAND_INS else message


def _discard_damaged(entry: Entry, folder: Path) -> None:
    for leftover in folder.glob("tmp*"):  # of a killed download; with the lock held, none is going on
        leftover.unlink()
    for file in (file for files in entry.downloads for file in files):
        path = folder / file.name
        if path.exists() and not _holds(path, file):
            path.unlink()


def _holds(path: Path, file: OfficialFile) -> bool:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def _download(file: OfficialFile, folder: Path, bar: bool, failures: list[str]) -> bool:
    """Try the mirrors in turn and add to `failures` why each one failed."""
    import pooch
    import requests

    path = folder / file.name
    if path.exists():
        return True
    pooch.get_logger().setLevel(logging.ERROR)
    for address in (mirror + file.name for mirror in file.mirrors):
        try:
            pooch.retrieve(
                address,
                f"sha256:{file.sha256}",
                file.name,
                folder,
                downloader=cast("Any", _Transfer(file, bar)),  # pooch's stub knows none but its own
            )
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else "-"
            failures.append(text("data.mirror-status", address=address, status=status))
        except requests.RequestException as error:
            kind = "unreachable" if isinstance(error, requests.ConnectionError) else "broken"
            failures.append(text(f"data.mirror-{kind}", address=address))
        except ValueError:
            failures.append(text("data.mirror-wrong", address=address))
        else:
            path.chmod(0o644)  # pooch's temporary file is private, a cache may be shared
            return True
    return False


class _Transfer:
    """Download one file, no larger than its official size, for pooch to check and put in place."""

    def __init__(self, file: OfficialFile, bar: bool) -> None:
        self.file = file
        self.bar = bar

    def __call__(self, url: str, output_file: str, pooch: object, check_only: bool = False) -> None:
        import requests
        from tqdm import tqdm

        exact = {"Accept-Encoding": "identity"}  # else a server may unpack a .gz on the way
        with (
            requests.get(url, stream=True, timeout=TIMEOUT, headers=exact) as response,
            Path(output_file).open("wb") as output,
            tqdm(
                desc=self.file.name,
                total=self.file.size,
                unit="B",
                unit_scale=True,
                leave=False,
                disable=not self.bar,
            ) as bar,
        ):
            response.raise_for_status()
            deadline = time.monotonic() + _START_SECONDS + self.file.size / _SLOWEST
            while chunk := _next_bytes(response, url):
                output.write(chunk)
                if time.monotonic() > deadline:
                    raise requests.Timeout(url)
                bar.update(len(chunk))
                if output.tell() > self.file.size:
                    raise ValueError(url)


def _next_bytes(response: requests.Response, url: str) -> bytes:
    """Return the bytes that have come, without waiting until there are many; none at the end."""
    import requests
    from urllib3.exceptions import HTTPError

    try:
        return response.raw.read1(_CHUNK)
    except HTTPError as error:
        raise requests.Timeout(url) from error
