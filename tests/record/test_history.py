"""Histories in columns say just what their rows say, and are read when they are asked for."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.record import history, rows
from paribus.record.history import History, KeptHistory

ROWS = [{"epoch": epoch, "loss": 1 / epoch, "accuracy": 0.5} for epoch in range(1, 6)]
VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**300), 10**300),  # one larger than any float is damage
    st.none(),
    st.booleans(),
    st.text(max_size=2),
)
LINES = st.lists(st.dictionaries(st.sampled_from(["epoch", "loss", "val_loss"]), VALUES), max_size=5)


def same(one, two):
    """Whether rows are equal, NaN equal to NaN, in order and type."""
    return json.dumps([*one]) == json.dumps([*two])


def test_it_equals_a_tuple_of_its_rows():
    found = History(ROWS)
    assert found == tuple(ROWS)
    assert [*found] == ROWS
    assert found[-1] == ROWS[-1]
    assert found[1:3] == tuple(ROWS[1:3])
    assert found != tuple(ROWS[:-1])
    assert History() == ()


def test_a_place_beyond_its_end_is_an_error():
    with pytest.raises(IndexError):
        History(ROWS)[5]


def test_a_column_is_a_copy():
    found = History(ROWS)
    column = found.column("loss")
    assert column == pytest.approx([row["loss"] for row in ROWS])
    column[:] = 0
    assert found == tuple(ROWS)
    assert found.column("no-such") is None


@pytest.mark.parametrize(
    "odd",
    [
        [{"epoch": 1, "loss": 1}],
        [{"epoch": 1, "loss": 0.5}, {"epoch": 2}],
        [{"epoch": 1, "loss": 0.5}, {"epoch": 3, "loss": 0.5}],
        [{"loss": 0.5, "epoch": 1}],
        [{"epoch": 1}],
        [{"epoch": 1.0, "loss": 0.5}],
    ],
)
def test_rows_that_columns_would_change_stay_as_they_are(odd):
    found = History(odd)
    assert same(found, odd)
    assert found.columns() is None


def test_a_column_of_rows_without_columns_is_that_of_the_rows():
    assert history.column([{"epoch": 1, "loss": 1}, {"epoch": 2, "loss": 3}], "loss").tolist() == [1, 3]
    assert history.column(History(ROWS), "accuracy").tolist() == [0.5] * 5
    assert history.column((), "loss").tolist() == []
    assert history.column(History(ROWS), "val_loss").tolist() == []


@given(LINES, st.booleans())
def test_bytes_are_parsed_as_the_rows_in_them(lines, numbered):
    if numbered:
        lines = [{**line, "epoch": place} for place, line in enumerate(lines, 1)]
    content = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    assert same(history.parse(content), rows.history(json.loads(json.dumps(lines))))


@pytest.mark.parametrize("value", ["1e308", "null", "-1e200"])
def test_values_too_large_and_missing_are_those_of_the_rows(value):
    content = b'{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "loss": %b}\n' % value.encode()
    lines = [json.loads(line) for line in content.splitlines()]
    assert same(history.parse(content), rows.history(lines))


@pytest.mark.parametrize(
    "content", [None, b"{]\n", b'{"epoch": 1, "loss": 1e999}\n', b'{"epoch": 1, "loss": NaN}\n']
)
def test_what_is_no_history_has_no_epochs(content):
    assert history.parse(content) == ()


def test_a_kept_history_reads_its_rows_once_and_only_if_asked():
    asked = []

    def load():
        asked.append(1)
        return ROWS

    found = KeptHistory(5, {0: ROWS[0], 4: ROWS[4]}, load)
    assert (len(found), found[-1], found[0], bool(found)) == (5, ROWS[4], ROWS[0], True)
    assert asked == []
    assert found[2] == ROWS[2]
    assert found == tuple(ROWS)
    assert found.column("loss").tolist() == [row["loss"] for row in ROWS]
    assert asked == [1]


def test_infinite_and_undefined_numbers_stay():
    odd = [{"epoch": 1, "loss": math.inf}, {"epoch": 2, "loss": math.nan}]
    assert np.array_equal(History(odd).column("loss"), [math.inf, math.nan], equal_nan=True)
    assert not History(odd).is_bounded
