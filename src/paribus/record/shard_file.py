"""Which shards of a study a folder was trained as, and where the runs of a merged one came from.

Both lie outside every digest: what a run is does not depend on where it was trained.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from paribus.record import sealed

SHARD = "shard.json"
MERGED = "merged.json"
Seeds = Mapping[str, tuple[int, ...]]
"""The seeds of each variant."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class ShardRecord:
    """The shards that a folder was trained as.

    Args:
        shards: As they are written: ``3/10``.
        seeds: The seeds of each variant in the whole study, of which the shards have a part.
        command: The words of the command that trains the whole; none where the study has no file.
    """

    shards: tuple[str, ...] = ()
    seeds: Seeds = field(default_factory=dict[str, tuple[int, ...]])
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Origins:
    """Where the runs of a merged folder came from; each run's own file says what it was trained in.

    Args:
        runs: The folder of each run, by the name of the run's; of one that was merged itself, that folder
            and then the one that it had the run from.
        shards: Every shard that was merged.
        seeds: The seeds of each variant in the whole study.
        command: As `ShardRecord.command`.
    """

    runs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    shards: tuple[str, ...] = ()
    seeds: Seeds = field(default_factory=dict[str, tuple[int, ...]])
    command: tuple[str, ...] = ()


_RECORD = TypeAdapter(ShardRecord)
_ORIGINS = TypeAdapter(Origins)


def read_shard(folder: Path) -> ShardRecord:
    """Read which shards a study's folder was trained as; none where the file is missing or damaged."""
    return _read(folder / SHARD, _RECORD) or ShardRecord()


def add_shard(folder: Path, added: ShardRecord) -> None:
    """Write that a folder is trained as a shard too.

    Raises:
        OSError: It cannot be written.
    """
    shards = tuple(dict.fromkeys((*read_shard(folder).shards, *added.shards)))
    sealed.write(folder / SHARD, asdict(ShardRecord(shards, added.seeds, added.command)))


def read_origins(folder: Path) -> Origins:
    """Read where a folder's runs came from; nothing where it was not merged, or the file is damaged."""
    return _read(folder / MERGED, _ORIGINS) or Origins()


def write_origins(folder: Path, origins: Origins) -> None:
    """Write where a folder's runs came from.

    Raises:
        OSError: It cannot be written.
    """
    sealed.write(folder / MERGED, asdict(origins))


def damaged(folder: Path) -> list[str]:
    """Return which of both files are damaged."""
    read = {SHARD: _read(folder / SHARD, _RECORD), MERGED: _read(folder / MERGED, _ORIGINS)}
    return [name for name, found in read.items() if found is None and os.path.lexists(folder / name)]


def _read(path: Path, kind: TypeAdapter[_T]) -> _T | None:
    try:
        return kind.validate_python(sealed.read(path))
    except (OSError, ValueError):
        return None
