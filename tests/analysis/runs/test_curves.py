"""What a curve does and what of it is noise, against NumPy and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paribus.analysis.runs.curves import (
    N_SIGMA,
    convergence_band,
    convergence_epoch,
    degrees_of_freedom,
    late_gain,
    level_epochs,
    neighbour_noise,
    plateau,
    smoothed,
    standard_error,
)

SHARES = st.floats(0.01, 0.99)


def test_a_share_s_standard_error_is_the_binomial_one_on_many_images():
    assert standard_error(0.96, 1_000_000) == pytest.approx(math.sqrt(0.96 * 0.04 / 1_000_000), rel=1e-3)
    assert standard_error(0.96, 10_000) == pytest.approx(0.0019, rel=0.05)


@given(st.floats(0, 1), st.integers(1, 100_000))
def test_a_share_s_standard_error_is_never_zero_and_never_above_one_half(share, images):
    assert 0 < standard_error(share, images) < 0.5


def test_the_noise_of_a_curve_is_that_which_was_put_in():
    draw = np.random.default_rng(0)
    course = np.linspace(0.5, 0.9, 60)
    found = [neighbour_noise(course + draw.normal(0, 0.01, 60)) for _ in range(400)]
    assert np.mean(np.square(found)) == pytest.approx(0.01**2, rel=0.05)


def test_the_noise_s_freedom_is_that_of_a_simulation():
    draw = np.random.default_rng(1)
    found = np.square([neighbour_noise(draw.normal(0, 1, 90)) for _ in range(4000)])
    # A mean of squares with ν degrees of freedom has the variance 2/ν.
    assert 2 / found.var() == pytest.approx(degrees_of_freedom(90), rel=0.1)


@given(st.floats(-5, 5), st.floats(-0.1, 0.1), st.integers(9, 60))
def test_a_straight_line_has_no_noise(start, slope, epochs):
    assert neighbour_noise(start + slope * np.arange(epochs)) == pytest.approx(0, abs=1e-9)


@given(st.lists(SHARES, min_size=9, max_size=40), st.floats(-3, 3))
def test_shifting_a_curve_changes_none_of_what_is_said_of_it(curve, shift):
    moved = np.asarray(curve) + shift
    assert neighbour_noise(moved) == pytest.approx(neighbour_noise(curve), abs=1e-9)
    assert late_gain(moved).size == pytest.approx(late_gain(curve).size, abs=1e-9)


def test_fewer_than_nine_epochs_tell_no_noise():
    assert neighbour_noise([0.5] * 8) is None
    assert neighbour_noise([0.5] * 9) == 0
    assert late_gain([0.5] * 8) is None
    assert convergence_band([0.5] * 8, 100) is None


def test_a_curve_with_a_gap_in_it_tells_no_noise():
    assert neighbour_noise([0.5] * 20 + [math.nan]) is None


def test_smoothing_is_the_mean_of_neighbours():
    assert smoothed([1, 2, 6, 1]).tolist() == pytest.approx([3, 3])
    assert smoothed([1, 2]).tolist() == []


def test_a_level_is_taken_over_a_fifth_and_no_less_than_three_epochs():
    assert [level_epochs(epochs) for epochs in (9, 15, 30, 100)] == [3, 3, 6, 20]


def test_a_curve_has_converged_where_it_no_longer_leaves_the_band():
    curve = [0.5, 0.6, 0.7, 0.8, 0.9, 0.96] + [0.96] * 14
    assert convergence_epoch(curve, 0.001) == 7
    assert convergence_epoch(curve, 0.03) == 6
    assert convergence_epoch([0.96] * 20, 0.001) == 1


def test_a_curve_that_still_rises_has_not_converged():
    assert convergence_epoch(np.linspace(0.5, 0.9, 30), 0.005) is None


def test_a_curve_that_fell_from_its_peak_converged_before_it():
    assert convergence_epoch([0.5, 0.9, 0.97, 0.98, 0.98, 0.97, 0.96] + [0.95] * 10, 0.01) == 3


def test_the_band_is_the_images_or_the_curve_s_own_noise():
    assert convergence_band([0.96] * 30, 6000) == pytest.approx(standard_error(0.96, 6000))
    loud = [0.96 + 0.01 * (-1) ** epoch for epoch in range(30)]
    assert convergence_band(loud, 6000) == pytest.approx(N_SIGMA * neighbour_noise(loud) / math.sqrt(3))


def test_a_plateau_is_a_stand_before_a_rise():
    curve = [0.1, 0.1, 0.1, 0.1, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9, 0.9]
    found = plateau(curve, 0.01)
    assert (found.first, found.last) == (1, 5)
    assert found.level == pytest.approx(0.1)


@given(st.floats(0.5, 8), st.integers(9, 60), st.floats(0.001, 0.01))
def test_a_curve_that_levels_off_has_no_plateau(pace, epochs, noise):
    assert plateau(1 - np.exp(-np.arange(epochs) / pace), noise) is None


def test_a_rise_within_the_noise_ends_no_plateau():
    assert plateau([0.5] * 10 + [0.529] * 10, 0.01) is None
    assert plateau([0.5] * 10 + [0.531] * 10, 0.01) is not None


def plainly(values, noise):
    """A plateau as it is defined, of every first epoch and every length."""
    found = None
    for first in range(len(values) - 3):
        for length in range(len(found) + 1 if found else 3, len(values) - first):
            stretch = values[first : first + length]
            end, then = stretch[-1], values[min(len(values) - 1, first + 2 * length - 1)]
            stands = max(stretch) - min(stretch) <= noise
            if stands and then - end > N_SIGMA * max(noise, end - stretch[0]):
                found, at = stretch, (first + 1, first + length)
    return None if found is None else at


@given(
    st.lists(st.sampled_from([0.5, 0.51, 0.52, 0.6, 0.7, 0.4]), max_size=25),
    st.sampled_from([0.0, 0.01, 0.1]),
)
def test_the_longest_plateau_is_found_among_all(values, noise):
    found = plateau(values, noise)
    assert (found and (found.first, found.last)) == plainly(values, noise)


def test_a_flat_curve_of_many_epochs_is_looked_through_once(monkeypatch):
    """Where nothing rises afterwards, no stretch is compared with what comes after it."""
    compared = []
    monkeypatch.setattr(np, "arange", lambda *given: compared.append(given))
    assert plateau(np.full(20_000, 0.5), 0.01) is None
    assert compared == []
