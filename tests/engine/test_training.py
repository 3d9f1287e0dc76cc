"""The loop: what an epoch's row says, where runs end, and that a run goes on where it was."""

import itertools

import numpy as np
import pytest

from paribus.data.split import split
from paribus.engine import training
from paribus.engine.program import Program
from paribus.engine.scaling import scaling
from paribus.engine.training import Resumed, train
from paribus.record import checkpoint as checkpointing
from paribus.record.checkpoint import Checkpoint, decode, encode
from paribus.record.run import Status

pytestmark = pytest.mark.usefixtures("plainly_compiled")


def same_end(one, other, spec):
    """Two sinks saw a run end with the same history, result, weights and predictions, to the bit."""
    assert one.results[spec.digest] == other.results[spec.digest]
    first, second = one.trained[spec.digest], other.trained[spec.digest]
    np.testing.assert_array_equal(first.outputs, second.outputs)
    assert first.weights.keys() == second.weights.keys()
    for name, weights in first.weights.items():
        np.testing.assert_array_equal(weights, second.weights[name])


def test_a_run_has_a_row_an_epoch_and_a_result_on_the_test_images(images, specify, sink):
    spec = specify(kernel_regularizer={"l2": 0.001}, epochs=10)
    train([spec], images, sink)
    rows = sink.rows[spec.digest]
    assert [row["epoch"] for row in rows] == list(range(1, 11))
    for row in rows:
        assert row["loss"] == pytest.approx(row["data_loss"] + row["penalty"])
        assert row["penalty"] > 0
        assert row["val_loss"] > row["val_data_loss"]
    assert rows[-1]["accuracy"] > 0.7
    result, trained = sink.results[spec.digest], sink.trained[spec.digest]
    assert (result.status, result.epochs, result.kept_epoch) == (Status.FINISHED, 10, 10)
    assert result.test["accuracy"] == np.mean(trained.outputs.argmax(axis=1) == images.y_test)
    assert result.parameters == 784 * 12 + 12 + 12 * 10 + 10
    assert "hidden_1 (Dense)" in result.summary
    assert set(trained.weights) == {"hidden_1/kernel", "hidden_1/bias", "output/kernel", "output/bias"}


def test_training_values_are_means_over_the_images_with_the_short_last_batch(images, specify, sink):
    """At next to no learning rate the weights stand still: the mean over batches is that over images."""
    spec = specify(optimizer={"name": "sgd", "learning_rate": 1e-12}, epochs=1)
    train([spec], images, sink)
    rows = split(images, 0.2, 0).train
    assert len(rows) % 50 == 8
    weights = sink.trained[spec.digest].weights
    inputs = images.x_train[rows].reshape(len(rows), -1) / 255.0
    hidden = np.maximum(inputs @ weights["hidden_1/kernel"] + weights["hidden_1/bias"], 0)
    outputs = 1 / (1 + np.exp(-(hidden @ weights["output/kernel"] + weights["output/bias"])))
    targets = np.eye(10)[images.y_train[rows]]
    losses = -(targets * np.log(outputs) + (1 - targets) * np.log(1 - outputs)).mean(axis=1)
    (row,) = sink.rows[spec.digest]
    assert row["loss"] == pytest.approx(losses.mean(), rel=1e-5)
    assert row["accuracy"] == np.mean(outputs.argmax(axis=1) == images.y_train[rows])


def test_without_held_out_images_there_are_no_validation_values(images, specify, sink):
    spec = specify(validation=0.0)
    train([spec], images, sink)
    assert not any(name.startswith("val_") for name in sink.rows[spec.digest][0])
    assert sink.results[spec.digest].status is Status.FINISHED


@pytest.mark.usefixtures("as_for_users")
def test_the_same_run_gives_the_same_bits_and_another_seed_others(images, specify, new_sink, monkeypatch):
    drawn, initial = [], Program.initial
    monkeypatch.setattr(Program, "initial", lambda self, seed: drawn.append(seed) or initial(self, seed))
    one, two, other = new_sink(), new_sink(), new_sink()
    train([specify()], images, one)
    train([specify()], images, two)
    train([specify(seed=1)], images, other)
    assert one.rows == two.rows
    same_end(one, two, specify())
    assert other.rows[specify(seed=1).digest][0]["loss"] != one.rows[specify().digest][0]["loss"]
    assert drawn == [0, 0, 1]


