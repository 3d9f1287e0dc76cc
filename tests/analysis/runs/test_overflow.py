"""A loss that is no number before the first update, and one that became none later."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import configured, found, judged, measured, of, study

from paribus.analysis.causes.ablation import ablations
from paribus.analysis.causes.advice import advice
from paribus.analysis.runs.diagnosis import diagnose
from paribus.record.run import Status

LARGE = {"kernel_initializer": {"name": "random_normal", "stddev": 100.0}}


def diverged(first: float | None, settings: dict[str, object] | None = None):
    """A run that diverged, whose sample has this loss before the first update."""
    return configured(
        settings or {}, measured({"data_loss": first}, {"data_loss": None}, status=Status.DIVERGED)
    )


def test_it_is_found_where_the_first_loss_is_not_finite():
    assert judged("overflow-at-start", diverged(None)) is not None
    assert judged("overflow-at-start", diverged(1e30)) is None


def test_a_run_that_ended_has_not_overflowed():
    assert judged("overflow-at-start", measured({"data_loss": None}, {})) is None


def test_exponentials_overflow_from_ten_times_a_guess_on():
    steep = {"model": {"activation": "exponential"}}
    assert judged("overflow-at-start", diverged(23.1, steep)) is not None
    assert judged("overflow-at-start", diverged(22.9, steep)) is None


@pytest.mark.parametrize(
    ("settings", "advised", "suspected"),
    [
        ({"model": {"activation": "exponential"}, "scale": "none"}, "scale", ["pixels", "no-exponential"]),
        ({"model": {"activation": "exponential"}}, "no-exponential", ["no-exponential"]),
        ({"scale": "none", **LARGE}, "scale", ["pixels"]),
        (LARGE, "glorot", ["glorot"]),
    ],
)
def test_the_start_is_named_and_not_the_learning_rate(settings, advised, suspected):
    asked = study(plain=settings)
    diagnosed = diagnose(asked, {("plain", 0): diverged(None, settings)})
    assert of(diagnosed, "diverged", "plain").follows_from.code == "overflow-at-start"
    assert [each.kind for each in advice(asked, diagnosed)] == [advised]
    assert [each.kind for each in ablations(asked, diagnosed, only=["plain"])] == suspected


def test_an_output_that_does_not_fit_the_loss_is_told_in_place_of_a_start_that_is_too_large():
    settings = {"loss": "poisson", "model": {"output": "tanh"}}
    assert "overflow-at-start" in found(diverged(None))
    assert found(diverged(None, settings)) >= {"output-loss", "diverged"}
    assert "overflow-at-start" not in found(diverged(None, settings))
