"""Metrics of a set of examples have the bits of scikit-learn's."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics

from paribus.record import set_metrics
from paribus.record.metrics import value

SIZES = [1, 2, 3, 7, 46, 500]


def same(found, expected):
    assert found == expected or (math.isnan(found) and math.isnan(expected)), (found, expected)


def quiet(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(function(*args, **options))


@pytest.fixture(params=range(12))
def draw(request):
    return np.random.default_rng(request.param)


@pytest.mark.parametrize("examples", SIZES)
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_f1_and_balanced_accuracy_have_the_bits_of_scikit_learn(draw, examples, classes):
    labels, predicted = draw.integers(0, classes, (2, examples))
    for average in ("macro", "weighted"):
        expected = quiet(metrics.f1_score, labels, predicted, average=average, zero_division=0)
        same(set_metrics.f1(labels, predicted, average), expected)
    same(
        set_metrics.balanced_accuracy(labels, predicted),
        quiet(metrics.balanced_accuracy_score, labels, predicted),
    )


@pytest.mark.parametrize("examples", SIZES)
@pytest.mark.parametrize("columns", [2, 5])
def test_f1_of_several_labels_has_the_bits_of_scikit_learn(draw, examples, columns):
    labels, predicted = draw.random((2, examples, columns)) < draw.random()
    for average in ("macro", "weighted"):
        expected = quiet(metrics.f1_score, labels, predicted, average=average, zero_division=0)
        same(set_metrics.f1(labels, predicted, average), expected)


@pytest.mark.parametrize("examples", SIZES)
@pytest.mark.parametrize("places", [1, 2, 7], ids="scores to {} places".format)
def test_areas_under_curves_have_the_bits_of_scikit_learn_ties_included(draw, examples, places):
    truth = draw.integers(0, 2, examples)
    scores = draw.random(examples).round(places).astype(draw.choice([np.float32, np.float64]))
    same(
        set_metrics.roc_auc(truth[:, None] == 1, scores[:, None]), quiet(metrics.roc_auc_score, truth, scores)
    )
    same(
        set_metrics.average_precision(truth[:, None] == 1, scores[:, None]),
        quiet(metrics.average_precision_score, truth, scores),
    )


@pytest.mark.parametrize("examples", [10, 100])
def test_areas_of_several_classes_and_labels_have_the_bits_of_scikit_learn(draw, examples):
    scores = draw.random((examples, 4)).astype(np.float32)
    several = draw.random((examples, 4)) < 0.5
    labels = np.arange(examples) % 4
    shares = scores.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    same(set_metrics.roc_auc(several, scores), quiet(metrics.roc_auc_score, several, scores))
    one_hot = np.eye(4)[labels]
    same(
        set_metrics.average_precision(one_hot == 1, scores),
        quiet(metrics.average_precision_score, one_hot, scores),
    )
    same(
        set_metrics.roc_auc(one_hot == 1, shares),
        quiet(metrics.roc_auc_score, labels, shares, multi_class="ovr", labels=np.arange(4)),
    )


@pytest.mark.parametrize("examples", SIZES)
def test_errors_have_the_bits_of_scikit_learn(draw, examples):
    targets, given = draw.normal(size=(2, examples, draw.integers(1, 4)))
    same(set_metrics.rmse(targets, given), metrics.root_mean_squared_error(targets, given))
    same(set_metrics.median_absolute_error(targets, given), metrics.median_absolute_error(targets, given))


def test_outputs_that_are_no_numbers_have_no_area():
    outputs = np.array([[np.nan], [0.5]], np.float32)
    for name in ("roc_auc", "average_precision"):
        assert value(name, outputs, np.array([0, 1]), "classification") is None
