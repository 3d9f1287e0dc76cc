"""Which data sets there are and which of them this machine has, as ``paribus data`` shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from paribus.data import catalogue, embedded
from paribus.data.cache import cache_folder
from paribus.data.catalogue import CATALOGUE, Entry
from paribus.data.fetch import fetch_files
from paribus.data.source import find_entry
from paribus.errors import DataError


class State(StrEnum):
    """The state of a data set's files."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True)
class Availability:
    """A data set, and its files on this machine.

    Args:
        entry: The data set.
        state: Whether it is here and is the official one.
        train: Number of training images found, else of the official set.
        test: Number of test images, likewise.
        origin: The file or folder that it was read from; empty where it could not be read.
        sha256: Digest of its arrays; empty where it could not be read.
        problem: What is wrong and what to do about it; empty where nothing is.
    """

    entry: Entry
    state: State
    train: int
    test: int
    origin: str = ""
    sha256: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """Its name in studies and on the command line."""
        return self.entry.name

    @property
    def has_stand_in(self) -> bool:
        """Whether ``--embedded`` has a stand-in for it."""
        return self.name in embedded.SHA256


def available(data_dir: Path | None = None) -> tuple[Availability, ...]:
    """Read and verify every data set of the catalogue without downloading anything.

    Args:
        data_dir: A folder to look in, as for `paribus.data.source.find`.

    Raises:
        DataError: `data_dir` or ``PARIBUS_DATA`` names no folder.
    """
    return tuple(check_entry(entry, data_dir) for entry in CATALOGUE.values())


def check(name: str, data_dir: Path | None = None) -> Availability:
    """Read a data set's files and check whether they are the official one, or what is wrong with them.

    Raises:
        DataError: As `available`, or there is no data set of this name.
    """
    return check_entry(catalogue.entry(name), data_dir)


def check_entry(entry: Entry, data_dir: Path | None = None) -> Availability:
    """Check as `check` does, for a data set that need not be in the catalogue."""
    try:
        dataset = find_entry(entry, data_dir=data_dir, download=False)
    except DataError as error:
        if error.code in ("data.no-folder", "data.folder-is-file"):
            raise
        missing = error.code in ("data.missing", "data.not-in-folder")
        state = State.MISSING if missing else State.DAMAGED
        return Availability(entry, state, entry.images.train, entry.images.test, problem=str(error))
    state = State.VERIFIED if dataset.verified else State.UNVERIFIED
    train, test = len(dataset.x_train), len(dataset.x_test)
    return Availability(entry, state, train, test, dataset.origin, dataset.sha256)


def fetch(name: str, *, progress: bool | None = None) -> Path:
    """Download into the cache what is missing or damaged of a data set.

    Args:
        progress: Whether to draw a progress bar; by default where standard error is a terminal.

    Returns:
        The folder with its files, which may be copied elsewhere and named with ``--data-dir``.

    Raises:
        DataError: There is no data set of this name, no mirror has it, or the cache cannot be written.
    """
    return fetch_files(catalogue.entry(name), cache_folder(), progress=progress)
