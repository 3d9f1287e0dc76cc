"""Validation far above training, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import abstains, flat, found, judged, probes, run, study


@pytest.mark.parametrize(("train", "is_found"), [(0.8, True), (0.94, True), (0.96, False)])
def test_it_is_told_from_five_points_on(train, is_found):
    observed = run(accuracy=flat(train), val_accuracy=flat(0.999))
    assert (judged("easy-validation", observed) is not None) is is_found
    assert ("gap" in found(observed)) is not is_found


def test_few_validation_images_may_be_easy_by_chance():
    few = run(accuracy=flat(0.8), val_accuracy=flat(0.9)).record.data.model_copy(update={"train": 400})
    assert judged("easy-validation", run(accuracy=flat(0.8), val_accuracy=flat(0.9), data=few)) is None


def test_a_mean_over_an_epoch_that_gained_as_much_lags():
    rising_fast = [*flat(0.5, 28), 0.6, 0.8]
    assert judged("easy-validation", run(accuracy=rising_fast, val_accuracy=flat(0.9))) is None
    assert abstains("easy-validation", run(accuracy=[0.5], val_accuracy=[0.9]))
    alike = {"probes": probes(first={}, then={"accuracy": 0.5, "predicted": (64, 0)})}
    assert abstains("easy-validation", run(accuracy=[0.5], val_accuracy=[0.9], more=alike))


def dropped_out(**curves):
    return run(configuration=study().variants["treatment"].configuration, kept_epoch=3, **curves)


def test_dropout_makes_training_harder_and_is_not_held_against_validation():
    assert abstains("easy-validation", dropped_out(accuracy=flat(0.8), val_accuracy=flat(0.95)))


@pytest.mark.parametrize(("sample", "is_found"), [(0.96, False), (0.8, True)])
def test_under_dropout_the_sample_without_it_decides(sample, is_found):
    more = {"probes": probes(first={}, then={"accuracy": sample})}
    observed = dropped_out(accuracy=flat(0.8), val_accuracy=flat(0.95), more=more)
    assert (judged("easy-validation", observed) is not None) is is_found
