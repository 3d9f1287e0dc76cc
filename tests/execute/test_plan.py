"""The plan: each run once, what is done left alone, one trajectory one task, seed 0 and the longest first."""

import math

import pytest

from paribus.errors import UsageError
from paribus.execute.plan import plan, refresh
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import DataUsed, Result, Status
from paribus.record.store import Store
from paribus.study.reader import load

DATA = {
    name: DataUsed(name=name, sha256=name * 3, verified=True, stand_in=False, train=train, test=10_000)
    for name, train in (("mnist", 60_000), ("cifar10", 50_000))
}


@pytest.fixture
def lab():
    return load("lab2")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def planned(study, store, names=None, seeds=1, updates="auto"):
    names = names or study.variants
    return plan(study, DATA, store=store, seeds=dict.fromkeys(names, range(seeds)), updates=updates)


def begin(run, store, path):
    """Leave a run as an interruption after its first epoch does."""
    folder = store.run(run.spec)
    folder.start(run.spec, {})
    folder.append({"epoch": 1, "loss": 1.0}, Timing(1, 1.0, 0.1))
    folder.save(Checkpoint(1, {}, path))
    return folder


def names_of(task):
    return [name for run in task.runs for name in run.names]


def test_every_variant_with_every_seed_is_a_run(lab, store):
    assert len(planned(lab, store, seeds=3).runs) == 3 * len(lab.variants)


def test_6_is_5_with_another_ending_and_trained_with_it(lab, store):
    tasks = planned(lab, store).tasks()
    assert ["5", "6"] in [names_of(task) for task in tasks]
    assert len(tasks) == len(lab.variants) - 1


def test_the_longest_comes_first(lab, store):
    order = [names_of(task) for task in planned(lab, store).tasks()]
    assert order[0] == ["7c"]
    assert {order[1][0], order[2][0]} == {"7a", "7b"}
    assert order[3] == ["5", "6"]


def test_every_variant_gets_its_first_seed_before_any_gets_its_second(lab, store):
    tasks = planned(lab, store, seeds=3).tasks()
    first, others = tasks[: len(lab.variants) - 1], tasks[len(lab.variants) - 1 :]
    assert {name for task in first for name in names_of(task)} == set(lab.variants)
    assert {task.seed for task in first} == {0}
    assert {task.seed for task in others} == {1, 2}
    for each in (first, others):
        assert [task.work for task in each] == sorted((task.work for task in each), reverse=True)


def test_runs_of_one_trajectory_are_trained_together_with_every_seed(lab, store):
    tasks = planned(lab, store, ["5", "6"], seeds=2).tasks()
    assert [(task.seed, names_of(task)) for task in tasks] == [(0, ["5", "6"]), (1, ["5", "6"])]


def test_seeds_that_are_added_later_start_with_the_longest(lab, store):
    added = plan(lab, DATA, store=store, seeds={"1": (5, 6), "5": (5, 6)}).tasks()
    assert [names_of(task) for task in added] == [["5"], ["5"], ["1"], ["1"]]


def test_updates_count_the_short_last_batch(lab, store):
    (run,) = planned(lab, store, ["1"]).runs
    assert run.updates == 30 * math.ceil(54_000 / 128) == 30 * 422
    assert run.parameters == 623_290


def test_multiply_adds_are_three_passes_over_training_images_and_one_over_the_others(lab, store):
    (run,) = planned(lab, store, ["1"]).runs
    assert run.multiply_adds == 30 * (784 * 784 + 784 * 10) * (3 * 54_000 + 6_000)


def test_what_has_ended_is_not_trained_again_and_what_failed_is(lab, store):
    for name, status in {
        "1": Status.FINISHED,
        "2": Status.EARLY_STOPPED,
        "3a": Status.DIVERGED,
        "3b": Status.FAILED,
    }.items():
        (run,) = planned(lab, store, [name]).runs
        folder = store.run(run.spec)
        folder.start(run.spec, {})
        folder.finish(Result(status, 1, 1))
    missing = planned(lab, store, ["1", "2", "3a", "3b", "3c"]).missing
    assert [(run.names, run.status) for run in missing] == [(("3b",), Status.FAILED), (("3c",), None)]


def test_variants_that_mean_the_same_are_one_run(small_study, store):
    runs = planned(load(small_study), store).runs
    assert ("plain", "same") in [run.names for run in runs]


def test_runs_of_one_trajectory_at_different_epochs_are_not_trained_together(lab, store):
    five, _ = planned(lab, store, ["5", "6"]).runs
    begin(five, store, "delayed")
    tasks = planned(lab, store, ["5", "6"]).tasks()
    assert sorted(names_of(task) for task in tasks) == [["5"], ["6"]]
    assert {run.epochs_done for run in planned(lab, store, ["5", "6"]).runs} == {0, 1}


def test_small_batches_are_delayed_unless_asked_otherwise(lab, store):
    assert [run.update_mode for run in planned(lab, store, ["1", "5"]).runs] == ["stepwise", "delayed"]
    for asked in ("stepwise", "delayed"):
        assert {run.update_mode for run in planned(lab, store, ["1", "5"], updates=asked).runs} == {asked}


def test_the_way_is_no_part_of_a_runs_identity(lab, store):
    digests = [
        {run.spec.digest for run in planned(lab, store, ["5"], updates=asked).runs}
        for asked in ("auto", "stepwise", "delayed")
    ]
    assert digests[0] == digests[1] == digests[2]


@pytest.mark.parametrize(
    ("began", "asked"), [("stepwise", "delayed"), ("stepwise", "auto"), ("delayed", "stepwise")]
)
def test_a_run_goes_on_the_way_it_began(lab, store, began, asked):
    (run,) = planned(lab, store, ["5"]).runs
    begin(run, store, began)
    again = planned(lab, store, ["5"], updates=asked)
    assert [run.update_mode for run in again.runs] == [began]
    assert [task.update_mode for task in refresh(again, store).tasks()] == [began]


def test_a_run_of_an_earlier_version_goes_on_by_the_rule_it_had(lab, store):
    (run,) = planned(lab, store, ["5"]).runs
    begin(run, store, "")
    assert [run.update_mode for run in planned(lab, store, ["5"], updates="stepwise").runs] == ["delayed"]


def test_runs_that_began_in_different_ways_are_not_trained_together(lab, store):
    for run, way in zip(planned(lab, store, ["5", "6"]).runs, ("stepwise", "delayed"), strict=True):
        begin(run, store, way)
    assert sorted(names_of(task) for task in planned(lab, store, ["5", "6"]).tasks()) == [["5"], ["6"]]


def test_a_run_that_ended_in_another_way_has_ended(lab, store):
    (run,) = planned(lab, store, ["5"]).runs
    folder = store.run(run.spec)
    folder.start(run.spec, {})
    folder.finish(Result(Status.FINISHED, 1, 1, update_mode="delayed"))
    again = planned(lab, store, ["5"], updates="stepwise")
    assert (again.missing, [run.update_mode for run in again.runs]) == ((), ["delayed"])


def test_delayed_asked_of_what_cannot_be_is_one_error_that_names_each_and_why(lab, store):
    with pytest.raises(UsageError) as told:
        planned(lab, store, ["1", "4b", "4c", "5"], updates="delayed")
    assert "4b: rmsprop needs" in str(told.value)
    assert "4c: adam needs" in str(told.value)
    assert "  1:" not in str(told.value)
