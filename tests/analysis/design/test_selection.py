"""How much better than it is the best of many looks, against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from paribus.analysis.design.selection import expected_maximum


def test_the_best_of_equal_ones_lies_above_their_mean_by_as_much_as_in_simulation():
    draws = np.random.default_rng(0).normal(size=(200_000, 5))
    assert expected_maximum(5) == pytest.approx(draws.max(axis=1).mean(), abs=0.01)
