"""The page on adding seeds says what was measured, and what it says by hand agrees with it."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks import looking

PAGE = looking.PAGE.read_text(encoding="utf-8")
MEASURED = json.loads(looking.MEASURED.read_text(encoding="utf-8"))


def test_the_page_says_what_was_measured():
    assert looking.filled(PAGE, MEASURED) == PAGE, "run `python -m benchmarks.looking`"


def test_every_table_has_its_place_on_the_page():
    assert sorted(re.findall(r"<!-- measured: (\w+) -->", PAGE)) == sorted(looking.TABLES)


@pytest.mark.parametrize("row", MEASURED["alarms"], ids=lambda row: row["differences"])
def test_looking_costs_a_fixed_test_its_promise_and_the_sequential_one_only_where_tails_are_uneven(row):
    assert row["fixed_every_time"] > 4 * 0.05
    assert ("skewed" in row["differences"]) == (row["sequential_to_100"] > 0.05)


def test_the_mixture_is_the_one_that_the_price_is_told_of():
    assert MEASURED["effect"] == looking.EFFECT
    chosen = next(each for each in MEASURED["mixtures"] if each["effect"] == looking.EFFECT)
    assert chosen["median"] == [row["sequential"][0][0] for row in MEASURED["price"]]
