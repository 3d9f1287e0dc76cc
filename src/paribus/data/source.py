"""The sources of a study's images: a folder that the user names, the cache, or a download."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from paribus.data import catalogue, fetch
from paribus.data.cache import cache_folder
from paribus.data.catalogue import Entry
from paribus.data.dataset import Dataset
from paribus.data.embedded import stand_in
from paribus.data.folder import Found, expected_files, find_files, read
from paribus.errors import DataError
from paribus.texts import text


def find(
    name: str, *, data_dir: Path | None = None, embedded: bool = False, download: bool = True
) -> Dataset:
    """Read the images of a data set from the first place that has them.

    The first place is a folder that the user names: `data_dir`, which must have the data set, or else the
    environment variable ``PARIBUS_DATA``, which may have it. Then come the cache (``PARIBUS_CACHE``, else the
    user's cache folder) and a download into it. Images other than the official ones are read from a named
    folder only, with ``verified`` false; in the cache they are an error.

    Args:
        name: Name in the catalogue.
        data_dir: A folder that has the data set in one of its official layouts, at its top or in a usual
            place below it (``MNIST/raw``, ``fashion-mnist``, ...).
        embedded: Use the small stand-in that installed packages contain, and no other place.
        download: Whether a download may be tried.

    Raises:
        DataError: The data set is unknown, not available, incomplete or damaged; the message says how to get
            it.
    """
    entry = catalogue.entry(name)
    return stand_in(name) if embedded else find_entry(entry, data_dir=data_dir, download=download)


def find_entry(entry: Entry, *, data_dir: Path | None = None, download: bool = True) -> Dataset:
    """Read images as `find` does, for a data set that need not be in the catalogue."""
    found = _locate(entry, data_dir)
    if found is None:
        cache = cache_folder()
        if not download:
            place = cache / entry.name
            raise DataError("data.missing", title=entry.title, cache=place, ways=fetch.other_ways(entry))
        fetch.fetch_files(entry, cache)
        found = _look_in_cache(entry, cache)
        assert found is not None
    return _load(entry, found)


def _locate(entry: Entry, data_dir: Path | None) -> Found | None:
    named = os.environ.get("PARIBUS_DATA")
    folder = data_dir if data_dir is not None else Path(named).expanduser() if named else None
    if folder is not None:
        if not folder.is_dir():
            code = "data.folder-is-file" if folder.exists() else "data.no-folder"
            raise DataError(code, folder=folder, parent=folder.parent)
        if (found := find_files(entry, folder)) is not None:
            return found
        if data_dir is not None:
            raise _not_in_folder(entry, folder)
    return _look_in_cache(entry, cache_folder())


def _not_in_folder(entry: Entry, folder: Path) -> DataError:
    places = [folder / below for below in entry.folders]
    pickled = next((name for name in entry.pickled for place in places if (place / name).exists()), None)
    return DataError(
        "data.not-in-folder",
        title=entry.title,
        name=entry.name,
        folder=folder,
        folders=", ".join(below for below in entry.folders if below != "."),
        files=expected_files(entry),
        hint="\n" + text("data.pickled", name=pickled) if pickled else "",
    )


def _load(entry: Entry, found: Found) -> Dataset:
    if not found.cached:
        return read(entry, found)
    try:
        dataset = read(entry, found)
    except DataError as error:
        raise DataError("data.cache-damaged", origin=found.origin, name=entry.name, why=error) from error
    if not dataset.verified:
        why = text("data.cache-unofficial", title=entry.title)
        raise DataError("data.cache-damaged", origin=found.origin, name=entry.name, why=why)
    return dataset


def _look_in_cache(entry: Entry, cache: Path) -> Found | None:
    try:
        found = find_files(entry, cache / entry.name)
    except DataError:
        return None  # the next download completes one that stopped between two files
    return replace(found, cached=True) if found is not None else None
