"""MLflow: its client, a real server on the loopback, and servers that are broken or hang."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from paribus.record.run import Status
from paribus.trackers.sender import Sender
from paribus.trackers.sent import FOLDER
from paribus.trackers.to_mlflow import ADDRESS, MLflow

pytestmark = pytest.mark.trackers
COMMAND = "from paribus.cli import main; main()"
RUNS = ("plain", "momentum")


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a real server of MLflow."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    words = ["server", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{folder}/server.db", "--artifacts-destination", folder]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *map(str, [*words, *store])],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
        start_new_session=True,
    )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 300
    while True:
        try:
            urlopen(f"{address}/health", timeout=5).close()
            break
        except (URLError, OSError):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline
            time.sleep(0.5)
    yield address
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def client(server, monkeypatch):
    """The client of that server, which the environment names."""
    from mlflow.tracking import MlflowClient

    monkeypatch.setenv(ADDRESS, server)
    return MlflowClient(tracking_uri=server)


def send(written, experiment):
    watcher = Sender(written.folder, "mlflow", lambda _study: MLflow(written.folder, experiment))
    watcher.send()
    assert watcher.error is None


def runs_of(client, experiment):
    return client.search_runs([client.get_experiment_by_name(experiment).experiment_id])


def steps(client, run, name="loss"):
    return [each.step for each in client.get_metric_history(run.info.run_id, name)]


def test_a_server_has_a_run_with_settings_tags_epochs_and_test(written, client):
    written.whole("plain", seed=1)
    send(written, "whole")
    (run,) = runs_of(client, "whole")
    assert run.info.run_name == "plain, seed 1"
    assert run.info.status == "FINISHED"
    assert run.data.params["optimizer.learning_rate"] == "0.01"
    assert (run.data.tags["study"], run.data.tags["variant"], run.data.tags["seed"]) == ("mine", "plain", "1")
    assert steps(client, run) == [1, 2, 3]
    assert run.data.metrics["test_accuracy"] == 0.75
    assert steps(client, run, "test_accuracy") == [3]


def test_a_run_that_goes_on_is_one_run_with_every_step_once(written, client):
    written.begin("plain")
    written.epoch("plain", 1, 2)
    send(written, "continued")
    kept = written.folder / FOLDER / "mlflow.json"
    kept.write_text(kept.read_text().replace('"epochs": 2', '"epochs": 0'))  # killed before it was noted
    written.epoch("plain", 3)
    written.end("plain")
    send(written, "continued")
    (run,) = runs_of(client, "continued")
    assert steps(client, run) == [1, 2, 3]
    assert run.info.status == "FINISHED"


def test_an_epoch_that_was_sent_in_part_is_completed_without_repeats(written, client, monkeypatch):
    from mlflow.tracking import MlflowClient

    send_batch, sent = MlflowClient.log_batch, []

    def fail_at_the_second(self, run_id, metrics=(), **others):
        if metrics and sent:
            raise ConnectionError
        sent.extend(metrics)
        return send_batch(self, run_id, metrics=metrics, **others)

    monkeypatch.setattr("paribus.trackers.to_mlflow._MOST_METRICS", 3)  # of four in two epochs
    written.whole("plain", epochs=2)
    with monkeypatch.context() as broken:
        broken.setattr(MlflowClient, "log_batch", fail_at_the_second)
        sender = Sender(written.folder, "mlflow", lambda _study: MLflow(written.folder, "parts"))
        sender.send()
    assert isinstance(sender.error, ConnectionError)
    send(written, "parts")
    (run,) = runs_of(client, "parts")
    assert {name: steps(client, run, name) for name in run.data.metrics} == {
        "loss": [1, 2],
        "val_accuracy": [1, 2],
        "test_accuracy": [2],
        "test_loss": [2],
    }


def test_a_run_that_diverged_has_failed(written, client):
    written.whole("plain", epochs=1, status=Status.DIVERGED)
    send(written, "diverged")
    (run,) = runs_of(client, "diverged")
    assert (run.info.status, run.data.tags["status"]) == ("FAILED", "diverged")


def test_a_run_that_was_deleted_there_is_sent_anew(written, client):
    written.whole("plain")
    send(written, "deleted")
    (run,) = runs_of(client, "deleted")
    client.delete_run(run.info.run_id)
    send(written, "deleted")
    (anew,) = runs_of(client, "deleted")
    assert steps(client, anew) == [1, 2, 3]


def test_without_an_address_the_database_lies_in_the_folder(written, monkeypatch, tmp_path):
    from mlflow.tracking import MlflowClient

    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.chdir(tmp_path)
    written.whole("plain")
    send(written, "mine")
    client = MlflowClient(tracking_uri=f"sqlite:///{written.folder}/mlflow.db")
    assert steps(client, *runs_of(client, "mine")) == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == [written.folder.name]


@contextmanager
def fake(answer):
    """A server that does to each request what `answer` does."""
    asked = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            answer(self)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def start(study, images, out, address="", *words):
    log = ["--log", "mlflow"] if address else []
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "run", study, "--data-dir", images, "--out", out, *log, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, ADDRESS: address, "PARIBUS_LANG": "en"},
    )


def bytes_of(folder, names):
    found = (path for path in sorted(folder.rglob("*")) if path.name in names)
    return {path.relative_to(folder): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def alone(small_study, small_images, same_bytes, tmp_path_factory):
    """The bytes of runs that nobody was sent."""
    folder = tmp_path_factory.mktemp("alone") / "out"
    process = start(small_study, small_images, folder, "", "--only", ",".join(RUNS))
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return bytes_of(folder, same_bytes)


def wait(_handler):
    time.sleep(600)


@pytest.mark.parametrize(
    "answer", [lambda handler: handler.send_error(500), wait], ids=["that-is-broken", "that-hangs"]
)
def test_a_server_harms_no_run(small_study, small_images, alone, same_bytes, tmp_path, answer):
    with fake(answer) as (address, asked):
        process = start(small_study, small_images, tmp_path / "out", address, "--only", ",".join(RUNS))
        _, said = process.communicate(timeout=500)
    assert process.returncode == 0, said
    assert asked.is_set(), said
    assert bytes_of(tmp_path / "out", same_bytes) == alone
    assert said.count("MLflow has not received everything") == 1
    assert f"paribus export {tmp_path}/out --format mlflow" in said


def test_ctrl_c_ends_a_command_at_once_whose_server_hangs(small_study, small_images, tmp_path):
    with fake(wait) as (address, asked):
        process = start(small_study, small_images, tmp_path / "out", address, "--only", ",".join(RUNS))
        assert asked.wait(200)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - begun < 10


def test_what_a_broken_server_missed_is_exported_later(
    small_study, small_images, client, server, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    process = start(small_study, small_images, out, f"http://127.0.0.1:{free_port()}", "--only", "plain")
    _, said = process.communicate(timeout=500)
    assert process.returncode == 0, said
    words = ["export", str(out), "--format", "mlflow"]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, timeout=300, check=True
        )
        assert "1 ended runs" in done.stdout
    (run,) = runs_of(client, "small")
    assert steps(client, run) == [1, 2, 3]


def test_a_killed_and_continued_study_has_every_step_once(
    small_study, small_images, client, server, tmp_path
):
    study = tmp_path / "killed.yaml"
    written = small_study.read_text().replace("name: small", "name: killed")
    study.write_text(written.replace("epochs: 3", "epochs: 400"))
    out = tmp_path / "out"
    process = start(study, small_images, out, server, "--only", "plain")
    memory, deadline = out / FOLDER / "mlflow.json", time.monotonic() + 300
    while not memory.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()
    again = start(study, small_images, out, server, "--only", "plain")
    _, said = again.communicate(timeout=500)
    assert again.returncode == 0, said
    (run,) = runs_of(client, "killed")
    assert steps(client, run) == list(range(1, 401))
