"""A run's specification in its folder: a line of canonical JSON, by whose digest the folder is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

from paribus.record.run import RunSpec
from paribus.study import reading

SPEC = "spec.json"


def read(folder: Path) -> RunSpec | None:
    """Read the specification; return None where there is none, or a damaged one."""
    content = _whole(folder)
    try:
        return None if content is None else RunSpec.model_validate_json(content)
    except ValueError:
        return None


def seed(folder: Path) -> int | None:
    """Read the seed of the specification; return None where there is none, or a damaged one."""
    content = _whole(folder)
    try:
        found = None if content is None else reading.parse_object(content).get("seed")
    except ValueError:
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def is_sound(folder: Path, expected: RunSpec | None) -> bool:
    """Return whether the specification is undamaged; the expected one, to the byte, need not be parsed.

    Args:
        folder: The run's.
        expected: The specification that the run is to have; None where that is not known.
    """
    if expected is not None and _whole(folder) == f"{expected.to_json()}\n".encode():
        return True
    return read(folder) is not None


def _whole(folder: Path) -> bytes | None:
    """Read the specification's bytes; return None unless they are those that the folder is named by."""
    try:
        content = reading.read_bytes(folder / SPEC)
    except (OSError, ValueError):
        return None
    line, end = content[:-1], content[-1:]
    is_whole = end == b"\n" and hashlib.sha256(line).hexdigest().startswith(folder.name)
    return content if is_whole else None
