"""Faults that are built into small trainings are the first thing that their diagnosis tells."""

from __future__ import annotations

import pytest

from paribus.study.reader import load
from paribus.workflow.run import run

pytestmark = pytest.mark.whole

OUTPUT = {"dense": {"units": 10, "activation": "softmax"}}
ZEROS = {"units": 16, "kernel_initializer": "zeros"}
HIDDEN = {"dense": {"units": 16, "activation": "relu"}}
NORMALIZED = ["flatten", HIDDEN, "batch_normalization", HIDDEN, "batch_normalization", OUTPUT]
QUICK = {"batch_normalization_1": {"momentum": 0.5}, "batch_normalization_2": {"momentum": 0.5}}
VARIANTS = {
    "fine": {},
    "argument": {"model": ["flatten", {"dense": {**ZEROS, "activation": "relu"}}, OUTPUT]},
    "layer": {"model": ["flatten", {"dense": ZEROS}, {"activation": "relu"}, OUTPUT]},
    "linear output": {"model": {"output": "linear"}},
    "lagging": {
        "model": NORMALIZED,
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "batch_size": 120,
    },
    "keeping up": {"from": "lagging", "layers": QUICK},
    "tied": {
        "model": {"output": "sigmoid"},
        "kernel_initializer": {"name": "random_normal", "stddev": 1.0},
        "learning_rate": 0.00001,
    },
    "over": {
        "learning_rate": {"name": "cosine_decay", "initial_learning_rate": 0.001, "decay_steps": 5},
    },
}
BASE = {
    "data": "mnist",
    "validation": 0.2,
    "scale": "unit",
    "model": {"hidden": [16], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "batch_size": 10,
    "epochs": 12,
}


@pytest.fixture(scope="module")
def first(in_this_process, small_images, tmp_path_factory):
    """The first finding of each variant that is more than a description, by code; and all its codes."""
    study = load({"name": "faults", "seeds": 1, "base": BASE, "variants": VARIANTS})
    results = run(study, data_dir=small_images, out=tmp_path_factory.mktemp("out") / "faults")
    by_variant = results.diagnose().by_variant()
    return {
        name: [each.code for each in by_variant.get(name, ()) if each.severity != "info"] for name in VARIANTS
    }


def test_a_run_without_a_fault_has_none(first):
    assert first["fine"] == []
    assert first["keeping up"] == []


def test_zeros_are_told_alike_where_the_activation_is_a_layer(first):
    assert first["argument"] == first["layer"]
    assert first["layer"][:2] == ["one-answer", "zero-gradient"]


@pytest.mark.parametrize(
    ("variant", "code"),
    [
        ("linear output", "output-loss"),
        ("lagging", "lagging-statistics"),
        ("over", "rate-gone"),
    ],
)
def test_the_fault_is_told_first(first, variant, code):
    assert first[variant][0] == code


def test_saturated_sigmoids_tie(first):
    assert "tied-outputs" in first["tied"]
