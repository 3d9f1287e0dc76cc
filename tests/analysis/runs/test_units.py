"""Layers and units that carry nothing, on hand-written probes, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import (
    DIED,
    abstains,
    configured,
    flat,
    found,
    hidden,
    judged,
    measured,
    of,
    probe,
    run,
    study,
)
from tests.analysis.made_studies import clean

from paribus.analysis.finding import Severity
from paribus.analysis.runs.diagnosis import diagnose

SERIOUS = Severity.SERIOUS
WARNING = Severity.WARNING
INFO = Severity.INFO


def test_nothing_is_found_in_an_uneventful_run():
    assert found(measured({}, {})) == {"gap", "converged"}


@pytest.mark.parametrize(
    "code", ["zero-gradient", "silent-layer", "dead-units", "identical-units", "exploding", "vanishing"]
)
def test_without_probes_nothing_is_said(code):
    assert abstains(code, run(accuracy=flat(0.9)))
    assert abstains(code, run(accuracy=flat(0.9), more={"probes": (probe(0),)}))


def test_a_zero_gradient_is_exactly_zero():
    fact = judged("zero-gradient", measured(hidden(gradient=0.0), hidden(gradient=0.0)))
    assert fact.severity is SERIOUS
    assert fact.evidence["step"] == 0
    assert str(fact.placeholders["layers_named"]) == "hidden_1"
    assert judged("zero-gradient", measured(hidden(), hidden(gradient=1e-30))) is None


def test_a_gradient_that_came_back_is_none():
    measured = (probe(0, **hidden(gradient=0.0)), probe(1, **hidden(gradient=0.0)), probe(2))
    assert judged("zero-gradient", run(accuracy=flat(0.9), more={"probes": measured})) is None


def test_a_gradient_lost_on_the_way_says_when():
    fact = judged("zero-gradient", measured(hidden(), {"hidden_1": DIED}))
    assert fact.evidence["step"] == 2
    assert fact.placeholders["because"].code == "diagnosis.zero-silent-later"


def wide(units: int):
    """A network with one hidden layer of so many units."""
    return clean(base={"model": {"hidden": [units], "output": "softmax"}}).variants["plain"].configuration


@pytest.mark.parametrize(
    ("units", "active", "is_found"),
    [
        (16, 0.0099, True),
        (16, 0.01, False),
        (128, 0.0077, True),
        (128, 0.0079, False),
        (3_072, 0.008, False),
        (3_072, 0.0002, True),
    ],
)
def test_a_silent_layer_is_below_a_hundredth_and_below_one_unit(units, active, is_found):
    observed = measured(hidden(), hidden(active=active), configuration=wide(units))
    fact = judged("silent-layer", observed)
    assert (fact is not None) is is_found


@pytest.mark.parametrize(("loss", "has_jumped"), [(2.41, False), (4.6, False), (4.9, True)])
def test_a_loss_that_hardly_grew_did_not_silence_it(loss, has_jumped):
    observed = measured({"data_loss": 2.4}, {**hidden(active=0.0001), "data_loss": loss})
    fact = judged("silent-layer", observed)
    assert bool(fact.placeholders["because"]) is has_jumped


def test_a_layer_silenced_by_a_jump_of_the_loss_says_so():
    then = {**hidden(active=0.0001), "data_loss": 5e7}
    fact = judged("silent-layer", measured({"data_loss": 30.0}, then, learned=False))
    assert fact.severity is SERIOUS
    assert "By then, nearly all units were in ReLU's zero region." in str(fact.placeholders["because"])
    assert fact.evidence["highest_loss"] == 5e7


def test_a_layer_that_outlived_the_jump_of_the_loss_was_silenced_by_later_updates():
    jumped = probe(1, data_loss=5e7, **hidden(active=1.0))
    seen = (probe(0, data_loss=30.0), jumped, probe(2, data_loss=0.7, **hidden(active=0.0)))
    lost = run(accuracy=flat(0.1), val_accuracy=flat(0.1), more={"probes": seen})
    fact = judged("silent-layer", lost)
    assert fact.evidence["highest_step"] == fact.evidence["alive_step"] < fact.evidence["step"]
    assert "Later updates pushed nearly all units into ReLU's zero region." in str(
        fact.placeholders["because"]
    )


@pytest.mark.parametrize(("dead", "is_found"), [(0.49, False), (0.5, True)])
def test_dead_units_are_told_from_half_of_a_layer_on(dead, is_found):
    fact = judged("dead-units", measured(hidden(), hidden(dead=dead)))
    assert (fact is not None) is is_found


@pytest.mark.parametrize(("learned", "severity"), [(True, INFO), (False, WARNING)])
def test_dead_units_alarm_by_themselves_only_where_nothing_was_learned(learned, severity):
    observed = measured(hidden(), hidden(dead=0.6), learned=learned)
    assert judged("dead-units", observed).severity is severity


@pytest.mark.parametrize(("share", "severity"), [(0.0, None), (0.1, INFO), (0.5, WARNING), (1.0, WARNING)])
def test_random_weights_have_no_copies(share, severity):
    fact = judged("identical-units", measured(hidden(identical=1.0), hidden(identical=share)))
    assert (fact and fact.severity) is severity


@pytest.mark.parametrize(("share", "is_found"), [(0.49, False), (0.5, True)])
def test_saturation_is_told_of_what_has_not_learned(share, is_found):
    assert (judged("saturation", measured({}, {"saturated": share}, learned=False)) is not None) is is_found
    assert judged("saturation", measured({}, {"saturated": share})) is None


def test_layers_that_die_in_some_runs_have_not_learned_nevertheless():
    dead, lost = hidden(dead=0.6), {"learned": False}
    runs = {("plain", 0): measured({}, dead), ("plain", 1): measured({}, dead, **lost)}
    runs[("plain", 2)] = measured({}, dead, **lost)
    fact = of(diagnose(study(), runs), "dead-units", "plain")
    assert fact.severity is WARNING
    assert "The network failed to train in 2 of these 3 runs." in str(fact.why)
    healthy = {("plain", seed): measured({}, dead) for seed in range(3)}
    assert "The network learned nevertheless." in str(
        of(diagnose(study(), healthy), "dead-units", "plain").why
    )


def test_another_rate_is_no_remedy_for_what_was_so_from_the_start():
    start = of(
        diagnose(study(), {("plain", 0): measured(hidden(gradient=0.0), hidden(gradient=0.0))}),
        "zero-gradient",
        "plain",
    )
    later = of(
        diagnose(study(), {("plain", 0): measured(hidden(), hidden(gradient=0.0))}), "zero-gradient", "plain"
    )
    assert "learning rate" not in str(start.remedy)
    assert "a smaller learning rate" in str(later.remedy)


def test_a_layer_that_is_dead_by_its_configuration_is_so_at_every_seed():
    zeros = {"layers": {"hidden_1": {"kernel_initializer": "zeros"}}}
    dead = measured(hidden(gradient=0.0, active=0.0), hidden(gradient=0.0, active=0.0), learned=False)
    cause = judged("zero-gradient", configured(zeros, dead)).placeholders["because"]
    assert "starts where relu is flat for every example" in str(cause)
    assert "for every seed" in str(cause)
    assert judged("zero-gradient", dead).placeholders["because"].code == "diagnosis.zero-silent-start"
