"""What every executor must do, whatever it trains on; and how executors are named and registered.

`local` and `ray` pass this suite; the half of `ray` runs with `make ray`.
"""

import os
import signal
import sys
import time

import psutil
import pytest

from paribus.data.source import find
from paribus.errors import ExtensionError, UsageError
from paribus.execute import executor as executors
from paribus.execute.executor import check_executor, executor_names, make_executor, register_executor
from paribus.execute.local import Local, execute
from paribus.execute.messages import Assignment, DataSource
from paribus.execute.plan import plan
from paribus.record.run import DataUsed, Status
from paribus.record.store import Store
from paribus.study.reader import load
from paribus.workflow.request import Request

KINDS = ["local", pytest.param("ray", marks=pytest.mark.ray)]


class Small:
    """The small study on the small images, as assignments into a folder."""

    def __init__(self, study_file, images):
        self.study, self.images = load(study_file), images
        found = find("mnist", data_dir=images)
        counts = {"train": len(found.x_train), "test": len(found.x_test)}
        used = DataUsed(name="mnist", sha256=found.sha256, verified=False, stand_in=False, **counts)
        self.data = {"mnist": used}

    def assignments(self, folder, names=None, images=None):
        folder.mkdir(exist_ok=True)
        asked = {"store": Store(folder), "seeds": dict.fromkeys(names or self.study.variants, range(1))}
        return [
            Assignment(
                specs=tuple(run.spec for run in task.runs),
                folder=folder,
                source=DataSource(data_dir=images or self.images),
                updates=task.update_mode,
            )
            for task in plan(self.study, self.data, **asked).tasks()
        ]

    def records(self, folder):
        return Store(folder).records(self.study, self.data)


@pytest.fixture(scope="module")
def small(small_study, small_images):
    return Small(small_study, small_images)


@pytest.fixture(scope="module", params=KINDS)
def executor(request):
    if request.param == "local":
        yield Local()
        return
    pytest.importorskip("ray", reason="Ray is not installed: make ray")
    from tests.execute.ray_cluster import cluster

    with cluster() as nodes:
        yield make_executor("ray", nodes.address)


@pytest.fixture(scope="module")
def expected(small, tmp_path_factory):
    """What one worker at home makes of the study."""
    folder = tmp_path_factory.mktemp("expected")
    execute(small.assignments(folder), 1, lambda _event: None)
    return folder


@pytest.fixture(scope="module")
def lasting(executor, small, small_study, small_images, tmp_path_factory):
    """The small study, where an executor tells of several epochs at once with one variant that has many."""
    if isinstance(executor, Local):
        return small
    file = tmp_path_factory.mktemp("lasting") / "small.yaml"
    file.write_text(small_study.read_text().replace("long: {epochs: 6}", "long: {epochs: 600}"))
    return Small(file, small_images)


@pytest.fixture(scope="module")
def trained(executor, small, tmp_path_factory):
    """The whole study on two workers, and what was said of it."""
    folder = tmp_path_factory.mktemp("trained")
    events = []
    executor.execute(small.assignments(folder), 2, events.append)
    return folder, events


def bytes_of(folder, names):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.name in names
    }


def test_the_folder_has_the_bytes_of_one_worker_at_home(trained, expected, same_bytes):
    assert bytes_of(trained[0], same_bytes) == bytes_of(expected, same_bytes)


def test_the_folder_has_no_other_files_than_at_home(trained, expected):
    files = [sorted(str(each.relative_to(at)) for each in at.rglob("*")) for at in (trained[0], expected)]
    assert files[0] == files[1]


def test_every_run_says_its_start_its_epochs_and_its_end(small, trained):
    folder, events = trained
    for record in small.records(folder).values():
        kinds = [event.kind for event in events if event.run == record.spec.digest]
        assert kinds == ["started", *["epoch"] * len(record.history), "ended"]


def test_an_event_comes_once_the_folder_has_what_it_tells(executor, small, tmp_path):
    lacking = []

    def look(event):
        if event.kind == "ended":
            spec = next(each for each in specs if each.digest == event.run)
            lacking.extend([] if Store(tmp_path).run(spec).checked_result() else [event])

    assignments = small.assignments(tmp_path, ["plain", "momentum"])
    specs = [spec for each in assignments for spec in each.specs]
    executor.execute(assignments, 2, look)
    assert lacking == []


def test_there_is_room_for_a_worker(executor):
    room = executor.capacity()
    assert room.cores >= 1
    assert room.workers >= 1


def test_nothing_to_do_is_done(executor):
    executor.execute([], 2, pytest.fail)


def test_an_interrupted_study_leaves_no_worker_and_goes_on_to_the_same_bytes(
    executor, lasting, same_bytes, tmp_path, tmp_path_factory
):
    def interrupt(event):
        if event.kind == "epoch":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executor.execute(lasting.assignments(tmp_path, ["long"]), 1, interrupt)
    wait_until(lambda: not workers())
    assert lasting.records(tmp_path)["long", 0].status is Status.INTERRUPTED
    executor.execute(lasting.assignments(tmp_path, ["long"]), 1, lambda _event: None)
    assert lasting.records(tmp_path)["long", 0].status is Status.FINISHED
    home = tmp_path_factory.mktemp("home")
    execute(lasting.assignments(home, ["long"]), 1, lambda _event: None)
    assert bytes_of(tmp_path / "runs", same_bytes) == bytes_of(home / "runs", same_bytes)


