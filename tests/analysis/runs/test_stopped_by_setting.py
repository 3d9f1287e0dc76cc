"""Early stopping that one setting brought about: the same epochs under its default would not have ended."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import abstains, judged, of, run, stopping, study

from paribus.analysis.runs.diagnosis import diagnose
from paribus.record.run import Status

RISING = [0.5, 0.6, 0.7, 0.8]


def stopped(accuracies=RISING, **settings: object):
    return run(
        status=Status.EARLY_STOPPED,
        configuration=stopping(monitor="val_accuracy", patience=3, **settings),
        val_accuracy=accuracies,
    )


@pytest.mark.parametrize(
    ("settings", "key"),
    [({"mode": "min"}, "mode"), ({"baseline": 0.99}, "baseline"), ({"min_delta": 0.5}, "min_delta")],
)
def test_the_setting_is_named_without_which_it_would_have_gone_on(settings, key):
    assert judged("stopped-by-setting", stopped(**settings)).placeholders["key"] == key


def test_a_run_that_the_default_would_have_ended_as_well_is_no_fault_of_the_setting():
    assert judged("stopped-by-setting", stopped([0.8, 0.7, 0.6, 0.5], min_delta=0.5)) is None


def test_a_run_without_unusual_settings_or_that_went_to_its_end_is_not_told_of():
    assert judged("stopped-by-setting", stopped([0.8, 0.7, 0.6, 0.5])) is None
    assert judged("stopped-by-setting", run(configuration=stopping(mode="min"))) is None


def test_what_else_is_said_of_the_stop_follows_from_the_setting():
    impatient = run(
        status=Status.EARLY_STOPPED,
        configuration=stopping(monitor="val_accuracy", mode="min", patience=2),
        accuracy=[0.5, 0.6, 0.7],
        val_accuracy=[0.5, 0.6, 0.7],
        more={"longest_history": run(val_accuracy=[0.5, 0.6, 0.7, *[0.9] * 20]).record.history},
    )
    assert abstains("stopped-on-noise", impatient)
    found = diagnose(study(), {("plain", 0): impatient})
    assert of(found, "stopped-too-soon", "plain").follows_from.code == "stopped-by-setting"
