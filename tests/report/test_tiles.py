"""Small curves: one scale for each data set, fitted to the variants that trained, the others marked."""

from __future__ import annotations

import pytest
from tests.report.page import pages

from paribus.record.run import Status
from paribus.report.tiles import accuracy_scale, lies_below

GOOD = [(80.0, 90.0, 94.0 + place / 10) for place in range(6)]


def test_one_broken_curve_does_not_flatten_the_others():
    axis = accuracy_scale([*GOOD, (10.0, 10.0, 10.0)])
    assert (axis.low, axis.high) == (80, 96)
    assert lies_below((10.0, None, 10.0), axis)
    assert not lies_below((10.0, 85.0), axis)
    assert not lies_below((None,), axis)


def test_a_curve_that_starts_low_does_not_stretch_the_scale_but_one_that_ends_low_does():
    assert accuracy_scale([*GOOD, (20.0, 70.0, 94.0)]).low == 80
    assert accuracy_scale([*GOOD, (20.0, 60.0, 74.0)]).low <= 74


def test_noise_does_not_look_like_learning():
    axis = accuracy_scale([(97.4, 97.5), (97.5, 97.4)])
    assert axis.high - axis.low >= 5
    assert axis.high <= 100


@pytest.mark.parametrize("curves", [[], [()], [(None, None)]])
def test_without_a_value_the_scale_is_the_whole_one(curves):
    axis = accuracy_scale(curves)
    assert (axis.low, axis.high) == (0, 100)


def test_where_all_is_bad_the_scale_shows_it():
    assert accuracy_scale([(10.0, 10.0), (9.0, 11.0)]).low < 10


def groups(made, **tests):
    names = list(tests)
    study = made.study(names, questions=[])
    records = {}
    for name, (end, status) in tests.items():
        history = made.history(4, top=(end, end))
        records[name, 0] = made.run(history, test=end, status=status)
    return pages.material(study, records).tile_groups


def test_variants_that_failed_take_no_part_in_the_scale(made):
    (group,) = groups(
        made,
        plain=(0.95, Status.FINISHED),
        l2=(0.93, Status.FINISHED),
        broken=(0.3, Status.DIVERGED),
    )
    assert [each.name for each in group.variants] == ["plain", "l2", "broken"]
    assert group.base.name == "plain"
    assert group.axis.low > 70
    assert "▼" in group.caption
