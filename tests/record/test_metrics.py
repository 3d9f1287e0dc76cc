"""Each metric against scikit-learn, and against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from paribus.record.metrics import by_example, calibration_error, probabilities, value
from paribus.study.metrics import MEASURED, METRICS, NAMES, metric_of, part_of, score_of

DRAW = np.random.default_rng(0)
CLASSES = DRAW.integers(0, 12, 300)
LOGITS = DRAW.normal(size=(300, 12)) + 1.5 * np.eye(12)[CLASSES]
SOFTMAX = (np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)).astype(np.float32)
BINARY = DRAW.integers(0, 2, 300)
SINGLE = np.clip(0.3 * BINARY + 0.7 * DRAW.random(300), 0, 1).astype(np.float32)[:, None]
MANY = (DRAW.random((300, 4)) < [0.5, 0.3, 0.1, 0.7]).astype(np.uint8)
SIGMOID = np.clip(0.4 * MANY + 0.6 * DRAW.random((300, 4)), 0, 1).astype(np.float32)
TARGETS = DRAW.normal(50, 10, (300, 2)).astype(np.float32)
GIVEN = (TARGETS + DRAW.normal(0, 4, (300, 2))).astype(np.float32)


def ranked(function, labels, outputs, **options):
    return function(labels, outputs, average="macro", **options)


OF_CLASSES = {
    "accuracy": lambda: metrics.accuracy_score(CLASSES, SOFTMAX.argmax(axis=1)),
    "balanced_accuracy": lambda: metrics.balanced_accuracy_score(CLASSES, SOFTMAX.argmax(axis=1)),
    "f1_macro": lambda: metrics.f1_score(CLASSES, SOFTMAX.argmax(axis=1), average="macro"),
    "f1_weighted": lambda: metrics.f1_score(CLASSES, SOFTMAX.argmax(axis=1), average="weighted"),
    "log_loss": lambda: metrics.log_loss(CLASSES, SOFTMAX, labels=range(12)),
    "brier": lambda: metrics.brier_score_loss(CLASSES, SOFTMAX, labels=range(12)),
    "roc_auc": lambda: ranked(metrics.roc_auc_score, CLASSES, SOFTMAX.astype(float), multi_class="ovr"),
    "average_precision": lambda: ranked(metrics.average_precision_score, np.eye(12)[CLASSES], SOFTMAX),
    **{
        f"top_{count}": lambda count=count: metrics.top_k_accuracy_score(CLASSES, SOFTMAX, k=count)
        for count in (2, 3, 5, 10)
    },
}
OF_TWO = {
    "accuracy": lambda: metrics.accuracy_score(BINARY, SINGLE[:, 0] > 0.5),
    "f1_macro": lambda: metrics.f1_score(BINARY, SINGLE[:, 0] > 0.5, average="macro"),
    "roc_auc": lambda: metrics.roc_auc_score(BINARY, SINGLE[:, 0]),
    "average_precision": lambda: metrics.average_precision_score(BINARY, SINGLE[:, 0]),
    "log_loss": lambda: metrics.log_loss(BINARY, SINGLE[:, 0]),
    "brier": lambda: metrics.brier_score_loss(BINARY, SINGLE[:, 0]),
}
OF_LABELS = {
    "accuracy": lambda: 1 - metrics.hamming_loss(MANY, SIGMOID > 0.5),
    "f1_macro": lambda: metrics.f1_score(MANY, SIGMOID > 0.5, average="macro"),
    "f1_weighted": lambda: metrics.f1_score(MANY, SIGMOID > 0.5, average="weighted"),
    "roc_auc": lambda: ranked(metrics.roc_auc_score, MANY, SIGMOID),
    "average_precision": lambda: ranked(metrics.average_precision_score, MANY, SIGMOID),
    "brier": lambda: np.mean([metrics.brier_score_loss(MANY[:, at], SIGMOID[:, at]) for at in range(4)]),
    "log_loss": lambda: np.mean([metrics.log_loss(MANY[:, at], SIGMOID[:, at]) for at in range(4)]),
}
OF_TARGETS = {
    "r2": lambda: metrics.r2_score(TARGETS, GIVEN),
    "mse": lambda: metrics.mean_squared_error(TARGETS, GIVEN),
    "rmse": lambda: metrics.root_mean_squared_error(TARGETS, GIVEN),
    "mae": lambda: metrics.mean_absolute_error(TARGETS, GIVEN),
    "median_absolute_error": lambda: metrics.median_absolute_error(TARGETS, GIVEN),
    "mape": lambda: metrics.mean_absolute_percentage_error(TARGETS, GIVEN),
}


@pytest.mark.parametrize("name", OF_CLASSES)
def test_a_metric_of_classes_is_scikit_learns(name):
    assert value(name, SOFTMAX, CLASSES, "classification") == pytest.approx(OF_CLASSES[name](), rel=1e-5)


@pytest.mark.parametrize("name", OF_TWO)
def test_a_metric_of_a_single_output_is_scikit_learns(name):
    assert value(name, SINGLE, BINARY, "classification") == pytest.approx(OF_TWO[name](), rel=1e-5)


@pytest.mark.parametrize("name", OF_LABELS)
def test_a_metric_of_several_labels_is_scikit_learns(name):
    assert value(name, SIGMOID, MANY, "multilabel") == pytest.approx(OF_LABELS[name](), rel=1e-5)


@pytest.mark.parametrize("name", OF_TARGETS)
def test_a_metric_of_a_regression_is_scikit_learns(name):
    assert value(name, GIVEN, TARGETS, "regression") == pytest.approx(OF_TARGETS[name](), rel=1e-5)


def test_every_metric_that_may_be_asked_for_is_held_against_scikit_learn():
    held = {*OF_CLASSES, *OF_LABELS, *OF_TARGETS, "calibration_error"}  # the last has a case by hand
    assert held == {*MEASURED}


def test_each_metric_has_a_value_for_each_of_its_tasks():
    data = {
        "classification": (SOFTMAX, CLASSES),
        "multilabel": (SIGMOID, MANY),
        "regression": (GIVEN, TARGETS),
    }
    for name in MEASURED:
        for task in METRICS[name].tasks:
            assert math.isfinite(value(name, *data[task], task))


def test_the_calibration_error_is_that_of_a_case_by_hand():
    """Two bins: 0.9 twice, right once; 0.6 twice, right twice."""
    outputs = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    labels = np.array([0, 1, 0, 1])
    assert calibration_error(outputs, labels) == pytest.approx(0.5 * 0.4 + 0.5 * 0.4)
    assert math.isnan(calibration_error(outputs + 1, labels))


def test_a_class_among_as_many_outputs_as_there_are_is_no_metric():
    assert value("top_2", SINGLE, BINARY, "classification") is None
    assert value("top_2", np.hstack([1 - SINGLE, SINGLE]), BINARY, "classification") is None
    assert value("top_10", SOFTMAX[:, :10], CLASSES % 10, "classification") is None


def test_probabilities_that_are_none_have_no_log_loss():
    assert value("log_loss", 3 * SOFTMAX, CLASSES, "classification") is None
    assert value("accuracy", 3 * SOFTMAX, CLASSES, "classification") is not None


def test_the_area_under_a_curve_is_not_defined_without_examples_of_a_class():
    assert value("roc_auc", SINGLE, np.zeros(300, int), "classification") is None


def test_sigmoid_outputs_of_several_classes_are_divided_by_their_sum():
    assert probabilities(np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]])).tolist() == [
        [0.5, 0.5, 0.0],
        pytest.approx([1 / 3] * 3),
    ]


@pytest.mark.parametrize("name", ["r2", "mse", "mae", "mape"])
def test_a_regressions_metric_is_the_mean_of_its_examples(name):
    assert by_example(name, GIVEN, TARGETS, "regression").mean() == pytest.approx(
        OF_TARGETS[name](), rel=1e-5
    )


@pytest.mark.parametrize(
    "targets", [[[3.0]], [[0.1]] * 3, [[1.0, 0.1], [2.0, 0.1]]], ids=["one row", "all the same", "one of two"]
)
def test_r2_is_not_defined_where_a_target_is_one_number_throughout(targets):
    constant = np.array(targets)
    for given in (constant, constant + 1):
        assert value("r2", given, constant, "regression") is None


def test_a_metrics_name_says_what_it_is_measured_on():
    assert (metric_of("val_f1_macro").name, part_of("val_f1_macro")) == ("f1_macro", "val")
    assert len(NAMES) == 2 * len(METRICS) == len({*NAMES})


def test_a_score_is_higher_where_predictions_are_better():
    assert all(score_of(task).rises for task in ("classification", "multilabel", "regression"))
