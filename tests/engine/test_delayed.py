"""The delayed epoch is the stepwise one in another order of summation, chosen by rule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.study.test_update_mode import BASE

from paribus.engine.device_images import DeviceImages
from paribus.engine.linear import Rule
from paribus.engine.program import Program
from paribus.study.reader import load

pytestmark = pytest.mark.usefixtures("plainly_compiled")

L2 = {"kernel_regularizer": {"l2": 0.01}, "bias_regularizer": {"l2": 0.02}}


def configured(**changes):
    study = load({"name": "t", "data": "mnist", "base": {**BASE, **changes}, "variants": {"v": {}}})
    return study.variants["v"].configuration


def trained(configuration, path, rows, *, epochs=2, dtype=jnp.float64):
    """State and steps after some epochs of random images, each in its own order."""
    draw = np.random.default_rng(rows)
    pixels = draw.integers(0, 256, (rows, 28, 28, 1)).astype(np.uint8)
    labels = draw.integers(0, 10, rows).astype(np.int32)
    factor = jnp.full(1, 1 / 255, dtype)
    images = DeviceImages(jnp.asarray(pixels), jnp.asarray(labels), jnp.zeros(1, dtype), factor)
    program = Program(configuration, (28, 28, 1), path)
    state = program.initial(7)
    for _ in range(epochs):
        state, steps = program.epoch(state, images, draw.permutation(rows).astype(np.int32))
    return program, state, steps


def assert_the_same(configuration, rows, *, within=1e-12):
    _, state, steps = trained(configuration, "stepwise", rows)
    program, delayed_state, delayed_steps = trained(configuration, "auto", rows)
    assert program.update_mode == "delayed"
    one, two = jax.tree.leaves((state, steps)), jax.tree.leaves((delayed_state, delayed_steps))
    assert len(one) == len(two)
    for reference, value in zip(one, two, strict=True):
        # What has decayed to next to nothing keeps the rounding of the weights it started from, about 0.01.
        scale = max(0.01, float(np.abs(reference).max()))
        np.testing.assert_allclose(np.asarray(value), np.asarray(reference), rtol=0, atol=within * scale)


NETWORKS = {
    "plain": {},
    "l2": L2,
    "momentum": {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}},
    "momentum and l2": {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}, **L2},
    "nesterov, l2 and weight decay": {
        "optimizer": {
            "name": "sgd",
            "learning_rate": 0.1,
            "momentum": 0.8,
            "nesterov": True,
            "weight_decay": 0.02,
        },
        **L2,
    },
    "nesterov, l2, weight decay and schedule": {
        "optimizer": {
            "name": "sgd",
            "learning_rate": {
                "name": "exponential_decay",
                "initial_learning_rate": 0.3,
                "decay_steps": 10,
                "decay_rate": 0.5,
            },
            "momentum": 0.8,
            "nesterov": True,
            "weight_decay": 0.02,
        },
        **L2,
    },
    "weight decay": {"optimizer": {"name": "sgd", "learning_rate": 0.2, "weight_decay": 0.1}},
    "schedule": {
        "optimizer": {
            "name": "sgd",
            "momentum": 0.5,
            "learning_rate": {
                "name": "exponential_decay",
                "initial_learning_rate": 0.3,
                "decay_steps": 10,
                "decay_rate": 0.5,
            },
        },
        **L2,
    },
    "no bias": {
        "model": [
            {"dense": {"units": 9, "use_bias": False}},
            {"dense": {"units": 10, "activation": "sigmoid"}},
        ]
    },
    "dropout and batch normalization": {
        "model": [
            {"dense": {"units": 16, "activation": "tanh"}},
            "batch_normalization",
            {"dropout": {"rate": 0.3}},
            {"dense": {"units": 12, "activation": "elu"}},
            {"dense": {"units": 10, "activation": "softmax"}},
        ],
        "loss": "categorical_crossentropy",
        # At 0.3 this network enlarges a rounding a million times within two epochs.
        "optimizer": {"name": "sgd", "learning_rate": 0.01},
        **L2,
    },
}


QUICKLY_SHOWN = ("plain", "nesterov, l2, weight decay and schedule")


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "network",
    [pytest.param(name, marks=() if name in QUICKLY_SHOWN else pytest.mark.slow) for name in NETWORKS],
)
def test_it_is_the_stepwise_epoch_to_rounding(network):
    """Two epochs of a whole block, some steps after it and a short last batch."""
    assert_the_same(configured(**NETWORKS[network]), 24 * 8 + 3 * 8 + 5)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    units=st.integers(1, 30),
    batch_size=st.integers(1, 48),
    rows=st.integers(1, 500),
    l2=st.sampled_from([0.0, 1e-4, 0.05]),
    rate=st.floats(1e-4, 0.5),
    momentum=st.sampled_from([0.0, 0.5, 0.9]),
    nesterov=st.booleans(),
    weight_decay=st.sampled_from([None, 0.01, 0.3]),
)
def test_it_is_the_stepwise_epoch_whatever_the_sizes_and_rates(
    units, batch_size, rows, l2, rate, momentum, nesterov, weight_decay
):
    optimizer = {"name": "sgd", "learning_rate": rate, "momentum": momentum, "nesterov": nesterov}
    if weight_decay is not None:
        optimizer["weight_decay"] = weight_decay
    configuration = configured(
        model={"hidden": [units], "activation": "tanh", "output": "sigmoid"},
        batch_size=batch_size,
        optimizer=optimizer,
        kernel_regularizer={"l2": l2},
    )
    assert_the_same(configuration, rows, within=1e-9)


@pytest.mark.usefixtures("float64")
def test_asked_for_at_a_large_batch_it_is_the_stepwise_epoch_all_the_same():
    configuration = configured(**L2, batch_size=100)
    assert Program(configuration, (28, 28, 1)).update_mode == "stepwise"
    _, state, _ = trained(configuration, "stepwise", 930)
    program, delayed_state, _ = trained(configuration, "delayed", 930)
    assert program.update_mode == "delayed"
    for one, two in zip(state.trainable, delayed_state.trainable, strict=True):
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-12)


def test_in_float32_its_learning_curve_agrees_as_two_orders_of_summation_do():
    configuration = configured(**L2)
    _, _, steps = trained(configuration, "stepwise", 600, dtype=jnp.float32)
    _, _, delayed = trained(configuration, "auto", 600, dtype=jnp.float32)
    for name in ("data_loss", "penalty"):
        one, two = np.asarray(getattr(steps, name)), np.asarray(getattr(delayed, name))
        np.testing.assert_allclose(two, one, rtol=2e-4)


@pytest.mark.usefixtures("float64")
def test_the_penalty_of_every_step_is_that_of_the_kernel_at_the_step():
    """Against the norms of kernels that NumPy moves by hand."""
    rule = Rule(momentum=0.9, nesterov=True, l2=0.03, weight_decay=0.01)
    rates = np.array([0.1, 0.2, 0.05, 0.1])
    scalars = rule.coefficients(jnp.asarray(rates))
    draw = np.random.default_rng(2)
    kernel, velocity = draw.normal(size=(2, 6, 5))
    gradients = draw.normal(size=(4, 6, 5))
    start = kernel.copy(), velocity.copy()
    for step, rate in enumerate(rates):
        gradient = gradients[step] + 2 * 0.03 * kernel
        kernel = kernel * (1 - rate * 0.01)
        velocity = 0.9 * velocity - rate * gradient
        kernel = kernel + 0.9 * velocity - rate * gradient
        for which, moved in enumerate((kernel, velocity)):
            begun = scalars.start[step + 1, which]
            pulls = scalars.pulls[step + 1, :, which]
            expected = begun[0] * start[0] + begun[1] * start[1] + np.einsum("s,sij->ij", pulls, gradients)
            np.testing.assert_allclose(moved, expected, rtol=1e-12, atol=1e-13)
