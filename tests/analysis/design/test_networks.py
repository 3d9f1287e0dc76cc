"""Batch normalization and how many updates its moving statistics need."""

import pytest
from tests.analysis.made_studies import clean, finding

NORMALIZED = {"model": {"hidden": [128], "batch_normalization": True}}


def found(**settings: object):
    return finding(clean({**NORMALIZED, **settings}), "few-normalization-updates")


def test_a_short_run_leaves_moving_statistics_near_their_start():
    evidence = found(batch_size=4096, epochs=10).evidence
    assert evidence["left"] == pytest.approx(0.99 ** evidence["updates"])
    assert evidence["updates"] == 10 * 14


def test_three_hundred_updates_or_a_lower_momentum_suffice():
    assert found(batch_size=1800, epochs=10) is None
    quick = {"layers": {"batch_normalization_1": {"momentum": 0.9}}}
    assert found(batch_size=4096, epochs=10, **quick) is None
    assert finding(clean({"epochs": 1, "batch_size": 54_000}), "few-normalization-updates") is None


def test_only_pixels_are_told_to_be_unscaled_pixels():
    numbers = {"data": {"sklearn": "wine"}, "scale": "none", "batch_size": 16}
    assert finding(clean(None, {"scale": "none"}), "unscaled-pixels") is not None
    assert finding(clean(None, numbers), "unscaled-pixels") is None
