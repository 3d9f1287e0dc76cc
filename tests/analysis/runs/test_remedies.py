"""What to do about a finding names nothing that is so already."""

from __future__ import annotations

import pytest
from tests.analysis.made_studies import clean

from paribus.analysis.runs.registry import run_rules
from paribus.analysis.runs.remedies import _IS_OPEN, remedies

CLOSED = {
    "scale": ({"scale": "none"}, {}),
    "random-weights": ({"kernel_initializer": "ones"}, {}),
    "zero-biases": ({"layers": {"hidden_1": {"bias_initializer": {"name": "constant", "value": -20}}}}, {}),
    "no-exponential": ({"model": {"activation": "exponential"}}, {}),
    "smaller-weights": ({"kernel_initializer": {"name": "random_normal", "stddev": 1.0}}, {}),
    "relu": ({"model": {"activation": "sigmoid"}}, {}),
    "leaky-relu": ({}, {"model": {"activation": "leaky_relu"}}),
    "normalization": ({}, {"model": {"batch_normalization": True}}),
    "l2": ({}, {"kernel_regularizer": {"l2": 0.01}}),
    "dropout": ({}, {"model": {"dropout": 0.3}}),
    "stop": ({}, {"early_stopping": {"monitor": "val_loss"}}),
}
"""By kind: settings in which it is left to try, and settings in which it is so already."""


def told(settings: dict[str, object], *kinds: str) -> str:
    return str(remedies(clean(settings).variants["treatment"].configuration, kinds))


@pytest.mark.parametrize("kind", CLOSED)
def test_it_is_named_only_where_it_is_not_so_already(kind):
    left, already = CLOSED[kind]
    alone = told({}, "smaller-rate")
    assert told(left, kind, "smaller-rate") != alone
    assert told(already, kind, "smaller-rate") == alone


def test_scaled_pixels_are_no_remedy_where_a_layer_starts_with_zero_weights():
    dead = {"layers": {"hidden_1": {"kernel_initializer": "zeros"}}}
    offered = told({"scale": "none"}, "random-weights", "scale", "smaller-rate")
    assert "scale: unit" in offered
    assert "scale: unit" not in told({"scale": "none", **dead}, "random-weights", "scale")


def test_every_kind_that_depends_on_the_configuration_is_shown():
    assert CLOSED.keys() == _IS_OPEN.keys()
    assert {kind for rule in run_rules() for kind in rule.remedies} >= CLOSED.keys()


def test_something_is_always_left():
    assert told({}, "scale", "random-weights") == "another initialization of weights and biases"
