"""What the size of the loss shows, at both sides of each boundary."""

from __future__ import annotations

import math

import pytest
from tests.analysis import made_runs
from tests.analysis.made_runs import (
    LARGE,
    POOR,
    abstains,
    configured,
    flat,
    hidden,
    judged,
    measured,
    of,
    probes,
    run,
    study,
)

from paribus.analysis.finding import Severity
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.loss import UnscaledInput
from paribus.analysis.runs.sample_loss import uniform_loss

WARNING = Severity.WARNING
INFO = Severity.INFO


@pytest.mark.parametrize(("times", "severity"), [(1.9, None), (2.0, INFO), (9.9, INFO), (10.1, WARNING)])
def test_a_loud_start_on_scaled_pixels_is_that_of_large_weights(times, severity):
    first = {"data_loss": times * math.log(10)}
    fact = judged("large-weights", configured(LARGE, measured(first, {})))
    assert (fact and fact.severity) is severity
    assert judged("large-weights", configured({**LARGE, "scale": "none"}, measured(first, {}))) is None


def test_it_is_not_that_of_large_weights_where_they_are_of_the_usual_size():
    assert judged("large-weights", measured({"data_loss": 30.0}, {})) is None


def test_a_start_a_few_times_too_loud_is_a_warning_where_the_network_fits_poorly():
    first = probes(first={"data_loss": 6.7}, then={})
    poor = configured(LARGE, run(**POOR, more={"probes": first}))
    good = configured(LARGE, run(more={"probes": first}))
    assert judged("large-weights", poor).severity is WARNING
    assert judged("large-weights", good).severity is Severity.INFO


def test_what_goes_wrong_follows_from_large_weights():
    lost = configured(LARGE, measured({"data_loss": 5.0}, hidden(ratio=0.6), learned=False))
    found = diagnose(study(plain=LARGE), {("plain", 0): lost})
    assert of(found, "large-weights", "plain").severity is Severity.SERIOUS
    assert of(found, "large-steps", "plain").follows_from.code == "large-weights"


def test_unscaled_pixels_are_a_cause_where_nothing_was_learned_whatever_the_first_loss():
    quiet = measured({"data_loss": 2.3}, {}, learned=False, configuration=made_runs.unscaled())
    assert judged("unscaled-input", quiet).severity is WARNING


@pytest.mark.parametrize(("times", "is_found"), [(1.9, False), (2.0, True)])
def test_unscaled_pixels_are_told_where_the_start_is_loud(times, is_found):
    first = {"data_loss": times * math.log(10)}
    assert judged("unscaled-input", measured(first, {})) is None
    fact = judged("unscaled-input", measured(first, {}, configuration=made_runs.unscaled()))
    assert (fact is not None) is is_found


def test_an_even_answer_s_loss_is_known_of_cross_entropies_alone():
    assert uniform_loss(run(accuracy=flat(0.9))) == pytest.approx(math.log(10))
    assert uniform_loss(run(accuracy=flat(0.9), configuration=made_runs.configuration(loss="mse"))) is None


@pytest.mark.parametrize(("penalty", "is_found"), [(0.049, False), (0.051, True)])
def test_the_penalty_dominates_from_half_of_the_loss_on(penalty, is_found):
    fact = judged("penalty-dominates", run(penalty=flat(penalty), data_loss=flat(0.05)))
    assert (fact is not None) is is_found
    assert abstains("penalty-dominates", run(data_loss=flat(0.05)))


@pytest.mark.parametrize(
    ("before", "after", "remains"), [(0.46, 0.31, True), (0.46, 0.8, False), (0.1, 0.3, False)]
)
def test_unscaled_pixels_were_no_cause_where_scaled_ones_validate_worse(before, after, remains):
    raw = run(accuracy=flat(before), val_accuracy=flat(before), configuration=made_runs.unscaled())
    scaled = run(accuracy=flat(after), val_accuracy=flat(after))
    assert UnscaledInput().remains(raw, scaled, {}) is remains
