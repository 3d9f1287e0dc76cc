"""Dropout that leaves less than a tenth of the ways through a network."""

import pytest
from tests.analysis.made_studies import clean, finding


def found(rate: float, layers: int):
    return finding(clean({"model": {"hidden": [64] * layers, "dropout": rate}}), "heavy-dropout")


@pytest.mark.parametrize(("rate", "layers"), [(0.8, 3), (0.8, 2), (0.91, 1), (0.6, 3)])
def test_too_much_is_a_warning(rate, layers):
    kept = found(rate, layers).evidence["kept"]
    assert kept == pytest.approx((1 - rate) ** layers)


@pytest.mark.parametrize(("rate", "layers"), [(0.9, 1), (0.5, 3), (0.8, 1), (0.3, 6), (0.0, 2)])
def test_what_is_usual_is_not(rate, layers):
    assert found(rate, layers) is None
