"""A study's folder with runs, written by hand as a training writes it, and a tracker in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.trackers.tracker import Tracker


class Written:
    """A study's folder that grows; ``epoch`` and ``end`` write what a worker would."""

    def __init__(self, study, data, folder: Path):
        self.study, self.data, self.folder = study, {data.name: data}, folder
        self.store = Store(folder)
        self.store.write_study(study, self.data)

    def spec(self, variant, seed=0):
        return next(spec for _, spec in specs(self.study, self.data, [variant], [seed]))

    def run(self, variant, seed=0):
        return self.store.run(self.spec(variant, seed))

    def begin(self, variant, seed=0):
        self.run(variant, seed).start(self.spec(variant, seed), {})

    def epoch(self, variant, *numbers, seed=0):
        for number in numbers:
            row = {"epoch": number, "loss": 1 / number, "val_accuracy": 1 - 1 / (number + 1)}
            self.run(variant, seed).append(row, Timing(number, 0.5, 0.1))

    def end(self, variant, status=Status.FINISHED, seed=0):
        run = self.run(variant, seed)
        test = {"accuracy": 0.75, "loss": 0.5} if status is Status.FINISHED else {}
        run.finish(Result(status, run.epochs(), run.epochs(), test, cause=""))

    def whole(self, variant, epochs=3, status=Status.FINISHED, seed=0):
        self.begin(variant, seed)
        self.epoch(variant, *range(1, epochs + 1), seed=seed)
        self.end(variant, status, seed)


class InMemory(Tracker):
    """A tracker that keeps what it is sent, as its server would; ``down`` makes it refuse."""

    def __init__(self, _study=""):
        self.place = "memory"
        self.down = False
        self.runs, self.steps, self.ended, self.begun = {}, {}, {}, []

    def _answer(self):
        if self.down:
            raise ConnectionError("refused")

    def begin(self, run, identity):
        self._answer()
        identity = identity or f"run-{len(self.runs)}"
        self.begun.append(identity)
        self.runs[identity] = run
        return identity, len(self.steps.setdefault(identity, []))

    def log(self, identity, epochs):
        self._answer()
        self.steps[identity] += [epoch.number for epoch in epochs]

    def end(self, identity, result, ended):
        self._answer()
        self.ended[identity] = result

    def has(self, identity):
        return identity in self.ended

    def close(self):
        pass


@pytest.fixture
def written(made, tmp_path):
    return Written(made.study(seeds=2), made.MNIST, tmp_path / "study")


@pytest.fixture
def in_memory():
    return InMemory()
