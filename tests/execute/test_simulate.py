"""A simulated cluster: its events beside schedules by hand, and within what bounds any queue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.execute.cost import AGAIN
from paribus.execute.simulate import Cluster, Overhead, doubled, simulate

LENGTHS = st.lists(st.floats(0.1, 1e6), min_size=1, max_size=80)


def alike(lengths):
    return [("same", length) for length in lengths]


def test_each_worker_takes_the_next_task_as_soon_as_it_is_free():
    found = simulate(alike([30, 20, 20]), 2)
    assert (found.seconds, found.trained, found.last_wave) == (40, 70, 20)
    assert found.utilisation == pytest.approx(70 / 80)
    assert found.utilisation_before == 1.0


def test_each_worker_compiles_each_kind_once():
    found = simulate([("a", 1.0), ("b", 1.0), ("a", 1.0)], 1, Overhead(setup=10.0))
    assert found.prepared == 20 + 10 * AGAIN
    assert found.seconds == 23 + 10 * AGAIN
    assert simulate(alike([1.0] * 3), 3, Overhead(setup=10.0)).prepared == 30


def test_workers_start_before_they_train_and_that_is_no_training():
    found = simulate(alike([4.0, 4.0]), 2, Overhead(start=4.0))
    assert found.seconds == 8
    assert found.utilisation == 0.5


def test_one_process_hands_all_tasks_out():
    """A hundred workers, tasks of a second, a tenth of a second for each to be handed out: ten are busy."""
    found = simulate(alike([1.0] * 1000), 100, Overhead(handing_out=0.1))
    assert found.seconds == pytest.approx(100 + 1.0)
    assert found.limit == "handing-out"
    assert found.utilisation == pytest.approx(0.1, abs=0.01)


@given(LENGTHS, st.integers(1, 30))
def test_the_time_lies_within_the_bounds_of_every_queue(lengths, workers):
    found = simulate(alike(lengths), workers)
    assert found.trained == pytest.approx(sum(lengths))
    least = max(*lengths, sum(lengths) / workers)
    assert least * (1 - 1e-9) <= found.seconds
    assert found.seconds <= (sum(lengths) / workers + max(lengths)) * (1 + 1e-9)


@given(LENGTHS, st.integers(1, 30), st.floats(0, 10), st.floats(0, 1))
def test_every_second_of_a_worker_is_accounted_for(lengths, workers, setup, handing_out):
    found = simulate(alike(lengths), workers, Overhead(setup=setup, handing_out=handing_out))
    busy = found.trained + found.prepared + found.waited
    assert busy <= workers * found.seconds * (1 + 1e-9)
    assert 0 <= found.utilisation <= 1 + 1e-9
    assert 0 <= found.utilisation_before <= 1 + 1e-9
    assert found.trained_before <= found.trained


@given(LENGTHS, st.integers(1, 30), st.floats(0, 10))
def test_no_worker_is_idle_before_the_last_wave(lengths, workers, setup):
    found = simulate(alike(lengths), workers, Overhead(setup=setup))
    if len(lengths) >= workers:
        assert found.last_wave * workers <= (found.trained + found.prepared) * (1 + 1e-9)


def test_what_limits_a_plan_is_named():
    assert simulate(alike([100.0, 1.0, 1.0, 1.0]), 2).limit == "longest"
    assert simulate(alike([1.0] * 100), 10, Overhead(setup=100.0)).limit == "setup"
    assert simulate(alike([1.0] * 1000), 10).limit == "work"
    assert simulate(alike([1.0]), 10).limit == "longest"


def test_tasks_may_take_longer_than_expected():
    found = simulate(alike([1.0, 2.0]), 1, takes=lambda seconds: 3 * seconds)
    assert (found.seconds, found.trained, found.longest) == (9, 9, 6)


def test_nothing_to_train_takes_no_time():
    found = simulate([], 4, Overhead(start=3.0))
    assert (found.seconds, found.utilisation, found.tasks) == (0.0, 1.0, 0)


@pytest.mark.parametrize(
    ("written", "cluster"),
    [("8", Cluster(8)), ("8x4", Cluster(8, 4)), (" 8 X 4 ", Cluster(8, 4)), ("8×4", Cluster(8, 4))],
)
def test_a_cluster_is_read_as_it_is_written(written, cluster):
    assert Cluster.of(written) == cluster
    assert Cluster.of(str(cluster)) == cluster


@pytest.mark.parametrize("written", ["", "x", "8x", "x4", "-1", "8.5", "8x4x2", "ray", "12345678"])
def test_what_is_no_cluster_is_none(written):
    assert Cluster.of(written) is None


def test_a_table_has_powers_of_two_and_the_number_itself():
    assert doubled(8) == [1, 2, 4, 8]
    assert doubled(12) == [1, 2, 4, 8, 12]
