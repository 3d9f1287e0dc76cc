"""A watcher beside a training: what it does wrong is one message, and nothing else."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from paribus.errors import UsageError
from paribus.trackers import watching
from paribus.trackers.watching import Outcome, Watching, require


def instead(monkeypatch, program):
    """Start this program in place of the watcher's."""
    popen = subprocess.Popen

    def start(_command, **options):
        return popen([sys.executable, "-c", program], **options)

    monkeypatch.setattr(watching.subprocess, "Popen", start)


def ended(folder, **options):
    watcher = Watching(folder, "mlflow", **options)
    begun = time.monotonic()
    try:
        watcher.end()
        return watcher.wait(), time.monotonic() - begun
    finally:
        watcher.kill()


def test_an_extra_that_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(watching.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="pip install mlflow"):
        require("mlflow")
    with pytest.raises(UsageError, match="pip install pyarrow"):
        require("parquet")


def test_the_last_line_of_a_watcher_is_what_was_sent(monkeypatch, tmp_path):
    said = {"runs": 3, "place": "sqlite:///here", "error": ""}
    instead(monkeypatch, f"print('{{\"alive\": true}}'); print({json.dumps(json.dumps(said))})")
    outcome, _ = ended(tmp_path)
    assert outcome == Outcome("mlflow", 3, "sqlite:///here")
    assert "mlflow ui --backend-store-uri sqlite:///here" in outcome.sentence(tmp_path)


def test_a_watcher_that_dies_says_why_in_its_last_line(monkeypatch, tmp_path):
    instead(monkeypatch, "raise SystemError('no memory')")
    outcome, _ = ended(tmp_path)
    words = outcome.sentence(tmp_path)
    assert "SystemError: no memory" in words
    assert f"paribus export {tmp_path} --format mlflow" in words


def test_a_watcher_that_hangs_is_waited_for_briefly(monkeypatch, tmp_path):
    instead(monkeypatch, "import time; print('{}', flush=True); time.sleep(600)")
    watcher = Watching(tmp_path, "mlflow", patience=0.5)
    while not watcher._has_spoken:
        time.sleep(0.05)
    begun = time.monotonic()
    watcher.end()
    words = watcher.wait().sentence(tmp_path)
    watcher.kill()
    assert time.monotonic() - begun < 10
    assert "does not respond" in words


@pytest.mark.skipif(os.name == "nt", reason="signals of other systems")
def test_an_error_in_the_training_ends_the_watcher_at_once(monkeypatch, tmp_path):
    instead(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(KeyboardInterrupt), watching.watching(tmp_path, ["mlflow"]) as outcomes:
        raise KeyboardInterrupt
    assert outcomes == []


@pytest.mark.skipif(os.name == "nt", reason="signals of other systems")
def test_a_watcher_ends_when_its_parent_is_gone(written):
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from paribus.trackers.watching import Watching\n"
        f"watcher = Watching(Path({str(written.folder)!r}), 'mlflow')\n"
        "print(watcher._process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    watcher = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.kill(watcher, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.kill(watcher, signal.SIGKILL)
    raise AssertionError("it still runs")