def test_a_process_that_is_killed_fails_its_run_and_another_goes_on(executor, small, tmp_path):
    killed = []

    def kill_once(event):
        if event.kind == "started" and not killed:
            (worker,) = workers()
            killed.append(event.run)
            worker.send_signal(signal.SIGKILL)

    executor.execute(small.assignments(tmp_path, ["long", "momentum"]), 1, kill_once)
    by_digest = {record.spec.digest: record for record in small.records(tmp_path).values()}
    failed = by_digest.pop(killed[0])
    assert failed.status is Status.FAILED
    assert "killed (SIGKILL), perhaps because memory ran out" in failed.result.cause
    assert {record.status for record in by_digest.values()} == {Status.FINISHED}
    executor.execute(small.assignments(tmp_path, ["long", "momentum"]), 1, lambda _event: None)
    assert {record.status for record in small.records(tmp_path).values()} == {Status.FINISHED}


def test_images_that_vanish_fail_the_run_with_the_reason(executor, small, tmp_path):
    events = []
    gone = tmp_path / "gone"
    executor.execute(small.assignments(tmp_path / "out", ["plain"], images=gone), 1, events.append)
    record = small.records(tmp_path / "out")["plain", 0]
    assert record.status is Status.FAILED
    assert "gone" in record.result.cause
    assert events[-1].kind == "ended"
    assert events[-1].cause == record.result.cause


def test_a_folder_that_cannot_be_written_fails_the_run_with_the_reason(executor, small, tmp_path):
    events = []
    assignments = small.assignments(tmp_path, ["plain"])
    (tmp_path / "runs").write_text("no folder")
    executor.execute(assignments, 1, events.append)
    ended = [event for event in events if event.kind == "ended"]
    assert {event.status for event in ended} == {"failed"}
    assert "File exists" in ended[0].cause


def workers():
    """The processes of this session that train, wherever they were started from."""
    found = []
    for each in psutil.process_iter(["cmdline"]):
        try:
            is_worker = "paribus.execute.worker" in (each.info["cmdline"] or [])
            if is_worker and each.environ().get("PARIBUS_CACHE") == os.environ["PARIBUS_CACHE"]:
                found.append(each)
        except (psutil.Error, OSError):
            continue
    return [each for each in found if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def wait_until(holds):
    deadline = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Elsewhere(Local):
    """An executor that somebody registers."""


@pytest.fixture
def nothing_registered(monkeypatch):
    monkeypatch.setattr(executors, "_registered", {})
    executors._installed.cache_clear()
    yield
    executors._installed.cache_clear()


def test_paribus_has_two_executors(nothing_registered):
    assert executor_names() == ("local", "ray")
    assert isinstance(make_executor("local"), Local)


def test_one_of_ones_own_is_known_by_its_name(nothing_registered):
    register_executor("elsewhere", Elsewhere)
    assert executor_names() == ("local", "ray", "elsewhere")
    assert isinstance(make_executor("elsewhere"), Elsewhere)
    assert Request(on="elsewhere").on == "elsewhere"


def test_the_names_of_paribus_are_taken(nothing_registered):
    with pytest.raises(UsageError, match="The name ray is one of Paribus's own"):
        register_executor("ray", Elsewhere)


def test_an_unknown_name_is_refused_with_what_was_meant(nothing_registered):
    with pytest.raises(UsageError, match="'rya' is not known") as raised:
        check_executor("rya")
    assert "Known: local, ray" in str(raised.value)
    assert "Did you mean" in str(raised.value)


def test_an_address_needs_ray_and_a_text():
    with pytest.raises(UsageError, match="names a cluster of Ray"):
        Request(ray_address="host:6379")
    with pytest.raises(UsageError, match="ray_address=7 is not allowed"):
        Request(on="ray", ray_address=7)
    with pytest.raises(UsageError, match="on=7 is not allowed"):
        Request(on=7)


def test_without_ray_the_message_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'pip install "paribus\[ray\]"'):
        make_executor("ray")


def installed(tmp_path, monkeypatch, value, module="class Far:\n    pass\n"):
    metadata = tmp_path / "far-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: far\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[paribus.executors]\nfar = {value}\n")
    (tmp_path / "far_executor.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "far_executor", raising=False)


def test_a_package_registers_one_by_an_entry_point(nothing_registered, tmp_path, monkeypatch):
    installed(tmp_path, monkeypatch, "far_executor:Far")
    assert "far" in executor_names()
    assert type(make_executor("far")).__name__ == "Far"


@pytest.mark.parametrize(
    ("value", "reason"),
    [("far_executor:Near", "cannot be loaded"), ("far_executor:name", "cannot be called")],
)
def test_one_that_cannot_be_used_is_named_with_its_package(
    nothing_registered, tmp_path, monkeypatch, value, reason
):
    installed(tmp_path, monkeypatch, value, "name = 'far'\n")
    with pytest.raises(ExtensionError, match="The package far registers an executor") as raised:
        make_executor("far")
    assert reason in str(raised.value)
