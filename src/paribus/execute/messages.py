"""The messages between a study's process and its workers: one line of JSON each, validated when read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from paribus.record.run import RunSpec, Status
from paribus.study.device import Device
from paribus.study.frozen import Frozen
from paribus.study.programs import Program
from paribus.study.source import Source
from paribus.study.update_mode import UpdateMode, Updates


class Message(Frozen):
    """Base of all messages; numbers that are not finite are written as such."""

    model_config = ConfigDict(ser_json_inf_nan="constants")

    def to_line(self) -> str:
        """Return the message as one line of JSON, without its end."""
        return self.model_dump_json(by_alias=True)


class DataSource(Message):
    """Where a worker finds the images."""

    data_dir: Path | None = None
    embedded: bool = False
    decoded: Path | None = None
    own: Source | None = None
    program: Program | None = None
    functions: dict[str, Program] = Field(default_factory=dict[str, Program])


class Assignment(Message):
    """The runs that a worker trains next.

    Args:
        specs: Runs of one trajectory; of several seeds where they are trained together.
        folder: The study's.
        source: Where the images are found.
        updates: How the epochs are computed.
        threads: On how many threads.
        until: The epoch after which they pause, with a checkpoint; None to train them to their end.
        device: On the processor or on a GPU.
    """

    specs: tuple[RunSpec, ...]
    folder: Path
    source: DataSource
    updates: Updates | UpdateMode = "auto"
    threads: int = 1
    until: int | None = None
    device: Device = "cpu"


class Started(Message):
    """A worker has begun or resumed a run.

    Args:
        run: The run's digest.
        epoch: The last epoch that earlier processes trained; 0 for a new run.
        seconds: How long these epochs took.
    """

    kind: Literal["started"] = "started"
    run: str
    epoch: int
    seconds: float = 0.0


class EpochDone(Message):
    """A run has trained an epoch."""

    kind: Literal["epoch"] = "epoch"
    run: str
    row: dict[str, float]
    seconds: float


class Ended(Message):
    """A run has ended."""

    kind: Literal["ended"] = "ended"
    run: str
    status: Status
    cause: str = ""


class Idle(Message):
    """A worker has finished its assignment."""

    kind: Literal["idle"] = "idle"


RunEvent: TypeAlias = Started | EpochDone | Ended
"""What happens to a run."""

Event: TypeAlias = RunEvent | Idle
"""What a worker reports."""

_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def parse_event(line: str) -> Event:
    """Read an event from its line.

    Raises:
        pydantic.ValidationError: The line is no event.

    Example:
        >>> parse_event(Started(run="ab", epoch=3).to_line())
        Started(kind='started', run='ab', epoch=3, seconds=0.0)
    """
    return _EVENT.validate_json(line)
