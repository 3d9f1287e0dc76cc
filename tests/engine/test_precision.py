"""Mixed precision beside Keras's own training on JAX, from the same weights on the same batches."""

import keras
import numpy as np
import pytest

from paribus.engine import precision
from paribus.engine.program import Program
from paribus.engine.training import train
from paribus.record.run import Status

pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("plainly_compiled")]

SETTINGS = {
    "model": {"hidden": [16], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "validation": 0.0,
    "batch_size": 52,
    "epochs": 3,
}
MIXED = ["mixed_bfloat16", "mixed_float16"]


def by_keras(program, images, orders, dtype):
    """Train Keras's own model by `fit` from a program's initial weights; return its losses and weights."""
    with precision.policy(dtype):
        model = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                keras.layers.Flatten(),
                keras.layers.Dense(16, activation="relu"),
                keras.layers.Dense(10),
            ]
        )
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss)
    for variable, value in zip(model.trainable_variables, program.initial(0).trainable, strict=True):
        variable.assign(value)
    losses = []
    for order in orders:
        x, y = images.x_train[order] / np.float32(255), np.eye(10, dtype=np.float32)[images.y_train[order]]
        fitted = model.fit(x, y, batch_size=52, epochs=1, shuffle=False, verbose=0)
        losses.append(fitted.history["loss"][0])
    return losses, [np.asarray(each.value) for each in model.trainable_variables], model


@pytest.mark.parametrize("dtype", MIXED)
def test_training_is_keras_s_up_to_the_rounding_of_the_type(images, specify, sink, dtype, monkeypatch):
    spec = specify(**SETTINGS, dtype=dtype)
    orders, own = [], Program.epoch

    def noted(self, state, images, order):
        orders.append(order)
        return own(self, state, images, order)

    monkeypatch.setattr(Program, "epoch", noted)
    train([spec], images, sink)
    program = Program(spec.configuration, images.x_train.shape[1:])
    losses, weights, model = by_keras(program, images, orders, dtype)
    assert [row["loss"] for row in sink.rows[spec.digest]] == pytest.approx(losses, rel=0.02)
    kept = list(sink.trained[spec.digest].weights.values())
    for one, other in zip(kept, weights, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, atol=0.03)
    scales = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scales == (dtype == "mixed_float16")
    assert isinstance(program.optimizer, keras.optimizers.LossScaleOptimizer) == scales


@pytest.mark.parametrize("dtype", MIXED)
def test_layers_compute_in_the_type_and_everything_that_is_kept_is_float32(images, specify, sink, dtype):
    spec = specify(**SETTINGS, dtype=dtype)
    program = Program(spec.configuration, images.x_train.shape[1:])
    assert {layer.compute_dtype for layer in program.model.layers} == {dtype.removeprefix("mixed_")}
    assert {variable.dtype for variable in program.model.trainable_variables} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    train([spec], images, sink, program=program)
    assert sink.results[spec.digest].status is Status.FINISHED
    assert sink.trained[spec.digest].outputs.dtype == np.float32
    plain = specify(**SETTINGS)
    other = type(sink)()
    train([plain], images, other)
    mixed, full = (s.rows[each.digest] for s, each in ((sink, spec), (other, plain)))
    assert mixed[-1]["loss"] != full[-1]["loss"]
    assert mixed[-1]["loss"] == pytest.approx(full[-1]["loss"], rel=0.1)


def test_a_step_whose_gradients_overflow_is_left_out_and_the_factor_is_halved(images, specify):
    """As Keras's LossScaleOptimizer: weights stay, and the next step has half the factor."""
    spec = specify(**SETTINGS, dtype="mixed_float16")
    program = Program(spec.configuration, images.x_train.shape[1:])
    state, optimizer = program.initial(0), program.optimizer
    huge = [np.full_like(np.asarray(each), np.inf) for each in state.trainable]
    trainable, variables = optimizer.stateless_apply(state.optimizer, huge, state.trainable)
    for one, other in zip(trainable, state.trainable, strict=True):
        np.testing.assert_array_equal(one, other)
    before, after = (precision.loss_scale(optimizer, each) for each in (state.optimizer, variables))
    assert (float(before), float(after)) == (2.0**15, 2.0**14)
    assert int(variables[program.facts.step]) == 0


def test_every_step_of_augmentation_is_another_where_the_optimizer_scales_the_loss(images, specify, sink):
    """The number of the step is the inner optimizer's: that of the outer one never moves."""
    spec = specify(**{**SETTINGS, "augment": [{"gaussian_noise": 0.1}], "epochs": 1}, dtype="mixed_float16")
    program = Program(spec.configuration, images.x_train.shape[1:])
    train([spec], images, sink, program=program)
    inner = program.optimizer.inner_optimizer.iterations
    assert program.optimizer.variables[program.facts.step] is inner


def test_gradients_that_float16_would_lose_are_measured(images, specify, sink):
    """Probes compute them scaled, as the training does: a tiny learning signal is no zero."""
    spec = specify(**{**SETTINGS, "epochs": 1}, dtype="mixed_float16")
    train([spec], images, sink)
    plain = specify(**{**SETTINGS, "epochs": 1})
    other = type(sink)()
    train([plain], images, other)
    mine, full = sink.probes[spec.digest][0], other.probes[plain.digest][0]
    for name, layer in full.layers.items():
        assert mine.layers[name].gradient == pytest.approx(layer.gradient, rel=0.02)
        assert mine.layers[name].update == pytest.approx(layer.update, rel=0.02)


def test_the_learning_rate_is_reduced_on_a_plateau(images, specify, sink):
    settings = {**SETTINGS, "reduce_on_plateau": {"monitor": "loss", "patience": 1, "min_delta": 9.0}}
    spec = specify(**settings, dtype="mixed_float16")
    train([spec], images, sink)
    rates = [row["learning_rate"] for row in sink.rows[spec.digest]]
    assert rates[0] == pytest.approx(0.01)
    assert rates[-1] < 0.01
