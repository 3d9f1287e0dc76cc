"""What the review says of networks that the user's own code builds."""

from __future__ import annotations

import pytest
from tests.analysis.design.test_review import built, codes
from tests.analysis.made_studies import finding

from paribus.analysis.finding import Severity


def test_weights_that_the_path_does_not_decide_are_named() -> None:
    found = finding(built(draws=["own/factor", "own/shift"]), "own-draws")
    assert found.severity is Severity.WARNING
    assert "nets.py:build draws 2 of its weight arrays by itself, such as own/factor" in str(found.why)


def test_a_network_that_is_never_the_same_twice_is_serious() -> None:
    assert finding(built(draws=["own/factor"], varies=True), "own-draws").severity is Severity.SERIOUS


def test_a_network_whose_weights_the_seed_decides_has_no_such_finding() -> None:
    assert "own-draws" not in codes(built())


@pytest.mark.parametrize(
    ("kind", "is_unscaled"), [("Dense", True), ("Rescaling", False), ("BatchNormalization", False)]
)
def test_pixels_are_unscaled_unless_a_layer_of_the_network_scales(kind: str, is_unscaled: bool) -> None:
    study = built({"scale": "none"}, layers=[{"path": "first", "kind": kind}])
    assert ("unscaled-pixels" in codes(study)) == is_unscaled


def test_rules_that_read_a_list_of_layers_say_nothing() -> None:
    quiet = {"dead-start", "linear-layers", "equal-start", "many-weights", "sigmoid-for-classes"}
    assert not quiet & codes(built()).keys()
