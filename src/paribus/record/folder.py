"""One run's folder: what is written while it trains, and how it is read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from paribus.record import checkpoint, files
from paribus.record.checkpoint import Checkpoint
from paribus.record.run import SCHEMA, DataUsed, EpochRow, Result, RunRecord, RunSpec, Status

SPEC = "spec.json"
HISTORY = "history.jsonl"
TIMING = "timing.jsonl"
RESULT = "result.json"
WEIGHTS = "weights.safetensors"
PREDICTIONS = "predictions.safetensors"
ENVIRONMENT = "environment.json"


@dataclass(frozen=True)
class Timing:
    """Seconds an epoch took, without compilation.

    Args:
        epoch: Counted from 1.
        training: Its updates.
        validation: Scoring the held-out images after it.
    """

    epoch: int
    training: float
    validation: float


@dataclass(frozen=True)
class Trained:
    """What a run leaves behind besides its numbers.

    Args:
        weights: The kept weights by Keras path, such as ``hidden_1/kernel``.
        outputs: The network's outputs on the test images, float32, shape (num_test, units).
        labels: Their labels, uint8, shape (num_test,).
    """

    weights: Mapping[str, NDArray[Any]]
    outputs: NDArray[np.float32]
    labels: NDArray[np.uint8]


class RunFolder:
    """Where one run's files lie.

    Args:
        path: The folder; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def start(self, spec: RunSpec, environment: Mapping[str, object]) -> None:
        """Make the folder ready for training: what is asked, and where it is done."""
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / RESULT).unlink(missing_ok=True)
        files.write(self.path / SPEC, (spec.to_json() + "\n").encode())
        files.write_json(self.path / ENVIRONMENT, environment)

    def resume(self) -> tuple[Checkpoint | None, list[EpochRow]]:
        """The last good checkpoint with the epochs up to it; later lines, to be trained again, go."""
        found = checkpoint.load(self.path)
        epochs = found.epoch if found else 0
        files.keep_lines(self.path / HISTORY, epochs)
        files.keep_lines(self.path / TIMING, epochs)
        return found, self._history()

    def append(self, row: EpochRow, timing: Timing) -> None:
        """Add an epoch."""
        files.append_line(self.path / HISTORY, row)
        files.append_line(self.path / TIMING, asdict(timing))

    def save(self, state: Checkpoint) -> None:
        """Write a checkpoint."""
        checkpoint.save(self.path, state)

    def finish(self, result: Result, trained: Trained | None = None) -> None:
        """Write the run's end; its result comes last, and makes it count.

        A failed run keeps its checkpoint, from which another try goes on.

        Args:
            result: How it ended.
            trained: None when it diverged or failed.
        """
        if trained is not None:
            predictions = {"outputs": trained.outputs, "labels": trained.labels}
            files.write(self.path / WEIGHTS, checkpoint.encode(trained.weights))
            files.write(self.path / PREDICTIONS, checkpoint.encode(predictions))
        files.write_json(self.path / RESULT, {"schema": SCHEMA, **asdict(result)})
        if result.status is not Status.FAILED:
            checkpoint.remove(self.path)

    def epochs(self) -> int:
        """How many epochs the history has."""
        return len(files.read_lines(self.path / HISTORY))

    def result(self) -> Result | None:
        """How the run ended; None while it has not."""
        try:
            tree = files.read_json(self.path / RESULT)
        except (OSError, ValueError):
            return None
        tree.pop("schema", None)
        test = cast("dict[str, float | None]", tree.pop("test", {}))
        status = Status(cast("str", tree.pop("status")))
        return Result(status=status, test=_numbers(test), **cast("dict[str, Any]", tree))

    def spec(self) -> RunSpec | None:
        """What was asked; None where there is no run in the folder."""
        try:
            return RunSpec.model_validate_json((self.path / SPEC).read_bytes())
        except (OSError, ValueError):
            return None

    def read(self, data: DataUsed, *, live: bool = False) -> RunRecord | None:
        """Everything kept of the run; None where there is none.

        Args:
            data: The images it was made with.
            live: Whether a process is at work in the study's folder now.
        """
        spec = self.spec()
        if spec is None:
            return None
        result = self.result()
        unfinished = Status.RUNNING if live else Status.INTERRUPTED
        return RunRecord(
            spec=spec,
            status=result.status if result else unfinished,
            history=tuple(self._history()),
            result=result,
            seconds=self._seconds(),
            data=data,
            folder=self.path,
        )

    def predictions(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """The network's outputs on the test images, and their labels.

        Raises:
            OSError: The run has no predictions: it diverged, failed or has not ended.
        """
        tensors = checkpoint.decode((self.path / PREDICTIONS).read_bytes())
        return tensors["outputs"], tensors["labels"]

    def environment(self) -> dict[str, object]:
        """Versions, threads and processor the run was made with; empty where unknown."""
        try:
            return files.read_json(self.path / ENVIRONMENT)
        except (OSError, ValueError):
            return {}

    def _history(self) -> list[EpochRow]:
        rows = files.read_lines(self.path / HISTORY)
        return [_numbers(cast("dict[str, float | None]", row)) for row in rows]

    def _seconds(self) -> float:
        rows = cast("list[dict[str, float]]", files.read_lines(self.path / TIMING))
        return sum(row["training"] + row["validation"] for row in rows)


def _numbers(row: Mapping[str, float | None]) -> dict[str, float]:
    """A row as read from JSON, where null stands for a number that is not finite."""
    return {key: float("nan") if value is None else value for key, value in row.items()}
