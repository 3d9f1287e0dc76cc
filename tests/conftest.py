"""Studies and records built by hand, with curves as training makes them, for rooms that only read records."""

from __future__ import annotations

import gc
import io
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from paribus.record.environment import machine
from paribus.record.run import DataIdentity, DataUsed, Result, RunRecord, RunSpec, Status
from paribus.study.configuration import Configuration, EarlyStopping, Layer, Technique
from paribus.study.model import Variant
from paribus.study.study import Study
from paribus.texts import language

# A busy machine is no fault. Examples differ from run to run, so a few each time are many over time.
settings.register_profile(
    "paribus", deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("paribus"), max_examples=300)
settings.load_profile("paribus")

# Before JAX and Keras load: XLA repeats a result bit for bit only on one thread.
os.environ["NPROC"] = "1"
os.environ["KERAS_BACKEND"] = "jax"
# Tests read English sentences, whatever the developer speaks.
os.environ["PARIBUS_LANG"] = "en"
_CACHE = tempfile.TemporaryDirectory(prefix="paribus-tests-")
os.environ.setdefault("PARIBUS_CACHE", _CACHE.name)
# What one test has compiled, others load, in whatever process they run, and the next run of the tests too.
_COMPILED = Path(__file__).parents[1] / ".pytest_cache" / "compiled" / machine()
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_COMPILED))

MNIST = DataUsed(name="mnist", sha256="06" * 32, verified=True, stand_in=False, train=60_000, test=10_000)


def made_configuration(
    *, epochs: int = 30, early_stopping: EarlyStopping | None = None, l2: float = 0.0
) -> Configuration:
    """784 → 10 with sigmoid outputs and SGD, as the lab's first network without its hidden layer."""
    regularizer = Technique(name="l2", arguments={"l2": l2}) if l2 else None
    return Configuration(
        data="mnist",
        layers=(
            Layer(
                label="output",
                kind="dense",
                arguments={"units": 10, "activation": "sigmoid", "kernel_regularizer": regularizer},
            ),
        ),
        loss="binary_crossentropy",
        optimizer=Technique(name="sgd", arguments={"learning_rate": 0.01}),
        batch_size=128,
        epochs=epochs,
        early_stopping=early_stopping,
    )


def made_history(
    epochs: int,
    *,
    seed: int = 0,
    top: tuple[float, float] = (0.998, 0.961),
    penalty: tuple[float, float] = (0.0, 0.0),
    wobble: float = 0.0015,
    floor: float = 0.01,
) -> list[dict[str, float]]:
    """Rows that learn quickly at first: accuracies rise to `top`, losses fall, the penalty decays.

    Args:
        epochs: How many rows.
        seed: Of the wobble.
        top: Training and validation accuracy in the end.
        penalty: At the first epoch and at the last.
        wobble: Standard deviation of the validation accuracy from epoch to epoch.
        floor: The training data loss in the end.
    """
    draw = np.random.default_rng(seed)
    rows: list[dict[str, float]] = []
    for epoch in range(1, epochs + 1):
        progress = 1 - np.exp(-epoch / 4)
        first, last = penalty
        share = last + (first - last) * np.exp(-(epoch - 1) / max(1, epochs / 6)) if first else 0.0
        data_loss = floor + 0.2 * (1 - progress) + abs(draw.normal(0, wobble / 10))
        val_data_loss = data_loss + (top[0] - top[1]) * (1 + epoch / 60) + abs(draw.normal(0, wobble))
        rows.append(
            {
                "epoch": epoch,
                "loss": data_loss + share,
                "accuracy": float(np.clip(top[0] - 0.12 * (1 - progress), 0, 1)),
                "data_loss": data_loss,
                "penalty": share,
                "val_loss": val_data_loss + share,
                "val_accuracy": float(np.clip(top[1] - 0.06 * (1 - progress) + draw.normal(0, wobble), 0, 1)),
                "val_data_loss": val_data_loss,
            }
        )
    return rows


def made_run(
    history: Sequence[Mapping[str, float]],
    *,
    seed: int = 0,
    status: Status = Status.FINISHED,
    test: float | None = None,
    data: DataUsed = MNIST,
    kept_epoch: int | None = None,
    configuration: Configuration | None = None,
) -> RunRecord:
    """A run as the store reads it back; tested unless it diverged, failed or is not over."""
    ended = status in (Status.FINISHED, Status.EARLY_STOPPED)
    result = None
    if ended or status is Status.DIVERGED:
        last = history[-1] if history else {}
        accuracy = last.get("val_accuracy", 0.1) if test is None else test
        scores = {"accuracy": accuracy, "loss": 0.06, "data_loss": 0.06} if ended else {}
        result = Result(status, len(history), kept_epoch or len(history), scores, 7850, "dense 7,850")
    configuration = configuration or made_configuration(epochs=len(history) or 1)
    spec = RunSpec(
        configuration=configuration, seed=seed, data=DataIdentity(name=data.name, sha256=data.sha256)
    )
    return RunRecord(
        spec, status, tuple(history), result, 1.5 * len(history), data, Path("runs") / spec.digest[:16]
    )


def made_study(names: Sequence[str] = ("plain", "l2"), **fields: object) -> Study:
    """A study whose variants start from the base; the one called ``l2`` declares the penalty."""
    variants = {
        name: Variant(
            name=name,
            changes={"kernel_regularizer": {"l2": 0.01}} if name == "l2" else {},
            settings={},
            configuration=made_configuration(l2=0.01 if name == "l2" else 0.0),
        )
        for name in names
    }
    return Study.model_validate({"name": "mine", "variants": variants, **fields})


