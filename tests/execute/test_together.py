"""Which runs are planned together, in which tasks, and why others are not."""

from dataclasses import replace

import pytest
from tests.execute.test_estimate import RATES, USED

from paribus.execute import together
from paribus.execute.estimate import estimate, predict_epoch
from paribus.execute.plan import Chosen, plan, refresh
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import Result, Status
from paribus.record.store import Store
from paribus.study.reader import load

BASE = {
    "model": {"hidden": [16], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "batch_size": 128,
    "epochs": 3,
}
VARIANTS = {
    "plain": {},
    "longer": {"epochs": 5},
    "dropout": {"model": {"dropout": 0.2}},
    "delayed": {"optimizer": {"name": "sgd", "learning_rate": 0.1}, "batch_size": 8},
}


@pytest.fixture(scope="module")
def study():
    return load({"name": "t", "data": "mnist", "base": BASE, "variants": VARIANTS})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def planned(study, store, wanted, names=("plain",), seeds=5, **more):
    asked = {"store": store, "seeds": dict.fromkeys(names, range(seeds)), **more}
    return together.assign(plan(study, {"mnist": USED}, **asked), wanted)


def shapes(found):
    return sorted((task.update_mode, sorted({run.spec.seed for run in task.runs})) for task in found.tasks())


def test_seeds_are_tasks_of_at_most_so_many(study, store):
    found = planned(study, store, 2)
    assert shapes(found) == [("together", [0, 1]), ("together", [2, 3]), ("together", [4])]
    assert shapes(planned(study, store, 9)) == [("together", [0, 1, 2, 3, 4])]
    assert found.tasks()[0].seed == 0


def test_variants_are_apart_and_those_that_differ_in_their_end_alone_are_not(study, store):
    found = planned(study, store, 5, ["plain", "longer", "dropout"], seeds=2)
    assert shapes(found) == [("together", [0, 1]), ("together", [0, 1])]
    sizes = sorted(len(task.runs) for task in found.tasks())
    assert sizes == [2, 4]


def test_nothing_is_together_unless_asked_for_on_a_processor(study, store):
    for wanted in (None, 1, "auto"):
        assert {mode for mode, _ in shapes(planned(study, store, wanted))} == {"stepwise"}
    assert {mode for mode, _ in shapes(planned(study, store, 8, seeds=1))} == {"stepwise"}


def test_with_auto_small_dense_networks_are_together_on_a_processor_and_every_worker_has_some(store):
    variants = {"small": {"model": {"hidden": [8]}}, "large": {}}
    study = load({"name": "t", "data": "mnist", "base": BASE, "variants": variants})
    for workers, sizes in ((1, [10, 2]), (4, [3, 3, 3, 3])):
        asked = {"store": store, "seeds": {"small": range(12)}}
        found = replace(plan(study, {"mnist": USED}, **asked), chosen=Chosen(workers=workers))
        tasks = together.assign(found, "auto").tasks()
        assert sorted((task.seeds for task in tasks), reverse=True) == sizes
    assert [together.gains(each.configuration) for each in study.variants.values()] == [True, False]


def test_on_a_gpu_as_many_are_together_as_its_memory_holds(study, store, monkeypatch):
    from paribus.execute.devices import Found, Gpu

    for memory, most in ((60e9, together.MOST), (4e6, None), (1e3, 1)):
        card = Found(Gpu("a", int(memory)), "gpu", "cuda", "", "")
        monkeypatch.setattr(together, "find", lambda card=card: card)
        found = planned(study, store, None, seeds=3, device="gpu")
        (size,) = {run.together for run in found.runs}
        if most is None:
            assert 1 < size < together.MOST
        else:
            assert size == most
    assert {run.device for run in found.runs} == {"gpu"}


def test_on_a_gpu_no_updates_are_delayed(study, store):
    for device, mode in (("cpu", "delayed"), ("gpu", "stepwise")):
        found = planned(study, store, 1, ["delayed"], seeds=1, device=device)
        assert [run.update_mode for run in found.runs] == [mode]


def test_what_is_delayed_is_trained_alone_and_it_is_said_why(study, store):
    found = planned(study, store, 5, ["plain", "delayed"], seeds=2)
    assert shapes(found) == [("delayed", [0]), ("delayed", [1]), ("together", [0, 1])]
    assert together.reasons(found) == {"run.not-together-delayed": ("delayed",)}
    stepwise = planned(study, store, 5, ["delayed"], seeds=2, updates="stepwise")
    assert shapes(stepwise) == [("together", [0, 1])]
    assert together.reasons(stepwise) == {}


def begun(study, store, seed, epoch, mode="together", device="cpu"):
    """Leave a run's checkpoint after an epoch."""
    (run,) = [run for run in planned(study, store, 1, seeds=seed + 1).runs if run.spec.seed == seed]
    folder = store.run(run.spec)
    folder.start(run.spec, {})
    for place in range(1, epoch + 1):
        folder.append({"epoch": place}, Timing(place, 1.0, 0.5))
    folder.save(Checkpoint(epoch, {}, mode, device=device))
    return folder


def test_runs_that_began_go_on_as_they_began_whatever_is_asked(study, store):
    for seed, mode, epoch in ((0, "together", 1), (1, "together", 1), (2, "stepwise", 1), (3, "together", 2)):
        begun(study, store, seed, epoch, mode)
    expected = [("stepwise", [2]), ("stepwise", [4]), ("together", [0, 1]), ("together", [3])]
    assert shapes(planned(study, store, 1)) == expected
    assert shapes(refresh(planned(study, store, 1), store)) == expected
    assert shapes(planned(study, store, 3)) == expected, "a single seed has no other to be trained with"


def test_a_run_goes_on_where_it_began(study, store):
    begun(study, store, 0, 1, "stepwise", device="gpu")
    found = planned(study, store, 1, seeds=2)
    assert {run.spec.seed: run.device for run in found.runs} == {0: "gpu", 1: "cpu"}
    assert {task.device for task in found.tasks()} == {"gpu", "cpu"}


def test_a_plan_that_is_read_again_is_the_same_plan(study, store):
    found = planned(study, store, 3)
    assert refresh(found, store).tasks() == found.tasks()
    folder = store.run(found.runs[0].spec)
    folder.start(found.runs[0].spec, {})
    folder.finish(Result(Status.DIVERGED, 1, 1, update_mode="together", together=3))
    assert shapes(refresh(found, store)) == [("together", [1, 2, 3]), ("together", [4])]


def test_a_task_takes_as_long_as_all_its_seeds(study, store):
    found = planned(study, store, 5)
    (task,) = found.tasks()
    assert task.seeds == 5
    assert task.work == pytest.approx(5 * task.runs[0].work)
    told = estimate(found, store, RATES, 1)
    (one,) = {told.runs[run.spec.digest].epoch for run in found.runs}
    assert one == pytest.approx(5 * predict_epoch(task.runs[0], RATES))


def test_how_long_a_gpu_takes_is_not_known_before_it_has_trained(study, store):
    found = planned(study, store, 1, seeds=1, device="gpu")
    assert estimate(found, store, RATES, 1).seconds is None
