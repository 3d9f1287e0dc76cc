"""Test images unlike validation images, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import LABELS, flat, judged, run


@pytest.mark.parametrize(
    ("validation", "test", "is_found"),
    [
        (0.97, 0.95, False),
        (0.90, 0.84, False),
        (0.85, 0.905, False),
        (0.90, 0.80, True),
        (0.60, 0.80, True),
        (0.26, 0.15, False),
        (0.30, 0.15, True),
    ],
    ids=["two points", "odds of 1.7", "odds of 1.7 the other way", "worse", "better", "odds of 1.99", "low"],
)
def test_five_points_and_twice_the_odds_are_asked_for(validation, test, is_found):
    observed = run(val_accuracy=flat(validation), test=test, more={"labels": LABELS})
    assert (judged("test-differs", observed) is not None) is is_found
