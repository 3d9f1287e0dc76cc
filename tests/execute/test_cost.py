"""What runs cost: counted by hand for the lab, fit to times that are known, and scheduled."""

import itertools

import pytest

from paribus.execute.calibration import fit
from paribus.execute.cost import Cost, Rates, epoch_cost, finished_at
from paribus.study.reader import load

LAB = load("lab2").variants


def cost(name, way="stepwise", images=60_000):
    return epoch_cost(LAB[name].configuration, images, way)


def test_a_step_multiplies_twice_by_the_first_layer_and_three_times_by_the_others():
    forward = 784 * 784 + 784 * 10
    steps = 422 * 200_000
    assert cost("1").stepwise == 54_000 * (3 * forward - 784 * 784) + 6_000 * forward + steps


def test_a_delayed_epoch_multiplies_more_and_moves_less():
    stepwise, delayed = cost("5"), cost("5", "delayed")
    assert delayed.delayed == 54_000 * (2 * 784 * 784 + 3 * 7840 + 192 * (784 + 784))
    assert delayed.weights < stepwise.weights / 10


def test_smaller_batches_move_the_weights_more_often():
    assert cost("5").weights == pytest.approx(cost("2").weights * 6_750 / 422)


def test_optimizers_that_keep_more_move_more():
    assert cost("2").weights < cost("4a").weights < cost("4c").weights


def test_seconds_are_the_parts_times_the_rates():
    assert Rates((1.0, 10.0, 100.0), 0.0, 0.0).epoch(Cost(1, 2, 3)) == 321


def test_rates_are_found_again_from_times_that_they_make():
    rates = (6e-11, 7e-11, 1.5e-9)
    costs = [
        cost("1"),
        cost("5", "delayed"),
        epoch_cost(LAB["7a"].configuration, 50_000, "stepwise"),
        cost("4c"),
    ]
    assert fit(costs, [Rates(rates, 0.0, 0.0).epoch(each) for each in costs]) == pytest.approx(rates)


def test_no_rate_is_below_zero():
    costs = [Cost(1, 0, 1), Cost(1, 0, 2), Cost(0, 1, 0)]
    assert min(fit(costs, [2.0, 1.0, 1.0])) >= 0


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_last_run_ends_when_workers_that_take_them_in_order_are_done(workers):
    """Against a count second by second."""
    for tasks in itertools.product([1, 3, 4], repeat=4):
        waiting, at_work, seconds = list(tasks), [], 0
        while waiting or at_work:
            while waiting and len(at_work) < workers:
                at_work.append(waiting.pop(0))
            at_work = [left - 1 for left in at_work if left > 1]
            seconds += 1
        assert finished_at(tasks, workers) == seconds
