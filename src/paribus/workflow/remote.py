"""Results that lie on a web server: a zip file, or a folder with a manifest; fetched with limits, only read.

Whatever a server sends is no more trusted than a file of others: it is bounded, compared with the digests of
its manifest, and read by the readers that all results go through.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from pydantic import TypeAdapter

from paribus.errors import StoreError
from paribus.record import files
from paribus.record.contents import MANIFEST, Listed, Manifest
from paribus.record.opened import is_copy
from paribus.record.sealed import SCHEMA, NewerSchemaError
from paribus.study import reading
from paribus.texts import text
from paribus.texts.quantities import file_size
from paribus.workflow.copies import ENDING, copied, copies_folder, extract, place_of

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 20.0)
"""Seconds to wait for a connection, and for each further piece of a response."""
MAX_BYTES = 16 * 2**30
"""Bytes of all that is fetched of one study."""
MAX_REDIRECTS = 5
_SLOWEST = 2**14
"""Bytes a second of the slowest server that is waited for, after the first seconds."""
_START_SECONDS = 30.0
_PIECE = 2**16
_SIDE_BY_SIDE = 8
_TOLD_FROM = 2**24
"""From so many bytes on, standard error says what is fetched."""
_MOVED = (301, 302, 303, 307, 308)
_UNCHANGED, _MISSING = 304, 404


@dataclass(frozen=True)
class _Fetched:
    """What was fetched of an address the last time.

    Args:
        address: The address.
        digest: The SHA-256 of the zip file, or of the manifest.
        etag: What the server called that version; empty where it gave none.
        modified: When it was changed, in the server's words.
    """

    address: str
    digest: str
    etag: str = ""
    modified: str = ""


_FETCHED = TypeAdapter(_Fetched)


def fetched(address: str) -> Path:
    """Return a folder with the results at an address, which is only read.

    A zip file is fetched as a whole, and again only where the server says that it has changed. The files of a
    folder are those of its ``manifest.json``; what an earlier copy has of them is not fetched again.

    Args:
        address: Of a file that ends in ``.zip``, or of a study's folder.

    Raises:
        StoreError: It cannot be fetched, is too large or too slow, is refused, or is not what its manifest
            says; one message each.
    """
    _check(address)
    copies_folder().mkdir(parents=True, exist_ok=True)
    if urlsplit(address).path.lower().endswith(ENDING):
        return _zip_file(address)
    return _folder(address.partition("#")[0].rstrip("/") + "/")


def _zip_file(address: str) -> Path:
    before = _before(address)
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=copies_folder()))
    path = made / f"results{ENDING}"
    try:
        with _response(address, before) as response, path.open("wb") as file:
            if before is not None and response.status_code == _UNCHANGED:
                return copied(before.digest, address, lambda _folder: None)
            digest, _ = _receive(response, address, file, min(MAX_BYTES, shutil.disk_usage(made).free))
            now = _Fetched(address, digest, *(_header(response, each) for each in ("ETag", "Last-Modified")))
        folder = copied(digest, address, lambda folder: extract(path, folder))
    finally:
        shutil.rmtree(made, ignore_errors=True)
    _remember(now)
    return folder


def _folder(address: str) -> Path:
    with tempfile.SpooledTemporaryFile(max_size=reading.MAX_JSON) as file:
        with _response(urljoin(address, MANIFEST)) as response:
            if response.status_code == _MISSING:
                raise StoreError("remote.no-manifest", address=address, name=MANIFEST)
            digest, size = _receive(response, address, file, reading.MAX_JSON)
        file.seek(0)
        content = file.read(size)
    try:
        manifest = Manifest.decode(content)
    except NewerSchemaError as error:
        raise StoreError("run.other-schema", file=MANIFEST, schema=error.schema, known=SCHEMA) from error
    except ValueError as error:
        raise StoreError("remote.bad-manifest", address=address, name=MANIFEST) from error
    free = shutil.disk_usage(copies_folder()).free
    if manifest.size > min(MAX_BYTES, free):
        most = file_size(min(MAX_BYTES, free))
        raise StoreError("remote.too-large", address=address, size=file_size(manifest.size), most=most)
    before = _before(address)

    def fill(folder: Path) -> None:
        (folder / MANIFEST).write_bytes(content)
        _fetch_all(address, manifest, folder, None if before is None else place_of(before.digest))

    folder = copied(digest, address, fill)
    _remember(_Fetched(address, digest))
    return folder


def _fetch_all(address: str, manifest: Manifest, folder: Path, earlier: Path | None) -> None:
    """Fetch every file of a manifest, but for those that an earlier copy has."""
    known = _known(earlier)
    missing: list[str] = []
    for name, each in manifest.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if earlier is None or known.get(name) != each or not _copy(earlier / name, place, each):
            missing.append(name)
    size = sum(manifest.files[name].size for name in missing)
    if size > _TOLD_FROM:
        told = text("remote.fetching", count=len(missing), size=file_size(size), address=address)
        sys.stderr.write(f"{told}\n")
    pool = ThreadPoolExecutor(_SIDE_BY_SIDE)
    try:
        waiting = [
            pool.submit(_fetch, address, name, manifest.files[name], folder / name) for name in missing
        ]
        for each in waiting:
            each.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _known(earlier: Path | None) -> Mapping[str, Listed]:
    if earlier is not None:
        with suppress(OSError, ValueError):
            return Manifest.decode(reading.read_bytes(earlier / MANIFEST)).files
    return {}


def _copy(source: Path, place: Path, each: Listed) -> bool:
    """Copy a file of an earlier copy; return whether it is still what it was."""
    with suppress(OSError):
        shutil.copyfile(source, place, follow_symlinks=False)
        if place.stat().st_size == each.size and files.digest(place) == each.sha256:
            return True
        place.unlink()
    return False


def _fetch(address: str, name: str, each: Listed, place: Path) -> None:
    with _response(urljoin(address, quote(name))) as response, place.open("xb") as file:
        digest, size = _receive(response, address, file, each.size)
    if (digest, size) != (each.sha256, each.size):
        raise StoreError("remote.changed", address=address, name=name)


def _receive(response: requests.Response, address: str, file: Any, most: int) -> tuple[str, int]:
    """Write a response to a file; return its SHA-256 and its size.

    Raises:
        StoreError: It is an error, longer than allowed, or slower.
    """
    if response.status_code >= 300:
        raise StoreError("remote.status", address=response.url, status=response.status_code)
    digest, size, start = hashlib.sha256(), 0, time.monotonic()
    for piece in _pieces(response, address):
        size += len(piece)
        if size > most:
            raise StoreError("remote.too-long", address=response.url, most=file_size(most))
        if time.monotonic() - start > _START_SECONDS + size / _SLOWEST:
            raise StoreError("remote.slow", address=response.url)
        digest.update(piece)
        file.write(piece)
    return digest.hexdigest(), size


def _pieces(response: requests.Response, address: str) -> Iterator[bytes]:
    import requests
    from urllib3.exceptions import HTTPError

    try:
        while piece := response.raw.read1(_PIECE):
            yield piece
    except (HTTPError, OSError, requests.RequestException) as error:
        raise StoreError("remote.broken", address=address) from error


@contextmanager
def _response(address: str, before: _Fetched | None = None) -> Generator[requests.Response]:
    """Ask a server, following redirects to web addresses alone, without any credentials or cookies."""
    import requests

    headers = {"Accept-Encoding": "identity"}
    if before is not None and before.etag:
        headers["If-None-Match"] = before.etag
    elif before is not None and before.modified:
        headers["If-Modified-Since"] = before.modified
    asked = address
    for _ in range(MAX_REDIRECTS + 1):
        try:
            response = requests.get(
                asked, stream=True, timeout=TIMEOUT, headers=headers, allow_redirects=False, auth=_nobody
            )
        except (requests.RequestException, OSError, ValueError) as error:
            raise StoreError("remote.unreachable", address=asked) from error
        with response:
            if response.status_code not in _MOVED:
                yield response
                return
            following = urljoin(asked, _header(response, "Location"))
        _check(following, asked)
        asked = following
    raise StoreError("remote.redirects", address=address, count=MAX_REDIRECTS)


def _nobody(request: Any) -> Any:
    """Add no credentials to a request, those of a ``.netrc`` included."""
    return request


def _check(address: str, asked: str = "") -> None:
    """Refuse an address with a password, or one that a server sends on to and that is no web address."""
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web, parts = False, urlsplit("")
    downgraded = asked.lower().startswith("https:") and parts.scheme == "http"
    if asked and (not is_web or downgraded):
        raise StoreError("remote.leads-away", address=asked, other=address)
    if not is_web:
        raise StoreError("remote.no-address", address=address)
    if parts.username is not None or parts.password is not None:
        raise StoreError("remote.password", host=parts.hostname)


def _header(response: requests.Response, name: str) -> str:
    return str(response.headers.get(name, ""))[:1000]


def _note(address: str) -> Path:
    return copies_folder() / f"address-{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"


def _before(address: str) -> _Fetched | None:
    """Return what was fetched of an address the last time, where its copy is still there."""
    with suppress(OSError, ValueError):
        found = _FETCHED.validate_python(files.read_json(_note(address)))
        if found.address == address and is_copy(place_of(found.digest)):
            return found
    return None


def _remember(now: _Fetched) -> None:
    with suppress(OSError):
        files.write_json(_note(now.address), asdict(now))
