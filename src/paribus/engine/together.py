"""Several seeds of one configuration, trained in one computation.

Their states, orders and splits have an axis in front, along which XLA computes all at once (`jax.vmap`). Each
run keeps what it has alone: history, probes, checkpoints, early stopping and its end. Its numbers are those
of a run alone up to rounding, since products of several matrices are added in another order.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.data.dataset import Dataset
from paribus.engine.device_images import DeviceImages, rows_of
from paribus.engine.jitted import Jitted
from paribus.engine.program import Program
from paribus.engine.scoring import Scores, chunks, scores_of
from paribus.engine.stepwise import State, Steps
from paribus.engine.training import Resident, Resumed, Trajectory
from paribus.record.checkpoint import Pace
from paribus.record.folder import Timing
from paribus.record.run import RunSpec
from paribus.record.sink import Sink


def train_together(
    specs: Sequence[RunSpec],
    dataset: Dataset,
    sink: Sink,
    *,
    program: Program,
    resumed: Mapping[str, Resumed],
    until: int | None = None,
) -> None:
    """Train several seeds of one configuration, and end each run by its own rule.

    Seeds whose splits are not equally large are trained in groups that are.

    Args:
        specs: The runs, which differ only in seed, `epochs` and `early_stopping`; at least one.
        dataset: The images; their digest is that of the specifications.
        sink: Stores the epochs, checkpoints and results of each run.
        program: Compiled functions of the configuration.
        resumed: Where each run is resumed, by its digest, all at one epoch; empty to start anew.
        until: The epoch after which runs pause that have not ended, with a checkpoint; None for none.

    Raises:
        ValueError: The runs are not one configuration, or not resumed at one epoch.
    """
    behind = {resumed[spec.digest].checkpoint.epoch if spec.digest in resumed else 0 for spec in specs}
    if len({spec.model_copy(update={"seed": 0}).trajectory for spec in specs}) != 1 or len(behind) != 1:
        raise ValueError("the runs are not one configuration at one epoch")
    by_seed: dict[int, list[RunSpec]] = {}
    for spec in specs:
        by_seed.setdefault(spec.seed, []).append(spec)
    shared: Resident = {}
    groups: dict[tuple[object, ...], list[Trajectory]] = {}
    for each in by_seed.values():
        lane = Trajectory(each, dataset, sink, program, shared, until)
        key = lane.examples, len(lane.splits.validation), lane.images.pixels.shape, len(lane.sample.labels)
        groups.setdefault(key, []).append(lane)
    for lanes in groups.values():
        for lane in lanes:
            lane.together = len(lanes)
        _InStep(program, lanes, {} if behind == {0} else resumed, max(behind)).run()


class _Functions:
    """The functions of a program for several states at once.

    Args:
        program: Whose functions.
        lanes: What is trained; each has images of its own.
    """

    def __init__(self, program: Program, lanes: Sequence[Trajectory]) -> None:
        self._program = program
        self.images, axes = _stacked_images([lane.images for lane in lanes])
        self.sample, of_sample = _stacked_images([lane.sample for lane in lanes])
        self.epochs = program.stepwise(axes)
        kept = program.functions
        self.measure = Jitted(jax.vmap(program.probes.measurements, in_axes=(0, of_sample)), kept=kept)
        self._scores = Jitted(jax.vmap(self._scored, in_axes=(0, axes, 0)), kept=kept)
        self._penalty = Jitted(jax.vmap(program.penalty), kept=kept)

    def _scored(self, state: State, images: DeviceImages, rows: jax.Array) -> tuple[jax.Array, ...]:
        chosen = rows_of(images._replace(weights=None, seeds=None), rows)
        return self._program.scored(state, chosen)

    def prepare(self, state: State, order: NDArray[np.int32], rows: NDArray[np.int64]) -> None:
        """Compile the functions of an epoch, so that no epoch's time contains it."""
        self.epochs.prepare(state, self.images, order)
        for chunk in chunks(rows):
            self._scores.compiled(state, self.images, chunk)
        self.measure.compiled(state, self.sample)

    def evaluate(self, state: State, rows: NDArray[np.int64], lanes: Sequence[Trajectory]) -> list[Scores]:
        """Score the images that each state has held out; none without any.

        Args:
            state: Of all.
            rows: Of each, shape (num_states, num_images).
            lanes: Whose labels are scored by.
        """
        if not rows.shape[-1]:
            return []
        found = [
            [np.asarray(part) for part in self._scores(state, self.images, each)] for each in chunks(rows)
        ]
        alone = not self._program.penalizes_activity
        penalties = np.asarray(self._penalty(state)) if alone else [None] * len(rows)
        objective = self._program.objective
        return [
            scores_of(
                [[part[place] for part in parts] for parts in found],
                penalties[place],
                objective,
                np.asarray(lane.images.labels)[rows[place]],
            )
            for place, lane in enumerate(lanes)
        ]


