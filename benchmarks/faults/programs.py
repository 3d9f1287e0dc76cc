"""The rebuilt programs: a study file each in ``cases/``, and what is true of them in ``truth.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
HEALTHY = "healthy"
SPLITS = ("open", "set-aside")


@dataclass(frozen=True)
class Program:
    """A training program and its true faults.

    Args:
        case: Its name, and that of its study file.
        kind: Of its fault; ``healthy`` for none.
        split: ``open`` for one that rules may be mended on, else ``set-aside``.
        source: Where it was published.
        adapted: What is not as there.
        cause: The true cause, in a sentence.
        faults: For each fault the settings of which any one, changed, repairs it; the program's own repair
            is of the first.
        accepted: Settings that may be named beside these without being wrong.
        repair: The repaired settings, as a variant has them; empty where the images are at fault.
        images: How the training images are spoilt, as `benchmarks.spoilt` names it, or ``clean``.
    """

    case: str
    kind: str
    split: str
    source: str
    adapted: str
    cause: str
    faults: Sequence[Sequence[str]]
    accepted: Sequence[str]
    repair: Mapping[str, Any]
    images: str

    @property
    def study_file(self) -> Path:
        """Where its study lies."""
        return FOLDER / "cases" / f"{self.case}.yaml"

    @property
    def right(self) -> frozenset[str]:
        """The settings that may be named."""
        return frozenset(self.accepted).union(*self.faults)


def programs() -> tuple[Program, ...]:
    """Return every rebuilt program, in the order of the file."""
    rows = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
    return tuple(Program(**row) for row in rows)
