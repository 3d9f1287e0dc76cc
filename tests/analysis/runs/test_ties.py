"""Outputs that are equal in float32, so that the lowest class is predicted."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analysis.made_runs import LABELS, abstains, judged, run

from paribus.analysis.finding import Severity
from paribus.analysis.runs.evidence import Ties
from paribus.analysis.runs.gathering import find_ties
from paribus.record.metrics import predicted_classes


def tied(share: float, *, at_best: float = 0.9, test: float = 0.5):
    return run(test=test, more={"labels": LABELS, "ties": Ties(share, 1.0, at_best)})


def test_saturated_sigmoids_tie_where_their_logits_do_not():
    draw = np.random.default_rng(0)
    logits = draw.normal(15, 6, (2000, 10)).astype(np.float32)
    labels = np.where(draw.random(2000) < 0.7, logits.argmax(axis=1), 0)
    outputs = 1 / (1 + np.exp(-logits))
    ties = find_ties(outputs, labels)
    assert ties.share == np.mean([(row == row.max()).sum() > 1 for row in outputs]) > 0.5
    assert ties.value == 1.0
    by_outputs = np.mean(predicted_classes(outputs) == labels)
    by_logits = np.mean(logits.argmax(axis=1) == labels)
    assert by_outputs < by_logits <= ties.accuracy_at_best
    assert find_ties(logits, labels).share == 0


def test_ties_that_can_move_the_accuracy_are_found():
    evidence = judged("tied-outputs", tied(0.4)).evidence
    assert (evidence["share"], evidence["at_best"], evidence["accuracy"]) == (0.4, 0.9, 0.5)


@pytest.mark.parametrize(("at_best", "severity"), [(0.512, Severity.INFO), (0.52, Severity.WARNING)])
def test_they_are_a_warning_where_they_cost_more_than_noise(at_best, severity):
    assert judged("tied-outputs", tied(0.1, at_best=at_best)).severity is severity


@pytest.mark.parametrize("share", [0.0, 0.004])
def test_ties_of_fewer_images_than_a_standard_error_are_not(share):
    assert judged("tied-outputs", tied(share)) is None


def test_a_single_output_cannot_tie():
    assert find_ties(np.array([[0.7], [0.2]]), np.array([1, 1])) == Ties(0.0, 0.0, 0.5)


def test_runs_without_predictions_are_not_judged():
    assert abstains("tied-outputs", run())
