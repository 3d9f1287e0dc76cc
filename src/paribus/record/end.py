"""How a run ended: what its sealed result says, and whether the files that it stands for are as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from paribus.record import files, sealed, spec_file
from paribus.record.result import DROPPED, from_tree
from paribus.record.run import RunSpec, Status
from paribus.record.spec_file import SPEC
from paribus.study import reading

RESULT = "result.json"
WEIGHTS = "weights.safetensors"
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class End:
    """What the files say of a run's end.

    Args:
        bad: Which of them are damaged.
        tree: The result's content; None where there is none, or it is damaged.
        sha256: Of its file; empty where there is no tree.
    """

    bad: list[Path] = field(default_factory=list[Path])
    tree: dict[str, Any] | None = None
    sha256: str = ""

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of the files that the result stands for; none in schema 1."""
        return cast("dict[str, str]", (self.tree or {}).get("files", {}))


def read_end(
    folder: Path,
    checked: Iterable[str] = (),
    expected: RunSpec | None = None,
    known: Mapping[str, str] = _NOTHING,
) -> End:
    """Read how a run ended, and compare the digests of some of its files.

    Args:
        folder: The run's.
        checked: The names of the files.
        expected: The specification that the run is to have; None where that is not known.
        known: Digests of files that have been read already.
    """
    end = read_result(folder)
    if end.tree is None:
        return end
    digests = end.digests
    is_dropped = bool(end.tree.get(DROPPED))
    kept = [name for name in checked if name in digests and (name != WEIGHTS or not is_dropped)]
    bad = [name for name in kept if (known.get(name) or files.digest(folder / name)) != digests[name]]
    if not spec_file.is_sound(folder, expected) and end.tree.get("status") != Status.FAILED.value:
        bad.append(SPEC)
    return End([folder / name for name in bad], end.tree, end.sha256)


def read_result(folder: Path) -> End:
    """Read the result's file alone."""
    try:
        content = reading.read_bytes(folder / RESULT)
        tree: dict[str, Any] = sealed.decode(content)
        from_tree(tree)
    except FileNotFoundError:
        return End()
    except (OSError, ValueError, TypeError, AttributeError):
        return End([folder / RESULT])
    return End([], tree, hashlib.sha256(content).hexdigest())
