"""What a training function is handed, called as such a function calls it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.custom.run import Run
from paribus.data.split import random_rows
from paribus.errors import RunError
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import RunFolder, Timing, Trained
from paribus.record.run import DataIdentity, EpochRow, Result, RunSpec, Status
from paribus.study.configuration import Configuration, EarlyStopping, OwnTraining, Technique
from paribus.study.programs import facts_of
from paribus.study.seeds import named_seed


class Stored:
    """A sink that keeps a run in a folder, and its result at hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder)
        self.result: Result | None = None
        self.trained: Trained | None = None

    def epoch(self, spec: RunSpec, row: EpochRow, timing: Timing, probes: object) -> None:
        self.folder.append(row, timing)

    def checkpoint(self, spec: RunSpec, state: Checkpoint) -> None:
        self.folder.save(state)

    def end(self, spec: RunSpec, result: Result, trained: Trained | None) -> None:
        self.result, self.trained = result, trained


def specification(epochs: int = 3, **settings: Any) -> RunSpec:
    own = OwnTraining(file="train.py", function="train", sha256="0" * 64)
    configuration = Configuration(
        data="train.py",
        own=facts_of("classification"),
        layers=(),
        loss="",
        optimizer=Technique(name=""),
        epochs=epochs,
        train=own,
        **settings,
    )
    return RunSpec(configuration=configuration, seed=3, data=DataIdentity(name="train.py", sha256="0" * 64))


def started(folder: Path, spec: RunSpec) -> tuple[Run, Stored]:
    sink = Stored(folder)
    sink.folder.start(spec, {})
    return Run(spec, None, folder / "own", sink, sink.folder.resume()), sink


@pytest.fixture
def begun(tmp_path: Path) -> tuple[Run, Stored]:
    return started(tmp_path / "run", specification())


def losses(sink: Stored) -> list[float]:
    return [row["loss"] for row in sink.folder.history()]


def test_epochs_count_from_one_and_are_kept_with_whatever_is_logged(begun: tuple[Run, Stored]) -> None:
    run, sink = begun
    assert [run.log(loss=0.5 / epoch, lr=0.1) for epoch in run.epochs()] == [None] * 3
    run.test(accuracy=0.75, f1_macro=0.5)
    run.finish()
    assert sink.folder.history()[1] == {"epoch": 2, "loss": 0.25, "lr": 0.1}
    assert sink.result == Result(Status.FINISHED, 3, 3, {"accuracy": 0.75, "f1_macro": 0.5})


def test_a_loop_of_ones_own_is_counted_by_its_log(begun: tuple[Run, Stored]) -> None:
    run, sink = begun
    for _ in range(2):
        run.log(loss=1.0)
    run.test(accuracy=0.5)
    run.finish()
    assert [row["epoch"] for row in sink.folder.history()] == [1, 2]


def test_early_stopping_ends_the_loop_and_puts_the_best_state_back(tmp_path: Path) -> None:
    stopping = EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
    run, sink = started(tmp_path, specification(10, early_stopping=stopping))
    weights = np.zeros(1)
    for epoch in run.epochs(state={"w": weights}):
        weights += 1
        run.log(loss=1.0, val_loss=[3.0, 1.0, 2.0, 2.0, 0.0][epoch - 1])
    run.test(accuracy=float(weights[0]) / 10)
    run.finish()
    assert sink.result == Result(Status.EARLY_STOPPED, 4, 2, {"accuracy": 0.2})


def test_a_loop_of_ones_own_asks_whether_to_stop(tmp_path: Path) -> None:
    run, _ = started(tmp_path, specification(10, early_stopping=EarlyStopping(patience=1)))
    run.log(val_loss=1.0)
    assert not run.should_stop
    run.log(val_loss=1.0)
    assert run.should_stop
    with pytest.raises(RunError, match="had ended"):
        run.log(val_loss=1.0)


def test_a_loss_that_is_not_finite_ends_the_run_as_diverged(begun: tuple[Run, Stored]) -> None:
    run, sink = begun
    epochs = [(epoch, run.log(loss=float("nan") if epoch == 2 else 1.0)) for epoch in run.epochs()]
    run.test(accuracy=0.5)
    run.finish()
    assert len(epochs) == 2
    assert sink.result is not None
    assert (sink.result.status, sink.result.test) == (Status.DIVERGED, {})


