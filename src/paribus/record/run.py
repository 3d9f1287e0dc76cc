"""What happened: a run's specification, its epochs and its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from paribus.study.configuration import Configuration, Frozen
from paribus.texts import text

SCHEMA = 1
SEMANTICS = 1


class Status(StrEnum):
    """How a run ended, or that it has not."""

    FINISHED = "finished"
    EARLY_STOPPED = "early-stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    RUNNING = "running"


ENDED = (Status.FINISHED, Status.EARLY_STOPPED)
"""The statuses of a run that was trained to its end and tested."""


class DataIdentity(Frozen):
    """Which images: the name they go by and the SHA-256 of their decoded arrays."""

    name: str
    sha256: str


class DataUsed(DataIdentity):
    """The images a run was made with, and how far they may be trusted.

    Args:
        verified: Whether they are the official data set, by the digest of their arrays.
        stand_in: Whether a small set played another's role (``--embedded``); such figures are
            never held against published ones.
        train: Number of training images, those held out for validation included.
        test: Number of test images.
    """

    verified: bool
    stand_in: bool
    train: int
    test: int


class RunSpec(Frozen):
    """Everything that decides a run's result; says nothing of the study or variant it serves.

    Args:
        configuration: The variant, resolved.
        seed: Root of every named stream.
        data: The images' identity.
        semantics: Number of the meaning of a run; it rises when the same words come to mean
            another computation.
    """

    configuration: Configuration
    seed: int = Field(ge=0)
    data: DataIdentity
    semantics: int = SEMANTICS
    schema_: int = Field(default=SCHEMA, alias="schema", serialization_alias="schema")

    def to_json(self) -> str:
        """The specification as canonical JSON: sorted keys, no spaces."""
        tree = self.model_dump(mode="json", by_alias=True)
        return json.dumps(tree, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the run's identity."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def trajectory(self) -> str:
        """Digest of all but where the run stops: runs that share it are one trajectory."""
        tree = self.model_dump(mode="json", by_alias=True)
        del tree["configuration"]["epochs"], tree["configuration"]["early_stopping"]
        told = json.dumps(tree, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()


EpochRow = Mapping[str, float]
"""One line of the history: ``epoch`` (from 1), then ``loss``, ``accuracy``, ``data_loss``,
``penalty`` and, where images are held out, ``val_loss``, ``val_accuracy``, ``val_data_loss``."""


@dataclass(frozen=True)
class Result:
    """The end of a run.

    Args:
        status: How it ended.
        epochs: How many epochs were trained.
        kept_epoch: The epoch whose weights were kept and tested, counted from 1.
        test: ``accuracy`` in [0, 1], ``loss`` and ``data_loss``; empty when the run diverged or failed.
        parameters: Number of weights.
        summary: Keras's summary of the model.
        cause: Why it diverged or failed, in English.
        update_mode: How its epochs were computed: ``stepwise`` or ``delayed``; empty where none was.
    """

    status: Status
    epochs: int
    kept_epoch: int
    test: Mapping[str, float] = field(default_factory=dict[str, float])
    parameters: int = 0
    summary: str = ""
    cause: str = ""
    update_mode: str = ""

    @property
    def message(self) -> str:
        """The cause for whoever reads it now: a failure's is told as it was kept, in English."""
        return text("run.diverged", epoch=self.epochs) if self.status is Status.DIVERGED else self.cause


@dataclass(frozen=True)
class RunRecord:
    """Everything kept of a run, as read back.

    Args:
        spec: What was asked.
        status: How it stands.
        history: One row an epoch.
        result: Its end; None while it has none.
        seconds: Time in training and validation, without start-up and compilation.
        data: The images it was made with.
        folder: Where its files lie.
    """

    spec: RunSpec
    status: Status
    history: tuple[EpochRow, ...]
    result: Result | None
    seconds: float
    data: DataUsed
    folder: Path

    @property
    def has_ended(self) -> bool:
        """Whether it was trained to its end and tested."""
        return self.status in ENDED

    @property
    def kept_row(self) -> EpochRow:
        """The history's row of the epoch whose weights were kept; empty where none was."""
        epoch = self.result.kept_epoch if self.result else 0
        return next((row for row in self.history if row["epoch"] == epoch), {})

    @property
    def test_accuracy(self) -> float | None:
        """Test accuracy in [0, 1]; None where it was not tested."""
        return self.result.test.get("accuracy") if self.result else None