RECURRENT = [
    {"reshape": [28, 28]},
    {"average_pooling1d": 7},
    {"bidirectional": {"simple_rnn": {"units": 3, "dropout": 0.2, "recurrent_dropout": 0.1}}},
    {"gaussian_noise": 0.1},
    {"dense": {"units": 10, "activation": "sigmoid"}},
]
NORMALIZED = [
    {"spectral_normalization": {"conv2d": {"filters": 2, "kernel_size": 5, "strides": 5}}},
    "flatten",
    {"dense": {"units": 10, "activation": "sigmoid", "kernel_constraint": "unit_norm"}},
]
WHOLE_BATCHES = {"batch_size": 52}
"""Of 208 images, so that no short batch is compiled beside them."""


@pytest.mark.parametrize("model", [RECURRENT, NORMALIZED], ids=["recurrent", "spectral normalization"])
def test_networks_of_other_layers_train_to_the_same_bits_too(images, specify, new_sink, model):
    sinks, spec = [new_sink(), new_sink()], specify(model=model, epochs=2, **WHOLE_BATCHES)
    for sink in sinks:
        train([spec], images, sink)
    assert sinks[0].rows == sinks[1].rows
    same_end(*sinks, spec)


def test_runs_of_one_trajectory_trained_together_are_what_each_is_alone(images, specify, new_sink):
    stopping = {"monitor": "val_loss", "patience": 1, "restore_best_weights": True}
    settings = {"optimizer": {"name": "sgd", "learning_rate": 2.0}}
    specs = [
        specify(epochs=3, **settings),
        specify(epochs=12, early_stopping=stopping, **settings),
        specify(epochs=6, **settings),
    ]
    together = new_sink()
    train(specs, images, together)
    for spec in specs:
        alone = new_sink()
        train([spec], images, alone)
        assert together.rows[spec.digest] == alone.rows[spec.digest]
        assert together.probes[spec.digest] == alone.probes[spec.digest]
        same_end(together, alone, spec)


def test_early_stopping_keeps_the_last_weights_or_restores_the_best(images, specify, new_sink):
    rate = {"name": "sgd", "learning_rate": 3.0}
    stopping = {"monitor": "val_loss", "patience": 2}
    kept = specify(optimizer=rate, epochs=40, early_stopping=stopping)
    restored = specify(optimizer=rate, epochs=40, early_stopping={**stopping, "restore_best_weights": True})
    sink = new_sink()
    train([kept, restored], images, sink)
    losses = [row["val_loss"] for row in sink.rows[kept.digest]]
    best = int(np.argmin(losses)) + 1
    assert len(losses) == best + 2 < 40
    assert sink.results[kept.digest].status is Status.EARLY_STOPPED
    assert sink.results[kept.digest].kept_epoch == best + 2
    assert sink.results[restored.digest].kept_epoch == best
    for epochs, spec in ((best + 2, kept), (best, restored)):
        plain = new_sink()
        train([specify(optimizer=rate, epochs=epochs)], images, plain)
        assert (
            sink.results[spec.digest].test
            == plain.results[specify(optimizer=rate, epochs=epochs).digest].test
        )


