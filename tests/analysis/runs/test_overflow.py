"""A loss that is no number before the first update, and one that became none later."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import configured, judged, measured, of, study

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
        ({"model": {"activation": "exponential"}, "scale": "none"}, "relu", "relu"),
        ({"scale": "none", **LARGE}, "scale", "pixels"),
        (LARGE, "glorot", "glorot"),
    ],
)
def test_the_start_is_named_and_not_the_learning_rate(settings, advised, suspected):
    asked = study(plain=settings)
    found = diagnose(asked, {("plain", 0): diverged(None, settings)})
    assert of(found, "diverged", "plain").follows_from.code == "overflow-at-start"
    assert [each.kind for each in advice(asked, found)] == [advised]
    assert [each.kind for each in ablations(asked, found, only=["plain"])] == [suspected]
