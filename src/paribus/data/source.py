"""Where a study's images come from: a folder that was named, the cache, or a download."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from paribus.data import catalogue, fetch
from paribus.data.cache import cache_folder
from paribus.data.catalogue import Entry
from paribus.data.dataset import Dataset
from paribus.data.embedded import stand_in
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
    return stand_in(name) if embedded else find_entry(entry, data_dir=data_dir, download=download)


def find_entry(entry: Entry, *, data_dir: Path | None = None, download: bool = True) -> Dataset:
    """As `find`, for a data set that need not be in the catalogue."""
    found = locate(entry, data_dir)
    if found is None:
        cache = cache_folder()
        if not download:
            place = cache / entry.name
            raise DataError("data.missing", title=entry.title, cache=place, ways=fetch.ways(entry))
        fetch.fetch_files(entry, cache)
        found = _look_in_cache(entry, cache)
        assert found is not None
    return load(entry, found)


def locate(entry: Entry, data_dir: Path | None) -> Found | None:
    """The files of a data set on this machine, in the order of places of `find`; None where there are none.

    Raises:
        DataError: `data_dir` lacks the data set, or the folder that was named is none or has only some of
            the files.
    """
    named = os.environ.get("PARIBUS_DATA")
    folder = data_dir if data_dir is not None else Path(named).expanduser() if named else None
    if folder is not None:
        if not folder.is_dir():
            code = "data.folder-is-file" if folder.exists() else "data.no-folder"
            raise DataError(code, folder=folder, parent=folder.parent)
        if (found := look(entry, folder)) is not None:
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


def load(entry: Entry, found: Found) -> Dataset:
    """Decode the files of a data set; those of the cache must be the official ones.

    Raises:
        DataError: A file is damaged or of another data set.
    """
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
        found = look(entry, cache / entry.name)
    except DataError:
        return None  # a download that stopped between two files goes on from there
    return replace(found, cached=True) if found is not None else None
