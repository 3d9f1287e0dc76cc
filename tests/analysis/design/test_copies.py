"""Images that are there more than once."""

import pytest
from tests.analysis.made_studies import clean, counted, finding


@pytest.mark.parametrize(("images", "is_told"), [(100, False), (101, True)])
def test_one_test_image_in_a_hundred_may_be_a_training_image(images, is_told):
    found = finding(clean(), "copies-tested", data=counted(tested=images))
    assert (found is not None) is is_told


def test_copies_harm_where_some_are_held_out():
    data = counted(copies=12_000)
    assert finding(clean(), "copies-held-out", data=data).evidence["share"] == pytest.approx(0.2)
    assert finding(clean(base={"validation": 0}), "copies-held-out", data=data) is None
