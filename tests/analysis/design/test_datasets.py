"""How exactly a data set's images give an accuracy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from tests.analysis.made_studies import clean, counted, finding, records, tabled, tabular
from tests.analysis.questions.test_comparison import predicted

from paribus.analysis.design.datasets import interval_half_width
from paribus.analysis.finding import Severity
from paribus.record.records import Records


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


@pytest.mark.parametrize(("margin", "is_found"), [(0.01, True), (0.2, False)])
def test_of_what_has_run_the_images_count_as_both_variants_share_them(made, tmp_path, margin, is_found):
    draw = np.random.default_rng(1)
    labels, hard = draw.integers(0, 10, 200), draw.uniform(0.6, 0.9, 200)
    study = clean(margin=margin)
    right = {(name, seed): draw.uniform(size=200) < hard for name in study.variants for seed in range(3)}
    known = {
        key: predicted(
            tmp_path,
            made.run(made.history(2), seed=key[1], configuration=study.variants[key[0]].configuration),
            is_right,
            labels,
        )
        for key, is_right in right.items()
    }
    found = finding(study, "few-test-images", records=Records(known))
    differences = np.mean(
        [right["treatment", seed] * 1.0 - right["plain", seed] for seed in range(3)], axis=0
    )
    half = stats.t.ppf(0.975, 199) * differences.std(ddof=1) / math.sqrt(200)
    assert (found is not None) == is_found == (half > margin)
    if found is not None:
        assert found.evidence["half"] == pytest.approx(100 * half)
        assert "would move one difference by" in str(found.why)
        assert "treatment vs plain" in str(found.why)


def test_the_images_that_are_at_hand_are_counted(made):
    few = made.MNIST.model_copy(update={"train": 300, "test": 60})
    found = finding(clean(), "few-test-images", data={"mnist": few})
    assert found.evidence["images"] == 60


@pytest.mark.parametrize(("train", "about"), [(3_000, ("validation",)), (280, ("data",))])
def test_too_few_training_images_are_those_held_out_or_the_data_s_own(train, about):
    small = {name: used.model_copy(update={"train": train}) for name, used in counted().items()}
    study = clean({"validation": 0.95 if train > 300 else 0.1})
    assert finding(study, "few-training-images", data=small).factors == about


def test_a_training_size_that_the_study_chose_is_no_warning():
    found = finding(clean({"train_size": 200}), "few-training-images")
    assert found.severity is Severity.INFO
    assert found.factors == ("train_size",)


@pytest.mark.parametrize(("seeds", "tested"), [(10, 569), (4, 228)])
def test_with_folds_the_seeds_test_more_examples_together(seeds, tested):
    study = tabular(folds=10).model_copy(update={"margin": 0.001, "seeds": seeds})
    found = finding(study, "few-test-images", data=tabled(study), seeds=seeds)
    assert found.evidence["images"] == tested
