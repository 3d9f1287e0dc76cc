"""Small curves on the terminal."""

import io
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from paribus.cli.curves import BARS, GAP, mean_curve, show_curves, spark
from paribus.record.records import Records


def run(**metrics):
    epochs = zip(*metrics.values(), strict=True)
    return SimpleNamespace(history=[dict(zip(metrics, values, strict=True)) for values in epochs])


def drawn(made, records, *, encoding="utf-8"):
    printed = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    show_curves(Console(file=printed, width=160), made.study(["1"]), Records(records))
    printed.flush()
    return printed.buffer.getvalue().decode(encoding)


def test_a_rising_curve_climbs_from_the_lowest_bar_to_the_highest():
    assert spark(range(8)) == BARS


def test_a_flat_curve_lies_on_the_lowest_bar():
    assert spark([0.1135] * 5) == BARS[0] * 5


def test_a_long_curve_is_drawn_by_the_means_of_its_parts():
    assert spark([0, 2, 4, 6, 8, 10, 12, 14], width=4) == spark([1, 5, 9, 13])


def test_a_curve_of_nothing_is_empty():
    assert spark([]) == ""


@given(st.lists(st.floats(width=32), min_size=1, max_size=200), st.integers(1, 40))
def test_any_curve_has_a_mark_for_each_part_and_a_gap_only_where_nothing_is_finite(values, width):
    bars = spark(values, width=width)
    assert len(bars) == min(width, len(values))
    assert set(bars) <= {*BARS, GAP}
    assert (set(bars) == {GAP}) == (not any(map(math.isfinite, values)))


def test_a_mean_is_of_the_runs_that_trained_the_epoch():
    assert mean_curve([run(accuracy=[0.2, 0.4]), run(accuracy=[0.4])], "accuracy") == [
        pytest.approx(0.3),
        0.4,
    ]


def test_a_mean_leaves_out_what_is_not_finite():
    first, second = mean_curve([run(loss=[math.inf, math.nan]), run(loss=[1.0, math.inf])], "loss")
    assert first == 1.0
    assert math.isnan(second)


def test_each_variant_has_its_row_with_the_ends_in_numbers(made):
    told = drawn(made, {("1", 0): run(accuracy=[0.5, 0.75], data_loss=[2.0, 0.125])})
    assert "50.00 ▁█" in told
    assert "75.00" in told
    assert "0.125" in told


def test_a_metric_that_no_run_has_is_a_dash(made):
    assert "–" in drawn(made, {("1", 0): run(accuracy=[0.5, 0.75])})


def test_nothing_is_drawn_before_the_first_epoch(made):
    assert drawn(made, {("1", 0): run()}) == ""


def test_nothing_is_drawn_on_a_terminal_without_the_bars(made):
    assert drawn(made, {("1", 0): run(accuracy=[0.5, 0.75])}, encoding="ascii") == ""
