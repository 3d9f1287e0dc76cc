"""Where a study's images come from: a folder that was named, the cache, or a download."""

from __future__ import annotations

import os
from pathlib import Path

from paribus.data import catalogue
from paribus.data.catalogue import Entry
from paribus.data.dataset import Dataset
from paribus.data.fetch import cache_folder, fetch_files, ways
from paribus.data.folder import Found, expected_files, look, read
from paribus.errors import DataError
from paribus.texts import text


def find(
    name: str, *, data_dir: Path | None = None, embedded: bool = False, download: bool = True
) -> Dataset:
    """The images of a data set, from the first of the places that has them.

    First comes a folder that was named: `data_dir`, which must have the data set, or else the one in the
    environment variable ``PARIBUS_DATA``, which may. Then the cache (``PARIBUS_CACHE``, else the user's
    cache folder), then a download into it. Images other than the official ones are taken from a named
    folder only, with ``verified`` false; in the cache they are an error.

    Args:
        name: Name in the catalogue.
        data_dir: A folder that holds the data set in one of its official layouts, at its top or where its
            files usually lie below it (``MNIST/raw``, ``fashion-mnist``, ...).
        embedded: Take the small stand-in that installed packages contain; nothing else is looked at.
        download: Whether a download may be tried.

    Raises:
        DataError: The data set is unknown, nowhere to be had, incomplete or damaged; the message names the
            ways to get it.
    """
    entry = catalogue.entry(name)
    if embedded:
        from paribus.data.embedded import stand_in

        return stand_in(name)
    return find_entry(entry, data_dir=data_dir, download=download)


def find_entry(entry: Entry, *, data_dir: Path | None = None, download: bool = True) -> Dataset:
    """As `find`, for a data set that need not be in the catalogue."""
    found = _named(entry, data_dir)
    if found is not None:
        return read(entry, found)
    cache = cache_folder()
    found = look_in_cache(entry, cache)
    if found is None:
        if not download:
            raise DataError("data.missing", title=entry.title, cache=cache / entry.name, ways=ways(entry))
        fetch_files(entry, cache)
        found = look_in_cache(entry, cache)
        assert found is not None
    return read_cached(entry, found)


def look_in_cache(entry: Entry, cache: Path) -> Found | None:
    """The data set's files in the cache; None where there are none or not all."""
    try:
        return look(entry, cache / entry.name)
    except DataError:
        return None  # a download that stopped between two files goes on from there


def read_cached(entry: Entry, found: Found) -> Dataset:
    """Decode files of the cache, which must be the official ones.

    Raises:
        DataError: They are not, or no longer.
    """
    try:
        dataset = read(entry, found)
    except DataError as error:
        raise DataError("data.cache-damaged", origin=found.origin, name=entry.name, why=error) from error
    if not dataset.verified:
        why = text("data.cache-unofficial", title=entry.title)
        raise DataError("data.cache-damaged", origin=found.origin, name=entry.name, why=why)
    return dataset


def _named(entry: Entry, data_dir: Path | None) -> Found | None:
    """The files in the folder that was named, if one was."""
    chosen = os.environ.get("PARIBUS_DATA")
    folder = data_dir if data_dir is not None else Path(chosen) if chosen else None
    if folder is None:
        return None
    if not folder.is_dir():
        code = "data.folder-is-file" if folder.exists() else "data.no-folder"
        raise DataError(code, folder=folder, parent=folder.parent)
    found = look(entry, folder)
    if found is None and data_dir is not None:
        raise DataError(
            "data.not-in-folder",
            title=entry.title,
            folder=folder,
            folders=", ".join(sub for sub in entry.folders if sub != "."),
            files=expected_files(entry),
            name=entry.name,
        )
    return found
