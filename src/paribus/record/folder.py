"""One run's folder: its files, written while it trains and read afterwards."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.errors import StoreError
from paribus.record import checkpoint, files, probes, rows, sealed, spec_file
from paribus.record.checkpoint import Checkpoint
from paribus.record.end import RESULT, WEIGHTS, End, read_end, read_result
from paribus.record.history import History, parse
from paribus.record.probes import PROBES, Probe
from paribus.record.result import from_tree, to_tree
from paribus.record.run import DataUsed, EpochRow, Result, RunRecord, RunSpec, Status
from paribus.record.spec_file import SPEC
from paribus.study import reading
from paribus.texts import text

HISTORY = "history.jsonl"
TIMING = "timing.jsonl"
PREDICTIONS = "predictions.safetensors"
PREPARATION = "preparation.safetensors"
ENVIRONMENT = "environment.json"
_ALL = (HISTORY, PROBES, WEIGHTS, PREDICTIONS, PREPARATION)
"""The files that a result has the digests of, where they are there."""


@dataclass(frozen=True)
class Timing:
    """The seconds that an epoch took, without compilation.

    Args:
        epoch: Counted from 1.
        training: For its updates.
        validation: For scoring the held-out images after it.
    """

    epoch: int
    training: float
    validation: float


@dataclass(frozen=True)
class Trained:
    """What a trained run leaves besides its numbers.

    Args:
        weights: The kept weights by Keras path, such as ``hidden_1/kernel``.
        outputs: The network's outputs on the test images, float32, shape (num_test, units).
        labels: Their labels, uint8, shape (num_test,).
        preparation: What the training examples alone say of how inputs are prepared, so that new ones can be:
            ``shift`` and ``factor`` of the scaling, ``medians``, ``tokens``, ``target_shift``,
            ``target_factor``; those that the run has.
    """

    weights: Mapping[str, NDArray[Any]]
    outputs: NDArray[np.float32]
    labels: NDArray[np.uint8]
    preparation: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, "NDArray[Any]"])


class RunFolder:
    """The folder of one run; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def start(self, spec: RunSpec, environment: Mapping[str, object]) -> None:
        """Prepare the folder for training: write the specification and the environment.

        Raises:
            OSError: It cannot be written, the study's folder is gone, or a link leads out of it.
        """
        self.path.parent.mkdir(exist_ok=True)  # not the study's, which is gone where someone deleted it
        self.path.mkdir(exist_ok=True)
        files.refuse_links(self.path, self.path.parent)
        files.remove_leftovers(self.path)
        files.remove(self.path / RESULT)
        files.write(self.path / SPEC, (spec.to_json() + "\n").encode())
        self.write_environment(environment)

    def write_environment(self, environment: Mapping[str, object]) -> None:
        """Write what the run is trained in."""
        files.write_json(self.path / ENVIRONMENT, environment)

    def resume(self) -> tuple[Checkpoint | None, list[EpochRow]]:
        """Return the last undamaged checkpoint and the epochs up to it, and delete later lines."""
        found = checkpoint.load(
            self.path,
            partial(files.lines_digest, self.path / HISTORY),
            partial(files.lines_digest, self.path / PROBES),
        )
        epochs = found.epoch if found else 0
        files.keep_lines(self.path / HISTORY, epochs)
        files.keep_lines(self.path / TIMING, epochs)
        files.keep_lines(self.path / PROBES, found.probes if found else 0)
        return found, self.history()

    def append(self, row: EpochRow, timing: Timing, measured: Sequence[Probe] = ()) -> None:
        """Append an epoch and the probes measured since the one before it."""
        files.append_line(self.path / HISTORY, row)
        files.append_line(self.path / TIMING, asdict(timing))
        probes.append(self.path / PROBES, measured)

    def save(self, state: Checkpoint) -> None:
        """Flush the history and the probes, then write a checkpoint."""
        files.flush(self.path / HISTORY)
        files.flush(self.path / PROBES)
        state = replace(state, probes=files.count_lines(self.path / PROBES))
        history = files.lines_digest(self.path / HISTORY, state.epoch)
        measured = files.lines_digest(self.path / PROBES, state.probes)
        checkpoint.save(self.path, state, history, measured)

    def finish(self, result: Result, trained: Trained | None = None) -> None:
        """Write the run's end; its result is written last and makes it count.

        A failed run keeps its checkpoint, from which the next attempt resumes.

        Args:
            trained: None when it diverged or failed.
        """
        if trained is not None:
            predictions = {"outputs": trained.outputs, "labels": trained.labels}
            files.write(self.path / WEIGHTS, checkpoint.encode(trained.weights))
            files.write(self.path / PREDICTIONS, checkpoint.encode(predictions))
            if trained.preparation:
                files.write(self.path / PREPARATION, checkpoint.encode(trained.preparation))
        files.flush(self.path / HISTORY)
        files.flush(self.path / PROBES)
        files.refuse_links(self.path, self.path.parent)
        failed = result.status is Status.FAILED
        measured = (PROBES,) if (self.path / PROBES).exists() else ()
        prepared = (PREPARATION,) if trained and trained.preparation else ()
        kept = () if failed else (HISTORY, *measured, *((WEIGHTS, PREDICTIONS) if trained else ()), *prepared)
        sealed.write(self.path / RESULT, self._tree(result, kept))
        if not failed:
            self.tidy()

    def put(self, spec: RunSpec, history: Sequence[EpochRow], result: Result) -> None:
        """Write a run that ended elsewhere; its source has all of it, so nothing is flushed to the disk."""
        self.path.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{json.dumps(files.finite(row))}\n" for row in history)
        files.write(self.path / HISTORY, lines.encode(), durable=False)
        files.write(self.path / SPEC, (spec.to_json() + "\n").encode(), durable=False)
        sealed.write(self.path / RESULT, self._tree(result, (HISTORY,)), durable=False)

    def _tree(self, result: Result, kept: Sequence[str]) -> dict[str, object]:
        return to_tree(result, {name: files.digest(self.path / name) for name in kept})

    def tidy(self) -> None:
        """Delete temporary files and checkpoints, which an ended run no longer needs."""
        files.refuse_links(self.path, self.path.parent)
        files.remove_leftovers(self.path)
        checkpoint.remove(self.path)

    def epochs(self) -> int:
        """Return the number of epochs in the history."""
        return len(self.history())

    def history(self) -> list[EpochRow]:
        """Read the epochs so far, up to the first damaged one."""
        return [*parse(self._lines(HISTORY))]

    def last_seconds(self, count: int) -> list[float]:
        """Return the seconds of the last epochs; none where they are not known."""
        try:
            lines = reading.read_lines(self.path / TIMING)[-count:]
            return rows.epoch_seconds([reading.parse_object(line) for line in lines]) or []
        except (OSError, ValueError):
            return []

    def history_of(self, digest: str) -> History:
        """Read the epochs of an ended run, where they are still those that its result stands for.

        Raises:
            StoreError: They have changed.
        """
        content = self._lines(HISTORY)
        if content is None or hashlib.sha256(content).hexdigest() != digest:
            raise StoreError("run.damaged", file=self.path / HISTORY)
        return parse(content)

    def _lines(self, name: str) -> bytes | None:
        """Return the bytes of a file of lines; None where it cannot be read, or there is none."""
        try:
            return reading.read_bytes(self.path / name, reading.MAX_LINES)
        except (OSError, ValueError):
            return None

    def result(self) -> Result | None:
        """Return how the run ended; None while it has not.

        A damaged record counts as failed, with the damaged file as its cause; it is trained again.
        """
        return self._checked(read_end(self.path, (HISTORY, PROBES)))

    def checked_result(self) -> Result | None:
        """Return the same as `result` after checking the digest of every file, the weights included."""
        return self._checked(read_end(self.path, _ALL))

    def damaged(self) -> list[Path]:
        """Return the damaged files of the run, those of its checkpoints included."""
        end = read_end(self.path, _ALL)
        bad, spec = [*end.bad], self.path / SPEC
        if self.spec() is None:
            bad.append(spec)
        if end.tree is None:  # what is written just before the result tells that there was one
            bad += [self.path / RESULT for name in (WEIGHTS, PREDICTIONS) if (self.path / name).exists()]
        bad += [self.path / name for name, is_sound in self._unsealed() if not is_sound]
        for saved in checkpoint.generations(self.path):
            lines = {HISTORY: (saved.epoch, saved.history), PROBES: (saved.probes, saved.probes_digest)}
            for name, (count, digest) in lines.items():
                if digest not in {"", files.lines_digest(self.path / name, count)}:
                    bad.append(self.path / name)
        return [*dict.fromkeys(bad), *checkpoint.damaged(self.path)]

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of the files of an ended run; none before its end, or in schema 1."""
        return read_result(self.path).digests

    def _unsealed(self) -> Iterator[tuple[str, bool]]:
        """Yield the files without a digest of their own, and whether each can be read as what it is."""
        yield ENVIRONMENT, self._environment() is not None
        for name, is_sound in (
            (HISTORY, rows.is_history),
            (TIMING, rows.is_timing),
            (PROBES, probes.are_sound),
        ):
            try:
                yield name, is_sound(files.read_lines(self.path / name))
            except (OSError, ValueError):
                yield name, False

    def is_sealed(self) -> bool:
        """Return whether damage would be noticed: results of schema 1 have no digests."""
        tree = read_result(self.path).tree
        return tree is None or "files" in tree

    def spec(self) -> RunSpec | None:
        """Read the specification; return None where there is none, or a damaged one."""
        return spec_file.read(self.path)

    def seed(self) -> int | None:
        """Read the seed of the specification; return None where there is none, or a damaged one."""
        return spec_file.seed(self.path)

    def read(self, spec: RunSpec, data: DataUsed, *, live: bool = False) -> RunRecord | None:
        """Read everything that is stored of a run; return None where there is nothing.

        Args:
            live: Whether a process is at work in the study's folder now.
        """
        content = self._lines(HISTORY)
        known = {} if content is None else {HISTORY: hashlib.sha256(content).hexdigest()}
        end = read_end(self.path, (HISTORY, PROBES), spec, known)
        if end.tree is None and not end.bad and not (self.path / SPEC).exists():
            return None
        history = History() if self.path / HISTORY in end.bad else parse(content)
        result = self._checked(end)
        unfinished = Status.RUNNING if live else Status.INTERRUPTED
        return RunRecord(
            spec=spec,
            status=result.status if result else unfinished,
            history=history,
            result=result,
            seconds=math.nan if spec.configuration.is_imported else self.seconds(),
            data=data,
            folder=self.path,
            digests={RESULT: end.sha256, **end.digests} if end.tree is not None else {},
        )

    def seconds(self) -> float:
        """Return the seconds of training and validation of all epochs so far; NaN where not known."""
        try:
            seconds = self.epoch_seconds()
        except OSError:
            seconds = None
        return float("nan") if seconds is None else sum(seconds)

    def epoch_seconds(self) -> list[float] | None:
        """Return the seconds of each epoch so far, training and validation; None where they are not known."""
        try:
            return rows.epoch_seconds(files.read_lines(self.path / TIMING))
        except (OSError, ValueError):
            return None

    def predictions(self, digest: str = "") -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Read the network's outputs on the test images and their labels.

        Args:
            digest: The file's SHA-256, where a record has it; else it is read from the result.

        Raises:
            OSError: The run has no predictions: it diverged, failed or has not ended.
            StoreError: The file is damaged.
        """
        tensors = self._tensors(PREDICTIONS, digest)
        nothing = np.empty(0)
        outputs, labels = (tensors.get(name, nothing) for name in ("outputs", "labels"))
        if outputs.ndim != 2 or not labels.ndim or len(outputs) != len(labels):
            raise StoreError("run.damaged", file=self.path / PREDICTIONS)
        return outputs, labels

    def weights(self) -> dict[str, NDArray[Any]]:
        """Read the kept weights by Keras path; of a training of the user's own the arrays of its state.

        Raises:
            OSError: The run has none: it diverged, failed or has not ended.
            StoreError: The file is damaged.
        """
        return self._tensors(WEIGHTS)

    def preparation(self) -> dict[str, NDArray[Any]]:
        """Read how inputs were prepared, as `Trained.preparation` has it; empty where nothing was kept.

        Raises:
            StoreError: The file is damaged.
        """
        try:
            return self._tensors(PREPARATION)
        except FileNotFoundError:
            return {}

    def _tensors(self, name: str, digest: str = "") -> dict[str, NDArray[Any]]:
        path = self.path / name
        try:
            with reading.open_file(path, reading.MAX_TENSORS) as file:
                is_whole = reading.has_all_tensors(file)
                content = file.read() if is_whole else b""
            kept = digest or read_result(self.path).digests.get(name)
            if not is_whole or kept not in (None, hashlib.sha256(content).hexdigest()):
                raise StoreError("run.damaged", file=path)
            return checkpoint.decode(content)
        except ValueError as error:
            raise StoreError("run.damaged", file=path) from error

    def environment(self) -> dict[str, object]:
        """Read the environment that the run was trained in; empty where unknown."""
        return self._environment() or {}

    def _environment(self) -> dict[str, object] | None:
        """Read the environment; None where the file is damaged."""
        try:
            found = files.read_json(self.path / ENVIRONMENT)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            return None
        is_sound = all(isinstance(found.get(key, {}), dict) for key in ("versions", "flags"))
        return found if is_sound else None

    def _checked(self, end: End) -> Result | None:
        if end.bad:
            epochs = 0 if self.path / HISTORY in end.bad else len(self.history())
            cause = text("run.damaged-record", files=", ".join(path.name for path in end.bad))
            return Result(Status.FAILED, epochs, epochs, cause=cause)
        return None if end.tree is None else from_tree(end.tree)


def test_examples(record: RunRecord) -> int:
    """Return how many examples a run was tested on; 0 where that is not known.

    A function of the user's own says so by its labels.
    """
    if record.data.test or record.spec.configuration.train is None:
        return record.data.test
    try:
        return len(RunFolder(record.folder).predictions()[1])
    except (OSError, StoreError):
        return 0
