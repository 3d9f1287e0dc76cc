"""Images that are there more than once."""

import pytest
from tests.analysis.made_studies import clean, counted, finding, tabled, tabular

from paribus.analysis.finding import Severity


@pytest.mark.parametrize(("images", "is_told"), [(100, False), (101, True)])
def test_one_test_image_in_a_hundred_may_be_a_training_image(images, is_told):
    found = finding(clean(), "copies-tested", data=counted(tested=images))
    assert (found is not None) is is_told


def test_copies_harm_where_some_are_held_out():
    data = counted(copies=12_000)
    assert finding(clean(), "copies-held-out", data=data).evidence["share"] == pytest.approx(0.2)
    assert finding(clean(base={"validation": 0}), "copies-held-out", data=data) is None


def test_rows_of_a_table_that_are_alike_weigh_less_and_two_may_be_so_by_chance():
    study = tabular()
    for rows, severity in ((2, None), (3, Severity.WARNING)):
        found = finding(study, "copies-tested", data=tabled(study, tested=rows))
        assert (found and found.severity) == severity
    held_out = finding(study, "copies-held-out", data=tabled(study, copies=100))
    assert held_out.severity is Severity.INFO


@pytest.mark.parametrize(("share", "is_told"), [(0.05, False), (0.06, True), (None, False)])
def test_test_rows_nearly_as_a_training_row_are_told_from_one_in_twenty_on(share, is_told):
    study = tabular()
    found = finding(study, "near-copies-tested", data=tabled(study, near=share))
    assert (found is not None) is is_told


def test_test_images_nearly_as_a_training_image_are_told_from_one_in_a_hundred_on():
    assert finding(clean(), "near-copies-tested", data=counted(near=0.02)) is not None
    assert finding(clean(), "near-copies-tested", data=counted(near=0.01)) is None