def test_an_interrupted_run_goes_on_to_the_same_history(tmp_path: Path, every_epoch: None) -> None:
    def function(run: Run, dies_in: int = 0) -> None:
        state = {"w": np.zeros(2), "draw": np.random.default_rng(0)}
        for epoch in run.epochs(state=state):
            if epoch == dies_in:
                raise KeyboardInterrupt
            state["w"] += state["draw"].normal(size=2) + np.random.normal()
            run.log(loss=float(state["w"].sum()))
        run.test(accuracy=0.5)
        run.finish()

    spec = specification(6)
    kept = np.random.get_state()
    try:
        np.random.seed(0)
        whole, expected = started(tmp_path / "whole", spec)
        function(whole)
        np.random.seed(0)
        run, cut = started(tmp_path / "cut", spec)
        with pytest.raises(KeyboardInterrupt):
            function(run, dies_in=4)
        np.random.seed(7)
        run, cut = started(tmp_path / "cut", spec)
        assert len(cut.folder.history()) == 3
        function(run)
    finally:
        np.random.set_state(kept)
    assert losses(cut) == losses(expected)
    assert cut.result == expected.result


def test_seeds_and_splits_are_those_of_the_study(begun: tuple[Run, Stored]) -> None:
    run, _ = begun
    assert run.seed("order", 2) == named_seed(3, "order", 2)
    train, held = run.paired_split(95)
    assert (len(train), len(held)) == (85, 10)
    assert [each.tolist() for each in (train, held)] == [each.tolist() for each in random_rows(95, 10, 3)]
    assert run.examples == (85, 10)


def test_files_of_its_own_are_kept_with_the_run(begun: tuple[Run, Stored]) -> None:
    run, sink = begun
    (run.folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert (sink.folder.path / "own" / "notes.txt").exists()


def test_one_log_an_epoch(begun: tuple[Run, Stored]) -> None:
    run, _ = begun
    with pytest.raises(RunError, match="Epoch 1 ended without"):
        list(run.epochs())


def test_not_two_logs_an_epoch(begun: tuple[Run, Stored]) -> None:
    run, _ = begun
    next(iter(run.epochs()))
    run.log(loss=1.0)
    with pytest.raises(RunError, match="Epoch 1 was logged twice"):
        run.log(val_loss=1.0)


def test_one_loop_a_run(begun: tuple[Run, Stored]) -> None:
    run, _ = begun
    for _ in run.epochs(1):
        run.log(loss=1.0)
    with pytest.raises(RunError, match="called twice"):
        next(iter(run.epochs(1)))


@pytest.mark.parametrize("count", [0, -1, 1.5, "3", True])
def test_a_whole_number_of_epochs(begun: tuple[Run, Stored], count: Any) -> None:
    with pytest.raises(RunError, match="whole number"):
        next(iter(begun[0].epochs(count)))


def test_one_test_a_run_and_no_log_after_it(begun: tuple[Run, Stored]) -> None:
    run, _ = begun
    run.log(loss=1.0)
    run.test(accuracy=0.5)
    with pytest.raises(RunError, match=r"run\.test was called twice"):
        run.test(accuracy=0.5)
    with pytest.raises(RunError, match=r"after run\.test"):
        run.log(loss=1.0)


def test_what_lacks_in_the_end_is_said(begun: tuple[Run, Stored]) -> None:
    run, _ = begun
    with pytest.raises(RunError, match="logged no epoch"):
        run.finish()
    run.log(loss=1.0)
    with pytest.raises(RunError, match=r"did not call run\.test"):
        run.finish()


def test_early_stopping_without_what_it_watches_or_restores_is_said(tmp_path: Path) -> None:
    run, _ = started(tmp_path / "a", specification(early_stopping=EarlyStopping()))
    with pytest.raises(RunError, match="monitors val_loss"):
        run.log(loss=1.0)
    restoring = EarlyStopping(restore_best_weights=True)
    run, _ = started(tmp_path / "b", specification(early_stopping=restoring))
    with pytest.raises(RunError, match="state="):
        next(iter(run.epochs()))


def test_a_study_without_data_has_none(begun: tuple[Run, Stored]) -> None:
    with pytest.raises(RunError, match="names no data"):
        _ = begun[0].data


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_another_process_does_not_log(begun: tuple[Run, Stored], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RunError, match="process that the function started"):
        begun[0].log(loss=1.0)
