"""Axes: short words beside their ticks, whatever the size of the numbers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus import texts
from paribus.report.axis import kept_within, linear_axis, log_axis, move_apart

MOST = len("−1.25×10⁻¹²")
PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(label):
    factor, times, power = (
        label.rpartition("10")
        if "×10" in label or (label.startswith("10") and label != "10")
        else (label, "", "")
    )
    if not times or not power or not set(power) & set("⁻⁰¹²³⁴⁵⁶⁷⁸⁹"):
        return float(label.replace(",", ""))
    return float(factor.rstrip("×") or 1) * 10.0 ** int(power.translate(PLAIN))


def test_a_logarithmic_axis_of_powers_is_labelled_with_powers_of_ten():
    assert log_axis(0.01, 1e6).labels == ("10⁻²", "10⁰", "10²", "10⁴", "10⁶")


def test_numbers_that_are_short_are_written_out():
    assert linear_axis(0, 1).labels == ("0", "0.2", "0.4", "0.6", "0.8", "1")
    assert log_axis(0.5, 9).labels == ("0.5", "1", "2", "5")


def test_long_numbers_have_a_power_of_ten_also_on_a_linear_axis():
    assert linear_axis(0, 1_770_000).labels[-1] == "1.5×10⁶"
    assert linear_axis(0, 0.0004).labels[1] == "10⁻⁴" or linear_axis(0, 0.0004).labels[1] == "1×10⁻⁴"


def test_factors_are_written_as_the_language_writes_numbers():
    with texts.language("vi"):
        assert linear_axis(0, 1_770_000).labels[-1] == "1,5·10⁶"


@pytest.mark.parametrize("make", [linear_axis, log_axis])
@given(st.floats(1e-12, 1e12), st.floats(1.01, 1e9))
def test_every_label_is_short_and_means_its_tick(make, low, ratio):
    axis = make(low, low * ratio)
    for tick, label in zip(axis.ticks, axis.labels, strict=True):
        assert read(label) == pytest.approx(tick, rel=1e-4)
        assert len(label) <= MOST


def test_names_beside_a_chart_keep_their_distance_and_stay_on_it():
    apart = move_apart([0.0] * 6, gap=0.1)
    assert min(apart) < 0
    kept = kept_within(apart, 0.1, 0.0, 1.0)
    assert min(kept) >= 0
    assert all(after - before >= 0.1 - 1e-9 for before, after in itertools.pairwise(kept))
    assert kept_within(kept, 0.1, 0.0, 1.0) == pytest.approx(kept)
    assert max(kept_within([0.9, 1.0, 1.1], 0.1, 0.0, 1.0)) == 1.0
