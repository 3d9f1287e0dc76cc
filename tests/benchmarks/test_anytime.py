"""The page on adding seeds says what was measured, and what it says by hand agrees with it."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks import anytime

PAGE = anytime.PAGE.read_text(encoding="utf-8")
MEASURED = json.loads(anytime.MEASURED.read_text(encoding="utf-8"))


def test_the_page_says_what_was_measured():
    assert anytime.filled(PAGE, MEASURED) == PAGE, "run `python -m benchmarks.anytime`"


def test_every_table_has_its_place_on_the_page():
    assert sorted(re.findall(r"<!-- measured: (\w+) -->", PAGE)) == sorted(anytime.TABLES)


@pytest.mark.parametrize("row", MEASURED["alarms"], ids=lambda row: row["differences"])
def test_looking_costs_a_fixed_test_its_promise_and_the_sequential_one_only_where_tails_are_uneven(row):
    assert row["fixed_every_time"] > 4 * 0.05
    assert ("skewed" in row["differences"]) == (row["sequential_to_100"] > 0.05)


def test_the_mixture_is_the_one_that_the_price_is_told_of():
    assert MEASURED["effect"] == anytime.EFFECT
    chosen = next(each for each in MEASURED["mixtures"] if each["effect"] == anytime.EFFECT)
    assert chosen["median"] == [row["sequential"][0][0] for row in MEASURED["price"]]
