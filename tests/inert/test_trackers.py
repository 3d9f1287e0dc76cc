"""Names that mean harm, sent to trackers: every run arrives, and nothing is written elsewhere."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
from tests.inert.corpus import CORPUS

from paribus.record.run import Result, Status
from paribus.record.store import Store, specs
from paribus.texts.inert import on_one_line
from paribus.trackers.sender import Sender

pytestmark = pytest.mark.trackers


@pytest.fixture(scope="module")
def named(made, tmp_path_factory):
    """A folder in which each variant has one name of the corpus; its own name looks like an address."""
    names = [each for each in CORPUS if on_one_line(each)]
    study = made.study(names, name=CORPUS[0] + CORPUS[24], seeds=1)
    configurations = {
        name: variant.model_copy(
            update={"configuration": variant.configuration.model_copy(update={"epochs": place + 1})}
        )
        for place, (name, variant) in enumerate(study.variants.items())
    }
    study = study.model_copy(update={"variants": configurations})
    path = tmp_path_factory.mktemp("named") / "a?mode=memory&b#c%41;$(touch hacked)"
    store = Store(path)
    store.write_study(study, {"mnist": made.MNIST})
    for _, spec in specs(study, {"mnist": made.MNIST}, study.variants, [0]):
        run = store.run(spec)
        run.start(spec, {})
        run.finish(Result(Status.FAILED, 0, 0, {}, cause="\n".join(CORPUS)))
    return path


@pytest.fixture
def folder(named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "within" / named.name
    shutil.copytree(named, path)
    yield path
    assert [each.name for each in path.parent.iterdir()] == [path.name], "nothing beside the folder"
    assert not [*tmp_path.rglob("hacked")]


def sent(folder, kind, make):
    sender = Sender(folder, kind, make)
    for _ in range(2):
        sender.send()
        assert sender.error is None
    sender.close()
    assert len(sender._sent._runs) == len(sender._runs) == len(CORPUS)


def test_tensorboard(folder):
    from paribus.trackers.to_tensorboard import TensorBoard

    place = folder / "tensorboard"
    sent(folder, "tensorboard", lambda _study: TensorBoard(place))
    files = [*place.rglob("events.out*")]
    assert len(files) == len(CORPUS)
    assert {each.relative_to(place).parts[1] for each in files} == {"seed-0"}


def test_mlflow(folder, monkeypatch):
    from paribus.trackers.to_mlflow import MLflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    sent(folder, "mlflow", lambda study: MLflow(folder, study))
    with sqlite3.connect(folder / "mlflow.db") as kept:
        assert kept.execute("select count(*) from runs").fetchone() == (len(CORPUS),)


def test_wandb(folder, monkeypatch):
    from paribus.trackers.to_wandb import WandB

    monkeypatch.setenv("WANDB_MODE", "offline")
    sent(folder, "wandb", lambda study: WandB(folder, study))
    assert len([*(folder / "wandb").glob("offline-run-*")]) == len(CORPUS)
