"""Early stopping with hardly any patience, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import abstains, judged, run, stopping

from paribus.analysis.runs.curves import standard_error
from paribus.record.run import Status

NOISE = 3 * 2**0.5 * standard_error(0.58, 6_000)


def ended(fall=0.01, gain=0.1, monitor="val_accuracy", patience=1):
    """A run that ended after its second epoch, with 6,000 validation images."""
    return run(
        status=Status.EARLY_STOPPED,
        configuration=stopping(monitor=monitor, patience=patience),
        accuracy=[0.5, 0.5 + gain],
        val_accuracy=[0.58, 0.58 - fall],
    )


@pytest.mark.parametrize(("times", "is_found"), [(0.9, True), (1.1, False)])
def test_the_fall_is_within_the_noise_of_the_images(times, is_found):
    assert (judged("stopped-on-noise", ended(times * NOISE)) is not None) is is_found


@pytest.mark.parametrize(("gain", "is_found"), [(0.049, False), (0.051, True)])
def test_it_was_still_learning(gain, is_found):
    assert (judged("stopped-on-noise", ended(gain=gain)) is not None) is is_found


def test_more_patience_or_a_loss_is_not_judged():
    assert abstains("stopped-on-noise", ended(patience=3))
    assert abstains("stopped-on-noise", ended(monitor="val_loss"))
