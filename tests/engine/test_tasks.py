"""Several labels and regressions beside Keras: losses, steps, and what an epoch's row says of them."""

from __future__ import annotations

import math

import jax
import keras
import numpy as np
import pytest
from sklearn.metrics import f1_score, r2_score, roc_auc_score, root_mean_squared_error

from paribus.data.dataset import Dataset
from paribus.data.split import split
from paribus.engine.objective import Objective
from paribus.engine.training import train
from paribus.record.run import DataIdentity, RunSpec
from paribus.study.configuration import Configuration, EarlyStopping, Layer, Technique
from paribus.study.datasets import DataFacts
from paribus.study.seeds import named_seed

pytestmark = pytest.mark.usefixtures("plainly_compiled")

DRAW = np.random.default_rng(3)
INPUTS = DRAW.normal(size=(260, 6)).astype(np.float32)
WAYS = DRAW.normal(size=(6, 3))
LABELS = (INPUTS @ WAYS + DRAW.normal(0, 0.5, (260, 3)) > 0.4).astype(np.uint8)
TARGETS = (50 + 20 * INPUTS @ WAYS[:, :2] + DRAW.normal(0, 3, (260, 2))).astype(np.float32)
LOSSES = (
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
)


def data(task):
    labels = LABELS if task == "multilabel" else TARGETS
    facts = DataFacts(
        shape=(6,),
        train=200,
        test=60,
        classes=("a", "b", "c") if task == "multilabel" else (),
        task=task,
        values="numbers",
        targets=2,
    )
    dataset = Dataset(
        "made",
        INPUTS[:200],
        labels[:200],
        INPUTS[200:],
        labels[200:],
        classes=facts.classes,
        sha256="ab" * 32,
        verified=True,
        stand_in=False,
        origin="made",
    )
    return dataset, facts


def specification(task, **settings):
    dataset, facts = data(task)
    output = {"units": facts.outputs, "activation": "sigmoid" if task == "multilabel" else "linear"}
    configuration = Configuration(
        data="made",
        own=facts,
        scale="standard",
        layers=(
            Layer(label="hidden_1", kind="dense", arguments={"units": 8, "activation": "tanh"}),
            Layer(label="output", kind="dense", arguments=output),
        ),
        **{
            "loss": "binary_crossentropy" if task == "multilabel" else "mean_squared_error",
            "optimizer": Technique(name="adam", arguments={"learning_rate": 0.02}),
            "validation": 0.2,
            "epochs": 6,
            **settings,
        },
    )
    identity = DataIdentity(name="made", sha256=dataset.sha256)
    return dataset, RunSpec(configuration=configuration, seed=0, data=identity)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_regressions_loss_and_its_gradient_are_keras_own(loss):
    given, wanted = np.abs(TARGETS[:40]) / 50, np.abs(TARGETS[40:80]) / 50

    def ours(outputs):
        return Objective(loss, "linear", "regression").losses(outputs, wanted).sum()

    def theirs(outputs):
        return keras.losses.get(loss)(wanted, outputs).sum()

    assert ours(given) == pytest.approx(float(theirs(given)), rel=1e-6)
    np.testing.assert_allclose(jax.grad(ours)(given), jax.grad(theirs)(given), rtol=1e-5, atol=1e-7)


def test_the_loss_of_several_labels_is_that_of_keras_from_logits():
    logits, labels = 4 * DRAW.normal(size=(40, 3)).astype(np.float32), LABELS[:40].astype(np.float32)
    found = Objective("binary_crossentropy", "sigmoid", "multilabel").losses(logits, labels)
    expected = keras.losses.binary_crossentropy(labels, logits, from_logits=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("task", ["multilabel", "regression"])
def test_an_epoch_of_updates_is_that_of_a_keras_model_step_by_step(task, sink):
    """The Keras model has the run's initial weights, its rows in its order, and no `fit`."""
    dataset, spec = specification(task, epochs=1)
    train([spec], dataset, sink)
    splits = split(dataset, 0.2, 0)
    rows = dataset.x_train[splits.train].astype(np.float64)
    inputs = ((dataset.x_train - rows.mean(axis=0)) / rows.std(axis=0)).astype(np.float32)
    last = {"units": 3, "activation": "sigmoid"} if task == "multilabel" else {"units": 2}

    def drawn(place):
        seed = named_seed(0, "initialisation", "dense", place, "kernel_initializer")
        return keras.initializers.GlorotUniform(seed)

    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, "tanh", kernel_initializer=drawn(1)),
            keras.layers.Dense(**last, kernel_initializer=drawn(2)),
        ]
    )
    model.compile(keras.optimizers.Adam(0.02), loss=spec.configuration.loss)
    draw = np.random.default_rng(named_seed(0, "order", 1))
    order = draw.permutation(splits.train)
    for start in range(0, len(order), 32):
        batch = order[start : start + 32]
        model.train_on_batch(inputs[batch], dataset.y_train[batch].astype(np.float32))
    trained = sink.trained[spec.digest].weights
    names = ("hidden_1/kernel", "hidden_1/bias", "output/kernel", "output/bias")
    for name, weights in zip(names, model.get_weights(), strict=True):
        np.testing.assert_allclose(trained[name], weights, rtol=2e-4, atol=2e-6)


