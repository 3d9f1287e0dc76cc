"""What is kept of a configuration between processes: Keras is not needed with it, and no bit changes."""

import os
import shutil
import subprocess
import sys

import pytest

from paribus.data.source import find
from paribus.engine import kept
from paribus.engine.compiled import Entries
from paribus.engine.kept import Kept
from paribus.engine.program import Program
from paribus.execute.messages import Assignment, DataSource
from paribus.execute.plan import plan
from paribus.record.run import DataUsed
from paribus.record.store import Store
from paribus.study.reader import load

pytestmark = pytest.mark.whole

STUDY = """
name: kept
data: mnist
base:
  scale: unit
  model: {hidden: [12], activation: relu, output: softmax}
  loss: categorical_crossentropy
  optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9}
  kernel_regularizer: {l2: 0.001}
  batch_size: 16
  epochs: 3
variants:
  delayed: {reduce_on_plateau: {factor: 0.5, patience: 1, min_delta: 10}}
  convolution:
    model:
      - conv2d: {filters: 3, kernel_size: 5, strides: 4, activation: relu}
      - batch_normalization
      - flatten
      - dropout: {rate: 0.2}
      - dense: {units: 10, activation: softmax}
    optimizer: {name: adam, learning_rate: 0.01}
    early_stopping: {patience: 1, restore_best_weights: true}
"""

# Trains the assignments on standard input; an argument is the epoch after which all is interrupted.
WORKER = """
import sys
from paribus.execute import worker
from paribus.execute.messages import Assignment
from paribus.record import checkpoint

checkpoint._SECONDS = checkpoint._SHARE = 0

def observe(event):
    if event.kind == "epoch" and event.row["epoch"] == int(sys.argv[1]):
        raise KeyboardInterrupt

worker._load_engine()
for line in sys.stdin:
    try:
        worker.Worker(observe).work(Assignment.model_validate_json(line))
    except KeyboardInterrupt:
        pass
print("keras.src" in sys.modules)
"""


@pytest.fixture(scope="module")
def train(small_images, tmp_path_factory):
    """Train every variant in a process of its own; return its folder and whether Keras was imported."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "kept.yaml").write_text(STUDY)
    study, found = load(folder / "kept.yaml"), find("mnist", data_dir=small_images)
    counts = {"train": len(found.x_train), "test": len(found.x_test)}
    used = DataUsed(name="mnist", sha256=found.sha256, verified=False, stand_in=False, **counts)

    def trained(out, interrupted=0):
        seeds = {"delayed": [0], "convolution": [0]}
        lines = []
        for task in plan(study, {"mnist": used}, store=Store(out), seeds=seeds).tasks():
            specs = tuple(run.spec for run in task.runs)
            source = DataSource(data_dir=small_images)
            updates = "delayed" if specs[0].configuration.reduce_on_plateau else task.update_mode
            lines.append(Assignment(specs=specs, folder=out, source=source, updates=updates).to_line())
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
        done = subprocess.run(
            [sys.executable, "-c", WORKER, str(interrupted)],
            input="\n".join(lines),
            env={**environment, "PARIBUS_CACHE": str(folder / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return out, done.stdout.split() == ["True"]

    trained.cache = folder / "cache"
    return trained


@pytest.fixture(scope="module")
def cold(train, tmp_path_factory):
    return train(tmp_path_factory.mktemp("cold"))


def bytes_of(out, names):
    found = [path for name in names for path in sorted(out.glob(f"runs/*/{name}"))]
    assert len(found) == 2 * len(names)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def test_a_run_with_all_kept_imports_no_keras_and_has_the_same_bytes(cold, train, same_bytes, tmp_path):
    out, has_keras = train(tmp_path)
    assert cold[1]
    assert not has_keras
    assert bytes_of(out, same_bytes) == bytes_of(cold[0], same_bytes)


@pytest.mark.usefixtures("cold")
def test_a_run_that_is_resumed_imports_no_keras_either(cold, train, same_bytes, tmp_path):
    train(tmp_path, interrupted=2)
    assert not list(tmp_path.glob("runs/*/result.json"))
    out, has_keras = train(tmp_path)
    assert not has_keras
    assert bytes_of(out, same_bytes) == bytes_of(cold[0], same_bytes)


def test_weights_that_are_not_kept_are_drawn_by_keras_for_kept_functions(cold, train, same_bytes, tmp_path):
    (weights,) = train.cache.rglob("initial")
    shutil.rmtree(weights)
    programs = {path: path.stat().st_ino for path in train.cache.rglob("*.compiled")}
    out, has_keras = train(tmp_path)
    assert has_keras
    assert bytes_of(out, same_bytes) == bytes_of(cold[0], same_bytes)
    assert {path: path.stat().st_ino for path in programs} == programs


@pytest.fixture
def configuration(tmp_path):
    (tmp_path / "kept.yaml").write_text(STUDY)
    return load(tmp_path / "kept.yaml").variants["delayed"].configuration


@pytest.fixture
def entries(tmp_path):
    return Entries(tmp_path / "compiled")


def changed(monkeypatch, tmp_path, what):
    if what == "processor":
        monkeypatch.setattr(kept, "machine", lambda: "jax-0-another")
    elif what == "version":
        monkeypatch.setattr(kept, "environment", lambda: {"versions": {"keras": "0"}})
    elif what == "flags":
        monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    elif what == "code":
        monkeypatch.setattr(kept, "_COMPUTES", ("engine",))
    else:
        (tmp_path / "keras.json").write_text('{"epsilon": 0.001}')
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))


@pytest.mark.parametrize("what", ["processor", "version", "flags", "code", "epsilon"])
def test_what_was_kept_elsewhere_is_not_used(configuration, entries, monkeypatch, tmp_path, what):
    def made():
        kept._origin.cache_clear()
        return Kept(entries, configuration, (28, 28, 1), "delayed")

    made().keep_about("facts", {"parameters": 1})
    assert made().about("facts") == {"parameters": 1}
    with monkeypatch.context() as patch:
        changed(patch, tmp_path, what)
        assert made().about("facts") is None
    assert made().about("facts") == {"parameters": 1}


def test_other_settings_are_another_entry_and_other_epochs_are_not(configuration, entries):
    Kept(entries, configuration, (28, 28, 1), "delayed").keep_about("facts", 1)
    longer = configuration.model_copy(update={"epochs": 9})
    assert Kept(entries, longer, (28, 28, 1), "delayed").about("facts") == 1
    larger = configuration.model_copy(update={"batch_size": 9})
    for others in ((larger, (28, 28, 1), "delayed"), (configuration, (28, 28, 1), "stepwise")):
        assert Kept(entries, *others).about("facts") is None


def test_initial_weights_are_kept_up_to_a_size_and_the_oldest_go_first(configuration, entries, monkeypatch):
    state = Program(configuration, (28, 28, 1)).initial(0)
    here = Kept(entries, configuration, (28, 28, 1), "stepwise")
    here.keep_initial(0, state)
    size = sum(path.stat().st_size for path in (entries.folder / "initial").iterdir())
    monkeypatch.setattr(kept, "MAX_BYTES", 2 * size)
    for seed in (1, 2):
        here.keep_initial(seed, state)
    assert [seed for seed in range(3) if here.initial(seed) is not None] == [1, 2]
    monkeypatch.setattr(kept, "_MAX_WEIGHTS", size // 2)
    here.keep_initial(3, state)
    assert here.initial(3) is None
