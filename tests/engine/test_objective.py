"""Losses and accuracy, against Keras on TensorFlow and against NumPy in float64."""

from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import expit, log_softmax

from paribus.engine import activations
from paribus.engine.objective import Objective
from paribus.study.techniques import ACTIVATIONS, LOSSES

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "losses.npz")
LOGITS, LABELS = GOLDEN["logits"], GOLDEN["labels"]
OUTPUTS = ("sigmoid", "softmax", "tanh", "linear")
UNDEFINED = {("poisson", "tanh"), ("poisson", "linear")}  # the logarithm of negative outputs


@partial(jax.jit, static_argnums=0)
def _scored(objective, logits, labels):
    def total(values):
        losses = objective.losses(values, labels)
        return losses.sum(), losses

    gradient, losses = jax.grad(total, has_aux=True)(logits)
    return losses, gradient


def scored(loss, output, logits=LOGITS, labels=LABELS):
    """Each image's loss, and the gradient of their sum by the logits."""
    losses, gradient = _scored(Objective(loss, output), logits, labels)
    return np.asarray(losses), np.asarray(gradient)


def _pairs():
    usual = ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
    for loss in LOSSES:
        for output in OUTPUTS:
            quick = output != "tanh" and loss in usual
            if (loss, output) not in UNDEFINED:
                yield pytest.param(loss, output, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize(("loss", "output"), list(_pairs()))
def test_losses_and_their_gradients_are_those_of_keras_on_tensorflow(loss, output):
    """To float32's rounding; a saturated tanh loses digits of 1 - output on either side."""
    losses, gradient = scored(loss, output)
    rtol = 5e-4 if output == "tanh" else 2e-5
    np.testing.assert_allclose(losses, GOLDEN[f"loss/{loss}/{output}"], rtol, 2e-6)
    expected = GOLDEN[f"gradient/{loss}/{output}"]
    np.testing.assert_allclose(gradient[:10], expected[:10], 2e-5, 2e-6)
    np.testing.assert_allclose(gradient[10:], expected[10:], 1e-3, 2e-6)


def test_last_activations_are_those_of_keras_on_tensorflow():
    every = [Objective("mean_squared_error", activation).outputs for activation in ACTIVATIONS]
    for activation, outputs in zip(
        ACTIVATIONS, jax.jit(lambda z: [each(z) for each in every])(LOGITS), strict=True
    ):
        expected = GOLDEN[f"activation/{activation}"]
        np.testing.assert_allclose(outputs, expected, 1e-5, 1e-6, err_msg=activation)


@pytest.mark.slow
def test_activations_have_the_slopes_of_keras_on_tensorflow_also_at_their_kinks():
    """But celu, whose slopes of both sides TensorFlow adds up at zero, and sparse_sigmoid at its ends."""
    names = [name for name in ACTIVATIONS if name not in ("celu", "sparse_sigmoid")]
    weights = np.arange(1.0, 30.0, dtype=np.float32)
    slopes = jax.jit(
        lambda z: [
            jax.grad(lambda x, each=each: (activations.get(each)(x) * weights).sum())(z) for each in names
        ]
    )(GOLDEN["kinks"])
    for name, slope in zip(names, slopes, strict=True):
        np.testing.assert_allclose(slope, GOLDEN[f"slope/{name}"], 1e-4, 1e-4, err_msg=name)


def test_the_golden_file_has_every_loss_and_activation_of_the_catalogue():
    for loss in LOSSES:
        assert f"loss/{loss}/sigmoid" in GOLDEN.files
    for activation in ACTIVATIONS:
        assert f"activation/{activation}" in GOLDEN.files


@pytest.mark.parametrize(
    ("loss", "expected"),
    [("binary_crossentropy", 1e4 / 2), ("categorical_crossentropy", 2e4)],
)
def test_a_logit_of_ten_thousand_on_the_wrong_side_keeps_its_whole_gradient(loss, expected):
    """Two classes, label 0: one logit of -10,000 where it should be large, one that is right."""
    logits = np.array([[-1e4, -1e4], [-1e4, 1e4], [1e4, -1e4]], np.float32)
    losses, gradient = scored(loss, "sigmoid", logits, np.zeros(3, np.int32))
    assert losses[1] == expected * (2 if loss == "binary_crossentropy" else 1)
    assert losses[2] == 0
    assert np.isfinite(losses).all()
    wrong = [-0.5, 0.5] if loss == "binary_crossentropy" else [-1, 1]
    np.testing.assert_array_equal(gradient[1], wrong)
    np.testing.assert_array_equal(gradient[2], [0, 0])


@given(
    arrays.arrays(np.float32, (4, 5), elements=st.floats(-200, 200, width=32)),
    arrays.arrays(np.int32, 4, elements=st.integers(0, 4)),
)
@settings(max_examples=50, deadline=None)
def test_crossentropies_from_logits_equal_the_formulas_in_float64(logits, labels):
    targets, exact = np.eye(5)[labels], logits.astype(np.float64)
    with np.errstate(divide="ignore"):
        of_each = np.where(targets == 1, -_log_expit(exact), -_log_expit(-exact))
    losses, gradient = scored("binary_crossentropy", "sigmoid", logits, labels)
    np.testing.assert_allclose(losses, of_each.mean(axis=1), 1e-5, 1e-6)
    np.testing.assert_allclose(gradient, (expit(exact) - targets) / 5, 1e-4, 1e-6)
    losses, gradient = scored("categorical_crossentropy", "softmax", logits, labels)
    shares = log_softmax(exact, axis=1)
    np.testing.assert_allclose(losses, -(targets * shares).sum(axis=1), 1e-5, 1e-4)
    np.testing.assert_allclose(gradient, np.exp(shares) - targets, 1e-4, 1e-5)


def test_a_logit_of_exactly_zero_has_the_gradient_of_a_half():
    """As at the first step of a network whose hidden layer starts from zeros."""
    _, gradient = scored(
        "binary_crossentropy", "sigmoid", np.zeros((1, 2), np.float32), np.zeros(1, np.int32)
    )
    np.testing.assert_array_equal(gradient, [[-0.25, 0.25]])


def _log_expit(values):
    return -np.logaddexp(0, -values)


def test_accuracy_asks_the_outputs_and_gives_ties_to_the_lowest_class():
    """Sigmoids of 17 and of 30 are both exactly 1 in float32, so the larger logit does not win."""
    logits = np.array([[-3, 17, 30], [-3, 16, 30], [30, 17, 2]], np.float32)
    correct = Objective("binary_crossentropy", "sigmoid").seen(logits, np.array([1, 2, 0]))
    assert correct.tolist() == [True, True, True]
    from_logits = Objective("binary_crossentropy", "linear").seen(logits, np.array([1, 2, 0]))
    assert from_logits.tolist() == [False, True, True]


def test_sigmoids_reach_one_where_tensorflows_do():
    """A logit of 16.6355 is the last below one, on TensorFlow 2.21 eager, traced and compiled."""
    outputs = Objective("binary_crossentropy", "sigmoid").outputs(np.array([16.6355, 16.63555], np.float32))
    assert (outputs == 1).tolist() == [False, True]


def test_one_output_is_right_above_one_half():
    objective = Objective("binary_crossentropy", "sigmoid")
    logits = np.array([[-1.0], [0.0], [1.0], [1.0]], np.float32)
    assert objective.seen(logits, np.array([0, 1, 1, 0])).tolist() == [True, False, True, False]
    losses = objective.losses(logits, np.array([0, 1, 1, 0]))
    np.testing.assert_allclose(losses, -np.log([expit(1), 0.5, expit(1), expit(-1)]), 1e-6)
