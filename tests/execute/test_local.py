"""Real workers: results do not depend on how many, a failure stays alone, none outlives its parent."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from paribus.data.source import find
from paribus.execute.local import ONE_THREAD, default_workers, execute, settings
from paribus.execute.messages import Assignment, DataSource
from paribus.execute.plan import plan
from paribus.record.folder import RunFolder
from paribus.record.run import DataUsed, Status
from paribus.record.store import Store
from paribus.study.reader import load


class Small:
    """The small study on the small images, carried out by real workers."""

    def __init__(self, study_file, images):
        self.study = load(study_file)
        self.images = images
        found = find("mnist", data_dir=images)
        counts = {"train": len(found.x_train), "test": len(found.x_test)}
        used = DataUsed(name="mnist", sha256=found.sha256, verified=False, stand_in=False, **counts)
        self.data = {"mnist": used}

    def assignments(self, folder, names=None, images=None):
        names = names or self.study.variants
        asked = {"store": Store(folder), "seeds": dict.fromkeys(names, range(1))}
        tasks = plan(self.study, self.data, **asked).tasks()
        source = DataSource(data_dir=images or self.images)
        return [
            Assignment(
                specs=tuple(run.spec for run in task.runs),
                folder=folder,
                source=source,
                updates=task.update_mode,
            )
            for task in tasks
        ]

    def records(self, folder):
        return Store(folder).records(self.study, self.data)


@pytest.fixture(scope="module")
def small(small_study, small_images):
    return Small(small_study, small_images)


@pytest.fixture(scope="module")
def carried_out(small, tmp_path_factory):
    """The whole study, once, on two workers, and what was said of it."""
    folder = tmp_path_factory.mktemp("two")
    events = []
    execute(small.assignments(folder), 2, events.append)
    return folder, events


def test_every_run_is_trained_to_its_end(small, carried_out):
    records = small.records(carried_out[0])
    statuses = {name: record.status for (name, _), record in records.items()}
    assert statuses == {
        "plain": Status.FINISHED,
        "same": Status.FINISHED,
        "momentum": Status.FINISHED,
        "long": Status.FINISHED,
        "broken": Status.DIVERGED,
    }
    assert len(records["long", 0].history) == 6
    assert records["long", 0].history[:3] == records["plain", 0].history


def test_every_run_says_its_start_its_epochs_and_its_end(small, carried_out):
    folder, events = carried_out
    for record in small.records(folder).values():
        kinds = [event.kind for event in events if event.run == record.spec.digest]
        assert kinds == ["started", *["epoch"] * len(record.history), "ended"]


def test_one_worker_gives_the_bytes_that_two_gave(same_bytes, small, carried_out, tmp_path):
    execute(small.assignments(tmp_path), 1, lambda _event: None)
    for (name, _), record in small.records(carried_out[0]).items():
        for file in same_bytes:
            one, two = tmp_path / "runs" / record.folder.name / file, record.folder / file
            if record.status is Status.DIVERGED and file in (
                "weights.safetensors",
                "predictions.safetensors",
            ):
                assert not one.exists()
            else:
                assert one.read_bytes() == two.read_bytes(), (name, file)


def test_a_finished_study_has_nothing_left_to_train(small, carried_out):
    assert small.assignments(carried_out[0]) == []


def test_a_worker_that_is_killed_fails_its_run_and_another_goes_on(small, tmp_path):
    killed = []

    def kill_once(event):
        if event.kind == "epoch" and not killed:
            (worker,) = workers_of(os.getpid())
            killed.append(event.run)
            worker.send_signal(signal.SIGKILL)

    execute(small.assignments(tmp_path, ["long", "momentum"]), 1, kill_once)
    by_digest = {record.spec.digest: record for record in small.records(tmp_path).values()}
    failed = by_digest.pop(killed[0])
    assert failed.status is Status.FAILED
    assert "killed (SIGKILL), perhaps because memory ran out" in failed.result.cause
    assert f"After epoch {len(failed.history)}:" in failed.result.cause
    assert {record.status for record in by_digest.values()} == {Status.FINISHED}
    assert len(small.assignments(tmp_path, ["long", "momentum"])) == 1


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="no limits for one process")
def test_a_disk_that_takes_nothing_more_fails_the_run_with_the_reason_and_the_worker_goes_on(small, tmp_path):
    told, workers = {}, set()

    def fill_the_disk(event):
        (worker,) = workers_of(os.getpid())
        workers.add(worker.pid)
        if event.kind == "epoch" and not told:
            worker.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))
        if event.kind == "ended":
            told[event.run] = event
            worker.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))

    execute(small.assignments(tmp_path, ["long", "momentum"]), 1, fill_the_disk)
    full, free = told.values()
    assert full.status == "failed"
    assert "File too large: " in full.cause
    assert str(tmp_path / "runs" / full.run[:16]) in full.cause
    assert free.status == "finished"
    by_digest = {record.spec.digest: record for record in small.records(tmp_path).values()}
    assert by_digest[full.run].status is Status.INTERRUPTED
    assert by_digest[free.run].status is Status.FINISHED
    assert len(workers) == 1
    assert len(small.assignments(tmp_path, ["long", "momentum"])) == 1


def test_the_worker_listens_before_it_loads_what_takes_seconds():
    listed = "import sys, paribus.execute.worker; print({'jax', 'keras'} & set(sys.modules) or 'none')"
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["none"]


def test_images_that_vanish_fail_the_run_with_the_reason(small, tmp_path):
    execute(small.assignments(tmp_path, ["plain"], images=tmp_path / "gone"), 1, lambda _event: None)
    record = small.records(tmp_path)["plain", 0]
    assert record.status is Status.FAILED
    assert "gone" in record.result.cause


def test_an_interrupted_study_leaves_no_worker_and_goes_on_to_the_same_bytes(
    same_bytes, small, carried_out, tmp_path
):
    def interrupt(event):
        if event.kind == "epoch":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(small.assignments(tmp_path, ["long"]), 1, interrupt)
    assert not workers_of(os.getpid())
    assert small.records(tmp_path)["long", 0].status is Status.INTERRUPTED
    execute(small.assignments(tmp_path, ["long"]), 1, lambda _event: None)
    record = small.records(carried_out[0])["long", 0]
    for file in same_bytes:
        again = tmp_path / "runs" / record.folder.name / file
        assert again.read_bytes() == (record.folder / file).read_bytes(), file


def test_workers_end_when_the_process_that_started_them_is_killed(small_study, small_images, tmp_path):
    script = (
        "import paribus as pb, sys; pb.run(sys.argv[1], data_dir=sys.argv[2], out=sys.argv[3], workers=2)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(small_study), str(small_images), str(tmp_path / "out")],
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 300
    workers = []
    while len(workers) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
        workers = workers_of(parent.pid)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(workers, timeout=300)
    assert len(workers) == 2
    assert not alive


def test_there_is_at_least_one_worker_by_default():
    assert 1 <= default_workers() <= (os.cpu_count() or 1)


def workers_of(parent):
    try:
        children = psutil.Process(parent).children(recursive=True)
        return [child for child in children if "paribus.execute.worker" in child.cmdline()]
    except psutil.NoSuchProcess:
        return []


LARGE = """\
name: large
data: mnist
base:
  validation: 0.2
  scale: unit
  model: [{conv2d: {filters: 16, kernel_size: 3, activation: relu}}, flatten, {dense: {units: 10}}]
  loss: sparse_categorical_crossentropy
  optimizer: {name: adam, learning_rate: 0.01}
  batch_size: 48
  epochs: 2
