"""Which way an epoch takes follows from the configuration alone, unless it is asked for."""

import subprocess
import sys

import pytest

from paribus.study.reader import load
from paribus.study.update_mode import block_steps, reason_not_delayed, update_mode

BASE = {
    "validation": 0.0,
    "scale": "unit",
    "model": {"hidden": [14], "activation": "tanh", "output": "sigmoid"},
    "loss": "binary_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.3},
    "batch_size": 8,
    "epochs": 1,
}
CONVOLUTION = [{"conv2d": {"filters": 2, "kernel_size": 3}}, "flatten", {"dense": {"units": 10}}]
SPECTRAL = [{"dense": 14}, {"spectral_normalization": {"dense": 14}}, {"dense": 10}]
IMPOSSIBLE = [
    ({"optimizer": "adam"}, "optimizer"),
    ({"optimizer": {"name": "sgd", "clipnorm": 1.0}}, "argument"),
    ({"optimizer": {"name": "sgd", "use_ema": True}}, "argument"),
    ({"kernel_regularizer": {"l1": 0.01}}, "regularizer"),
    ({"kernel_constraint": "max_norm"}, "constraint"),
    ({"model": SPECTRAL}, "spectral"),
    ({"model": CONVOLUTION}, "first"),
    ({"model": ["flatten", {"dense": {"units": 10, "activation": "sigmoid"}}]}, "first"),
    ({"model": [{"dense": {"units": 10, "activation": "sigmoid"}}]}, "single"),
]


def configured(**changes):
    study = load({"name": "t", "data": "mnist", "base": {**BASE, **changes}, "variants": {"v": {}}})
    return study.variants["v"].configuration


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, 24),
        ({"batch_size": 1}, 192),
        ({"batch_size": 48}, 4),
        ({"batch_size": 49}, 0),
        ({"kernel_regularizer": {"l2": 0.01}}, 24),
        *((changes, 0) for changes, _ in IMPOSSIBLE),
    ],
)
def test_the_way_follows_from_the_configuration_alone(changes, steps):
    assert block_steps(configured(**changes)) == steps


@pytest.mark.parametrize(
    ("units", "batch_size", "steps"),
    [(1365, 128, 0), (1366, 128, 3), (3072, 96, 4), (3072, 129, 0), (3072, 8, 24)],
)
def test_a_kernel_beyond_the_caches_is_delayed_at_larger_batches_too(units, batch_size, steps):
    """3072 inputs: the four-million-weight mark lies between 1,365 and 1,366 units."""
    model = {"hidden": [units], "activation": "relu", "output": "sigmoid"}
    study = load(
        {
            "name": "t",
            "data": "cifar10",
            "base": {**BASE, "model": model, "batch_size": batch_size},
            "variants": {"v": {}},
        }
    )
    assert block_steps(study.variants["v"].configuration) == steps


@pytest.mark.parametrize(("changes", "why"), IMPOSSIBLE)
def test_what_needs_the_kernel_at_every_step_is_never_delayed_and_says_why(changes, why):
    configuration = configured(**changes)
    assert reason_not_delayed(configuration) == f"study.not-delayed-{why}"
    assert update_mode(configuration, "delayed") == "stepwise"


@pytest.mark.parametrize(("batch_size", "steps"), [(8, 24), (49, 4), (1000, 4)])
def test_what_is_asked_for_is_delayed_at_any_batch(batch_size, steps):
    configuration = configured(batch_size=batch_size)
    assert block_steps(configuration, "delayed") == steps
    assert update_mode(configuration, "delayed") == "delayed"


def test_stepwise_is_always_possible():
    assert update_mode(configured(), "auto") == "delayed"
    assert update_mode(configured(), "stepwise") == "stepwise"


def test_the_rule_needs_no_engine():
    listed = (
        "import sys, paribus.study.update_mode; print({'jax', 'keras', 'numpy'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["none"]
