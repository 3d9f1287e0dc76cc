"""What a tracker was sent, remembered in a small file of the study's folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter

from paribus.record import files

FOLDER = "trackers"
"""The folder in a study's own that holds such a file for each tracker; outside every digest."""


@dataclass(frozen=True)
class SentRun:
    """What a tracker has of one run.

    Args:
        identity: What the tracker calls it.
        epochs: How many epochs it has.
        status: How the run ended, once that was sent; empty before.
    """

    identity: str
    epochs: int = 0
    status: str = ""


_Places: TypeAlias = dict[str, dict[str, SentRun]]
_PLACES = TypeAdapter(_Places)


class Sent:
    """The runs that one tracker has, by the digest of their specification.

    Args:
        folder: The study's.
        kind: The tracker's name.
        place: Where it keeps runs: each place has runs of its own.
        identities: What it calls runs. Of others, in a file that anyone may have written, nothing was sent.
    """

    def __init__(self, folder: Path, kind: str, place: str, identities: re.Pattern[str]) -> None:
        self._path = folder / FOLDER / f"{kind}.json"
        self._place = place.replace(str(folder), ".")  # a study's folder may be moved with what it holds
        self._known = self._read()
        here = self._known.get(self._place, {})
        self._runs = {key: each for key, each in here.items() if identities.fullmatch(each.identity)}

    def of(self, digest: str) -> SentRun | None:
        """Return what was sent of a run; None where nothing was."""
        return self._runs.get(digest)

    def remember(self, digest: str, run: SentRun) -> None:
        """Write what a run's tracker has by now."""
        self._runs[digest] = run
        self._known[self._place] = self._runs
        self._path.parent.mkdir(exist_ok=True)
        files.write_json(self._path, _PLACES.dump_python(self._known))

    def _read(self) -> _Places:
        try:
            return _PLACES.validate_python(files.read_json(self._path))
        except (OSError, ValueError):
            return {}
