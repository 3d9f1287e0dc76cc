"""Whatever call of the file system fails, and however, a run's folder is as before or as after it.

The run is a real one: it is trained, saved after every epoch, and tested. ``PARIBUS_TRUST_FAULTS`` is how
many of the calls, evenly spread, are made to fail in each way; ``make trust`` has them all fail.
"""

import errno
import os
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits

from paribus.data.source import find
from paribus.errors import StoreError
from paribus.execute.messages import Assignment, DataSource
from paribus.execute.plan import plan
from paribus.execute.worker import Worker
from paribus.record import files
from paribus.record.run import DataUsed, Status
from paribus.record.store import Store, specs
from paribus.study.reader import load
from paribus.workflow.training import own_data

pytestmark = pytest.mark.whole

COUNT = int(os.environ.get("PARIBUS_TRUST_FAULTS", "3"))
CALLS = ("open", "write", "fsync", "replace", "unlink")
BASE = {
    "validation": 0.2,
    "optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    "batch_size": 60,
    "epochs": 4,
    "early_stopping": {"patience": 3, "restore_best_weights": True},
}
STUDIES = {
    "mnist": {
        "scale": "unit",
        "model": {"hidden": [8], "activation": "relu", "output": "sigmoid"},
        "loss": "binary_crossentropy",
    },
    "table": {
        "scale": "standard",
        "model": {"hidden": [8], "output": "softmax"},
        "loss": "categorical_crossentropy",
        "class_weight": "balanced",
        "train_size": 0.7,
        "metrics": ["f1_macro"],
    },
    "pictures": {
        "scale": "unit",
        "model": [
            {"conv2d": {"filters": 4, "kernel_size": 3}},
            "flatten",
            {"dense": {"units": 3, "activation": "softmax"}},
        ],
        "loss": "categorical_crossentropy",
        "augment": [{"random_flip": "horizontal"}],
        "label_noise": 0.2,
    },
    "sequences": {
        "model": [
            {"embedding": {"input_dim": 5, "output_dim": 4}},
            {"lstm": {"units": 4, "dropout": 0.2}},
            {"dense": {"units": 2, "activation": "softmax"}},
        ],
        "loss": "categorical_crossentropy",
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "balance": "over",
    },
}
"""What each kind of data is trained with, so that every stream of random numbers is drawn from."""


def table_of_cells(folder):
    found = load_breast_cancer()
    lines = [",".join([*(f"c{place}" for place in range(30)), "kind"])]
    lines += [
        ",".join([*map(str, row), str(kind)]) for row, kind in zip(found.data, found.target, strict=True)
    ]
    (folder / "cells.csv").write_text("\n".join(lines), encoding="utf-8")
    return {"csv": str(folder / "cells.csv"), "target": "kind"}


def folder_of_digits(folder):
    found = load_digits(n_class=3)
    for place, (image, kind) in enumerate(zip(found.images[:300], found.target[:300], strict=True)):
        path = folder / "digits" / str(kind) / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((image * 15).astype("uint8")).save(path)
    return {"images": str(folder / "digits"), "size": [8, 8]}


def parities(folder):
    draw = np.random.default_rng(0)
    x = draw.integers(1, 5, (300, 6))
    np.savez(folder / "parities.npz", x=x, y=(x == 1).sum(1) % 2)
    return {"sequences": str(folder / "parities.npz"), "length": 6}


OWN = {"table": table_of_cells, "pictures": folder_of_digits, "sequences": parities}


class Killed(BaseException):
    """What stands for `kill -9` or a power failure: nothing of the program runs after it."""


class Faulty:
    """The operating system, of which one call fails.

    Args:
        fails: Which call, counted from 0 over those that change files; None for none.
        how: One of `WAYS`.
    """

    def __init__(self, fails=None, how=""):
        self.fails, self.how = fails, how
        self.calls = 0
        self.is_dead = False
        for name in CALLS:
            setattr(self, name, self._watched(name))

    def __getattr__(self, name):
        return getattr(os, name)

    def _watched(self, name):
        real = getattr(os, name)

        def call(*arguments):
            if self.is_dead:
                raise Killed
            place, self.calls = self.calls, self.calls + 1
            if self.fails is None or place < self.fails:
                return real(*arguments)
            if place > self.fails:
                if self.how == "the disk is full from here on" and name in {"open", "write", "fsync"}:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return real(*arguments)
            return WAYS[self.how](self, name, real, *arguments)

        return call

    def die(self):
        self.is_dead = True
        raise Killed


def _error(number):
    def fail(_system, _name, _real, *_arguments):
        raise OSError(number, os.strerror(number))

    return fail


