"""Tables on screens of every width: nothing is cut off, no word is broken, whole columns are left out."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from paribus.cli.layout import lay_out
from paribus.cli.tables import say, show_checks, show_table
from paribus.report.tables import Table
from paribus.workflow.doctor import Check

WIDTHS = st.sampled_from((60, 80, 100, 200))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map("{:.4g}".format) | st.integers().map(
    "{:,}".format
)


def drawn(table, width, **options):
    printed = io.StringIO()
    show_table(
        Console(file=printed, width=width, force_terminal=True, color_system=None), table, "", **options
    )
    return printed.getvalue()


@st.composite
def tables(draw):
    columns = [f"c{place}" for place in range(draw(st.integers(1, 8)))]
    numbers = frozenset(draw(st.sets(st.sampled_from(columns))) - {columns[0]})
    rows = [
        {name: draw(NUMBERS if name in numbers else st.text(max_size=80)) for name in columns}
        for _ in range(draw(st.integers(1, 4)))
    ]
    return Table({name: name for name in columns}, rows, numbers=numbers)


@settings(max_examples=40, deadline=None)
@given(tables(), WIDTHS)
def test_no_line_is_wider_than_the_screen(table, width):
    lines = drawn(table, width).split("\n")
    assert max(map(cell_len, lines)) <= width


@settings(max_examples=40, deadline=None)
@given(tables(), WIDTHS)
def test_every_number_is_shown_whole_or_its_column_not_at_all(table, width):
    words = drawn(table, width).split()
    layout = lay_out(table, width)
    assert {*layout.widths, *layout.left_out} == {*table.headings}
    for name in table.numbers & layout.widths.keys():
        assert {row[name] for row in table.rows} <= {*words}


@settings(max_examples=40, deadline=None)
@given(st.data(), WIDTHS)
def test_a_word_is_broken_only_where_it_is_wider_than_half_the_screen(data, width):
    word = st.text("abcdefghij_", min_size=1, max_size=28)
    cell = st.lists(word, max_size=8).map(" ".join)
    columns = [f"c{place}" for place in range(data.draw(st.integers(1, 6)))]
    rows = [{name: data.draw(cell) for name in columns} for _ in range(data.draw(st.integers(1, 3)))]
    table = Table({name: name for name in columns}, rows)
    unwrapped = data.draw(st.sets(st.sampled_from(columns)))
    words = drawn(table, width, unwrapped=unwrapped).split()
    told = [
        each
        for name in lay_out(table, width, unwrapped=unwrapped).widths
        for row in rows
        for each in row[name].split()
    ]
    assert {*told} <= {*words}


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_long_name_is_whole_to_its_end(width):
    names = [f"{'a-very-long-name-of-a-variant-' * 8}{end}" for end in ("one", "two")]
    table = Table({"variant": "variant", "test": "test"}, [{"variant": n, "test": "97.80"} for n in names])
    told = "".join(drawn(table, width, unwrapped={"variant"}).split())
    assert all(name in told.replace("97.80", "") for name in names)


def test_columns_go_from_the_right_and_are_named_with_the_width_that_shows_them():
    cells = {"a": "first", "b": "x" * 20, "c": "y" * 20, "d": "z" * 20}
    table = Table({name: name for name in cells}, [cells])
    told = drawn(table, 60)
    assert "x" * 20 in told
    assert "z" * 20 not in told
    layout = lay_out(table, 60)
    assert layout.left_out == ("d",)
    assert (
        f"Columns hidden for lack of room: d. A terminal {layout.needed} characters wide shows them."
        in " ".join(told.split())
    )
    assert lay_out(table, layout.needed).left_out == ()
    assert lay_out(table, layout.needed - 1).left_out == ("d",)


def test_what_may_be_spared_goes_before_what_is_on_the_right():
    cells = {"a": "first", "b": "x" * 20, "c": "y" * 20, "d": "z" * 20}
    table = Table({name: name for name in cells}, [cells])
    assert lay_out(table, 60, spare=("b",)).left_out == ("b",)


def test_a_table_that_fits_is_not_wrapped():
    cells = {"a": "first", "b": "one two three four five six"}
    told = drawn(Table({"a": "a", "b": "b"}, [cells]), 60)
    assert "one two three four five six" in told


def test_checks_that_found_the_same_come_once_and_a_fault_by_itself():
    checks = [Check(f"run {place}", "unchanged") for place in range(9)] + [Check("run 9", "damaged", False)]
    printed = io.StringIO()
    show_checks(Console(file=printed, width=80), checks)
    whole, damaged = printed.getvalue().splitlines()
    assert whole.split() == ["✓", *["run", "0,", "run", "1,", "run", "2", "and", "6", "more"], "unchanged"]
    assert damaged.split() == ["✗", "run", "9", "damaged"]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_sentence_on_a_terminal_wraps_between_words_and_leaves_a_path_whole(width):
    printed = io.StringIO()
    path = "/" + "/".join(["folder"] * 40)
    words = ["word"] * 50
    say(Console(file=printed, width=width, force_terminal=True, color_system=None), " ".join([*words, path]))
    lines = printed.getvalue().split("\n")
    assert printed.getvalue().split() == [*words, path]
    assert all(len(line) <= width for line in lines if path not in line)
