"""How many threads a run gets: as asked, or where several make it faster, by a rule for its shape."""

from dataclasses import replace

import pytest
from tests.execute.test_estimate import USED, planned

from paribus.execute.plan import Chosen, plan, refresh
from paribus.execute.threads import assign, choose, speedup
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store
from paribus.study.reader import load

CONVOLUTION = [{"conv2d": {"filters": 32, "kernel_size": 3}}, "flatten", {"dense": {"units": 10}}]
SHAPES = {
    "dense, batch 128": ({"model": {"hidden": [784]}, "batch_size": 128}, "stepwise", True),
    "dense, batch 8": ({"model": {"hidden": [784]}, "batch_size": 8}, "stepwise", False),
    "delayed, 784 units": ({"model": {"hidden": [784]}, "batch_size": 8}, "delayed", True),
    "delayed, 32 units": ({"model": {"hidden": [32]}, "batch_size": 8}, "delayed", False),
    "convolution, batch 128": ({"model": CONVOLUTION, "batch_size": 128}, "stepwise", True),
    "convolution, batch 1": ({"model": CONVOLUTION, "batch_size": 1}, "stepwise", False),
    "recurrent": (
        {
            "model": [
                {"reshape": {"target_shape": [28, 28]}},
                {"lstm": {"units": 512}},
                {"dense": {"units": 10}},
            ],
            "batch_size": 512,
        },
        "stepwise",
        False,
    ),
}


def configured(changes):
    base = {"loss": "sparse_categorical_crossentropy", "optimizer": "sgd", "epochs": 1, **changes}
    return (
        load({"name": "t", "data": "mnist", "base": base, "variants": {"v": {}}}).variants["v"].configuration
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("shape", SHAPES)
def test_only_large_steps_gain(shape):
    changes, mode, gains = SHAPES[shape]
    assert (speedup(configured(changes), mode, 2) > 1) == gains
    assert speedup(configured(changes), mode, 1) == 1
    assert speedup(configured(changes), mode, 2) <= 2


def test_one_large_run_has_all_cores_and_as_many_runs_as_cores_have_one_each(store):
    alone = choose(planned(store, ["1"]), "auto", cores=4, most=8)
    assert (alone.threads, alone.workers, alone.is_auto) == (4, 1, True)
    assert alone.gain == pytest.approx(speedup(load("lab2").variants["1"].configuration, "stepwise", 4))
    many = choose(planned(store, ["1"], seeds=4), "auto", cores=4, most=8)
    assert (many.threads, many.workers, many.gain) == (1, 4, 1.0)


def test_two_runs_on_four_cores_have_two_threads_each(store):
    found = choose(planned(store, ["1"], seeds=2), "auto", cores=4, most=8)
    assert (found.threads, found.workers) == (2, 2)


def test_workers_that_are_asked_for_leave_their_share_of_the_cores(store):
    found = choose(planned(store, ["1"]), "auto", cores=4, most=8, workers=2)
    assert (found.threads, found.workers) == (2, 2)
    assert choose(planned(store, ["1"]), "auto", cores=2, most=8, workers=2).threads == 1


def test_a_run_that_gains_nothing_has_one_thread_beside_those_that_have_several(store):
    study = planned(store, ["1", "5"], updates="stepwise")
    found = assign(study, Chosen(2, 1, 2, is_auto=True))
    assert {run.names[0]: run.threads for run in found.runs} == {"1": 2, "5": 1}
    asked = assign(study, choose(study, 2, cores=2, most=8))
    assert {run.threads for run in asked.runs} == {2}
    assert asked.chosen.workers == 1


def test_a_run_has_no_more_threads_than_its_steps_can_feed(store):
    assert choose(planned(store, ["1"]), "auto", cores=64, most=64).threads == 8
    assert choose(planned(store, ["1"]), 64, cores=64, most=64).threads == 64


def test_nothing_to_train_and_one_core_have_one_thread(store):
    assert choose(planned(store, ["1"]), "auto", cores=1, most=8).threads == 1
    assert choose(planned(store, []), "auto", cores=4, most=8).threads == 1


def test_an_interrupted_run_keeps_its_threads_and_a_finished_one_too(store):
    study = planned(store, ["1", "2"])
    first, second = study.runs
    for run in study.runs:
        folder = store.run(run.spec)
        folder.start(run.spec, {})
        folder.append({"epoch": 1, "loss": 1.0}, Timing(1, 1.0, 0.1))
    store.run(first.spec).save(Checkpoint(1, {}, "stepwise", threads=3))
    store.run(second.spec).finish(Result(Status.FINISHED, 1, 1, update_mode="stepwise", threads=2))
    found = assign(planned(store, ["1", "2"]), Chosen(4, 1, 4))
    assert [run.threads for run in found.runs] == [3, 2]
    assert [run.threads for run in refresh(found, store).runs] == [3, 2]


def test_what_is_planned_stays_so_when_the_folder_is_read_again(store):
    found = assign(planned(store, ["1"], seeds=2), Chosen(2, 1, 2))
    assert [run.threads for run in refresh(found, store).runs] == [2, 2]


def test_runs_on_different_threads_are_not_trained_together(store):
    lab = load("lab2")
    asked = {"store": store, "seeds": dict.fromkeys(["5", "6"], range(1)), "updates": "stepwise"}
    five, six = plan(lab, {"mnist": USED}, **asked).runs
    both = plan(lab, {"mnist": USED}, **asked)
    assert len(both.tasks()) == 1
    assert len(replace(both, runs=(five, replace(six, threads=2))).tasks()) == 2