def _short(_system, name, real, *arguments):
    if name == "write":
        descriptor, content = arguments
        return real(descriptor, content[: len(content) // 2 or 1])
    return real(*arguments)


def _before(system, _name, _real, *_arguments):
    system.die()


def _after(system, _name, real, *arguments):
    real(*arguments)
    system.die()


def _torn(system, name, real, *arguments):
    """Half of the content, or of a rename: the old file is gone, the new one not there yet."""
    if name == "write":
        descriptor, content = arguments
        real(descriptor, content[: len(content) // 2])
    if name == "replace":
        arguments[1].unlink(missing_ok=True)
    system.die()


WAYS = {
    "no space": _error(errno.ENOSPC),
    "the disk is full from here on": _error(errno.ENOSPC),
    "an input/output error": _error(errno.EIO),
    "a short write": _short,
    "killed before": _before,
    "killed after": _after,
    "torn": _torn,
}


class Scenario:
    """A study of one run, trained in this process into a folder.

    Args:
        kind: One of `STUDIES`.
        images: The folder of MNIST.
        folder: Where data of the user's own is written.
    """

    def __init__(self, kind, images, folder):
        data = OWN[kind](folder) if kind in OWN else kind
        self.study = load(
            {"name": "faults", "data": data, "base": {**BASE, **STUDIES[kind]}, "variants": {"v": {}}}
        )
        if kind in OWN:
            self.data = own_data(self.study, self.study.sources)
            self.source = DataSource(own=next(iter(self.study.sources.values())))
        else:
            found = find("mnist", data_dir=images)
            counts = {"train": len(found.x_train), "test": len(found.x_test)}
            used = DataUsed(name="mnist", sha256=found.sha256, verified=False, stand_in=False, **counts)
            self.data = {"mnist": used}
            self.source = DataSource(data_dir=images)
        ((_, self.spec),) = specs(self.study, self.data, self.study.variants, [0])
        self.events = []
        self.worker = Worker(self.events.append)

    def run(self, folder):
        """Keep the study and train what is missing; what the worker said."""
        self.events.clear()
        store = Store(folder)
        store.write_study(self.study, self.data)
        planned = plan(self.study, self.data, store=store, seeds=dict.fromkeys(self.study.variants, range(1)))
        store.tidy(run.spec for run in planned.runs if run.is_done)
        for task in planned.tasks():
            self.worker.work(
                Assignment(specs=tuple(run.spec for run in task.runs), folder=folder, source=self.source)
            )
        return list(self.events)

    def record(self, folder):
        return Store(folder).records(self.study, self.data).get(("v", 0))


@pytest.fixture(scope="module")
def scenarios(small_images, tmp_path_factory):
    return cache(lambda kind: Scenario(kind, small_images, tmp_path_factory.mktemp("data")))


CASES = [
    *(("mnist", how) for how in WAYS),
    *((kind, "killed after") for kind in OWN),
    *(
        pytest.param(kind, how, marks=pytest.mark.trust)
        for kind in OWN
        for how in WAYS
        if how != "killed after"
    ),
]
"""A default run has data of the user's own in one way: what they add is other draws, kept elsewhere."""


def content(folder):
    """What the folder holds, but for what says when and where; and leftovers of a killed process."""
    return {
        path.relative_to(folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"timing.jsonl", "environment.json"} and path.suffix != ".tmp"
    }


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize(("kind", "how"), CASES)
def test_a_call_that_fails_loses_nothing(kind, how, scenarios, tmp_path, monkeypatch, record_property):
    scenario = scenarios(kind)
    system = Faulty()
    monkeypatch.setattr(files, "os", system)
    scenario.run(tmp_path / "whole")
    whole, reference = content(tmp_path / "whole"), scenario.record(tmp_path / "whole")
    assert reference.status is Status.FINISHED
    step = max(1, system.calls // COUNT)
    places = range(0, system.calls, step)
    for place in places:
        folder = tmp_path / str(place)
        folder.mkdir()
        monkeypatch.setattr(files, "os", Faulty(place, how))
        with suppress(Killed, StoreError):  # the worker records what fails while it trains
            scenario.run(folder)
        monkeypatch.setattr(files, "os", os)
        between = scenario.record(folder)
        behind = check_between(between, reference, Store(folder).run(scenario.spec))
        for event in scenario.run(folder):
            assert event.kind != "started" or event.epoch >= behind - 1, "one epoch again at most"
        assert content(folder) == whole
    record_property("faults", len(places))


def check_between(record, reference, folder):
    """After the fault the record says what had happened, no less than what was saved and no more."""
    if record is None:
        return 0
    assert record.history == reference.history[: len(record.history)]
    assert record.status in {Status.INTERRUPTED, Status.FAILED, Status.FINISHED}
    if record.status is Status.FINISHED:
        assert record.result == reference.result
    assert not folder.damaged()
    return len(record.history)
