"""Learning rates beyond any at which networks train."""

import pytest
from tests.analysis.made_studies import clean, finding


@pytest.mark.parametrize(
    ("optimizer", "is_found"),
    [
        ({"name": "sgd", "learning_rate": 99.0}, False),
        ({"name": "sgd", "learning_rate": 100.0}, True),
        ({"name": "sgd", "learning_rate": 20.0, "momentum": 0.9}, True),
        ({"name": "adam", "learning_rate": 0.9}, False),
        ({"name": "adam", "learning_rate": 1.0}, True),
        ({"name": "adadelta", "learning_rate": 1.0}, False),
    ],
)
def test_a_rate_is_absurd_from_a_hundred_on_or_from_one_where_steps_are_as_long(optimizer, is_found):
    assert (finding(clean({"optimizer": optimizer}), "absurd-rate") is not None) is is_found
