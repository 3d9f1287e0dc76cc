"""What a study's process and its workers say to each other: one line of JSON each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from paribus.record.run import Result, RunSpec
from paribus.study.update_mode import Updates

EpochEvent = dict[str, float]


@dataclass(frozen=True)
class DataSource:
    """Where a worker finds the images.

    Args:
        data_dir: The user's folder; None to look in the cache.
        embedded: Whether stand-ins play the data sets' roles.
        decoded: The entry of the cache that holds them decoded; None where none does.
    """

    data_dir: Path | None = None
    embedded: bool = False
    decoded: Path | None = None


@dataclass(frozen=True)
class Assignment:
    """What a worker is to train.

    Args:
        specs: Runs of one trajectory.
        folder: The study's.
        source: Where the images are found.
        updates: The way the epochs take.
    """

    specs: tuple[RunSpec, ...]
    folder: Path
    source: DataSource
    updates: Updates = "auto"

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "specs": [spec.to_json() for spec in self.specs],
                "folder": str(self.folder),
                "data_dir": str(self.source.data_dir) if self.source.data_dir else None,
                "embedded": self.source.embedded,
                "decoded": str(self.source.decoded) if self.source.decoded else None,
                "updates": self.updates,
            }
        )

    @staticmethod
    def from_line(line: str) -> Assignment:
        """What `to_line` wrote."""
        tree = json.loads(line)
        data_dir, decoded = (Path(tree[name]) if tree[name] else None for name in ("data_dir", "decoded"))
        return Assignment(
            tuple(RunSpec.model_validate_json(spec) for spec in tree["specs"]),
            Path(tree["folder"]),
            DataSource(data_dir, tree["embedded"], decoded),
            tree["updates"],
        )


@dataclass(frozen=True)
class Event:
    """Something that happened to a run.

    Args:
        kind: ``started``, ``epoch`` or ``ended`` of a run, or ``idle`` when a worker's assignment is done.
        run: The run's digest; empty for ``idle``.
        row: The epoch's row, for ``epoch``; numbers that are not finite stay out.
        seconds: What the epoch took, for ``epoch``; what all before took, for ``started``.
        status: How the run ended, for ``ended``.
        cause: Why it failed or diverged, for ``ended``.
    """

    kind: str
    run: str = ""
    row: EpochEvent = field(default_factory=EpochEvent)
    seconds: float = 0.0
    status: str = ""
    cause: str = ""

    def to_line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_line(line: str) -> Event:
        """What `to_line` wrote."""
        return Event(**json.loads(line))


def ended(digest: str, result: Result) -> Event:
    """The event of a run's end."""
    return Event("ended", digest, status=result.status.value, cause=result.cause)
