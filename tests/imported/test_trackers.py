"""What trackers and loggers really write is read: their own writers make the files, ours reads them."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

import paribus as pb
from paribus.imported.plan import ImportPlan
from paribus.imported.source import read_source

pytestmark = pytest.mark.trackers

VARIANTS = {"baseline": 0.90, "dropout": 0.92}
SEEDS, EPOCHS = 4, 5


def curve(variant: str, seed: int) -> list[tuple[float, float]]:
    """Loss and validation accuracy of each epoch, the same wherever they are written."""
    draw = random.Random(f"{variant}{seed}")
    shift = draw.gauss(0, 0.002)
    return [(1 / (epoch + 1), VARIANTS[variant] - 0.1 / (epoch + 1) + shift) for epoch in range(EPOCHS)]


def last_of(results: pb.Results, variant: str, seed: int) -> float | None:
    return results[variant].records[seed].validation_score


def expect_all(results: pb.Results) -> None:
    """Every run is there with its epochs, and the variants differ as they were made to."""
    assert set(results) == set(VARIANTS)
    for name in VARIANTS:
        runs = results[name].records
        assert sorted(runs) == list(range(SEEDS))
        for seed, run in runs.items():
            assert len(run.history) == EPOCHS
            assert run.validation_score == pytest.approx(curve(name, seed)[-1][1], abs=1e-6)
            assert [row["loss"] for row in run.history] == pytest.approx(
                [loss for loss, _ in curve(name, seed)], abs=1e-6
            )
    (answer,) = results.comparisons()
    assert (answer.treatment, answer.reference) == ("dropout", "baseline")
    assert answer.verdict == "better"
    assert answer.paired.groups is not None


def log_mlflow(uri: str, where: str = "study") -> None:
    os.environ.update(MLFLOW_ALLOW_FILE_STORE="true", MLFLOW_DISABLE_TELEMETRY="true")
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.create_experiment(where)
    for variant in VARIANTS:
        for seed in range(SEEDS):
            run = client.create_run(experiment, run_name=f"bold-fish-{seed}")
            client.log_param(run.info.run_id, "variant_of_model", variant)
            client.log_param(run.info.run_id, "seed", seed)
            client.log_param(run.info.run_id, "batch_size", 32)
            for epoch, (loss, accuracy) in enumerate(curve(variant, seed)):
                client.log_metric(run.info.run_id, "loss", loss, step=epoch)
                client.log_metric(run.info.run_id, "val_accuracy", accuracy, step=epoch)
            client.set_terminated(run.info.run_id)


@pytest.mark.parametrize("kind", ["files", "database", "address"])
def test_an_mlflow_store_is_read(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "mlruns" if kind == "files" else tmp_path / "mlflow.db"
    uri = place.as_uri() if kind == "files" else f"sqlite:///{place}"
    log_mlflow(uri)
    source = uri if kind == "address" else str(place)
    expect_all(pb.import_results(source, out=tmp_path / "out"))


def test_an_mlflow_run_that_failed_is_not_compared_and_says_so(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    log_mlflow(uri)
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("study")
    assert experiment is not None
    run = client.create_run(experiment.experiment_id)
    for name, value in (("variant_of_model", "dropout"), ("seed", 9), ("batch_size", 32)):
        client.log_param(run.info.run_id, name, value)
    client.log_metric(run.info.run_id, "val_accuracy", 0.1, step=0)
    client.set_terminated(run.info.run_id, status="FAILED")
    results = pb.import_results(uri, out=tmp_path / "out")
    assert results["dropout"].records[9].status == "failed"
    (answer,) = results.comparisons()
    assert [(each.variant, each.seed, each.why) for each in answer.excluded] == [("dropout", 9, "failed")]


def test_an_mlflow_server_is_read(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).parent / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}",
        "--default-artifact-root", str(tmp_path),
    ]  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urlopen(f"{address}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        log_mlflow(address)
        expect_all(pb.import_results(address, out=tmp_path / "out"))
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def test_several_mlflow_experiments_are_named(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    log_mlflow(uri, "first")
    log_mlflow(uri, "second")
    with pytest.raises(pb.SourceError, match=r"several experiments.*first, second|second, first"):
        pb.import_results(uri, out=tmp_path / "out")
    expect_all(pb.import_results(uri, experiment="second", out=tmp_path / "out"))


@pytest.mark.parametrize("journal", [False, True])
def test_an_optuna_study_is_read(tmp_path: Path, journal: bool) -> None:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    place = tmp_path / ("trials.log" if journal else "trials.db")
    storage = JournalStorage(JournalFileBackend(str(place))) if journal else f"sqlite:///{place}"
    study = optuna.create_study(storage=storage, study_name="search", direction="maximize")
    for variant in VARIANTS:
        for seed in range(SEEDS):
            study.enqueue_trial({"kind": variant, "seed": seed})

    def objective(trial: optuna.Trial) -> float:
        variant = trial.suggest_categorical("kind", list(VARIANTS))
        seed = trial.suggest_int("seed", 0, 100)
        values = curve(variant, seed)
        for epoch, (_, accuracy) in enumerate(values):
            trial.report(accuracy, epoch)
        return values[-1][1]

    study.optimize(objective, n_trials=SEEDS * len(VARIANTS))
    results = pb.import_results(place, out=tmp_path / "out")
    (answer,) = results.comparisons()
    assert answer.question.measured.rises
    assert (answer.treatment, answer.verdict) == ("dropout", "better")
    assert results["baseline"].records[1].kept_row["val_objective"] == pytest.approx(
        curve("baseline", 1)[-1][1]
    )


def test_an_optuna_objective_to_be_minimized_falls(tmp_path: Path) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    place = tmp_path / "trials.db"
    study = optuna.create_study(storage=f"sqlite:///{place}", direction="minimize")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=6)
    results = pb.import_results(f"sqlite:///{place}", out=tmp_path / "out")
    assert len(results) == 6
    assert not results.comparisons()[0].question.measured.rises


def write_events(folder: Path, series: dict[str, list[float]], *, as_tensor: bool = False) -> None:
    """Write event files with TensorBoard's own writer, in either form that frameworks use."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.scalar import metadata
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    writer = EventFileWriter(str(folder))
    for tag, values in series.items():
        for step, value in enumerate(values):
            if as_tensor:
                of_scalars = metadata.create_summary_metadata("", "")
                one = Summary.Value(tag=tag, tensor=make_tensor_proto(value, "float32"), metadata=of_scalars)
            else:
                one = Summary.Value(tag=tag, simple_value=value)
            writer.add_event(Event(step=step, wall_time=1.0, summary=Summary(value=[one])))
    writer.close()


