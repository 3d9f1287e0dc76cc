"""How exactly a data set's images give an accuracy."""

from __future__ import annotations

import math

import pytest
from statsmodels.stats.proportion import proportion_confint
from tests.analysis.made_studies import clean, counted, finding, records

from paribus.analysis.design.datasets import interval_half_width


def test_an_accuracy_is_as_sure_as_statsmodels_says():
    low, high = proportion_confint(9600, 10_000, method="normal")
    assert interval_half_width(0.96, 10_000) == pytest.approx((high - low) / 2, rel=1e-4)


def test_accuracies_that_were_measured_replace_the_assumed_one():
    found = finding(clean(margin=0.004), "few-test-images", records=records([0.0] * 3))
    assert found.evidence["accuracy"] == pytest.approx(90)
    assert found.evidence["half"] == pytest.approx(100 * 1.96 * math.sqrt(0.9 * 0.1 / 10_000))


def test_a_variant_that_failed_to_train_is_not_averaged_with_one_that_learned():
    found = finding(clean(margin=0.003), "few-test-images", records=records([-0.8] * 3))
    assert found.evidence["accuracy"] == pytest.approx(90)


def test_the_images_that_are_at_hand_are_counted(made):
    few = made.MNIST.model_copy(update={"train": 300, "test": 60})
    found = finding(clean(), "few-test-images", data={"mnist": few})
    assert found.evidence["images"] == 60


@pytest.mark.parametrize(("train", "about"), [(3_000, ("validation",)), (280, ("data",))])
def test_too_few_training_images_are_those_held_out_or_the_data_s_own(train, about):
    small = {name: used.model_copy(update={"train": train}) for name, used in counted().items()}
    study = clean({"validation": 0.95 if train > 300 else 0.1})
    assert finding(study, "few-training-images", data=small).factors == about
