"""Metrics of other frameworks under Paribus's names, and the callbacks that hand them on."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import paribus.keras
import paribus.lightning
import paribus.transformers
from paribus.custom.logged import as_logged


@pytest.mark.parametrize(
    ("given", "known"),
    [
        (
            {"loss": 1, "acc": 0.5, "val_binary_accuracy": 0.25},
            {"loss": 1.0, "accuracy": 0.5, "val_accuracy": 0.25},
        ),
        ({"train/loss": np.float32(0.5), "valid/f1": np.array([0.5])}, {"loss": 0.5, "val_f1": 0.5}),
        ({"train_loss_step": 1.0, "train_loss_epoch": 2.0, "epoch": 3}, {"loss": 2.0}),
        ({"eval_r2_score": 0.5, "confusion": np.zeros((2, 2)), "name": "x", "flag": True}, {"val_r2": 0.5}),
    ],
)
def test_names_and_numbers_are_known(given: dict[str, Any], known: dict[str, float]) -> None:
    assert as_logged(given) == known


class Noted:
    """Stands for a run: notes what is logged, and stops after two epochs."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def log(self, **row: float) -> None:
        self.rows.append(row)

    @property
    def should_stop(self) -> bool:
        return len(self.rows) >= 2


def stand_in(monkeypatch: pytest.MonkeyPatch, name: str, **holds: object) -> None:
    module = ModuleType(name)
    vars(module).update(holds)
    monkeypatch.setitem(sys.modules, name, module)


def test_keras_is_stopped_where_the_study_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Base:
        model = SimpleNamespace(stop_training=False)

    stand_in(monkeypatch, "keras", callbacks=SimpleNamespace(Callback=Base))
    run = Noted()
    callback = paribus.keras.Callback(run)  # pyright: ignore[reportArgumentType]
    assert isinstance(callback, Base)
    for epoch in range(2):
        assert not Base.model.stop_training
        callback.on_epoch_end(epoch, {"loss": 1.0, "sparse_categorical_accuracy": 0.5})
    assert Base.model.stop_training
    assert run.rows == [{"loss": 1.0, "accuracy": 0.5}] * 2


def test_lightning_is_stopped_where_the_study_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Base: ...

    stand_in(monkeypatch, "lightning")
    stand_in(monkeypatch, "lightning.pytorch", Callback=Base)
    run, trainer = (
        Noted(),
        SimpleNamespace(callback_metrics={"train_loss": 1.0, "val_acc": 0.5}, should_stop=False),
    )
    callback = paribus.lightning.Callback(run)  # pyright: ignore[reportArgumentType]
    callback.on_train_epoch_end(trainer, None)
    assert not trainer.should_stop
    callback.on_train_epoch_end(trainer, None)
    assert trainer.should_stop
    assert run.rows == [{"loss": 1.0, "val_accuracy": 0.5}] * 2


@pytest.mark.parametrize("evaluates", [True, False])
def test_transformers_logs_an_epoch_once_evaluated_or_not(
    monkeypatch: pytest.MonkeyPatch, evaluates: bool
) -> None:
    class Base: ...

    stand_in(monkeypatch, "transformers", TrainerCallback=Base)
    run, control = Noted(), SimpleNamespace(should_training_stop=False, should_log=False)
    callback = paribus.transformers.Callback(run)  # pyright: ignore[reportArgumentType]
    for _ in range(2):
        callback.on_epoch_begin(None, None, control)
        callback.on_epoch_end(None, None, control)
        assert control.should_log
        callback.on_log(None, None, control, {"loss": 1.0, "epoch": 1.0, "train_runtime": 3.0})
        if evaluates:
            callback.on_log(None, None, control, {"eval_loss": 2.0, "eval_runtime": 3.0})
            callback.on_evaluate(None, None, control)
    callback.on_train_end(None, None, control)
    row = {"loss": 1.0, "val_loss": 2.0} if evaluates else {"loss": 1.0}
    assert [{k: v for k, v in each.items() if k != "runtime"} for each in run.rows] == [row] * 2
    assert control.should_training_stop
