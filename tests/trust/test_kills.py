"""A study killed anywhere, again and again, ends with the bytes that it has without a kill.

The real command is started; its process or one of its workers gets SIGKILL at a random moment of start-up,
training or end, and the same command goes on in the same folder. When the study is complete, the next folder
begins. ``PARIBUS_TRUST_KILLS`` is how many kills there are; ``make trust`` has 100.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from paribus.record import checkpoint
from paribus.record.run import Status
from paribus.workflow.results import load_results

pytestmark = pytest.mark.whole

KILLS = int(os.environ.get("PARIBUS_TRUST_KILLS", "2"))
PATIENCE = 3.0  # seconds in which the workers of a killed process are gone
MARK = "PARIBUS_TRUST_MARK"
ENDED = (Status.FINISHED, Status.EARLY_STOPPED)
STUDY = """\
name: killed
data: mnist
base:
  validation: 0.2
  scale: unit
  model: {hidden: [16], activation: relu, output: softmax}
  loss: categorical_crossentropy
  optimizer: {name: sgd, learning_rate: 0.01, momentum: 0.9}
  batch_size: 10
  epochs: 240
variants:
  momentum: {}
  stopped: {early_stopping: {monitor: val_accuracy, patience: 90, restore_best_weights: true}}
  dropout:
    model: {hidden: [16], activation: relu, output: softmax, dropout: 0.2}
    optimizer: {name: adam, learning_rate: 0.001}
  short: {optimizer: {name: rmsprop, learning_rate: 0.001}, epochs: 60}
"""


class Killed:
    """A study's folder and the command that trains into it.

    Args:
        command: What is started; its environment carries a mark, by which all its processes are found.
        folder: The study's folder.
        reference: Records of the same study, trained without a kill, by variant and seed.
        seconds: What the study takes without a kill.
    """

    def __init__(self, command, folder, reference, seconds):
        self.command = [*command, "--out", str(folder)]
        self.folder = folder
        self.reference = reference
        self.seconds = seconds
        self.ended = {}
        self.launches = 0

    def complete(self, draw, kills):
        """Run until the study is complete, with at most so many kills; return how many there were.

        Args:
            draw: Chooses moments and victims.
            kills: How many kills at most.
        """
        done, status = 0, 1
        while status != 0:
            before = done
            floors = self.floors()
            start = time.monotonic()
            process = self.start()
            try:
                while process.poll() is None and done < kills:
                    try:
                        process.wait(draw.uniform(0, self.seconds))
                    except subprocess.TimeoutExpired:
                        done += self.kill(process, draw)
                        self.check()
                status = process.wait(20 * self.seconds + 120)
            finally:
                process.kill()
                process.wait()
            self.check_starts(floors)
            assert status == 0 or done > before, self.said()
            if self.launches == 1 and done == before:
                self.seconds = time.monotonic() - start  # the machine is less busy than it was
        self.check()
        return done

    def start(self):
        self.launches += 1
        with self.log.open("wb") as log:
            environment = {**os.environ, MARK: str(self.folder)}
            return subprocess.Popen(
                self.command, stdout=subprocess.DEVNULL, stderr=log, env=environment, start_new_session=True
            )

    def kill(self, process, draw):
        """Kill the study's process or one of its workers; return how many kills that was."""
        workers = [worker for worker in processes(self.folder) if worker.pid != process.pid]
        victim = draw.choice(workers) if workers and draw.random() < 0.4 else psutil.Process(process.pid)
        try:
            victim.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:  # it has just ended by itself
            return 0
        if victim.pid == process.pid:
            killed = process.wait() == -signal.SIGKILL
            deadline = time.monotonic() + PATIENCE
            while alive := processes(self.folder):
                assert time.monotonic() < deadline, alive
                time.sleep(0.02)
            return int(killed)
        _, alive = psutil.wait_procs([victim], timeout=PATIENCE)
        assert not alive
        return 1

    def check(self):
        """What is there now is a beginning of the reference; what had ended is as it was."""
        for key, record in self.records().items():
            expected = self.reference[key].history
            assert record.history == expected[: len(record.history)], (key, self.launches)
            content = (record.folder / "result.json").read_bytes() if record.status in ENDED else None
            before = self.ended.setdefault(key, content) if content else self.ended.get(key)
            assert content == before, (key, self.launches)

    def floors(self):
        """The epoch of each run's last checkpoint, for runs that have not ended."""
        return {
            name: newest.epoch if (newest := checkpoint.newest(record.folder)) else 0
            for (name, _), record in self.records().items()
            if record.status not in ENDED
        }

    def check_starts(self, floors):
        """Only what came after the last checkpoint was trained again."""
        for name, epoch in re.findall(
            r"^(\w+)(?: · .*)? \(seed 0\): starts, (\d+) of", self.said(), re.MULTILINE
        ):
            assert int(epoch) >= floors.get(name, 0), (name, self.launches)

    def records(self):
        return load_results(self.folder).records if (self.folder / "study.json").exists() else {}

    def said(self):
        return self.log.read_text()

    @property
    def log(self):
        return self.folder.with_name(f"{self.folder.name}-{self.launches}.log")


@pytest.fixture(scope="module")
def command(small_images, tmp_path_factory):
    study = tmp_path_factory.mktemp("killed") / "killed.yaml"
    study.write_text(STUDY)
    words = ["run", study, "--data-dir", small_images, "--workers", "2"]
    return [sys.executable, "-c", "from paribus.cli import main; main()", *map(str, words)]


@pytest.fixture(scope="module")
def reference(command, tmp_path_factory):
    """The study's records after a run that nothing disturbed, and the seconds which that took."""
    folder = tmp_path_factory.mktemp("reference") / "out"
    start = time.monotonic()
    subprocess.run([*command, "--out", folder], check=True, capture_output=True)
    return load_results(folder).records, time.monotonic() - start


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is of other systems")
def test_a_study_killed_anywhere_ends_with_the_bytes_of_one_that_was_not(
    same_bytes, command, reference, tmp_path, record_property
):
    records, seconds = reference
    assert {record.status for record in records.values()} == set(ENDED)
    draw = random.Random(2021)
    kills = chains = 0
    while kills < KILLS:
        chains += 1
        killed = Killed(command, tmp_path / str(chains), records, seconds)
        kills += killed.complete(draw, KILLS - kills)
        seconds = killed.seconds
        again = killed.records()
        assert set(again) == set(records)
        for key, record in records.items():
            for file in same_bytes:
                assert (again[key].folder / file).read_bytes() == (record.folder / file).read_bytes(), (
                    key,
                    file,
                )
    record_property("kills", kills)
    record_property("chains", chains)
    assert kills == KILLS


def processes(folder):
    """The living processes that carry a folder's mark."""
    found = psutil.process_iter(["environ", "status"])
    marked = [process for process in found if (process.info["environ"] or {}).get(MARK) == str(folder)]
    return [process for process in marked if process.info["status"] != psutil.STATUS_ZOMBIE]
