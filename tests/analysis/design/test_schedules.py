"""Schedules over a run: their rates as Keras computes them, and those that do not fit its length."""

import keras
import numpy as np
import pytest
from tests.analysis.made_studies import clean, finding

from paribus.analysis.design.learning_rates import learning_rates
from paribus.analysis.finding import Severity
from paribus.study.techniques import Kind, entry, names

UPDATES = 60
FIRST = {"initial_learning_rate": 0.1}
SCHEDULES = [
    {"name": "cosine_decay", **FIRST, "decay_steps": 40, "alpha": 0.1},
    {"name": "cosine_decay", **FIRST, "decay_steps": 30, "warmup_target": 0.5, "warmup_steps": 20},
    {"name": "cosine_decay_restarts", **FIRST, "first_decay_steps": 10},
    {
        "name": "cosine_decay_restarts",
        **FIRST,
        "first_decay_steps": 10,
        "t_mul": 1.0,
        "m_mul": 0.5,
        "alpha": 0.2,
    },
    {"name": "exponential_decay", **FIRST, "decay_steps": 10, "decay_rate": 0.5},
    {"name": "exponential_decay", **FIRST, "decay_steps": 10, "decay_rate": 0.5, "staircase": True},
    {"name": "inverse_time_decay", **FIRST, "decay_steps": 10, "decay_rate": 0.5},
    {"name": "piecewise_constant_decay", "boundaries": [10, 30], "values": [0.1, 0.01, 0.001]},
    {"name": "polynomial_decay", **FIRST, "decay_steps": 25, "power": 2.0},
    {"name": "polynomial_decay", **FIRST, "decay_steps": 25, "cycle": True},
]


def sgd(schedule: dict[str, object]) -> dict[str, object]:
    return {"optimizer": {"name": "sgd", "learning_rate": schedule}}


def found(code: str, **schedule: object):
    """What is found under a schedule; the run makes 4,690 updates."""
    return finding(clean(sgd(schedule), {"validation": 0}), code)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda each: each["name"])
def test_the_rates_are_those_of_keras(schedule):
    configuration = clean(sgd(schedule)).variants["treatment"].configuration
    arguments = {name: value for name, value in schedule.items() if name != "name"}
    constructor = entry(Kind.SCHEDULE, schedule["name"]).keras_class
    keras_own = getattr(keras.optimizers.schedules, constructor)(**arguments)
    expected = [float(keras_own(step)) for step in range(UPDATES)]
    np.testing.assert_allclose(learning_rates(configuration, UPDATES), expected, rtol=1e-4, atol=1e-7)


def test_every_schedule_is_known():
    assert {each["name"] for each in SCHEDULES} == set(names(Kind.SCHEDULE))


def test_a_constant_rate_is_no_schedule():
    assert learning_rates(clean().variants["plain"].configuration, UPDATES) is None


def test_epochs_taken_for_updates_are_serious():
    gone = found("rate-gone", name="cosine_decay", **FIRST, decay_steps=10)
    assert gone.severity is Severity.SERIOUS
    assert gone.evidence["step"] == 10
    assert gone.evidence["updates"] == 4690
    assert "After update 10 of 4,690" in str(gone.why)


def test_a_rate_that_is_gone_before_the_middle_is_a_warning():
    gone = found("rate-gone", name="cosine_decay", **FIRST, decay_steps=2000)
    assert gone.severity is Severity.WARNING


@pytest.mark.parametrize(
    "schedule",
    [
        {"name": "cosine_decay", **FIRST, "decay_steps": 4690},
        {"name": "cosine_decay", **FIRST, "decay_steps": 2600},
        {"name": "cosine_decay", **FIRST, "decay_steps": 10, "alpha": 0.02},
        {"name": "cosine_decay_restarts", **FIRST, "first_decay_steps": 100},
        {"name": "exponential_decay", **FIRST, "decay_steps": 469, "decay_rate": 0.7},
        {"name": "cosine_decay", **FIRST, "decay_steps": 3690, "warmup_target": 0.2, "warmup_steps": 1000},
    ],
    ids=["whole run", "more than half", "to a fiftieth", "restarts", "by epochs", "after warming up"],
)  # fmt: skip
def test_a_schedule_of_the_length_of_the_run_is_fine(schedule):
    assert found("rate-gone", **schedule) is None
    assert found("rate-unchanged", **schedule) is None


def test_a_boundary_beyond_the_run_changes_nothing():
    steps = {"name": "piecewise_constant_decay", "values": [0.1, 0.01]}
    assert found("rate-unchanged", **steps, boundaries=[4690]).evidence["updates"] == 4690
    assert found("rate-unchanged", **steps, boundaries=[4000]) is None