def test_a_regression_is_scored_by_the_r2_of_its_test_outputs(sink):
    dataset, spec = specification("regression")
    train([spec], dataset, sink)
    result, trained = sink.results[spec.digest], sink.trained[spec.digest]
    assert result.test["r2"] == pytest.approx(r2_score(dataset.y_test, trained.outputs), abs=1e-5)
    assert set(sink.rows[spec.digest][0]) >= {"r2", "val_r2", "val_loss"}
    assert "accuracy" not in result.test


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_r2_is_not_a_number_where_one_row_is_held_out_or_targets_are_the_same(scale, sink):
    dataset, spec = specification("regression", validation=1e-9, target_scale=scale)
    train([spec], dataset, sink)
    rows = sink.rows[spec.digest]
    assert all(math.isnan(row["val_r2"]) and math.isfinite(row["val_loss"]) for row in rows)
    assert all(math.isfinite(row["r2"]) for row in rows)


def test_r2_of_one_training_row_is_not_a_number(sink):
    dataset, spec = specification("regression", train_size=1)
    train([spec], dataset, sink)
    assert all(math.isnan(row["r2"]) and math.isfinite(row["val_r2"]) for row in sink.rows[spec.digest])


def test_metrics_are_measured_on_the_examples_held_out(sink):
    dataset, spec = specification("multilabel", metrics=("f1_macro", "roc_auc"), validation=0.5, epochs=3)
    train([spec], dataset, sink)
    rows = sink.rows[spec.digest]
    assert all({"val_f1_macro", "val_roc_auc"} <= set(row) for row in rows)
    # With the same examples held out as tested, the last epoch's are those of the test outputs.
    held = split(dataset, 0.5, 0).validation
    again = Dataset(
        **{
            **{name: getattr(dataset, name) for name in dataset.__dataclass_fields__},
            "x_test": dataset.x_train[held],
            "y_test": dataset.y_train[held],
        }
    )
    other = type(sink)()
    train([spec], again, other)
    outputs = other.trained[spec.digest].outputs
    labels = dataset.y_train[held]
    assert rows[-1]["val_f1_macro"] == pytest.approx(f1_score(labels, outputs > 0.5, average="macro"))
    assert rows[-1]["val_roc_auc"] == pytest.approx(roc_auc_score(labels, outputs, average="macro"))


def test_scaled_targets_are_undone_in_predictions_and_metrics(sink):
    dataset, spec = specification("regression", target_scale="standard", metrics=("rmse",), epochs=30)
    train([spec], dataset, sink)
    rows, trained = sink.rows[spec.digest], sink.trained[spec.digest]
    np.testing.assert_array_equal(trained.labels, dataset.y_test)
    assert abs(trained.outputs.mean() - dataset.y_test.mean()) < 5
    assert sink.results[spec.digest].test["r2"] == pytest.approx(
        r2_score(dataset.y_test, trained.outputs), abs=1e-5
    )
    # The loss is that of scaled targets: its root, times their deviation, is about the error in their unit.
    held = split(dataset, 0.2, 0)
    deviation = dataset.y_train[held.train].std(axis=0).mean()
    assert rows[-1]["val_rmse"] == pytest.approx(deviation * rows[-1]["val_data_loss"] ** 0.5, rel=0.2)
    assert root_mean_squared_error(dataset.y_test, trained.outputs) < 15


def test_early_stopping_watches_a_metric_the_right_way_round(sink):
    stopping = EarlyStopping(monitor="val_roc_auc", patience=1, restore_best_weights=True)
    dataset, spec = specification("multilabel", metrics=("roc_auc",), epochs=40, early_stopping=stopping)
    train([spec], dataset, sink)
    areas = [row["val_roc_auc"] for row in sink.rows[spec.digest]]
    assert sink.results[spec.digest].kept_epoch == 1 + int(np.argmax(areas))


def test_a_configuration_without_the_new_keys_is_written_as_before():
    _, spec = specification("regression")
    written = spec.configuration.model_dump(mode="json")
    assert not {"metrics", "target_scale"} & set(written)
    _, other = specification("regression", target_scale="standard", metrics=("rmse",))
    assert {"metrics", "target_scale"} <= set(other.configuration.model_dump(mode="json"))
    assert spec.digest != other.digest
