"""Faults of layers that are told where a run shows harm, at both sides of each boundary."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis.made_runs import (
    LAST,
    POOR,
    configured,
    flat,
    hidden,
    judged,
    measured,
    of,
    run,
    study,
)

from paribus.analysis.finding import Severity
from paribus.analysis.runs.diagnosis import diagnose

SERIOUS, WARNING, INFO = Severity


def narrow(units: int, train: float, validation: float):
    curves = {"accuracy": flat(train), "val_accuracy": flat(validation)}
    return judged("narrow-layer", configured({"model": {"hidden": [units]}}, run(**curves)))


@pytest.mark.parametrize(
    ("units", "train", "validation", "is_found"),
    [
        (9, 0.89, 0.88, True),
        (10, 0.89, 0.88, False),
        (9, 0.91, 0.90, False),
        (9, 0.85, 0.60, False),
    ],
    ids=["narrow", "as many as classes", "fits", "a gap"],
)
def test_fewer_units_than_classes_are_told_of_where_training_images_are_wrong(
    units, train, validation, is_found
):
    assert (narrow(units, train, validation) is not None) is is_found


@pytest.mark.parametrize(("filters", "is_found"), [(3, True), (4, False)])
def test_so_are_fewer_than_four_filters(filters, is_found):
    layers = [{"conv2d": {"filters": filters, "kernel_size": 3}}, "flatten", {"dense": 10}]
    observed = configured({"model": layers}, run(accuracy=flat(0.5), val_accuracy=flat(0.5)))
    assert (judged("narrow-layer", observed) is not None) is is_found


@pytest.mark.parametrize(("layers", "is_found"), [(8, False), (9, True), (14, True)])
def test_an_error_that_fades_is_told_of_from_a_twentieth_on_where_nothing_is_learned(layers, is_found):
    deep = {"model": {"hidden": [64] * layers}, "kernel_initializer": "glorot_uniform"}
    moving = {"output": replace(LAST, ratio=0.01)}
    lost = configured(deep, measured(moving, moving, learned=False))
    assert (judged("shrinking-error", lost) is not None) is is_found
    fine = configured(deep, measured(moving, moving))
    assert judged("shrinking-error", fine) is None


def test_between_the_limits_it_is_not_told_of_where_no_layer_moves():
    still = {"output": replace(LAST, ratio=1e-7)}
    deep = {"model": {"hidden": [64] * 12}, "kernel_initializer": "glorot_uniform"}
    assert judged("shrinking-error", configured(deep, measured(still, still, learned=False))) is None
    deeper = {"model": {"hidden": [64] * 14}, "kernel_initializer": "glorot_uniform"}
    assert judged("shrinking-error", configured(deeper, measured(still, still, learned=False))) is not None


def test_strong_dropout_is_a_warning_where_the_network_fits_poorly_without_it():
    dropout = {"model": {"dropout": 0.95}}
    assert judged("heavy-dropout", configured(dropout, run())).severity is INFO
    poor = run(accuracy=flat(0.8), val_accuracy=flat(0.8))
    assert judged("heavy-dropout", configured(dropout, poor)).severity is WARNING


def test_what_goes_wrong_follows_from_biases_that_shut_a_layer():
    shut = {"bias_initializer": {"name": "constant", "value": -4.0}}
    lost = configured(shut, measured(hidden(gradient=0.0), hidden(gradient=0.0), learned=False))
    found = diagnose(study(plain=shut), {("plain", 0): lost})
    assert of(found, "shut-start", "plain").severity is SERIOUS
    assert of(found, "zero-gradient", "plain").follows_from.code == "shut-start"
    assert judged("shut-start", configured(shut, run())) is None


def test_units_and_filters_are_each_told_of_their_own_layers():
    layers = [
        {"conv2d": {"filters": 3, "kernel_size": 3}},
        "flatten",
        {"dense": 1},
        {"dense": {"units": 10, "activation": "softmax"}},
    ]
    fact = judged("narrow-layer", configured({"model": layers}, run(**POOR)))
    fault = str(fact.placeholders["fault"])
    assert "3 filters in" in fault
    assert " and 1 unit in" in fault
