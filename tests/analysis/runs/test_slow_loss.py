"""Losses that learn too slowly, beside those of Keras, and at both sides of the boundary."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from tests.analysis.made_runs import configured, flat, judged, run

from paribus.analysis.finding import Severity
from paribus.analysis.runs.slow_loss import losses_of_a_guess

LOSSES = (
    "categorical_hinge",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("classes", [2, 10, 100])
def test_the_loss_of_a_guess_and_of_certain_truth_are_those_of_keras(loss, classes):
    truth = np.eye(classes, dtype=np.float32)
    guess = np.full((classes, classes), 1 / classes, np.float32)
    expected = [float(np.mean(keras.losses.get(loss)(truth, given))) for given in (guess, truth)]
    assert losses_of_a_guess(loss, classes) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_of_a_cross_entropy_nothing_is_known():
    assert losses_of_a_guess("categorical_crossentropy", 10) is None


@pytest.mark.parametrize("loss", LOSSES)
def test_it_is_slow_with_more_than_half_of_the_way_to_go(loss):
    guess, best = losses_of_a_guess(loss, 10)
    for left, severity in ((0.49, None), (0.51, Severity.WARNING)):
        observed = configured({"loss": loss}, run(data_loss=flat(best + left * (guess - best))))
        fact = judged("slow-loss", observed)
        assert (fact and fact.severity) is severity


def test_outputs_that_are_no_probabilities_are_not_judged():
    linear = configured({"loss": "mse", "model": {"output": "linear"}}, run(data_loss=flat(0.09)))
    assert judged("slow-loss", linear) is None
