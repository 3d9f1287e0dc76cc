"""Classes that are given up, at both sides of the boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import LABELS, configured, judged, run


@pytest.mark.parametrize(("predicted", "is_found"), [(49, True), (51, False)])
def test_a_class_is_given_up_where_a_twentieth_of_its_images_is_predicted(predicted, is_found):
    moved = LABELS[9] - predicted
    counts = (LABELS[0] + moved, *LABELS[1:9], predicted)
    fact = judged("neglected-class", run(test=0.9, more={"labels": LABELS, "predicted": counts}))
    assert (fact is not None) is is_found


def test_a_distance_is_named_as_what_makes_it_cheap():
    counts = (LABELS[0] + LABELS[9], *LABELS[1:9], 0)
    observed = run(test=0.9, more={"labels": LABELS, "predicted": counts})
    assert "few" in str(judged("neglected-class", observed).placeholders["because"])
    distant = configured({"loss": "mean_absolute_error"}, observed)
    assert "mean_absolute_error" in str(judged("neglected-class", distant).placeholders["because"])
