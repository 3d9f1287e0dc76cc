"""A real cluster of Ray, three nodes on this machine: what is lost, killed, full or of another version."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from tests.execute.ray_cluster import cluster
from tests.execute.test_executor import bytes_of, wait_until, workers

import paribus as pb
from paribus.errors import UsageError
from paribus.execute.executor import make_executor
from paribus.record.folder import RunFolder
from paribus.record.run import Status

pytestmark = [pytest.mark.ray]
pytest.importorskip("ray", reason="Ray is not installed: make ray")

MOMENTS = int(os.environ.get("PARIBUS_RAY_MOMENTS", "5"))
"""How many times a node is killed and another one joins."""

STEADY = """\
name: steady
seeds: 2
data: digits
base:
  validation: 0.2
  model: {hidden: [64], activation: relu, output: softmax}
  loss: sparse_categorical_crossentropy
  optimizer: {name: adam, learning_rate: 0.001}
  batch_size: 4
  epochs: 60
variants:
  plain: {}
  dropout: {model: {dropout: 0.2}}
"""


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    file = tmp_path_factory.mktemp("steady") / "steady.yaml"
    file.write_text(STEADY.replace("data: digits", "data: {sklearn: digits}"))
    return file


@pytest.fixture(scope="module")
def expected(steady, tmp_path_factory):
    """What this machine makes of the study without a cluster."""
    out = tmp_path_factory.mktemp("home") / "out"
    pb.run(str(steady), out=out, workers=2)
    return out


@pytest.fixture(scope="module")
def made():
    """One cluster for all tests, since a process has one at a time; its stores are as small as Ray allows."""
    with cluster(object_store_memory=80 * 2**20) as nodes:
        yield nodes


@pytest.fixture
def nodes(made):
    """The cluster with two nodes that train, whatever the test before has done to it."""
    while len(made.workers) < 2:
        made.add()
    yield made
    for each in [each for each in made.workers if each not in made.right]:
        made.kill(each)


def test_a_study_has_the_bytes_of_home_and_says_where_it_was_trained(
    nodes, steady, expected, same_bytes, tmp_path
):
    results = pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address)
    assert bytes_of(tmp_path / "out", same_bytes) == bytes_of(expected, same_bytes)
    for record in results.records.values():
        assert RunFolder(record.folder).environment()["trained_on"]


def test_nodes_that_are_killed_and_join_at_random_moments_change_no_byte(
    nodes, steady, expected, same_bytes, tmp_path, record_property
):
    draw = random.Random(7)
    over = threading.Event()
    killed = []

    def epochs():
        return sum(len(each.read_bytes().splitlines()) for each in tmp_path.glob("out/runs/*/history.jsonl"))

    def disturb():
        while len(killed) < MOMENTS:
            enough = epochs() + draw.randrange(1, 2 + 150 // MOMENTS)
            while epochs() < enough:
                if over.wait(0.05):
                    return
            nodes.kill(draw.choice(nodes.workers))
            killed.append(time.monotonic())
            nodes.add()

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    try:
        results = pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address)
    finally:
        over.set()
        disturbing.join()
    assert killed
    record_property("nodes killed", len(killed))
    assert {record.status for record in results.records.values()} == {Status.FINISHED}
    assert bytes_of(tmp_path / "out", same_bytes) == bytes_of(expected, same_bytes)


def test_a_study_waits_for_nodes_where_all_are_lost(nodes, steady, expected, same_bytes, tmp_path):
    def replace():
        wait_until(lambda: list(tmp_path.glob("out/runs/*/history.jsonl")))
        for each in [*nodes.workers]:
            nodes.kill(each)
        time.sleep(2)
        nodes.add()
        nodes.add()

    replacing = threading.Thread(target=replace)
    replacing.start()
    pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address)
    replacing.join()
    assert bytes_of(tmp_path / "out", same_bytes) == bytes_of(expected, same_bytes)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "Ctrl-C"])
def test_a_command_that_is_ended_goes_on_to_the_same_bytes(
    nodes, steady, expected, same_bytes, tmp_path, number
):
    command = [sys.executable, "-m", "paribus", "run", str(steady), "--out", str(tmp_path / "out")]
    command += ["--on", "ray", "--ray-address", nodes.address]
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: list(tmp_path.glob("out/runs/*/history.jsonl")))
    started.send_signal(number)
    assert started.wait(300) in {-signal.SIGKILL, 130}
    wait_until(lambda: not workers())
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "out", same_bytes) == bytes_of(expected, same_bytes)


def test_a_full_object_store_delays_nothing_but_the_training(nodes, steady, expected, same_bytes, tmp_path):
    import numpy as np
    import ray

    assert make_executor("ray", nodes.address).capacity().cores == 2
    held = [ray.put(np.ones(30 * 2**20, dtype=np.uint8)) for _ in range(5)]
    pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address, only=["plain"])
    assert len(held) == 5
    found, home = bytes_of(tmp_path / "out", same_bytes), bytes_of(expected, same_bytes)
    assert found == {name: home[name] for name in found}
    assert len({name.split("/")[1] for name in found}) == 2


def other_version(tmp_path):
    """Return variables with which a process finds another version of Paribus."""
    metadata = tmp_path / "other" / "paribus-9.9.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: paribus\nVersion: 9.9\n")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path / "other"), *filter(None, sys.path)])}


def test_a_node_with_another_version_is_refused_and_the_others_train(nodes, steady, tmp_path, capfd):
    nodes.kill(nodes.workers[0])
    nodes.add_wrong(num_cpus=2, env_vars=other_version(tmp_path))
    results = pb.run(
        str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address, only=["plain"], workers=3
    )
    assert capfd.readouterr().err.count("is not used: it has paribus 9.9") == 1
    assert {record.status for record in results.records.values()} == {Status.FINISHED}


def test_where_no_node_is_right_there_is_one_message(nodes, steady, tmp_path):
    for each in [*nodes.workers]:
        nodes.kill(each)
    nodes.add_wrong(env_vars=other_version(tmp_path))
    with pytest.raises(UsageError, match="No machine of the cluster can train"):
        pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address)
    assert not (tmp_path / "out").exists()


def test_a_program_has_one_cluster_at_a_time(nodes, steady, tmp_path):
    make_executor("ray", nodes.address).capacity()
    with pytest.raises(UsageError, match="has already joined the cluster"):
        pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address="127.0.0.1:1")


def test_more_threads_than_a_machine_has_cores_are_refused(nodes, steady, tmp_path):
    with pytest.raises(UsageError, match="no machine of the cluster has more than 1 cores"):
        pb.run(str(steady), out=tmp_path / "out", on="ray", ray_address=nodes.address, threads=8)


def test_a_cluster_that_is_not_there_is_one_message(steady, tmp_path):
    command = [sys.executable, "-m", "paribus", "run", str(steady), "--out", str(tmp_path / "out")]
    command += ["--on", "ray", "--ray-address", "127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "The cluster of Ray cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr


OWN = """\
def train(settings, seed, run):
    for epoch in run.epochs(settings["epochs"]):
        run.log(loss=1.0 / (epoch + seed), accuracy=0.5)
    run.test([0, 1], [[0.9, 0.1], [0.2, 0.8]])
"""


def test_a_function_of_ones_own_travels_with_its_file(nodes, tmp_path, same_bytes):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.py").write_text(OWN)
    study = tmp_path / "mine" / "own.yaml"
    study.write_text(
        "name: own\nseeds: 2\nbase: {train: {python: 'own.py:train'}, epochs: 3}\n"
        "variants: {a: {}, b: {epochs: 4}}\n"
    )
    pb.run(str(study), out=tmp_path / "home")
    pb.run(str(study), out=tmp_path / "far", on="ray", ray_address=nodes.address)
    assert bytes_of(tmp_path / "far", same_bytes) == bytes_of(tmp_path / "home", same_bytes)
