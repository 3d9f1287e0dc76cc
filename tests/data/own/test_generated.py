"""Generated sequences: what they ask is computed again by hand, and they are the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from paribus.data.own.function import REFUSED
from paribus.data.own.generated import adding, parity
from paribus.data.own.load import load
from paribus.study.source import Source


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PARIBUS_CACHE", str(tmp_path / "cache"))


def generated(place, **options):
    return load(Source(way="generated", place=place, name=place, **options))


def test_two_numbers_are_marked_one_in_each_half_and_their_sum_is_the_target():
    raw = adding(np.random.default_rng(1), 500, 7)
    for sequence, target in zip(raw.x, raw.y, strict=True):
        first, second = np.flatnonzero(sequence[:, 1])
        assert first < 3 <= second
        assert target == pytest.approx(sequence[first, 0] + sequence[second, 0], abs=1e-6)
    assert {int(place) for each in raw.x for place in np.flatnonzero(each[:, 1])} == set(range(7))


def test_predicting_the_mean_of_the_adding_problem_has_the_error_of_two_uniform_numbers():
    raw = adding(np.random.default_rng(2), 50_000, 4)
    assert raw.y.mean() == pytest.approx(1, abs=0.01)
    assert raw.y.std() == pytest.approx(np.sqrt(1 / 6), rel=0.01)


def test_parity_counts_the_ones():
    raw = parity(np.random.default_rng(3), 200, 9)
    assert set(np.unique(raw.x)) == {0, 1}
    assert [["even", "odd"][int(each.sum()) % 2] for each in raw.x] == raw.y.tolist()
    assert 60 < (raw.y == "odd").sum() < 140


def test_the_same_sequences_are_generated_each_time_and_for_everybody():
    dataset, facts = generated("adding")
    assert (facts.train, facts.test, facts.shape, facts.task) == (1600, 400, (20, 2), "regression")
    assert dataset.sha256.startswith("eaac1abf5ef5")
    dataset, facts = generated("parity", length=8, examples=100)
    assert (facts.train, facts.test, facts.shape) == (80, 20, (8, 1))
    assert facts.classes == ("even", "odd")


def test_other_lengths_and_numbers_are_other_data():
    digests = {generated("adding", **each)[0].sha256 for each in ({}, {"length": 21}, {"examples": 2001})}
    assert len(digests) == 3


def test_nothing_is_executed_that_a_user_could_refuse(monkeypatch):
    monkeypatch.setenv(REFUSED, "1")
    assert generated("adding", examples=20)[1].train == 16
