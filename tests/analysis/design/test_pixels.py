"""Training images whose pixels are not like those of the test images, at both sides of each boundary."""

import pytest
from tests.analysis.made_studies import clean, counted

from paribus.analysis.design.review import by_code, review


@pytest.mark.parametrize(
    ("trained", "is_found"),
    [
        ((50.0, 80.0), False),
        ((69.9, 80.0), False),
        ((70.1, 80.0), True),
        ((29.9, 80.0), True),
        ((50.0, 99.9), False),
        ((50.0, 100.1), True),
        ((50.0, 63.9), True),
    ],
)
def test_they_differ_by_a_quarter_of_the_spread_or_spread_otherwise(trained, is_found):
    data = counted(trained_pixels=trained, tested_pixels=(50.0, 80.0))
    assert ("pixels-differ" in by_code(review(clean(), data=data))) is is_found


def test_images_that_an_older_version_counted_are_not_judged():
    assert "pixels-differ" not in by_code(review(clean(), data=counted()))