def test_a_loss_that_is_not_finite_ends_the_run_with_its_history_as_it_was(images, specify, sink):
    spec = specify(scale="none", optimizer={"name": "sgd", "learning_rate": 1e30}, epochs=9)
    train([spec], images, sink)
    result = sink.results[spec.digest]
    assert result.status is Status.DIVERGED
    assert len(sink.rows[spec.digest]) == result.epochs < 9
    assert not result.test
    assert "NaN or infinite" in result.cause
    assert sink.trained[spec.digest] is None


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "sgd"},
        {
            "optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
            "batch_size": 16,
        },
        {"optimizer": "adam"},
        {"optimizer": {"name": "rmsprop", "epsilon_outside": True}},
        {"optimizer": {"name": "adamw", "use_ema": True}},
        {
            "model": {"hidden": [12], "activation": "relu", "output": "softmax", "dropout": 0.3},
            "loss": "categorical_crossentropy",
        },
        {
            "model": [
                {"dense": {"units": 12}},
                "batch_normalization",
                {"dense": {"units": 10, "activation": "sigmoid"}},
            ]
        },
        {
            "early_stopping": {"patience": 0, "restore_best_weights": True},
            "optimizer": {"name": "sgd", "learning_rate": 3.0},
            "epochs": 5,
        },
        {"model": RECURRENT, **WHOLE_BATCHES},
        {"model": NORMALIZED, **WHOLE_BATCHES},
    ],
    ids=[
        "sgd",
        "nesterov-delayed",
        "adam",
        "rmsprop-2021",
        "ema",
        "dropout",
        "batch-normalization",
        "early-stopping",
        "recurrent",
        "spectral-normalization",
    ],
)
@pytest.mark.usefixtures("every_epoch")
def test_a_run_interrupted_after_any_epoch_goes_on_to_the_same_bits(images, specify, new_sink, settings):
    spec = specify(**{"epochs": 3, **settings})
    whole = new_sink()
    program = Program(spec.configuration, images.x_train.shape[1:])
    train([spec], images, whole, program=program)
    assert len(whole.rows[spec.digest]) > 1
    for epoch, checkpoint in whole.checkpoints[spec.digest].items():
        rest = new_sink()
        history = whole.rows[spec.digest][:epoch]
        kept = Checkpoint(epoch, decode(encode(checkpoint.tensors)))
        train([spec], images, rest, program=program, resumed={spec.digest: Resumed(kept, history)})
        assert history + rest.rows.get(spec.digest, []) == whole.rows[spec.digest]
        same_end(whole, rest, spec)


def test_short_epochs_share_a_checkpoint(images, specify, sink):
    spec = specify(epochs=6)
    train([spec], images, sink)
    assert len(sink.checkpoints.get(spec.digest, {})) < 6


def test_saving_takes_at_most_a_fiftieth_of_the_time(images, specify, sink, monkeypatch):
    """By a clock that goes on by a tenth of a second whenever it is looked at."""
    clock = itertools.count()
    monkeypatch.setattr(training.time, "perf_counter", lambda: next(clock) / 10)
    monkeypatch.setattr(checkpointing, "_SECONDS", 0.0)
    train([specify(epochs=120)], images, sink)
    (checkpoints,) = sink.checkpoints.values()
    trained = sum(timing.training + timing.validation for timing in sink.timings)
    assert len(checkpoints) > 2
    assert 0.1 * (len(checkpoints) - 1) <= trained / 50


def test_time_is_told_for_every_epoch(images, specify, sink):
    train([specify()], images, sink)
    assert [timing.epoch for timing in sink.timings] == [1, 2, 3, 4]
    assert all(timing.training > 0 and timing.validation > 0 for timing in sink.timings)


def test_standard_scaling_knows_only_the_images_that_train(images):
    splits = split(images, 0.2, 3)
    shift, factor = scaling("standard", splits)
    pixels = images.x_train[splits.train].astype(np.float64)
    np.testing.assert_allclose(np.asarray(shift), [pixels.mean()], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(factor), [1 / pixels.std()], rtol=1e-6)


def test_unit_scaling_divides_by_255_and_none_leaves_pixels_alone(images):
    splits = split(images, 0.2, 3)
    for scale, factor in (("unit", 1 / 255), ("none", 1)):
        shift, found = scaling(scale, splits)
        assert float(shift[0]) == 0
        assert float(found[0]) == pytest.approx(factor)


def test_other_images_than_the_specification_says_are_refused(images, specify, sink):
    spec = specify()
    other = spec.model_copy(update={"data": spec.data.model_copy(update={"sha256": "0" * 64})})
    with pytest.raises(ValueError, match="not those of the specification"):
        train([other], images, sink)
    assert not sink.rows


def test_runs_of_two_trajectories_are_not_trained_together(images, specify, sink):
    with pytest.raises(ValueError, match="one trajectory"):
        train([specify(), specify(batch_size=16)], images, sink)
