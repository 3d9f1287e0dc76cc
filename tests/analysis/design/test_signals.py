"""Errors on their way back through a network, and the longest step that a squared error allows."""

import numpy as np
import pytest
from tests.analysis.made_studies import clean, finding

from paribus.analysis.design.signals import shrinking_error


def deep(layers: int, activation: str, units: int = 64, **more: object) -> dict[str, object]:
    return {"model": {"hidden": [units] * layers, "activation": activation}, **more}


def found(treatment: dict[str, object], base: dict[str, object] | None = None):
    return finding(clean(treatment, base), "shrinking-error")


def test_the_share_is_that_of_a_random_network():
    """Errors of 200 draws, sent back through five layers of sigmoids by hand."""
    draw, units, depth = np.random.default_rng(0), 64, 5
    shares = []
    for _ in range(200):
        hidden = [draw.normal(0, 0.01, units)]  # so small that each slope is that at zero
        weights = [draw.normal(0, np.sqrt(1 / units), (units, units)) for _ in range(depth - 1)]
        slopes = [1 / (1 + np.exp(-hidden[0])) * (1 - 1 / (1 + np.exp(-hidden[0])))] * depth
        error = draw.normal(size=units)
        start = np.mean(error**2)
        for weight, slope in zip([*weights, None], slopes, strict=True):
            error = error * slope
            error = error if weight is None else weight @ error
        shares.append(np.mean(error**2) / start)
    configuration = clean(deep(depth, "sigmoid")).variants["treatment"].configuration
    assert shrinking_error(configuration).evidence["share"] == pytest.approx(
        np.sqrt(np.mean(shares)), rel=0.05
    )


@pytest.mark.parametrize(
    "treatment",
    [
        deep(4, "sigmoid"),
        deep(8, "sigmoid", kernel_initializer="he_normal"),
        deep(16, "relu"),
        deep(5, "relu", kernel_initializer="random_uniform"),
    ],
    ids=["sigmoids", "he", "relu", "uniform"],
)
def test_depth_with_small_slopes_or_small_weights_is_a_warning(treatment):
    assert found(treatment).evidence["share"] < 0.01


@pytest.mark.parametrize(
    "treatment",
    [
        deep(3, "sigmoid"),
        deep(8, "relu"),
        deep(30, "relu", kernel_initializer="he_normal"),
        deep(30, "tanh"),
        {"model": {"hidden": [64] * 8, "activation": "sigmoid", "batch_normalization": True}},
    ],
    ids=["three sigmoids", "eight relus", "he", "tanh", "normalized"],
)
def test_other_networks_are_not_doubted(treatment):
    assert found(treatment) is None


def test_an_optimizer_that_rescales_gradients_bears_more_depth():
    adam = {"optimizer": {"name": "adam", "learning_rate": 0.001}}
    assert found(deep(6, "sigmoid"), adam) is None
    assert found(deep(34, "relu", 128), adam) is not None


LINEAR = {"model": {"hidden": [30], "activation": "linear", "output": "linear"}, "loss": "mse"}


def unstable(rate: float, **more: object):
    return finding(clean({**LINEAR, "learning_rate": rate, **more}), "unstable-rate")


def test_a_rate_far_beyond_the_stable_one_is_serious():
    one = {"name": "random_normal", "stddev": 1.0}
    assert unstable(3.0, kernel_initializer=one).evidence["times"] > 100
    assert "0.004" in str(unstable(3.0, kernel_initializer=one).remedy)


def test_gradient_descent_on_numbers_diverges_beyond_it_and_not_below():
    """Squared error of 10 linear outputs on 300 random inputs, by hand."""
    draw = np.random.default_rng(1)
    inputs = draw.normal(0, 1, (300, 30))
    targets = np.eye(10)[draw.integers(0, 10, 300)]
    longest = 10 / (1 + np.mean(np.sum(inputs**2, axis=1)))

    def loss_after(rate: float) -> float:
        weights = np.zeros((30, 10))
        for _ in range(50):
            weights -= rate * 2 / 10 * inputs.T @ (inputs @ weights - targets) / 300
        return float(np.mean((inputs @ weights - targets) ** 2))

    assert loss_after(longest) < 0.2
    assert loss_after(40 * longest) > 1e6


@pytest.mark.parametrize(
    "quiet",
    [
        {"learning_rate": 0.1, **LINEAR},
        {"learning_rate": 20.0, "loss": "mse"},
        {"learning_rate": 20.0, **LINEAR, "loss": "mae"},
        {"learning_rate": 20.0, **LINEAR, "optimizer": "adam"},
    ],
    ids=["small rate", "softmax", "bounded gradient", "adam"],
)
def test_a_stable_rate_and_bounded_gradients_are_not_doubted(quiet):
    assert finding(clean(quiet), "unstable-rate") is None
