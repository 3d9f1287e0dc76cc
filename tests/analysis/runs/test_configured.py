"""Faults of a configuration, told of the runs that show them, and what follows from them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.analysis.made_runs import (
    DIED,
    configured,
    falling,
    flat,
    found,
    hidden,
    measured,
    of,
    probe,
    run,
    study,
)

from paribus.analysis.causes.advice import advice
from paribus.analysis.finding import Severity
from paribus.analysis.runs.diagnosis import diagnose
from paribus.record.run import Status
from paribus.texts import LANGUAGES, language

FAILED = {"accuracy": flat(0.1), "val_accuracy": flat(0.1)}
RELU_OUTPUT = {"model": {"output": "relu"}}
DEEP = {"model": {"hidden": [64] * 8, "activation": "sigmoid"}}


def diagnosed(*runs, settings=None):
    """What is found in runs of ``plain`` of one configuration, a seed each."""
    asked = study(plain=settings or {})
    return asked, diagnose(
        asked, {("plain", seed): configured(settings or {}, each) for seed, each in enumerate(runs)}
    )


@pytest.mark.parametrize(
    ("settings", "code", "learned"),
    [
        (RELU_OUTPUT, "output-loss", Severity.WARNING),
        (falling(10), "rate-gone", Severity.WARNING),
        (falling(5000), "rate-gone", Severity.INFO),
        ({"model": {"dropout": 0.95}}, "heavy-dropout", Severity.INFO),
        ({"model": {"activation": "linear"}}, "linear-layers", Severity.WARNING),
        (DEEP, "shrinking-error", None),
        ({"model": {"output": "linear"}, "loss": "mse", "learning_rate": 20.0}, "unstable-rate", None),
    ],
)
def test_a_fault_is_weighed_by_what_became_of_the_network(settings, code, learned):
    _, failed = diagnosed(run(**FAILED), settings=settings)
    serious = Severity.WARNING if code == "linear-layers" else Severity.SERIOUS
    assert of(failed, code, "plain").severity is serious
    _, fine = diagnosed(run(), settings=settings)
    assert [each.severity for each in fine.findings if each.code == code] == ([learned] if learned else [])


def test_a_healthy_configuration_has_no_fault_even_where_nothing_was_learned():
    assert found(run(**FAILED)) == {"nothing-learned"}


def test_the_fault_comes_first_and_what_follows_from_it_names_it():
    silent = measured({}, hidden(active=0.0, dead=1.0, gradient=0.0), learned=False)
    _, result = diagnosed(silent, settings=RELU_OUTPUT)
    first, *others = [each for each in result.findings if each.severity is not Severity.INFO]
    assert first.code == "output-loss"
    assert {each.code for each in others} == {"zero-gradient", "silent-layer", "nothing-learned"}
    for each in others:
        assert each.follows_from.code == "output-loss"
        assert str(each.remedy) == "Fix this first: Output activation does not fit the loss."
        assert "expects probabilities" in str(each.cause)


def test_a_fault_is_as_bad_as_the_worst_that_follows_from_it():
    """17% right is more than chance, so that the fault is a warning; its zero gradient is serious."""
    stuck = replace(DIED, active=0.5, dead=0.0)
    _, result = diagnosed(measured({}, {"hidden_1": stuck, "output": stuck}), settings=RELU_OUTPUT)
    assert [each.code for each in result.findings][:2] == ["output-loss", "zero-gradient"]


def test_nothing_is_advised_against_what_follows():
    slow = run(**FAILED, more={"probes": (probe(0), probe(1, hidden_1=DIED), probe(2, hidden_1=DIED))})
    asked, result = diagnosed(slow, settings=DEEP)
    assert [each.kind for each in advice(asked, result)] == ["relu"]


def test_how_many_runs_show_it_is_told_in_place_of_one_runs_numbers():
    _, result = diagnosed(run(), run(**FAILED), run(**FAILED), settings=DEEP)
    fading = of(result, "shrinking-error", "plain")
    assert "This follows from the configuration; confirmed in 2 of 3 runs." in str(fading.why)
    assert fading.seeds == (1, 2)


def test_a_run_that_diverged_is_explained():
    settings = {"model": {"output": "linear"}, "loss": "mse", "learning_rate": 20.0}
    _, result = diagnosed(run(status=Status.DIVERGED, data_loss=[0.5, math.nan]), settings=settings)
    assert [each.code for each in result.findings] == ["unstable-rate", "diverged"]
    assert result.findings[1].follows_from.code == "unstable-rate"


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_a_fault_is_told_in_each_language_with_the_same_numbers(spoken):
    _, result = diagnosed(run(), settings=falling(10))
    with language(spoken):
        assert "12.660" in str(of(result, "rate-gone", "plain").why).replace(",", ".")
