"""Ctrl-C, SIGTERM and a killed worker: the command ends cleanly, leaves nobody, and goes on next time."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from paribus.cli.signals import Stopped, stopping

pytestmark = [pytest.mark.whole, pytest.mark.skipif(os.name == "nt", reason="signals of other systems")]

# Whoever runs the tests may ignore Ctrl-C, as shells have what they put into the background do.
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from paribus.cli import main; main()"
)
STUDY = """\
name: long
seeds: 1
data: mnist
base:
  validation: 0.2
  scale: unit
  model: {hidden: [8], activation: relu, output: sigmoid}
  loss: binary_crossentropy
  optimizer: {name: sgd, learning_rate: 0.1, momentum: 0.9}
  batch_size: 10
  epochs: 200
variants:
  long: {}
"""


class Command:
    """``paribus run`` on a study, called once or again."""

    def __init__(self, study, images):
        self.study, self.images = study, images
        self.started = []

    def start(self, folder):
        words = ["run", self.study, "--data-dir", self.images, "--out", folder, "--workers", "1"]
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process


@pytest.fixture(scope="module")
def command(small_images, tmp_path_factory):
    study = tmp_path_factory.mktemp("long") / "long.yaml"
    study.write_text(STUDY)
    command = Command(study, small_images)
    yield command
    for process in command.started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where one command after the other trains, each going on from the one before."""
    return tmp_path_factory.mktemp("interrupted") / "out"


@pytest.mark.parametrize(("name", "times"), [("SIGTERM", 1), ("SIGINT", 4)])
def test_a_signal_stops_the_command_at_once_and_leaves_no_worker(command, folder, name, times):
    number = signal.Signals[name]
    process = command.start(folder)
    workers = training(process, folder)
    for _ in range(times):  # an impatient user presses Ctrl-C again
        process.send_signal(number)
        time.sleep(0.02)
    out, told = process.communicate(timeout=300)
    (history,) = folder.glob("runs/*/history.jsonl")
    assert len(history.read_text().splitlines()) < 200, "not at the end of its training"
    assert process.returncode == 128 + number
    assert f"Finished work is kept in {folder}; run the same command to continue." in told
    assert "Traceback" not in told
    assert not out
    _, alive = psutil.wait_procs(workers, timeout=1)
    assert not alive


def test_what_was_interrupted_is_said_to_be_and_how_it_goes_on(paribus, command, folder):
    told = paribus("show", folder).out
    assert "1 interrupted" in told
    assert "running" not in told
    assert "One run was interrupted; the command that trained long goes on with it." in told
    assert "No run has finished yet" in told
    assert "went wrong" not in told


def test_a_killed_worker_fails_its_run_and_the_same_command_tries_it_again(command, folder):
    process = command.start(folder)
    (worker,) = training(process, folder)
    worker.kill()
    out, told = process.communicate(timeout=600)
    assert process.returncode == 1
    assert "The training process was killed (SIGKILL)" in out
    assert "Traceback" not in told

    process = command.start(folder)
    process.communicate(timeout=600)
    assert process.returncode == 0


def test_the_study_then_has_the_bytes_of_one_that_nobody_interrupted(same_bytes, command, folder, tmp_path):
    process = command.start(tmp_path / "out")
    process.communicate(timeout=600)
    (run,) = (tmp_path / "out" / "runs").iterdir()
    for file in same_bytes:
        assert (folder / "runs" / run.name / file).read_bytes() == (run / file).read_bytes(), file


@pytest.fixture
def handlers():
    """The process's own way to take signals, put back after the test."""
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, signal.SIG_DFL)
    yield before
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_every_signal_that_asks_to_end_is_one_way_out(name):
    number = signal.Signals[name]
    with pytest.raises(Stopped) as stopped, stopping():
        signal.raise_signal(number)
    assert stopped.value.exit_status == 128 + number


@pytest.mark.usefixtures("handlers")
def test_a_second_signal_does_not_disturb_the_way_out():
    way_out = []

    def command():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            way_out.append("done")

    with pytest.raises(Stopped), stopping():
        command()
    signal.raise_signal(signal.SIGINT)
    assert way_out == ["done"]


@pytest.mark.usefixtures("handlers")
def test_what_was_ignored_from_the_start_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopping():
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def training(process, folder):
    """Wait until the run's history is written; return the workers."""
    start = time.time()
    while not any(file.stat().st_mtime >= start for file in folder.glob("runs/*/history.jsonl")):
        assert process.poll() is None
        time.sleep(0.01)
    return psutil.Process(process.pid).children()
