"""Copies of somebody's archive: where each came from, and that nothing is written into them."""

from __future__ import annotations

import os
from pathlib import Path

from paribus.record import files
from paribus.record.contents import OPENED


def mark(folder: Path, origin: str) -> None:
    """Say that a folder is a copy, which is only read.

    Args:
        folder: The copy.
        origin: The archive's file or address.
    """
    files.write_json(folder / OPENED, {"origin": origin})


def is_copy(folder: Path) -> bool:
    """Return whether a folder is a copy of an archive, and so is never written into."""
    return os.path.lexists(folder / OPENED)


def origin(folder: Path) -> str | None:
    """Return where a copy came from; None where a folder is none."""
    if not is_copy(folder):
        return None
    try:
        return str(files.read_json(folder / OPENED).get("origin") or folder)
    except (OSError, ValueError):
        return str(folder)


def place(folder: Path) -> Path | str:
    """Return what people call a folder: the archive or the address that it is a copy of, else its path."""
    return origin(folder) or folder
