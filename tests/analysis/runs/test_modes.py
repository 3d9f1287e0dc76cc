"""Training mode against inference mode on the same images."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis.made_runs import (
    NORMALIZED,
    abstains,
    configured,
    flat,
    found,
    in_both_modes,
    judged,
    probe,
    run,
    study,
)

from paribus.analysis.runs.diagnosis import diagnose

DROPOUT = {"model": {"dropout": 0.7}}


def lagging(**more: object):
    """97% of 1,000 images in training mode, 30% in inference mode."""
    return configured(NORMALIZED, in_both_modes(training=0.97, inference=0.3, **more))


def test_statistics_that_lag_are_found_with_what_is_left_of_their_start():
    evidence = judged("lagging-statistics", lagging()).evidence
    assert evidence["training"] - evidence["inference"] == pytest.approx(evidence["difference"])
    assert evidence["left"] == pytest.approx(0.99 ** evidence["updates"])


@pytest.mark.parametrize(("training", "inference"), [(0.96, 0.95), (0.3, 0.97), (0.96, 0.96)])
def test_a_difference_within_noise_or_the_other_way_is_no_lag(training, inference):
    assert (
        judged(
            "lagging-statistics",
            configured(NORMALIZED, in_both_modes(training=training, inference=inference)),
        )
        is None
    )


@pytest.mark.parametrize(
    ("training", "inference", "is_found"), [(0.3, 0.75, False), (0.3, 0.77, True), (0.9, 1.7, False)]
)
def test_losses_of_the_two_modes_far_apart_are_a_lag_as_well(training, inference, is_found):
    observed = in_both_modes(training=0.97, inference=0.97)
    last = replace(observed.probes[-1], training_loss=training, data_loss=inference)
    observed = replace(observed, probes=(*observed.probes[:-1], last))
    fact = judged("lagging-statistics", configured(NORMALIZED, observed))
    assert (fact is not None) is is_found


@pytest.mark.parametrize(
    ("momentum", "inference", "is_found"), [(0.9999, 0.22, True), (0.9999, 0.21, False), (0.99, 0.22, False)]
)
def test_a_twentieth_of_a_uniform_loss_is_enough_where_statistics_are_known_to_lag(
    momentum, inference, is_found
):
    layers = {"batch_normalization_1": {"momentum": momentum}}
    observed = configured({**NORMALIZED, "layers": layers}, in_both_modes(training=0.97, inference=0.97))
    last = replace(observed.probes[-1], training_loss=0.1, data_loss=inference)
    observed = replace(observed, probes=(*observed.probes[:-1], last))
    assert (0.9999**observed.updates > 0.05, 0.99**observed.updates < 0.05) == (True, True)
    fact = judged("lagging-statistics", observed)
    assert (fact is not None) is is_found
    if fact:
        assert str(fact.placeholders["what"]).startswith("With the kept weights, the loss of 1,000")


@pytest.mark.parametrize(("momentum", "is_advised"), [(0.99, True), (0.9, False)])
def test_a_lower_momentum_is_no_remedy_where_it_is_low_already(momentum, is_advised):
    layers = {"batch_normalization_1": {"momentum": momentum}}
    observed = configured({**NORMALIZED, "layers": layers}, in_both_modes(training=0.97, inference=0.3))
    remedy = str(judged("lagging-statistics", observed).placeholders["to_try"])
    assert ("Lower the momentum" in remedy) is is_advised
    assert ("Lower the learning rate" in remedy) is not is_advised


def test_dropout_alone_does_not_lag():
    assert (
        judged("lagging-statistics", configured(DROPOUT, in_both_modes(training=0.97, inference=0.3))) is None
    )


def test_a_network_that_lags_neither_overfits_nor_underfits():
    rising_loss = {"val_data_loss": [*flat(0.5, 10), *[0.5 + 0.1 * epoch for epoch in range(20)]]}
    assert "overfitting" in found(configured(NORMALIZED, run(**rising_loss)))
    runs = {("plain", 0): lagging(val_accuracy=flat(0.3), **rising_loss), ("treatment", 0): run()}
    result = diagnose(study(), runs)
    codes = {each.code for each in result.findings if each.variants[0] == "plain"}
    assert "lagging-statistics" in codes
    assert not codes & {"overfitting", "underfitting", "overfits-beside"}


def test_runs_of_older_versions_are_not_judged():
    old = run(more={"probes": (probe(0), probe(100, epoch=30, accuracy=0.3))})
    assert abstains("lagging-statistics", configured(NORMALIZED, old))
    assert abstains("measured-with-dropout", configured(DROPOUT, old))


def test_accuracy_that_dropout_lowers_is_told():
    fact = judged("measured-with-dropout", configured(DROPOUT, in_both_modes(training=0.9, inference=0.96)))
    assert fact.evidence["difference"] == pytest.approx(0.06)
    assert fact.evidence["over"] == 20


def test_dropout_that_lowers_nothing_is_not_told():
    assert (
        judged("measured-with-dropout", configured(DROPOUT, in_both_modes(training=0.96, inference=0.96)))
        is None
    )


def beside_a_better_one(with_dropout):
    """What is found of dropout with 90.6% measured while training, beside 93.8% on validation images."""
    runs = {("plain", 0): configured(DROPOUT, with_dropout), ("treatment", 0): run(val_accuracy=flat(0.938))}
    return {each.code for each in diagnose(study(), runs).findings if each.variants[0] == "plain"}


def test_dropout_does_not_underfit_by_an_accuracy_measured_with_it():
    curves = {"accuracy": flat(0.906), "val_accuracy": flat(0.933)}
    assert "underfitting" not in beside_a_better_one(in_both_modes(training=0.9, inference=0.96, **curves))
    assert "underfitting" not in beside_a_better_one(run(**curves)), "nor where it was not measured otherwise"


def test_dropout_underfits_where_it_does_so_without_dropout():
    curves = {"accuracy": flat(0.6), "val_accuracy": flat(0.7)}
    assert "underfitting" in beside_a_better_one(in_both_modes(training=0.6, inference=0.7, **curves))


def test_training_accuracy_is_that_of_the_kept_weights_without_dropout():
    observed = configured(DROPOUT, in_both_modes(training=0.9, inference=0.96, accuracy=flat(0.95)))
    assert (observed.train_accuracy, observed.train_images) == (0.96, 1000)
    plain = replace(observed, record=run(accuracy=flat(0.95)).record)
    assert plain.train_accuracy == 0.95, "without dropout the whole epoch tells it better"