variants:
  convolution: {}
  stepwise: {model: {hidden: [512], activation: relu, output: softmax}, batch_size: 240, optimizer: adam}
  delayed: {model: {hidden: [64], activation: relu, output: softmax}, batch_size: 8, optimizer: sgd}
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory, small_images):
    file = tmp_path_factory.mktemp("large") / "large.yaml"
    file.write_text(LARGE, encoding="utf-8")
    return Small(file, small_images)


def on_threads(large, folder, threads):
    assignments = large.assignments(folder)
    execute([each.model_copy(update={"threads": threads}) for each in assignments], 1, lambda _event: None)
    return large.records(folder)


def test_the_same_threads_give_the_same_bytes_and_the_record_has_their_number(large, same_bytes, tmp_path):
    once, again = (on_threads(large, tmp_path / name, 2) for name in ("once", "again"))
    for key, record in once.items():
        assert record.status is Status.FINISHED
        assert record.result.threads == 2
        assert RunFolder(record.folder).environment()["threads"] == 2
        for file in same_bytes:
            assert (record.folder / file).read_bytes() == (again[key].folder / file).read_bytes(), (key, file)


def test_a_worker_is_followed_by_one_with_the_threads_of_the_next_run(
    small, same_bytes, carried_out, tmp_path
):
    names = ["plain", "momentum", "long"]
    assignments = [
        each.model_copy(update={"threads": threads})
        for each, threads in zip(small.assignments(tmp_path, names), (1, 2), strict=False)
    ]
    execute(assignments, 1, lambda _event: None)
    records = small.records(tmp_path)
    assert {record.status for record in records.values()} == {Status.FINISHED}
    assert {record.result.threads for record in records.values()} == {1, 2}
    for name, seed in records:
        record = records[name, seed]
        if record.result.threads == 1:
            there = carried_out[0] / "runs" / record.folder.name
            for file in same_bytes:
                assert (record.folder / file).read_bytes() == (there / file).read_bytes()


def test_one_thread_is_what_workers_ever_had_and_delayed_updates_leave_xla_one(large, tmp_path):
    assignments = {each.updates: each for each in large.assignments(tmp_path)}
    two = {mode: settings(each.model_copy(update={"threads": 2})) for mode, each in assignments.items()}
    assert two["stepwise"]["NPROC"] == "2"
    assert two["delayed"] == ONE_THREAD
    assert all(settings(each) == ONE_THREAD for each in assignments.values())
