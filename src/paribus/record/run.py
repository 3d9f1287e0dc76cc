"""Runs: the specification, the epochs, the result and the record of each."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field

from paribus.study.census import Census
from paribus.study.configuration import Configuration, canonical_json
from paribus.study.frozen import Frozen
from paribus.study.metrics import Metric
from paribus.texts import text

SCHEMA = 1
SEMANTICS = 1


class Status(StrEnum):
    """How a run ended, or that it has not ended."""

    FINISHED = "finished"
    EARLY_STOPPED = "early-stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    RUNNING = "running"


ENDED = (Status.FINISHED, Status.EARLY_STOPPED)
"""The statuses of a run that was trained to its end and tested."""


class DataIdentity(Frozen):
    """The identity of images: their name and the SHA-256 of their decoded arrays."""

    name: str
    sha256: str


class DataUsed(DataIdentity):
    """The images that a run was trained on, and how far they may be trusted.

    Args:
        verified: Whether they are the official data set, by the digest of their arrays, or the user's own.
        stand_in: Whether a small set took another's place (``--embedded``); such figures are never compared
            with published ones.
        train: Number of training images, those held out for validation included.
        test: Number of test images.
        census: What their images and labels come to; None where they were not at hand, and in older records.
        source: Where data of the user's own came from, such as ``csv: houses.csv``; empty for others.
        code: SHA-256 of the Python file that made the data; empty where none did.
    """

    verified: bool
    stand_in: bool
    train: int
    test: int
    census: Census | None = None
    source: str = ""
    code: str = ""


class RunSpec(Frozen):
    """Everything that determines a run's result; the study and the variant are not part of it.

    Args:
        configuration: The resolved variant.
        seed: The root of every named stream.
        data: The images' identity.
        semantics: The version of the meaning of a configuration; it rises when the same configuration comes
            to mean another computation.
    """

    configuration: Configuration
    seed: int = Field(ge=0)
    data: DataIdentity
    semantics: int = SEMANTICS
    schema_: int = Field(default=SCHEMA, alias="schema", serialization_alias="schema")

    def to_json(self) -> str:
        """Return the specification as canonical JSON: sorted keys, no spaces."""
        return self._with(self.configuration.canonical)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: the run's identity."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @cached_property
    def trajectory(self) -> str:
        """The digest of all but epochs and early stopping; runs that share it are one trajectory."""
        if self.configuration.train is not None:  # what its function does may depend on these
            return self.digest
        return hashlib.sha256(self._with(self.configuration.canonical_without_end).encode()).hexdigest()

    def _with(self, configuration: str) -> str:
        """Return it with a configuration in canonical JSON, which comes first, and which many runs share."""
        others = canonical_json(self.model_dump(mode="json", by_alias=True, exclude={"configuration"}))
        return f'{{"configuration":{configuration},{others[1:]}'


EpochRow = Mapping[str, float]
"""One line of the history: ``epoch`` (from 1), then ``loss``, ``accuracy`` (``r2`` in a regression),
``data_loss``, ``penalty`` and, where examples are held out, ``val_loss``, ``val_accuracy``, ``val_data_loss``
and the metrics that the study names, such as ``val_f1_macro``."""


@dataclass(frozen=True)
class Result:
    """The result of a run.

    Args:
        status: How it ended.
        epochs: The number of epochs trained.
        kept_epoch: The epoch whose weights were kept and tested, counted from 1.
        test: ``accuracy`` in [0, 1], or ``r2``; ``loss`` and ``data_loss``; empty when it diverged or failed.
        parameters: The number of weights.
        summary: Keras's summary of the model.
        cause: Why it diverged or failed, in English.
        update_mode: How its epochs were computed: ``stepwise``, ``delayed`` or ``together``; empty where none
            was.
        final: Of an imported run: values that its source has at its end alone, by their names in a history.
        threads: How many threads it was trained on; the bits of its numbers depend on it.
        device: Where it was trained: ``cpu`` or ``gpu``; the bits depend on it too.
        together: How many seeds were trained in one computation, with the update mode ``together``.
    """

    status: Status
    epochs: int
    kept_epoch: int
    test: Mapping[str, float] = field(default_factory=dict[str, float])
    parameters: int = 0
    summary: str = ""
    cause: str = ""
    update_mode: str = ""
    final: Mapping[str, float] = field(default_factory=dict[str, float])
    threads: int = 1
    device: str = "cpu"
    together: int = 1

    @property
    def message(self) -> str:
        """The cause in the current language; that of a failure is stored in English and stays so."""
        return text("run.diverged", epoch=self.epochs) if self.status is Status.DIVERGED else self.cause


@dataclass(frozen=True)
class RunRecord:
    """Everything stored of a run, as it is read.

    Args:
        spec: Its specification.
        status: How it ended, or that it has not.
        history: One row for each epoch.
        result: Its result; None while it has none.
        seconds: Time of training and validation, without start-up and compilation.
        data: The images that it was trained on.
        folder: The folder with its files.
        digests: SHA-256 of its result and of the files that this stands for, by name; none before its end.
    """

    spec: RunSpec
    status: Status
    history: Sequence[EpochRow]
    result: Result | None
    seconds: float
    data: DataUsed
    folder: Path
    digests: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)

    @property
    def has_ended(self) -> bool:
        """Whether it was trained to its end and tested."""
        return self.status in ENDED

    @property
    def kept_row(self) -> EpochRow:
        """The history's row of the epoch whose weights were kept; empty where none was.

        With it stands what an imported run has a single value of.
        """
        epoch = self.result.kept_epoch if self.result else 0
        row = self.history[epoch - 1] if 0 < epoch <= len(self.history) else {}
        if row and row["epoch"] != epoch:
            row = next((each for each in self.history if each["epoch"] == epoch), {})
        return {**row, **self.result.final} if self.result and self.result.final else row

    @property
    def score(self) -> Metric:
        """What it is scored by: accuracy in [0, 1], or R² in a regression."""
        return self.spec.configuration.score

    @property
    def train_score(self) -> float | None:
        """The score of the kept epoch on the training examples, while weights moved; None if undefined."""
        return defined(self.kept_row, self.score.name)

    @property
    def validation_score(self) -> float | None:
        """The score of the kept weights on the examples held out; None where there are none, or undefined."""
        return defined(self.kept_row, self.score.val)

    @property
    def test_score(self) -> float | None:
        """The score on the test examples; None where it was not tested, or undefined."""
        return defined(self.result.test, self.score.name) if self.result else None


def defined(row: Mapping[str, float], name: str) -> float | None:
    """Return a number of a row; None where there is none, or NaN, as R² of a single example is.

    Args:
        row: Of a history, or of a result.
        name: The number's.

    Example:
        >>> defined({"val_r2": 0.5}, "val_r2"), defined({"val_r2": math.nan}, "val_r2")
        (0.5, None)
    """
    value = row.get(name)
    return None if value is None or math.isnan(value) else value
