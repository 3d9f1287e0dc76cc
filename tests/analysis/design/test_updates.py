"""Runs of a handful of updates."""

import pytest
from tests.analysis.made_studies import clean, finding


@pytest.mark.parametrize(
    ("epochs", "batch", "updates"),
    [(11, 6000, 99), (10, 5400, None), (12, 54_000, 12)],
)
def test_a_run_below_a_hundred_updates_is_a_warning(epochs, batch, updates):
    found = finding(clean({"epochs": epochs, "batch_size": batch}), "few-updates")
    assert (found and found.evidence["updates"]) == updates


def test_it_is_about_the_batch_size_and_the_end_of_training():
    assert finding(clean({"batch_size": 54_000}), "few-updates").factors == ("batch_size", "stopping")