class _InStep:
    """Trajectories that are trained in step.

    Args:
        program: Their configuration's.
        lanes: The trajectories.
        resumed: Where runs are resumed.
        epoch: The last one that was trained.
    """

    def __init__(
        self, program: Program, lanes: Sequence[Trajectory], resumed: Mapping[str, Resumed], epoch: int
    ) -> None:
        self.program = program
        begun = [(lane, lane.begin(resumed, epoch)) for lane in lanes]
        self.lanes = [lane for lane, _ in begun if lane.runs]
        self.states = [state for lane, state in begun if lane.runs]
        self.done, self.epoch = epoch, epoch

    def run(self) -> None:
        """Train until every run has ended."""
        if not self.lanes or self.lanes[0].is_paused(self.epoch):
            return
        early = [[] if self.done else lane.early_probes(state) for lane, state in self._each()]
        state, functions = self._prepared()
        pace = Pace()
        while any(lane.runs for lane in self.lanes) and not self.lanes[0].is_paused(self.epoch):
            self.epoch += 1
            begun = time.perf_counter()
            state, steps = functions.epochs.epoch(state, functions.images, self._orders())
            steps = jax.tree.map(np.asarray, steps)
            trained = time.perf_counter()
            scores = functions.evaluate(state, self._held_out(), self.lanes)
            ended = time.perf_counter()
            timing = Timing(self.epoch, trained - begun, ended - trained)
            measured = jax.tree.map(np.asarray, functions.measure(state, functions.sample))
            after = self._record(state, (steps, scores, measured), timing, early)
            early = [[] for _ in self.lanes]
            pace.spent(ended - begun)
            if pace.is_due or self.lanes[0].is_paused(self.epoch):
                with pace.saving():
                    for lane, own in zip(self.lanes, after, strict=True):
                        if lane.runs:
                            lane.save(own, self.epoch)
            state, functions = self._gone_on(state, after, functions)

    def _record(
        self, state: State, found: tuple[Steps, list[Scores], Any], timing: Timing, early: list[list[Any]]
    ) -> list[State]:
        """Store the epoch of each run that has not ended; return the state of each, with its next rate."""
        host = jax.tree.map(np.array, state)  # copies, since the next epoch reuses the memory
        steps, scores, measured = found
        after: list[State] = []
        for place, lane in enumerate(self.lanes):
            own: State = _at(host, place)
            if lane.runs:
                row = lane.row(self.epoch, _at(steps, place), scores[place] if scores else None)
                probe = self.program.probes.read(
                    _at(measured, place), own, lane.sample, epoch=self.epoch, step=self.epoch * lane.steps
                )
                own = lane.record(own, row, timing, [*early[place], probe])
            after.append(own)
        return after

    def _gone_on(self, state: State, after: list[State], functions: _Functions) -> tuple[State, _Functions]:
        """Return the state and the functions of the next epoch.

        Seeds that have ended go on in vain until they are half of all: fewer states are another program,
        which takes seconds to compile.
        """
        alive = [place for place, lane in enumerate(self.lanes) if lane.runs]
        if 0 < len(alive) <= len(self.lanes) // 2:
            self.lanes = [self.lanes[place] for place in alive]
            self.states = [after[place] for place in alive]
            return self._prepared()
        rate = self.program.facts.rate
        if rate is not None and self.lanes[0].plateau is not None:
            values = list(state.optimizer)
            values[rate] = jnp.asarray(np.stack([np.asarray(own.optimizer[rate]) for own in after]))
            state = state._replace(optimizer=values)
        return state, functions

    def _prepared(self) -> tuple[State, _Functions]:
        """Return the state of all, and the functions of the next epoch, compiled."""
        state: State = jax.tree.map(lambda *parts: jnp.stack(parts), *self.states)
        functions = _Functions(self.program, self.lanes)
        functions.prepare(state, self._orders(self.epoch + 1), self._held_out())
        return state, functions

    def _orders(self, epoch: int | None = None) -> NDArray[np.int32]:
        return np.stack([lane.order(self.epoch if epoch is None else epoch) for lane in self.lanes])

    def _held_out(self) -> NDArray[np.int64]:
        return np.stack([lane.splits.validation for lane in self.lanes])

    def _each(self) -> list[tuple[Trajectory, State]]:
        return list(zip(self.lanes, self.states, strict=True))


def _at(tree: Any, place: int) -> Any:
    """Return what one of several has of a tree of arrays."""

    def own(each: Any) -> Any:
        return each[place]

    return jax.tree.map(own, tree)


def _stacked_images(images: Sequence[DeviceImages]) -> tuple[DeviceImages, DeviceImages]:
    """Return the images of several, and along which axis of each array they differ: `Axes`."""
    fields: dict[str, Any] = {}
    axes: dict[str, Any] = {}
    for name, first in zip(DeviceImages._fields, images[0], strict=True):
        parts = [getattr(each, name) for each in images]
        is_shared = all(part is first for part in parts)
        fields[name], axes[name] = (first, None) if is_shared else (jnp.stack(parts), 0)
    return DeviceImages(**fields), DeviceImages(**axes)
