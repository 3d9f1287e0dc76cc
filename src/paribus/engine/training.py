"""The training loop: epochs, early stopping, checkpoints, and one test at the end."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.data.split import split_of
from paribus.data.training_labels import epoch_rows, example_weights, training_labels
from paribus.engine.augmentation import augmentation_seeds
from paribus.engine.device_images import DeviceImages
from paribus.engine.ending import EndingRun
from paribus.engine.onlookers import Onlookers
from paribus.engine.probes import sample_rows
from paribus.engine.program import Program
from paribus.engine.scaling import filled, scaling, target_scaling, tokenized
from paribus.engine.scoring import Scores
from paribus.engine.stepwise import State, Steps
from paribus.engine.tensors import from_tensors, part_of, saved_state, tensors_of, weights_of
from paribus.record import metrics
from paribus.record.checkpoint import Checkpoint, Pace
from paribus.record.folder import Timing, Trained
from paribus.record.plateau import Plateau
from paribus.record.probes import Probe
from paribus.record.run import EpochRow, Result, RunSpec, Status
from paribus.record.sink import Sink
from paribus.study.configuration import Configuration
from paribus.study.seeds import named_seed
from paribus.texts import language, text

Resident = dict[int, tuple[NDArray[Any], jax.Array]]
"""Inputs and where they lie on the device, by the identity of the first: seeds share what is the same."""


@dataclass(frozen=True)
class Resumed:
    """Where an interrupted run is resumed.

    Args:
        checkpoint: Its newest checkpoint.
        history: The epochs up to the checkpoint.
    """

    checkpoint: Checkpoint
    history: Sequence[EpochRow]


def train(
    specs: Sequence[RunSpec],
    dataset: Dataset,
    sink: Sink,
    *,
    program: Program | None = None,
    resumed: Mapping[str, Resumed] | None = None,
    until: int | None = None,
) -> None:
    """Train one trajectory, and end each of its runs by the run's own rule.

    Runs that differ only in `epochs` and `early_stopping` make the same updates in the same order, so they
    are trained together.

    Args:
        specs: The runs; at least one, all of one trajectory.
        dataset: The images; their digest is that of the specifications.
        sink: Stores the epochs, checkpoints and results.
        program: Compiled functions of the configuration, to reuse.
        resumed: Where each run is resumed, by its digest, all at one epoch; None starts anew.
        until: The epoch after which runs pause that have not ended, with a checkpoint; None for none.

    Raises:
        ValueError: The runs are not one trajectory on these images, or not resumed at one epoch.
    """
    resumed = resumed or {}
    epochs_behind = {resumed[s.digest].checkpoint.epoch if s.digest in resumed else 0 for s in specs}
    if len({s.trajectory for s in specs}) != 1 or len(epochs_behind) != 1:
        raise ValueError("the runs are not one trajectory at one epoch")
    if specs[0].data.sha256 != dataset.sha256:
        raise ValueError("the images are not those of the specification")
    Trajectory(specs, dataset, sink, program, until=until).run(resumed, epochs_behind.pop())


class Trajectory:
    """The runs of one trajectory while they train.

    Args:
        specs: The runs.
        dataset: The images.
        sink: Stores epochs, checkpoints and results.
        program: Compiled functions of the configuration, to reuse.
        resident: What lies on the device of the seeds that it is trained with; None of one trained alone.
        until: The epoch after which runs pause that have not ended; None for none.

    Attributes:
        together: How many seeds are trained in one computation.
    """

    def __init__(
        self,
        specs: Sequence[RunSpec],
        dataset: Dataset,
        sink: Sink,
        program: Program | None,
        resident: Resident | None = None,
        until: int | None = None,
    ) -> None:
        self.together, self.is_together = 1, resident is not None
        self._resident: Resident = {} if resident is None else resident
        configuration, self.seed = specs[0].configuration, specs[0].seed
        self.splits = split_of(dataset, configuration, self.seed)
        dataset = self.splits.dataset
        self.runs = [EndingRun(spec) for spec in specs]
        self.until = until
        self.dataset = dataset
        self.sink = sink
        self.configuration = configuration
        self.program = program or Program(configuration, dataset.x_train.shape[1:])
        inputs = configuration.facts.inputs
        x_train, self.x_test, by = tokenized(self.splits, configuration) or filled(self.splits, inputs=inputs)
        self.splits = replace(self.splits, dataset=replace(dataset, x_train=x_train, x_test=self.x_test))
        facts = configuration.facts
        self.shift, self.factor = scaling(
            configuration.scale, self.splits, facts.numeric, inputs=facts.inputs
        )
        self.labels = training_labels(self.splits, configuration, self.seed)
        self.target_shift, self.target_factor = target_scaling(
            configuration.target_scale, self.labels[self.splits.train]
        )
        self.preparation = {**by, **self._scalings()}
        weights = example_weights(self.labels, self.splits.train, configuration, dataset.weights)
        rows = sample_rows(self.splits.train)
        beside = dataset.beside
        self.beside = None if beside is None else beside[: len(x_train)]
        self.beside_test = None if beside is None else beside[len(x_train) :]
        self.images = self._on_device(x_train, self.labels, weights, self.beside)
        self.sample = self._on_device(
            x_train[rows],
            self.labels[rows],
            *(None if each is None else each[rows] for each in (weights, self.beside)),
        )
        if configuration.augment:
            seeds = augmentation_seeds(configuration.augment, self.seed)
            self.images = self.images._replace(seeds=jnp.asarray(seeds))
        self.score = self.program.objective.score
        targets = self.labels[self.splits.train] if self.score == "r2" else np.zeros((1, 1))
        self.variance = metrics.variance(targets.astype(np.float64)) / self.target_factor**2
        self.batch_size = configuration.batch_size
        self.examples = len(self.order(1))
        self.steps = math.ceil(self.examples / self.batch_size)
        self.plateau = _plateau(configuration)
        self.pace = Pace()
        self.onlookers = Onlookers(self.program, self.seed, self.steps)

    def begin(self, resumed: Mapping[str, Resumed], epoch: int) -> State:
        """Return the state after an epoch, 0 for none; runs that had ended there end."""
        if epoch:
            state = saved_state(resumed[self.runs[0].spec.digest].checkpoint.tensors)
            self._look_again(resumed[self.runs[0].spec.digest].history)
        else:
            state = self.program.initial(self.seed)
        ended: list[tuple[EndingRun, Status]] = []
        for run in self.runs:
            for row in resumed[run.spec.digest].history if epoch else ():
                if status := run.observe(row):
                    ended.append((run, status))
            if epoch and run.restores:
                run.best = part_of(resumed[run.spec.digest].checkpoint.tensors, "best/")
        self._end(ended, state, epoch)
        return state

    def run(self, resumed: Mapping[str, Resumed], epoch: int) -> None:
        """Train from an epoch on, 0 for the start, until every run has ended."""
        state = self.begin(resumed, epoch)
        if self.is_paused(epoch):
            return
        if self.runs:
            self.program.prepare(state, self.images, self.order(epoch + 1))
            self._warm_up(state)
        probes = self.early_probes(state) if self.runs and not epoch else []
        self.onlookers.begin(state)
        while self.runs and not self.is_paused(epoch):
            epoch += 1
            self.onlookers.begin_epoch(epoch)
            state, row, timing = self._epoch(state, epoch)
            probes.append(self.program.probes.probe(state, self.sample, epoch=epoch, step=epoch * self.steps))
            state = self.record(state, row, timing, probes)
            probes = []
            self._checkpoint(state, epoch, timing.training + timing.validation)
        self.onlookers.end(state)

    def is_paused(self, epoch: int) -> bool:
        """Return whether runs wait here for what is decided elsewhere."""
        return self.until is not None and epoch >= self.until

    def record(self, state: State, row: EpochRow, timing: Timing, probes: Sequence[Probe]) -> State:
        """Store an epoch, end the runs that end with it, and return the state with the next learning rate."""
        ended: list[tuple[EndingRun, Status]] = []
        for run in self.runs:
            self.sink.epoch(run.spec, row, timing, probes)
            if status := run.observe(row):
                ended.append((run, status))
            if run.is_best(timing.epoch):
                run.best = weights_of(state)
        self.onlookers.look(timing.epoch, state, row)
        state = self._reduced(state, row)
        self._end(ended, state, timing.epoch)
        return state

    def _look_again(self, history: Sequence[EpochRow]) -> None:
        """Take in the epochs before a checkpoint, whose tensors have the learning rate already."""
        if self.plateau is not None:
            for row in history:
                self.plateau.observe(row)

    def _reduced(self, state: State, row: EpochRow) -> State:
        """Return the state with the learning rate of the next epoch."""
        if self.plateau is None or not self.plateau.observe(row):
            return state
        return self.program.with_rate(state, self.plateau.rate)

    def early_probes(self, state: State) -> list[Probe]:
        """Measure at initialization and after the first updates."""
        return self.program.probes.early(state, self.images, self.order(1), self.sample)

    def _epoch(self, state: State, epoch: int) -> tuple[State, EpochRow, Timing]:
        start = time.perf_counter()
        state, steps = self.program.epoch(state, self.images, self.order(epoch))
        means = self._means(steps)
        trained = time.perf_counter()
        has_held_out = len(self.splits.validation) > 0
        scores = self.program.evaluate(state, self.images, self.splits.validation) if has_held_out else None
        row = self._row(epoch, means, scores)
        return state, row, Timing(epoch, trained - start, time.perf_counter() - trained)

    def row(self, epoch: int, steps: Steps, scores: Scores | None) -> dict[str, float]:
        """Return an epoch's line of the history; `scores` are of what is held out, None where nothing is."""
        return self._row(epoch, self._means(steps), scores)

    def _row(self, epoch: int, means: Mapping[str, float], scores: Scores | None) -> dict[str, float]:
        row = {"epoch": epoch, **means}
        if self.plateau is not None:
            row["learning_rate"] = self.plateau.rate
        if scores is not None:
            row["val_loss"] = scores.loss
            row[f"val_{self.score}"] = scores.score
            row["val_data_loss"] = scores.data_loss
            row |= {f"val_{name}": value for name, value in scores.beside.items()}
            row |= self._measured(scores.outputs)
        return row

    def _measured(self, outputs: NDArray[Any]) -> dict[str, float]:
        """Return the metrics that the study names, of outputs on the examples held out."""
        configuration, labels = self.program.configuration, self.dataset.y_train[self.splits.validation]
        given, task = self._in_own_unit(outputs), configuration.facts.task
        found = {name: metrics.value(name, given, labels, task) for name in configuration.metrics}
        known = {f"val_{name}": math.nan if value is None else value for name, value in found.items()}
        own = self._own_measured(labels, given)
        return known | {f"val_{name}": value for name, value in own.items()}

    def _own_measured(self, labels: NDArray[Any], outputs: NDArray[Any]) -> dict[str, float]:
        """Return the metrics of the user's own."""
        return {each.own.name: each.value(labels, outputs) for each in self.program.own.metrics}

    def _scalings(self) -> dict[str, NDArray[Any]]:
        """Return the scalings that the training examples have decided, which no configuration says."""
        found: dict[str, NDArray[Any]] = {}
        scale = self.configuration.scale
        if any(
            each not in ("none", "unit") for each in (scale.values() if isinstance(scale, dict) else [scale])
        ):
            found |= {"shift": np.asarray(self.shift), "factor": np.asarray(self.factor)}
        if self.configuration.target_scale != "none":
            found |= {"target_shift": self.target_shift, "target_factor": self.target_factor}
        return found

    def _in_own_unit(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return outputs as numbers of the targets' unit."""
        if self.program.configuration.target_scale == "none":
            return outputs
        return (outputs * self.target_factor + self.target_shift).astype(np.float32)

    def _end(self, ended: Sequence[tuple[EndingRun, Status]], state: State, epoch: int) -> None:
        for run, status in ended:
            self.runs.remove(run)
            facts = self.program.facts
            parameters, summary = facts.parameters, facts.summary
            mode = self._mode
            if status is Status.DIVERGED:
                with language("en"):
                    cause = text("run.diverged", epoch=epoch)
                result = Result(status, epoch, epoch, {}, parameters, summary, cause, mode)
                self.sink.end(run.spec, replace(result, together=self.together), None)
                continue
            restored = bool(run.best)
            kept = from_tensors(state, run.best) if restored else self.program.finalize(state)
            kept_epoch = run.stopper.best_epoch if restored and run.stopper else epoch
            images = self._on_device(self.x_test, self.dataset.y_test, beside=self.beside_test)
            scores = self.program.evaluate(kept, images, np.arange(len(self.x_test)))
            test = {
                self.score: scores.score,
                "loss": scores.loss,
                "data_loss": scores.data_loss,
                **scores.beside,
            }
            outputs = self._in_own_unit(scores.outputs)
            test |= self._own_measured(self.dataset.y_test, outputs)
            values = [*kept.trainable, *kept.non_trainable]
            weights = {
                path: np.asarray(value)
                for path, value in zip(facts.paths, values, strict=True)
                if path is not None
            }
            result = Result(status, epoch, kept_epoch or epoch, test, parameters, summary, update_mode=mode)
            trained = Trained(weights, outputs, self.dataset.y_test, self.preparation)
            self.sink.end(run.spec, replace(result, together=self.together), trained)

    def _checkpoint(self, state: State, epoch: int, seconds: float) -> None:
        """Save a checkpoint of every run, unless saving so often would take a noticeable part of the time."""
        self.pace.spent(seconds)
        if not self.runs or not (self.pace.is_due or self.is_paused(epoch)):
            return
        with self.pace.saving():
            self.save(state, epoch)

    def save(self, state: State, epoch: int) -> None:
        """Save a checkpoint of every run that has not ended."""
        tensors = tensors_of(state)
        for run in self.runs:
            best = {f"best/{name}": array for name, array in run.best.items()}
            self.sink.checkpoint(run.spec, Checkpoint(epoch, {**tensors, **best}, self._mode))

    @property
    def _mode(self) -> str:
        return "together" if self.is_together else self.program.update_mode

    def _warm_up(self, state: State) -> None:
        """Compile the scoring of the held-out images, so that no epoch's time contains it."""
        if len(self.splits.validation):
            self.program.prepare_scores(state, self.images, self.splits.validation)

    def order(self, epoch: int) -> NDArray[np.int32]:
        """Return the rows of an epoch, in their order."""
        draw = np.random.default_rng(named_seed(self.seed, "order", epoch))
        rows = epoch_rows(self.labels, self.splits.train, self.configuration, seed=self.seed, epoch=epoch)
        return draw.permutation(rows).astype(np.int32)

    def _means(self, steps: Steps) -> dict[str, float]:
        """Return the training figures of an epoch: means over its examples, the short last batch included."""
        count = self.examples
        sizes = np.full(len(steps.data_loss), self.batch_size)
        sizes[-1] = count - self.batch_size * (len(sizes) - 1)
        data_loss = float(np.average(np.asarray(steps.data_loss, np.float64), weights=sizes))
        penalty = float(np.average(np.asarray(steps.penalty, np.float64), weights=sizes))
        seen = np.asarray(steps.seen).sum(axis=0) / count
        if self.score == "r2":
            seen = metrics.r2(seen, self.variance)
        heads = self.program.heads
        means = np.asarray(steps.beside, np.float64).reshape(len(sizes), -1)
        means = np.average(means, axis=0, weights=sizes)
        trained = None if self.beside is None else self.beside[self.splits.train]
        return {
            "loss": heads.total(data_loss, means) + penalty,
            self.score: float(seen),
            "data_loss": data_loss,
            "penalty": penalty,
            **({} if trained is None else heads.named(means, trained)),
        }

    def _on_device(
        self,
        inputs: NDArray[Any],
        labels: NDArray[Any],
        weights: NDArray[Any] | None = None,
        beside: NDArray[Any] | None = None,
    ) -> DeviceImages:
        is_class = self.program.configuration.facts.task == "classification"
        if self.program.configuration.target_scale != "none":
            labels = (labels - self.target_shift) / self.target_factor
        kept = labels.astype(np.int32 if is_class else np.float32)
        weighed, others = (None if each is None else jnp.asarray(each) for each in (weights, beside))
        # A map is not copied: all workers share its pages, and large data need no memory.
        if id(inputs) not in self._resident:
            self._resident[id(inputs)] = inputs, jax.device_put(inputs, may_alias=True)
        pixels = self._resident[id(inputs)][1]
        return DeviceImages(pixels, jnp.asarray(kept), self.shift, self.factor, weighed, beside=others)


def _plateau(configuration: Configuration) -> Plateau | None:
    settings, rate = configuration.reduce_on_plateau, configuration.optimizer.arguments.get("learning_rate")
    return Plateau(settings, float(str(rate))) if settings is not None else None
