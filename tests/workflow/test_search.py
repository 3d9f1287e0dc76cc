"""Which settings a search tries: the same in every process, as many as the budget, within the ranges."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from paribus.errors import UsageError
from paribus.study.tuning import Tune, TuneRange
from paribus.workflow.search import ROUND, grid, next_settings, scattered

RANGES = {"learning_rate": TuneRange(low=1e-4, high=1, scale="log"), "model.dropout": TuneRange(high=0.5)}


def tune(search, budget=12):
    return Tune(settings=RANGES, on="val_loss", search=search, budget=budget)


def test_a_grid_has_every_combination_in_the_order_of_the_study():
    found = grid({"a": TuneRange(values=(1, 2)), "b": TuneRange(high=1.0, points=2)})
    assert found == [{"a": 1, "b": 0.0}, {"a": 1, "b": 1.0}, {"a": 2, "b": 0.0}, {"a": 2, "b": 1.0}]


def test_scattered_settings_fill_the_range_evenly_in_its_scale():
    rates = np.log10([each["learning_rate"] for each in scattered(RANGES, 64)])
    assert rates.min() > -4
    assert rates.max() < 0
    assert np.histogram(rates, bins=4, range=(-4, 0))[0].tolist() == [16] * 4


def test_scattered_settings_are_the_same_every_time():
    assert scattered(RANGES, 8) == scattered(RANGES, 8)


@pytest.mark.parametrize("search", ["quasi_random", "grid"])
def test_the_rest_of_the_search_follows_what_was_tried(search):
    budget = 25 if search == "grid" else 12
    whole = next_settings(tune(search, budget), [])
    assert len(whole) == budget
    tried = [(each, 0.5) for each in whole[:7]]
    assert next_settings(tune(search, budget), tried) == whole[7:]
    assert next_settings(tune(search, budget), [(each, 0.5) for each in whole]) == []


@pytest.mark.skipif(importlib.util.find_spec("optuna") is not None, reason="Optuna is here")
def test_without_optuna_its_samplers_are_refused_with_the_remedy():
    with pytest.raises(UsageError, match=r"paribus\[optuna\]"):
        next_settings(tune("tpe"), [])


def searched(search, budget=12):
    tried = []
    while more := next_settings(tune(search, budget), tried):
        assert len(more) <= ROUND
        tried += [(each, abs(np.log10(each["learning_rate"]) + 2)) for each in more]
    return tried


@pytest.mark.trackers
@pytest.mark.parametrize("search", ["random", "tpe"])
def test_optunas_samplers_use_the_whole_budget_and_repeat_themselves(search):
    found = searched(search)
    assert len(found) == 12
    assert found == searched(search)
    assert all(1e-4 <= each["learning_rate"] <= 1 and 0 <= each["model.dropout"] <= 0.5 for each, _ in found)


@pytest.mark.trackers
def test_optunas_tpe_goes_by_what_it_was_told():
    found = [score for _, score in searched("tpe", 40)]
    assert np.mean(found[-20:]) < np.mean(found[:12])


@pytest.mark.trackers
def test_a_setting_at_which_a_run_diverged_is_told_to_optuna_without_a_value():
    first = next_settings(tune("tpe"), [])
    assert len(next_settings(tune("tpe"), [(each, None) for each in first])) == ROUND
