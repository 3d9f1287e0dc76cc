"""Batches that are too large or too small, told of runs that show it, at both sides of each boundary."""

from __future__ import annotations

import pytest
from tests.analysis.made_runs import LOST, NORMALIZED, POOR, configured, found, in_both_modes, judged, run
from tests.analysis.made_studies import clean

from paribus.analysis.finding import Severity
from paribus.analysis.runs.diagnosis import diagnose
from paribus.analysis.runs.evidence import RunEvidence


def batches_of(size: int, curves: dict[str, object], **settings: object) -> RunEvidence:
    return configured({**settings, "batch_size": size}, run(**curves))


@pytest.mark.parametrize(("batch", "is_found"), [(1, True), (7, True), (8, False)])
def test_batch_normalization_needs_eight_images(batch, is_found):
    fact = judged("few-normalized-images", batches_of(batch, POOR, **NORMALIZED))
    assert (fact is not None) is is_found


def test_few_images_without_normalization_or_with_a_good_fit_are_no_fault():
    assert judged("few-normalized-images", batches_of(1, POOR)) is None
    assert judged("few-normalized-images", batches_of(1, {}, **NORMALIZED)) is None


def test_one_image_at_a_time_is_said_to_lose_all_of_it():
    one = judged("few-normalized-images", batches_of(1, LOST, **NORMALIZED))
    assert one.severity is Severity.SERIOUS
    assert "one example at a time" in str(one.placeholders["fault"])
    assert "from 2 examples" in str(
        judged("few-normalized-images", batches_of(2, POOR, **NORMALIZED)).placeholders["fault"]
    )


def test_statistics_that_lag_follow_from_too_few_images():
    settings = {**NORMALIZED, "batch_size": 2}
    observed = configured(settings, in_both_modes(training=0.97, inference=0.3, **POOR))
    findings = diagnose(clean(plain=settings), {("plain", 0): observed}).of("plain")
    assert findings["lagging-statistics"].follows_from.code == "few-normalized-images"


@pytest.mark.parametrize(("batch", "is_found"), [(8_000, False), (9_000, True)])
def test_fewer_than_two_hundred_updates_of_large_batches_are_few(batch, is_found):
    observed = batches_of(batch, POOR)
    assert (observed.updates < 200) is is_found
    assert ("few-updates" in found(observed)) is is_found


def test_few_updates_that_suffice_are_no_fault():
    assert judged("few-updates", batches_of(20_000, {})) is None


def test_few_updates_of_few_epochs_are_not_put_down_to_the_batches():
    short = {name: curve[:1] for name, curve in POOR.items()}
    assert judged("few-updates", batches_of(300, short)) is None
