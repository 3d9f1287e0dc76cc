"""How long a plan takes: what such runs took comes first, then the machine's rates."""

from dataclasses import replace

import pytest

from paribus.execute.cost import AGAIN, Rates
from paribus.execute.estimate import estimate, predict_epoch
from paribus.execute.plan import plan
from paribus.record.environment import processor
from paribus.record.folder import Timing
from paribus.record.run import DataUsed, Result, Status
from paribus.record.store import Store
from paribus.study.reader import load

USED = DataUsed(name="mnist", sha256="ab", verified=True, stand_in=False, train=60_000, test=10_000)
RATES = Rates((1e-10, 1e-10, 1e-9), start=5.0, setup=3.0)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def planned(store, names, seeds=1, updates="auto"):
    asked = {"store": store, "seeds": dict.fromkeys(names, range(seeds)), "updates": updates}
    return plan(load("lab2"), {"mnist": USED}, **asked)


def has_run(store, name, seconds, *, on=None, mode="stepwise"):
    """Leave a finished run of seed 0 whose epochs took so long."""
    spec = planned(store, [name]).runs[0].spec
    folder = store.run(spec)
    folder.start(spec, {"processor": on or processor(), "path": mode})
    for place, each in enumerate(seconds, start=1):
        folder.append({"epoch": place}, Timing(place, each - 0.5, 0.5))
    folder.finish(Result(Status.FINISHED, len(seconds), len(seconds), update_mode=mode))


def test_a_run_takes_its_epochs_by_the_machines_rates(store):
    study = planned(store, ["1"])
    (run,) = study.runs
    told = estimate(study, store, RATES, 2)
    assert told.runs[run.spec.digest].seconds == pytest.approx(30 * predict_epoch(run, RATES))
    assert told.seconds == pytest.approx(5.0 + 3.0 + 30 * predict_epoch(run, RATES))
    assert not told.at_most


def test_what_the_same_configuration_took_comes_first(store):
    has_run(store, "1", [2.0, 3.0, 9.0])
    study = planned(store, ["1", "2"], seeds=2)
    told = estimate(study, store, RATES, 1)
    by_name = {(*run.names, run.spec.seed): told.runs.get(run.spec.digest) for run in study.runs}
    assert by_name["1", 0] is None
    assert (by_name["1", 1].epoch, by_name["1", 1].is_measured) == (3.0, True)
    assert not by_name["2", 1].is_measured


def test_other_processors_and_other_ways_tell_nothing(store):
    has_run(store, "1", [2.0], on="another")
    study = planned(store, ["1"], seeds=2)
    assert not estimate(study, store, RATES, 1).runs[study.missing[0].spec.digest].is_measured
    has_run(store, "5", [2.0], mode="stepwise")
    study = planned(store, ["5"], seeds=2)
    assert not estimate(study, store, RATES, 1).runs[study.missing[0].spec.digest].is_measured


def test_without_rates_only_what_was_measured_is_known(store):
    has_run(store, "1", [2.0])
    study = planned(store, ["1", "2"], seeds=2)
    told = estimate(study, store, None, 1)
    assert [each.epoch for each in told.runs.values()] == [2.0, None, None]
    assert told.seconds is None


def test_a_run_whose_last_epoch_is_behind_it_takes_no_time(store):
    """It was killed between its last checkpoint and its result."""
    study = planned(store, ["1", "2"])
    ended = replace(study.runs[0], epochs_done=30, status=Status.INTERRUPTED)
    told = estimate(replace(study, runs=(ended, study.runs[1])), store, RATES, 1)
    assert told.runs[ended.spec.digest].seconds == 0
    assert told.seconds == pytest.approx(5.0 + 2 * 3.0 + 30 * predict_epoch(study.runs[1], RATES))


def test_early_stopping_makes_a_time_a_bound(store):
    study = planned(store, ["5", "6"])
    told = estimate(study, store, RATES, 1)
    assert [each.at_most for each in told.runs.values()] == [False, True]
    assert told.at_most


def test_a_trajectory_is_trained_once_and_workers_share_the_rest(store):
    five = planned(store, ["5"]).runs[0]
    epoch = predict_epoch(five, RATES)
    assert estimate(planned(store, ["5", "6"]), store, RATES, 1).seconds == pytest.approx(8 + 100 * epoch)
    for workers, rounds in ((1, 3), (2, 2), (3, 1), (4, 1)):
        told = estimate(planned(store, ["5"], seeds=3), store, RATES, workers)
        assert told.seconds == pytest.approx(5 + 3 + (rounds - 1) * 3 * AGAIN + rounds * 30 * epoch)


def test_a_worker_compiles_a_configuration_once_however_many_seeds_it_trains(store):
    study = planned(store, ["1"], seeds=10)
    epochs = 30 * predict_epoch(study.runs[0], RATES)
    assert estimate(study, store, RATES, 1).seconds == pytest.approx(5 + 3 * (1 + 9 * AGAIN) + 10 * epochs)
    assert estimate(study, store, RATES, 2).seconds == pytest.approx(5 + 3 * (1 + 4 * AGAIN) + 5 * epochs)


def test_a_study_that_is_done_takes_no_time(store):
    has_run(store, "1", [2.0])
    told = estimate(planned(store, ["1"]), store, RATES, 2)
    assert (told.seconds, told.runs, told.at_most) == (0.0, {}, False)
