"""Findings about runs of a regression, and about classes that are very unlike in size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.analysis.made_runs import flat, found, judged, regression, run

from paribus.analysis.finding import Severity
from paribus.analysis.runs.conditions import fits_poorly


def test_an_r2_beyond_noise_is_something_learned():
    assert regression(r2=flat(0.06), val_r2=flat(0.0)).has_learned
    assert not regression(r2=flat(0.04), val_r2=flat(0.04)).has_learned


def test_on_few_rows_more_is_noise():
    few = regression()
    assert few.learning_threshold(36) == pytest.approx(0.25)
    assert few.learning_threshold(9) == 0.5


@pytest.mark.parametrize(
    ("r2", "variation", "word"),
    [
        (0.0, 0.02, "nearly one number"),
        (-3.0, 2.0, "farther from the targets"),
        (0.0, 0.5, "vary from row to row"),
    ],
)
def test_a_regression_no_better_than_the_mean_says_what_it_predicts(r2, variation, word):
    fact = judged("predicts-mean", regression(r2=flat(r2), val_r2=flat(r2), variation=variation))
    assert fact.severity is Severity.SERIOUS
    assert word in str(fact.placeholders["meaning"])


def test_a_good_regression_has_no_finding():
    assert found(regression(r2=flat(0.5), val_r2=flat(0.45))) == set()


def test_a_regression_that_rises_is_not_done():
    rising = np.linspace(0.1, 0.5, 30)
    fact = judged("r2-rising", regression(r2=rising, val_r2=rising))
    assert fact.evidence["gain"] == pytest.approx(0.4 / 29 * 6)
    assert judged("r2-rising", regression(r2=flat(0.5), val_r2=flat(0.5))) is None


def test_a_regression_overfits_by_its_loss_and_says_what_became_of_r2():
    losses = [*np.linspace(1.0, 0.4, 10), *np.linspace(0.42, 0.9, 20)]
    scores = [1 - loss for loss in losses]
    fact = judged(
        "overfitting",
        regression(r2=flat(0.9), val_r2=scores, val_data_loss=losses, data_loss=np.linspace(1.0, 0.05, 30)),
    )
    assert fact.severity is Severity.WARNING
    assert "R² also fell" in str(fact.placeholders["accuracies"])


def test_a_network_that_tells_a_rare_class_apart_has_learned_though_it_is_less_often_right():
    usual = {"labels": (990, 10), "predicted": (900, 100)}
    curves = {"accuracy": flat(0.9), "val_accuracy": flat(0.9)}
    weighted = run(test=0.9, more={**usual, "recall": (0.9, 0.08)}, **curves)
    blind = run(test=0.9, more={**usual, "recall": (0.5, 0.08)}, **curves)
    assert weighted.has_learned
    assert not blind.has_learned


def test_a_table_need_not_be_fitted_as_well_as_images():
    table = regression(r2=flat(0.4), val_r2=flat(0.4))
    assert not fits_poorly(table)
    assert fits_poorly(regression(r2=flat(0.2), val_r2=flat(0.2)))
    images = run(accuracy=flat(0.8), val_accuracy=flat(0.8))
    assert fits_poorly(images)
    facts = images.configuration.facts.model_copy(update={"values": "numbers"})
    spec = images.record.spec
    changed = spec.model_copy(update={"configuration": spec.configuration.model_copy(update={"own": facts})})
    assert not fits_poorly(replace(images, record=replace(images.record, spec=changed)))
