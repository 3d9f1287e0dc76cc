"""A data set in a folder: its files are found in any official layout, read and verified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from paribus.data.catalogue import CATALOGUE, Entry, Layout
from paribus.data.dataset import Dataset, identity
from paribus.errors import DataError


@dataclass(frozen=True)
class Found:
    """The files of a data set, found but not yet read.

    Args:
        layout: Their layout.
        files: The files in the layout's order.
        cached: Whether they are in the cache, where only the official ones are accepted.
    """

    layout: Layout
    files: tuple[Path, ...]
    cached: bool = False

    @property
    def origin(self) -> Path:
        """The file, or the folder of the files, for messages."""
        return self.files[0] if len(self.files) == 1 else self.files[0].parent


def find_files(entry: Entry, folder: Path) -> Found | None:
    """Find the first complete layout of a data set in a folder, or in its usual places below the folder.

    Raises:
        DataError: A layout has only some of its files, and no other layout is complete.
    """
    partial: list[tuple[list[Path], list[str]]] = []
    for place in (folder / sub for sub in entry.folders):
        for layout in entry.layouts:
            present: list[Path] = []
            missing: list[str] = []
            for names in layout.files:
                path = next((place / name for name in names if (place / name).is_file()), None)
                if path is None:
                    missing.append(names[0])
                else:
                    present.append(path)
            if not missing:
                return Found(layout, tuple(present))
            if present:
                partial.append((present, missing))
    if partial:
        present, missing = partial[0]
        raise DataError(
            "data.incomplete",
            title=entry.title,
            folder=present[0].parent,
            present=", ".join(path.name for path in present),
            missing=", ".join(missing),
        )
    return None


def read(entry: Entry, found: Found, others: Iterable[Entry] = CATALOGUE.values()) -> Dataset:
    """Decode the files and check whether they are the official data set.

    Args:
        others: Data sets with the same file names, which could be in its place.

    Raises:
        DataError: A file is damaged, or the files are verifiably another data set.
    """
    arrays = found.layout.read(found.files, entry.images)
    for array in arrays[:4]:
        array.setflags(write=False)
    sha256 = identity(*arrays[:4])
    verified = entry.is_official(arrays, sha256)
    if not verified:
        for other in others:
            if other.name != entry.name and other.is_official(arrays, sha256):
                raise DataError(
                    "data.other-set",
                    origin=found.origin,
                    title=entry.title,
                    other=other.title,
                    other_name=other.name,
                )
    return Dataset(
        entry.name,
        *arrays[:4],
        classes=entry.images.classes,
        sha256=sha256,
        verified=verified,
        stand_in=False,
        origin=str(found.origin),
    )


def expected_files(entry: Entry) -> str:
    """List the files of each layout by their official names, for a message."""
    return "; ".join(" + ".join(names[0] for names in layout.files) for layout in entry.layouts)
