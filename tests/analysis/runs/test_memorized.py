"""Networks that know their training examples alone."""

import pytest
from tests.analysis.made_runs import flat, found, gaining, judged, regression, run


@pytest.mark.parametrize(("validation", "is_told"), [(0.1, True), (0.103, True), (0.11, False), (0.5, False)])
def test_validation_at_chance_beside_a_known_training_set_is_told(validation, is_told):
    observed = run(accuracy=flat(0.9), val_accuracy=flat(validation), test=validation)
    assert (judged("only-memorized", observed) is not None) is is_told


def test_a_network_that_knows_neither_has_learned_nothing():
    assert "only-memorized" not in found(run(accuracy=flat(0.1), val_accuracy=flat(0.1)))


def test_a_common_class_is_no_chance_where_recall_is_beyond_it():
    curves = {"accuracy": flat(1.0), "val_accuracy": flat(0.98)}
    usual = {"labels": (9_900, 100), "predicted": (9_800, 200)}
    assert judged("only-memorized", run(more={**usual, "recall": (0.8, 0.03)}, **curves)) is None
    assert judged("only-memorized", run(more={**usual, "recall": (0.5, 0.03)}, **curves)) is not None


def test_a_regression_of_noise_is_told_by_r2():
    assert judged("only-memorized", regression(r2=flat(0.5), val_r2=flat(-0.3))) is not None
    assert judged("only-memorized", regression(r2=flat(0.5), val_r2=flat(0.3))) is None


@pytest.mark.parametrize(("gain", "is_told"), [(0.0, True), (0.003, False), (0.02, False)])
def test_a_validation_curve_that_still_rises_is_given_time(gain, is_told):
    observed = run(accuracy=flat(0.9), val_accuracy=gaining(0.1, gain), test=0.1)
    assert ("only-memorized" in found(observed)) is is_told


@pytest.mark.parametrize(("noise", "is_told"), [(0.0001, False), (0.05, True)])
def test_a_validation_loss_that_still_falls_beyond_its_noise_is_given_time(noise, is_told):
    falling = [2.4 - rise for rise in gaining(0.1, 0.03)]
    losses = [loss + noise * (-1) ** epoch for epoch, loss in enumerate(falling)]
    observed = run(accuracy=flat(0.9), val_accuracy=flat(0.1), val_data_loss=losses, test=0.1)
    assert ("only-memorized" in found(observed)) is is_told


@pytest.mark.parametrize(
    ("curve", "is_told"),
    [([0.09, 0.094, 0.097, 0.1], False), ([0.1, 0.098, 0.1], True), ([0.1], True)],
)
def test_of_a_few_epochs_each_must_be_above_the_one_before(curve, is_told):
    epochs = len(curve)
    observed = run(accuracy=flat(0.9, epochs), val_accuracy=curve, val_data_loss=flat(2.5, epochs), test=0.1)
    assert ("only-memorized" in found(observed)) is is_told


def test_a_regression_that_still_gets_better_is_given_time():
    rising = [-0.3 + 0.01 * epoch for epoch in range(30)]
    assert "only-memorized" not in found(regression(r2=flat(0.5), val_r2=rising))
    assert "only-memorized" in found(regression(r2=flat(0.5), val_r2=rising[::-1]))