class Made:
    """The builders, for tests to use as ``made.run(made.history(30))``."""

    MNIST = MNIST
    configuration = staticmethod(made_configuration)
    history = staticmethod(made_history)
    run = staticmethod(made_run)
    study = staticmethod(made_study)

    @staticmethod
    def runs(count: int, *, epochs: int = 30, top: tuple[float, float] = (0.998, 0.961)) -> list[RunRecord]:
        """Finished runs of seeds 0, 1, …"""
        return [made_run(made_history(epochs, seed=seed, top=top), seed=seed) for seed in range(count)]


@pytest.fixture(scope="session")
def made() -> type[Made]:
    """Builders of studies, histories and runs."""
    return Made


@pytest.fixture(scope="session")
def small_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: mnist.npz with 300 + 60 images in ten classes that a small network tells apart."""
    folder = tmp_path_factory.mktemp("images")
    draw = np.random.default_rng(1)
    centres = draw.integers(0, 256, (10, 28, 28))
    labels = draw.integers(0, 10, 360).astype(np.uint8)
    pixels = np.clip(centres[labels] + draw.normal(0, 60, (360, 28, 28)), 0, 255).astype(np.uint8)
    np.savez(
        folder / "mnist.npz",
        x_train=pixels[:300],
        y_train=labels[:300],
        x_test=pixels[300:],
        y_test=labels[300:],
    )
    return folder


@pytest.fixture(scope="module")
def plainly_compiled() -> Iterator[None]:
    """Spare XLA the optimization of machine code, which takes most of a small test's time.

    For tests of formulas and of what is made of trainings. Those of bits and of speed take the code as it is
    for users.
    """
    from paribus.engine import jitted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jitted, "OPTIONS", {**jitted.OPTIONS, "xla_backend_optimization_level": 0})
        yield


@pytest.fixture
def plainly_compiled_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """One test that is `plainly_compiled` in a file that is not."""
    from paribus.engine import jitted

    monkeypatch.setattr(jitted, "OPTIONS", {**jitted.OPTIONS, "xla_backend_optimization_level": 0})


@pytest.fixture
def as_for_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile as for users in a file that is `plainly_compiled` otherwise."""
    from paribus.engine import jitted

    level = "xla_backend_optimization_level"
    monkeypatch.setattr(jitted, "OPTIONS", {k: v for k, v in jitted.OPTIONS.items() if k != level})


@pytest.fixture(scope="module")
def in_this_process(plainly_compiled: None) -> Iterator[None]:
    """Train in this process, which has loaded the engine already, by one worker for all tests of a file.

    For tests of what is made of trainings. Those of the processes themselves start real ones.
    """
    from paribus.execute import local
    from paribus.execute.messages import Assignment, Ended, EpochDone, Event, RunEvent, Started, parse_event
    from paribus.execute.worker import Worker

    events: list[Event] = []
    worker = Worker(events.append)

    def execute(assignments: Sequence[Assignment], workers: int, observe: Callable[[RunEvent], None]) -> None:
        for assignment in assignments:
            events.clear()
            with language("en"), redirect_stderr(io.StringIO()):
                worker.work(Assignment.model_validate_json(assignment.to_line()))
            for event in (parse_event(each.to_line()) for each in events):
                if isinstance(event, Started | EpochDone | Ended):
                    observe(event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "execute", execute)
        yield


@pytest.fixture(scope="session")
def same_bytes() -> tuple[str, ...]:
    """The files of a run that are the same to the byte however its training went; not times and machine."""
    return (
        "history.jsonl",
        "predictions.safetensors",
        "probes.jsonl",
        "result.json",
        "spec.json",
        "weights.safetensors",
    )


@pytest.fixture
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save a checkpoint after every epoch, however short."""
    from paribus.record import checkpoint

    monkeypatch.setattr(checkpoint, "_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "_SHARE", 0)


SMALL_STUDY = """\
name: small
seeds: 1
data: mnist
base:
  validation: 0.2
  scale: unit
  model: {hidden: [8], activation: relu, output: sigmoid}
  loss: binary_crossentropy
  optimizer: {name: sgd, learning_rate: 0.5}
  batch_size: 50
  epochs: 3
variants:
  plain: {}
  same: {}
  momentum: {optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9}}
  long: {epochs: 6}
  broken: {optimizer: {name: sgd, learning_rate: 1.0e+30}, scale: none}
questions:
  - {treatment: momentum, reference: plain, ask: Does momentum help?}
"""


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study file that trains in a moment: two variants that mean the same, one that diverges."""
    path = tmp_path_factory.mktemp("study") / "small.yaml"
    path.write_text(SMALL_STUDY)
    return path


def pytest_collection_finish() -> None:
    """Compile as workers do, whose cache has no half-written entry; seek no garbage among what stays."""
    gc.collect()
    gc.freeze()  # modules, and thousands of tests
    gc.set_threshold(50_000, 20, 50)
    if "jax" in sys.modules:
        from paribus.engine.compiled import enable_cache

        enable_cache()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests of reliability counted: kills, faults, races, damages, continuations."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        counts.update({name: value for name, value in report.user_properties if isinstance(value, int)})
    if counts:
        terminalreporter.section("counted, in tests that passed")
        for name, count in sorted(counts.items()):
            terminalreporter.write_line(f"{count:6} {name}")
