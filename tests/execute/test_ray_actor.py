"""What trains on a machine of a cluster, without one: it sends what a run's folder has at home."""

import json
import signal

import psutil
import pytest
from tests.execute.test_executor import Small, bytes_of

from paribus.data.decoded import cache_images, contents
from paribus.data.source import find
from paribus.execute import ray_actor
from paribus.execute.local import execute
from paribus.execute.messages import Ended, Started, parse_event
from paribus.execute.parcel import send
from paribus.execute.ray_actor import Actor
from paribus.record import mirror
from paribus.record.folder import RunFolder
from paribus.record.store import Store


@pytest.fixture(scope="module")
def small(small_study, small_images):
    found = Small(small_study, small_images)
    cache_images(find("mnist", data_dir=small_images))
    return found


@pytest.fixture
def actor(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_actor, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(ray_actor, "mkdtemp", lambda prefix: str(tmp_path / f"{prefix}x"))
    made = Actor()
    yield made
    made.close()


def taken(actor, parcel, folder):
    """Take every turn of an assignment, write what is sent, and return what was reported."""
    store, events = Store(folder), []
    turn = actor.turn(parcel)
    while True:
        for run, changes in turn.changes.items():
            mirror.write(store.folder / "runs" / run[:16], changes)
        events += map(parse_event, turn.events)
        if turn.is_idle:
            return events
        turn = actor.turn()


def test_what_an_actor_sends_is_what_a_folder_has_at_home(actor, small, same_bytes, tmp_path):
    expected, folder = tmp_path / "expected", tmp_path / "out"
    execute(small.assignments(expected, ["momentum", "broken"]), 1, lambda _event: None)
    for assignment in small.assignments(folder, ["momentum", "broken"]):
        events = taken(actor, send(assignment, ("held",)), folder)
        assert isinstance(events[0], Started)
        assert isinstance(events[-1], Ended)
    assert bytes_of(folder, same_bytes) == bytes_of(expected, same_bytes)


def test_the_record_says_which_machines_trained_a_run(actor, small, tmp_path):
    (assignment,) = small.assignments(tmp_path / "out", ["momentum"])
    taken(actor, send(assignment, ("held",)), tmp_path / "out")
    (run,) = (tmp_path / "out" / "runs").iterdir()
    environment = RunFolder(run).environment()
    (machine,) = environment["trained_on"]
    assert machine == {"host": ray_actor.platform.node(), "processor": environment["processor"]}


def test_a_run_of_two_kinds_of_processors_has_the_bits_of_neither(actor, small):
    packed = {
        "checkpoint-3.json": b"{}",
        "environment.json": json.dumps({"trained_on": [{"host": "far", "processor": "Z80"}]}).encode(),
    }
    actor._trained_on["run"] = ray_actor._machines(packed)
    content = json.dumps({"processor": ray_actor.processor()}).encode()
    signed = json.loads(actor._signed("run", mirror.Change("environment.json", content)).content)
    assert signed["processor"] == f"Z80, {ray_actor.processor()}"
    assert [each["host"] for each in signed["trained_on"]] == ["far", ray_actor.platform.node()]


def test_what_was_trained_before_a_checkpoint_counts_for_nothing():
    packed = {"environment.json": json.dumps({"trained_on": [{"host": "far"}]}).encode()}
    assert ray_actor._machines(packed) == []
    assert ray_actor._machines({"checkpoint-1.json": b"", "environment.json": b"no json"}) == []


def test_a_process_that_dies_fails_its_run_and_the_next_assignment_has_another(actor, small, tmp_path):
    folder = tmp_path / "out"
    (assignment,) = small.assignments(folder, ["momentum"])
    turn = actor.turn(send(assignment, ("held",)))
    while not turn.events:
        turn = actor.turn()
    workers = [each for each in psutil.Process().children() if "paribus.execute.worker" in each.cmdline()]
    for each in workers:
        each.send_signal(signal.SIGKILL)
    events = []
    while not turn.is_idle:
        turn = actor.turn()
        events += map(parse_event, turn.events)
    if events[-1].status == "failed":  # not where it had ended before the signal
        assert "SIGKILL" in events[-1].cause
    assert taken(actor, send(assignment, ("held",)), folder)[-1].status == "finished"


def test_data_are_brought_once(actor, small, tmp_path, monkeypatch, small_images):
    found = contents(cache_images(find("mnist", data_dir=small_images)))
    monkeypatch.setattr(ray_actor, "cache_folder", lambda: tmp_path / "cache of the machine")
    asked = []

    class Ray:
        @staticmethod
        def get(reference):
            asked.append(reference)
            return found

    monkeypatch.setattr(ray_actor.importlib, "import_module", lambda name: Ray)
    for name in ("plain", "momentum"):
        (assignment,) = small.assignments(tmp_path / "out", [name])
        assert taken(actor, send(assignment, ("held",)), tmp_path / "out")[-1].status == "finished"
    assert asked == ["held"]
    second = Actor()
    second._with_data(assignment, ("held",))
    second.close()
    assert asked == ["held"]


def test_what_killed_actors_left_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_actor, "gettempdir", lambda: str(tmp_path))
    alive = psutil.Process().pid
    gone = max(psutil.pids()) + 100_000
    for number in (alive, gone):
        (tmp_path / f"paribus-ray-{number}-x").mkdir()
    (tmp_path / "paribus-ray-mine").mkdir()
    ray_actor._remove_leftovers()
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"paribus-ray-{alive}-x", "paribus-ray-mine"]
