"""What a training function is handed: its epochs, its log, its test, its seeds and its data."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from paribus.custom import state as states
from paribus.custom.device import device_of
from paribus.custom.values import Tested, as_number, tested
from paribus.data.dataset import Dataset
from paribus.data.split import random_rows, split_of
from paribus.errors import RunError
from paribus.record.checkpoint import Checkpoint, Pace
from paribus.record.early_stopping import Stopper
from paribus.record.folder import Timing, Trained
from paribus.record.probes import Probe
from paribus.record.run import EpochRow, Result, RunSpec, Status
from paribus.record.sink import Sink
from paribus.study.datasets import DataFacts, Input, places
from paribus.study.seeds import named_seed
from paribus.texts import language, text

_STATE, _BEST, _RANDOM, _STEPS = "state/", "best/", "random/", "steps/"

_MOST_KEPT = 2**28
"""Bytes of a state that are kept with a run."""


@dataclass(frozen=True)
class Arrays:
    """The study's data, as a run has them: those held out are drawn by its seed, alike in every variant.

    Args:
        x_train: Inputs to train on, as they are in the data: an array, or a dict of arrays by name where
            examples have several inputs.
        y_train: Their labels or targets.
        x_val: Inputs held out, as those to train on.
        y_val: Their labels or targets.
        x_test: Inputs of the test, as those to train on.
        y_test: Their labels or targets.
        weight_train: How much each of those counts, shape (examples,); None where all count alike.
    """

    x_train: Any
    y_train: NDArray[Any]
    x_val: Any
    y_val: NDArray[Any]
    x_test: Any
    y_test: NDArray[Any]
    weight_train: NDArray[Any] | None = None


class Watcher(Protocol):
    """Measures something of a network while a function trains it."""

    steps: int
    """How many updates were made."""

    def taken(self, *, is_last: bool) -> list[Probe]:
        """Return what was measured since the last epoch ended.

        Args:
            is_last: Whether the training ends with this epoch, as far as is known.
        """
        ...

    def resume(self, epochs: int, steps: int) -> None:
        """Go on counting where an interrupted run has been."""
        ...


class Run:
    """One run of a training function.

    Args:
        spec: Its specification.
        dataset: The study's data; None where it has none.
        folder: Where the function may keep files of its own.
        sink: Stores what the run leaves.
        resumed: The checkpoint from which it goes on, and the epochs up to it.
    """

    def __init__(
        self,
        spec: RunSpec,
        dataset: Dataset | None,
        folder: Path,
        sink: Sink,
        resumed: tuple[Checkpoint | None, Sequence[EpochRow]] = (None, ()),
    ) -> None:
        self._spec, self._dataset, self._folder, self._sink = spec, dataset, folder, sink
        self._checkpoint, self._history = resumed
        stopping = spec.configuration.early_stopping
        self._stopper = Stopper(stopping) if stopping else None
        self._restores = stopping is not None and stopping.restore_best_weights
        self._state: object = None
        self._best: states.Arrays = {}
        self._is_in_loop = self._has_looped = False
        self._epoch = self._logged = 0
        self._most: int | None = None
        self._status: Status | None = None
        self._tested: Tested | None = None
        self._pace = Pace()
        self._since = time.perf_counter()
        self._process = os.getpid()
        self._watchers: list[Watcher] = []
        self.examples: tuple[int, int] | None = None
        """How many examples are trained on and held out, as far as `paribus` knows."""
        self.threads = 1
        """On how many threads to train; ``OMP_NUM_THREADS`` has the same number, which PyTorch reads."""
        self.wanted_device = "cpu"
        """Where the study's runs are to be trained, unless its settings say otherwise."""

    @property
    def should_stop(self) -> bool:
        """Whether the study's early stopping, or a loss that is not finite, has ended the training."""
        return self._status is not None

    @property
    def device(self) -> str:
        """Where to train, as PyTorch names it: ``cpu``; ``cuda`` or ``mps`` where the study asks for a GPU.

        Raises:
            RunError: There is no such device.
        """
        own = self._spec.configuration.train
        return device_of(str((own.settings if own else {}).get("device", self.wanted_device)))

    @property
    def folder(self) -> Path:
        """A folder for files of the function's own; it is kept with the run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @cached_property
    def data(self) -> Arrays:
        """The study's ``data``, with the examples held out that every variant holds out at this seed.

        Raises:
            RunError: The study names no data.
        """
        if self._dataset is None:
            raise RunError("run.train-no-data")
        splits = split_of(self._dataset, self._spec.configuration, self._spec.seed)
        self.examples = len(splits.train), len(splits.validation)
        data, inputs = splits.dataset, self._spec.configuration.facts.inputs
        weights = None if data.weights is None else data.weights[: len(data.x_train)][splits.train]
        return Arrays(
            _by_input(data.x_train[splits.train], inputs),
            data.y_train[splits.train],
            _by_input(data.x_train[splits.validation], inputs),
            data.y_train[splits.validation],
            _by_input(data.x_test, inputs),
            data.y_test,
            weights,
        )

    @property
    def facts(self) -> DataFacts:
        """What is known of the data: the task, the classes, the names of columns."""
        return self._spec.configuration.facts

    def add_watcher(self, watcher: Watcher) -> None:
        """Take in what measures the network; before `epochs`."""
        self._watchers.append(watcher)

    def seed(self, *names: str | int) -> int:
        """Return the seed of one kind of draw, in [0, 2**31): the same in every variant at one seed.

        Args:
            names: What is drawn, such as ``"order", epoch`` or ``"dropout"``.
        """
        return named_seed(self._spec.seed, *names)

    def paired_split(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of `count` examples are trained on and which are held out, alike in every variant.

        The share held out is the study's ``validation``.
        """
        held_out = math.ceil(self._spec.configuration.validation * count)
        self.examples = count - held_out, held_out
        return random_rows(count, held_out, self._spec.seed)

    def epochs(self, count: int | None = None, state: object = None) -> Iterator[int]:
        """Yield the numbers of the epochs, from 1 or the one after the last checkpoint, to the run's end.

        Each epoch calls `log` once. The loop ends early where the study's early stopping says so, or where a
        loss is not finite.

        Args:
            count: Most epochs; None for the study's ``epochs``.
            state: What training changes, to be saved and put back, see `paribus.custom.state.capture`; where
                it is None an interrupted run begins anew.

        Raises:
            RunError: It is called twice, an epoch is not logged, or the state cannot be saved.
        """
        if self._has_looped or self._logged:
            raise RunError("run.train-epochs-twice")
        if self._restores and state is None:
            raise RunError("run.train-best-without-state")
        self._most = most = self._spec.configuration.epochs if count is None else _whole(count)
        self._has_looped = self._is_in_loop = True
        self._state = state
        if state is not None:
            states.capture(state)  # what cannot be saved is said now, not after the first minutes
            self._resume()
        while self._epoch < most and self._status is None:
            self._epoch += 1
            self._since = time.perf_counter()
            yield self._epoch
            if self._logged < self._epoch:
                raise RunError("run.train-not-logged", epoch=self._epoch)
            self._keep_best()
            if self._epoch < most and self._status is None:
                self._save()
        self._leave()

    def log(self, **metrics: object) -> None:
        """Record an epoch: its ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` and whatever else.

        Without `epochs`, each call is an epoch.

        Args:
            metrics: Numbers, or arrays of one; accuracies are shares from 0 to 1.

        Raises:
            RunError: A value is no number, the epoch was logged already, or the run has ended.
        """
        self._check_process()
        row = {name: as_number(name, value) for name, value in metrics.items()}
        if not row or "epoch" in row:
            raise RunError("run.train-log-names")
        if self._tested is not None:
            raise RunError("run.train-log-after-test")
        if self._is_in_loop and self._logged == self._epoch:
            raise RunError("run.train-logged-twice", epoch=self._epoch)
        if not self._is_in_loop:
            if self._status is not None or self._has_looped:
                raise RunError("run.train-log-after-end")
            self._epoch += 1
        self._logged = self._epoch
        now = time.perf_counter()
        self._observe({"epoch": self._epoch, **row})
        timing = Timing(self._epoch, now - self._since, 0.0)
        is_last = self._status is not None or self._epoch == self._most
        probes = [probe for watcher in self._watchers for probe in watcher.taken(is_last=is_last)]
        self._sink.epoch(self._spec, {"epoch": self._epoch, **row}, timing, probes)
        self._since = time.perf_counter()
        self._pace.spent(timing.training)

    def test(self, labels: object = None, outputs: object = None, **metrics: object) -> Mapping[str, float]:
        """Record the test, once, at the end, and return its metrics.

        A run whose loss was not finite has diverged: nothing is recorded of its outputs.

        Args:
            labels: Of the test examples: classes from 0, one-hot rows, zeros and ones of several labels, or
                targets.
            outputs: Of the network for them, shape (examples, units): probabilities, or targets.
            metrics: Where outputs are not at hand the score, ``accuracy`` or ``r2``; and others.

        Raises:
            RunError: It is called twice, neither outputs nor the score is given, or they do not fit.
        """
        self._check_process()
        if self._tested is not None:
            raise RunError("run.train-test-twice")
        self._keep_best()
        self._leave()
        if self._status is Status.DIVERGED:
            return {}
        numbers = {name: as_number(name, value) for name, value in metrics.items()}
        configuration = self._spec.configuration
        self._tested = tested(labels, outputs, numbers, configuration.facts.task, configuration.score.name)
        return self._tested.metrics

    def finish(self) -> None:
        """Record how the run ended, once its function has returned.

        Raises:
            RunError: The function logged no epoch, or has not tested.
        """
        if not self._logged:
            raise RunError("run.train-no-epoch")
        if self._status is Status.DIVERGED:
            with language("en"):
                cause = text("run.diverged", epoch=self._logged)
            self._sink.end(self._spec, Result(Status.DIVERGED, self._logged, self._logged, cause=cause), None)
            return
        if self._tested is None:
            raise RunError("run.train-no-test")
        best = self._stopper.best_epoch if self._restores and self._stopper else None
        result = Result(
            self._status or Status.FINISHED, self._logged, best or self._logged, self._tested.metrics
        )
        outputs, labels = self._tested.outputs, self._tested.labels
        trained = None if outputs is None or labels is None else Trained(self._kept(), outputs, labels)
        self._sink.end(self._spec, result, trained)

    def _kept(self) -> states.Arrays:
        """Return the arrays of the state that was tested, unless they are too large to be kept."""
        arrays = {} if self._state is None else states.named_arrays(self._state)
        return arrays if sum(each.nbytes for each in arrays.values()) <= _MOST_KEPT else {}

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise RunError("run.train-other-process")

    def _observe(self, row: EpochRow) -> None:
        epoch = int(row["epoch"])
        if not all(math.isfinite(row[name]) for name in ("loss", "val_loss") if name in row):
            self._status = Status.DIVERGED
        elif self._stopper is not None:
            monitor = self._stopper.settings.monitor
            if monitor not in row:
                raise RunError("run.train-no-monitor", monitor=monitor)
            if self._stopper.observe(epoch, row):
                self._status = Status.EARLY_STOPPED

    def _resume(self) -> None:
        """Go on from the checkpoint, where there is one."""
        if self._checkpoint is None:
            return
        for row in self._history:
            self._observe(row)
        tensors = self._checkpoint.tensors
        self._best = _part(tensors, _BEST)
        states.restore(self._state, _part(tensors, _STATE))
        states.restore_randomness(_part(tensors, _RANDOM))
        self._epoch = self._logged = self._checkpoint.epoch
        steps = _part(tensors, _STEPS)
        for number, watcher in enumerate(self._watchers):
            watcher.resume(self._epoch, int(steps[str(number)]))

    def _keep_best(self) -> None:
        """Keep the state of the epoch that early stopping would restore, in memory."""
        is_best = self._stopper is not None and self._stopper.best_epoch == self._logged
        if self._is_in_loop and self._restores and is_best:
            self._best = states.capture(self._state)

    def _save(self) -> None:
        """Save a checkpoint, unless saving so often would take a noticeable part of the time."""
        if self._state is None or not self._pace.is_due:
            return
        with self._pace.saving():
            parts = {_STATE: states.capture(self._state), _BEST: self._best}
            parts[_RANDOM] = states.capture_randomness()
            parts[_STEPS] = {str(n): np.array(each.steps) for n, each in enumerate(self._watchers)}
            tensors = {f"{part}{name}": each for part, held in parts.items() for name, each in held.items()}
            self._sink.checkpoint(self._spec, Checkpoint(self._epoch, tensors))

    def _leave(self) -> None:
        """End the loop: what is tested is the state that early stopping restores."""
        if self._is_in_loop and self._best and self._status is not Status.DIVERGED:
            states.restore(self._state, self._best)
        self._is_in_loop = False


def _part(tensors: Mapping[str, NDArray[Any]], prefix: str) -> states.Arrays:
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}


def _by_input(rows: NDArray[Any], inputs: Sequence[Input]) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return the several inputs of examples, of the row of numbers in which they are kept; else the array."""
    if not inputs:
        return rows
    kinds = {"pixels": np.uint8, "tokens": np.int32}
    return {
        each.name: rows[:, place].reshape(-1, *each.shape).astype(kinds.get(each.values, rows.dtype))
        for each, place in zip(inputs, places(inputs).values(), strict=True)
    }


def _whole(count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise RunError("run.train-epochs-count", given=repr(count))
    return int(count)
