"""The one estimate of the time left, from how far tasks are, against times worked out by hand."""

import pytest

from paribus.execute.cost import Rates
from paribus.execute.time_left import Machine, TaskProgress, time_left

RATES = Rates((1e-10, 1e-10, 1e-9), start=1.0, setup=4.0)


def test_nothing_is_known_before_an_epoch_unless_the_machine_is():
    waits = TaskProgress(epochs_left=10, predicted=2.0)
    assert time_left([waits], Machine(1)) is None
    assert time_left([waits], Machine(1, RATES)) == 4.0 + 10 * 2.0


def test_nothing_is_left_when_all_have_ended():
    assert time_left([TaskProgress(epochs_left=None, predicted=2.0)], Machine(2)) == 0.0
    assert time_left([], Machine(2)) == 0.0


def test_tasks_that_wait_are_predicted_from_those_that_were_timed_the_ended_ones_too():
    """Epochs take two, three and four times what the rates say: three times is the middle."""
    ended = [TaskProgress(None, 1.0, measured=factor, setup=5.0) for factor in (2.0, 3.0, 4.0)]
    assert time_left([*ended, TaskProgress(10, 2.0)], Machine(1)) == 5.0 + 10 * 3.0 * 2.0


def test_tasks_are_scheduled_over_the_workers_in_their_order():
    """The first two have six and twelve seconds left; then come twenty and ten, on the first free worker."""
    tasks = [
        TaskProgress(3, 1.0, measured=2.0, setup=0.0, waited=0.0),
        TaskProgress(6, 1.0, measured=2.0, setup=0.0, waited=0.0),
        TaskProgress(10, 1.0),
        TaskProgress(5, 1.0),
    ]
    assert time_left(tasks, Machine(2)) == 26.0


@pytest.mark.parametrize(("waited", "left"), [(0.0, 20.0), (1.5, 18.5), (2.0, 18.0), (1000.0, 18.0)])
def test_it_counts_down_within_an_epoch_and_no_further_however_late_the_epoch_is(waited, left):
    assert time_left([TaskProgress(10, 1.0, measured=2.0, waited=waited)], Machine(1)) == left


def test_before_the_first_epoch_the_setup_counts_down_too():
    assert time_left([TaskProgress(10, 2.0, waited=5.0)], Machine(1, RATES)) == 4.0 + 10 * 2.0 - 5.0
