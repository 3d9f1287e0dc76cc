"""The division into shards: every run in one of them, alike everywhere, and none much longer than another."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.execute.plan import plan
from paribus.execute.shards import Shard, divide, division, share
from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing
from paribus.record.run import DataUsed, Result, Status
from paribus.record.store import Store
from paribus.study.reader import load

DATA = {
    name: DataUsed(name=name, sha256=name * 3, verified=True, stand_in=False, train=train, test=10_000)
    for name, train in (("mnist", 60_000), ("cifar10", 50_000))
}
WORKS = st.lists(st.floats(0, 1e9, allow_nan=False), max_size=60)


def planned(store, study=None, seeds=5, **options):
    study = study or load("lab2")
    return plan(study, DATA, store=store, seeds=dict.fromkeys(study.variants, range(seeds)), **options)


def loads_of(works, places, count):
    loads = [0.0] * count
    for work, place in zip(works, places, strict=True):
        loads[place - 1] += work
    return loads


@given(WORKS, st.integers(1, 20))
def test_every_piece_is_in_one_shard_and_no_two_differ_by_more_than_the_longest_piece(works, count):
    found = divide(works, count)
    assert len(found) == len(works)
    assert set(found) <= set(range(1, count + 1))
    loads = loads_of(works, found, count)
    assert max(loads) - min(loads) <= max(works, default=0.0) * (1 + 1e-9)


@given(WORKS, st.integers(1, 20))
def test_pieces_without_work_are_spread_too(works, count):
    found = divide([0.0] * len(works), count)
    sizes = [found.count(shard) for shard in range(1, count + 1)]
    assert max(sizes) - min(sizes) <= 1


@given(WORKS, st.integers(1, 20))
def test_the_division_depends_on_nothing_but_the_work(works, count):
    assert divide(works, count) == divide(list(works), count)


@pytest.mark.parametrize("works", list(itertools.product([1.0, 2.0, 5.0], repeat=5)))
def test_a_small_division_is_at_most_a_third_longer_than_the_best_one(works):
    """Graham 1969: the longest first is at most 4/3 of the best division, here found by trying all."""
    found = divide(works, 2)
    longest = max(loads_of(works, found, 2))
    best = min(
        max(sum(itertools.compress(works, chosen)), sum(works) - sum(itertools.compress(works, chosen)))
        for chosen in itertools.product([0, 1], repeat=len(works))
    )
    assert longest <= 4 / 3 * best + 1e-9


@pytest.mark.parametrize("count", [1, 3, 10, 200])
def test_shards_have_every_run_of_a_plan_once(tmp_path, count):
    whole = planned(Store(tmp_path))
    parts = [share(whole, Shard(place, count)) for place in range(1, count + 1)]
    digests = [run.spec.digest for part in parts for run in part.runs]
    assert sorted(digests) == sorted(run.spec.digest for run in whole.runs)


def test_a_trajectory_stays_whole(tmp_path):
    """6 is 5 with another ending: at each seed one training gives both."""
    whole = planned(Store(tmp_path))
    places = division(whole.runs, 7).places
    of = {
        (name, run.spec.seed): place
        for run, place in zip(whole.runs, places, strict=True)
        for name in run.names
    }
    assert all(of["5", seed] == of["6", seed] for seed in range(5))
    assert len({of["5", seed] for seed in range(5)}) > 1


def test_loads_add_up_and_differ_by_no_more_than_the_longest_trajectory(tmp_path):
    whole = planned(Store(tmp_path))
    loads = division(whole.runs, 4).loads
    works = {run.spec.trajectory: 0.0 for run in whole.runs}
    for run in whole.runs:
        works[run.spec.trajectory] = max(works[run.spec.trajectory], run.work)
    assert sum(loads) == pytest.approx(1)
    assert max(loads) - min(loads) <= max(works.values()) / sum(works.values()) + 1e-12


def test_what_has_been_trained_changes_no_division(tmp_path):
    store = Store(tmp_path)
    before = division(planned(store).runs, 3).places
    for run in planned(store).runs[::2]:
        folder = store.run(run.spec)
        folder.path.parent.mkdir(exist_ok=True)
        folder.start(run.spec, {})
        folder.append({"epoch": 1, "loss": 1.0}, Timing(1, 1.0, 0.1))
        if run.spec.seed:
            folder.save(Checkpoint(1, {}, "stepwise" if run.update_mode == "delayed" else "delayed"))
        else:
            folder.finish(Result(Status.DIVERGED, 1, 1))
    now = planned(store)
    assert {run.status for run in now.runs} > {None, Status.DIVERGED}
    assert division(now.runs, 3).places == before


def test_how_updates_are_computed_changes_no_division(tmp_path):
    store = Store(tmp_path)
    plans = [planned(store, updates=updates) for updates in ("auto", "stepwise")]
    assert plans[0].runs[0].work  # both have runs
    first, second = (division(each.runs, 4).places for each in plans)
    assert first == second


def test_images_that_are_not_at_hand_change_no_division(tmp_path):
    """A plan without them has no digests of theirs, and so other digests of runs."""
    store, study = Store(tmp_path), load("lab2")
    absent = {name: used.model_copy(update={"sha256": ""}) for name, used in DATA.items()}
    seeds = dict.fromkeys(study.variants, range(5))
    without = plan(study, absent, store=store, seeds=seeds)
    assert division(without.runs, 6).places == division(planned(store).runs, 6).places


@pytest.mark.parametrize(
    ("written", "shard", "exists"),
    [
        ("3/10", Shard(3, 10), True),
        (" 3 / 10 ", Shard(3, 10), True),
        ("11/10", Shard(11, 10), False),
        ("0/10", Shard(0, 10), False),
        ("1/0", Shard(1, 0), False),
        ("1/100001", Shard(1, 100_001), False),
    ],
)
def test_a_shard_is_read_as_it_is_written(written, shard, exists):
    assert Shard.of(written) == shard
    assert shard.exists is exists


@pytest.mark.parametrize("written", ["", "3", "3-10", "3/10/2", "-1/2", "three/ten", "9999999999/1", "1/2x"])
def test_what_is_no_shard_is_none(written):
    assert Shard.of(written) is None