def test_a_tensorboard_folder_of_runs_is_read(tmp_path: Path) -> None:
    for variant in VARIANTS:
        for seed in range(SEEDS):
            values = curve(variant, seed)
            series = {
                "Loss/train": [loss for loss, _ in values],
                "Accuracy/val": [each for _, each in values],
            }
            write_events(tmp_path / "logs" / f"{variant}_seed{seed}", series)
    expect_all(pb.import_results(tmp_path / "logs", out=tmp_path / "out"))


def test_the_two_folders_of_keras_are_one_run(tmp_path: Path) -> None:
    for variant in VARIANTS:
        for seed in range(SEEDS):
            values, run = curve(variant, seed), tmp_path / "logs" / variant / f"seed_{seed}"
            write_events(run / "train", {"epoch_loss": [loss for loss, _ in values]}, as_tensor=True)
            accuracy = {"epoch_accuracy": [each for _, each in values]}
            write_events(run / "validation", accuracy, as_tensor=True)
    expect_all(pb.import_results(tmp_path / "logs", out=tmp_path / "out"))


def test_the_settings_of_hydras_sweep_name_the_variants(tmp_path: Path) -> None:
    number = 0
    for variant in VARIANTS:
        for seed in range(SEEDS):
            values, run = (
                curve(variant, seed),
                tmp_path / "multirun" / "2025-01-01" / "10-00-00" / str(number),
            )
            number += 1
            series = {"loss": [loss for loss, _ in values], "val_accuracy": [each for _, each in values]}
            write_events(run, series)
            (run / ".hydra").mkdir()
            (run / ".hydra" / "overrides.yaml").write_text(f"- model={variant}\n- seed={seed}\n")
    expect_all(pb.import_results(tmp_path / "multirun", out=tmp_path / "out"))


def test_an_offline_wandb_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("WANDB_MODE", "offline"), ("WANDB_SILENT", "true"), ("WANDB_DIR", str(tmp_path))):
        monkeypatch.setenv(name, value)
    import wandb

    for variant in VARIANTS:
        for seed in range(SEEDS):
            run = wandb.init(
                project="study", config={"model": variant, "seed": seed}, name=f"{variant}-{seed}"
            )
            for epoch, (loss, accuracy) in enumerate(curve(variant, seed)):
                run.log({"epoch": epoch, "loss": loss, "val_accuracy": accuracy})
            run.finish()
    expect_all(pb.import_results(tmp_path / "wandb", out=tmp_path / "out"))


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    import pandas as pd

    rows = [
        {"model": variant, "seed": seed, "epoch": epoch, "loss": loss, "val_accuracy": accuracy}
        for variant in VARIANTS
        for seed in range(SEEDS)
        for epoch, (loss, accuracy) in enumerate(curve(variant, seed))
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "runs.parquet")
    expect_all(pb.import_results(tmp_path / "runs.parquet", out=tmp_path / "out"))


def test_a_damaged_event_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "events.out.tfevents.1").write_bytes(b"not an event file at all, but long enough")
    with pytest.raises(pb.SourceError):
        pb.import_results(tmp_path / "events.out.tfevents.1", out=tmp_path / "out")


def test_what_is_no_tracker_is_refused_by_its_tables(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "other.db") as base:
        base.execute("CREATE TABLE people (name TEXT)")
    with pytest.raises(pb.SourceError, match="people"):
        read_source(str(tmp_path / "other.db"), ImportPlan())


PROGRAM = """
import sys
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

folder, rate = sys.argv[1], float(sys.argv[2])
writer = EventFileWriter(folder + "/logs")
for epoch in range(3):
    values = {"train/loss": 1 / (epoch + 1), "val/loss": 1.5 / (epoch + 1), "val/acc": 0.5 + rate * epoch}
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])
    writer.add_event(Event(step=epoch, summary=summary))
writer.close()
open(folder + "/test.json", "w").write('{"accuracy": 0.7}')
"""


def test_a_command_may_write_its_history_as_event_files(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    study = tmp_path / "events.yaml"
    study.write_text(
        "name: events\nseeds: 1\n"
        f"train: {{command: '{sys.executable} program.py {{folder}} {{rate}}', history: '{{folder}}/logs', "
        "test: '{folder}/test.json'}\n"
        "base: {rate: 0.1, epochs: 3}\nvariants: {plain: {}}\n"
    )
    (run,) = pb.run(study, out=tmp_path / "out").records.values()
    assert run.status == "finished", run.result
    assert [row["val_accuracy"] for row in run.history] == pytest.approx([0.5, 0.6, 0.7])
    assert [row["loss"] for row in run.history] == pytest.approx([1, 1 / 2, 1 / 3])
