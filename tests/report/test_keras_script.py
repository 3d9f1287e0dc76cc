"""The printed scripts, held against the engine: same network, weights, split, optimizer, loss and metric."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import numpy as np
import pytest
from tests.report.conftest import CONVOLUTION, LAB2, dataset, small

from paribus.data.split import split
from paribus.errors import UsageError
from paribus.report.keras_script import script
from paribus.study.shapes import input_shape
from paribus.study.techniques import Kind, names


class Fitted(Exception):
    """Thrown in place of training, with what was about to be trained."""


@pytest.fixture
def fitted(monkeypatch):
    """Run a script as far as `fit`; the model and the arguments it got."""
    from paribus.engine.network import keras

    def stop(model, *given, **named):
        raise Fitted(model, given, named)

    monkeypatch.setattr(keras.Sequential, "fit", stop)
    monkeypatch.setattr(keras.Sequential, "summary", lambda model: None)
    monkeypatch.setattr(sys, "argv", ["script.py"])
    for name, data in (("mnist", dataset("mnist")), ("cifar10", dataset("cifar10"))):
        x, y = data.x_train, data.y_train[:, None]
        small = ((x, y), (data.x_test, data.y_test[:, None]))
        if name == "mnist":  # Keras has its images without the channel, its labels without the column
            small = ((x[..., 0], y[:, 0]), (data.x_test[..., 0], data.y_test))
        monkeypatch.setattr(getattr(keras.datasets, name), "load_data", lambda small=small: small)

    def run(source):
        with pytest.raises(Fitted) as caught:
            exec(compile(source, "script", "exec"), {"__name__": "__main__"})
        model, (batches,), named = caught.value.args
        return model, (batches.x, batches.y), {**named, "batch_size": batches.batch_size}

    return run


def same_network(fitted, study, variant, seed=0):
    """Check everything but the training itself; the arguments of `fit`."""
    from paribus.engine import network

    configuration = study.variants[variant].configuration
    data = dataset(configuration.data)
    model, given, named = fitted(script(study, variant, seed=seed))
    ours = network.build(
        configuration.layers, input_shape(configuration.layers, data.x_train.shape[1:]), seed
    )
    assert len(model.weights) == len(ours.weights)
    for theirs, expected in zip(model.weights, ours.weights, strict=True):
        assert np.array_equal(theirs.value, expected.value), theirs.path
    assert layers_of(model, configuration) == layers_of(ours, configuration)
    assert config_of(model.optimizer) == config_of(network.optimizer(configuration.optimizer))
    parts = split(data, configuration.validation, seed)
    classes = data.y_train[parts.train]
    labels = np.asarray(given[1])
    assert np.array_equal(
        labels.argmax(-1) if labels.ndim > 1 and labels.shape[-1] == 10 else labels.ravel(), classes
    )
    if configuration.scale == "none":
        assert np.array_equal(
            given[0].reshape(len(parts.train), -1), data.x_train[parts.train].reshape(len(parts.train), -1)
        )
    return model, named


def config_of(thing):
    """What Keras would save of it; an optimizer's name is but a counter."""
    config = json.loads(json.dumps(thing.get_config(), default=str, sort_keys=True))
    return {key: value for key, value in config.items() if key != "name"}


def layers_of(model, configuration):
    assert [layer.name for layer in model.layers] == [layer.label for layer in configuration.layers]
    return [config_of(layer) for layer in model.layers]


LARGE = [
    pytest.param(name, marks=pytest.mark.slow) for name in ("7b", "7c")
]  # 7a's network, 9.5 million weights


@pytest.mark.parametrize("variant", [*(name for name in LAB2.variants if name[0] != "7"), *LARGE])
def test_every_variant_of_the_lab_has_our_weights_split_network_and_optimizer(fitted, variant):
    configuration = LAB2.variants[variant].configuration
    _, named = same_network(fitted, LAB2, variant)
    assert named["batch_size"] == configuration.batch_size
    assert named["epochs"] == configuration.epochs
    assert len(named["validation_data"][0]) == 26


def test_another_seed_draws_other_weights_and_another_split(fitted):
    first, _, _ = fitted(script(LAB2, "1", seed=0))
    other, _, _ = fitted(script(LAB2, "1", seed=1))
    assert not np.array_equal(first.weights[0].value, other.weights[0].value)
    same_network(fitted, LAB2, "1", seed=1)


@pytest.mark.parametrize("name", [name for name in names(Kind.OPTIMIZER) if name != "muon"])
def test_every_optimizer_is_ours(fitted, name):
    same_network(fitted, small(optimizer={"name": name, "learning_rate": 0.003}), "v")


@pytest.mark.parametrize("name", [name for name in names(Kind.INITIALIZER) if name != "identity"])
def test_every_initializer_draws_our_weights(fitted, name):
    same_network(fitted, small(kernel_initializer=name, bias_initializer="zeros"), "v")


@pytest.mark.parametrize("name", names(Kind.REGULARIZER))
def test_every_regularizer_is_ours(fitted, name):
    same_network(fitted, small(kernel_regularizer=name), "v")


@pytest.mark.parametrize("name", names(Kind.CONSTRAINT))
def test_every_constraint_is_ours(fitted, name):
    same_network(fitted, small(kernel_constraint=name), "v")


END = {"dense": {"units": 10, "activation": "softmax"}}
LSTM = {"lstm": {"units": 4, "return_sequences": True}}
NETWORKS = {
    "recurrent": [
        {"reshape": [28, 28]},
        {"bidirectional": {**LSTM, "merge_mode": "sum"}},
        {"time_distributed": {"dense": {"units": 3, "activation": "tanh"}}},
        {"gru": {"units": 3, "dropout": 0.2, "recurrent_regularizer": "l2"}},
        END,
    ],
    "attention": [
        {"reshape": [28, 28]},
        {"multi_head_attention": {"num_heads": 2, "key_dim": 3}},
        "global_average_pooling1d",
        {"dense": 10},
        "softmax",
    ],
    "tokens": ["flatten", {"embedding": {"input_dim": 256, "output_dim": 2}}, "global_max_pooling1d", END],
    "images": [
        {"spectral_normalization": {"conv2d": {"filters": 2, "kernel_size": 9}, "power_iterations": 2}},
        {"zero_padding2d": [[1, 2], [0, 1]]},
        {"prelu": {"shared_axes": [1, 2]}},
        {"cropping2d": 9},
        "flatten",
        {"gaussian_noise": 0.1},
        END,
    ],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_other_layers_have_our_weights_noise_and_outputs(fitted, name):
    from paribus.engine import network

    study = small(model=NETWORKS[name], kernel_constraint={"name": "max_norm", "axis": [0, 1]})
    layers = study.variants["v"].configuration.layers
    model, (images, _), _ = fitted(script(study, "v", seed=2))
    ours = network.build(layers, input_shape(layers, (28, 28, 1)), 2)
    assert model.inputs[0].dtype == ours.inputs[0].dtype
    for theirs, expected in zip(model.weights, ours.weights, strict=True):
        assert theirs.path.endswith("vector_u") or np.array_equal(theirs.value, expected.value), theirs.path
    for variable, expected in zip(model.non_trainable_variables, ours.non_trainable_variables, strict=True):
        drawn = "seed_generator" in variable.path and ("noise" in variable.path or "gru" in variable.path)
        assert not drawn or np.array_equal(variable.value, expected.value), variable.path
    outputs = [np.asarray(each(images[:5], training=False)) for each in (model, ours)]
    np.testing.assert_allclose(*outputs, rtol=1e-5, atol=1e-6)


SCHEDULES = {
    "cosine_decay": {"initial_learning_rate": 0.1, "decay_steps": 50},
    "exponential_decay": {
        "initial_learning_rate": 0.1,
        "decay_steps": 5,
        "decay_rate": 0.9,
        "staircase": True,
    },
    "piecewise_constant_decay": {"boundaries": [5, 9], "values": [0.1, 0.05, 0.01]},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_learning_rate_schedules_are_ours(fitted, name):
    rate = {"name": name, **SCHEDULES[name]}
    same_network(fitted, small(optimizer={"name": "sgd", "learning_rate": rate}), "v")


def test_a_convolution_with_dropout_and_normalization_is_ours(fitted):
    model, _ = same_network(fitted, small(model=CONVOLUTION, loss="categorical_crossentropy"), "v")
    assert model.input_shape == (None, 28, 28, 1)


@pytest.mark.parametrize("scale", ["unit", "standard"])
@pytest.mark.parametrize("data", ["mnist", "cifar10"])
def test_pixels_are_scaled_as_ours(fitted, scale, data):
    from paribus.engine.scaling import scaling

    study = small(scale=scale, data=data)
    _, given, named = fitted(script(study, "v"))
    images = dataset(data)
    parts = split(images, study.variants["v"].configuration.validation, 0)
    shift, factor = (np.asarray(each) for each in scaling(scale, parts))
    for theirs, rows in ((given[0], parts.train), (named["validation_data"][0], parts.validation)):
        ours = ((images.x_train[rows].astype(np.float32) - shift) * factor).reshape(len(rows), -1)
        np.testing.assert_allclose(theirs, ours, atol=2e-6)


def test_without_held_out_images_nothing_is_split(fitted):
    source = script(small(validation=0), "v")
    assert "train_test_split" not in source
    assert "val" not in source.replace("evaluate", "").replace("environment variable", "")
    _, given, named = fitted(source)
    assert len(given[0]) == 260
    assert "validation_data" not in named


OBJECTIVES = [
    ("sigmoid", "binary_crossentropy"),
    ("softmax", "binary_crossentropy"),
    ("softmax", "categorical_crossentropy"),
    ("sigmoid", "categorical_crossentropy"),
    ("softmax", "sparse_categorical_crossentropy"),
    ("sigmoid", "sparse_categorical_crossentropy"),
    ("sigmoid", "binary_focal_crossentropy"),
    ("softmax", "binary_focal_crossentropy"),
    ("softmax", "categorical_focal_crossentropy"),
    ("softmax", "mean_squared_error"),
    ("linear", "mean_squared_error"),
    ("sigmoid", "huber"),
    ("softmax", "kl_divergence"),
]


@pytest.mark.parametrize(("output", "loss"), OBJECTIVES)
def test_loss_and_accuracy_of_the_script_are_ours_also_where_outputs_saturate(fitted, output, loss):
    from paribus.engine.objective import Objective

    study = small(model={"hidden": [12], "output": output}, loss=loss)
    model, given, _ = fitted(script(study, "v"))
    draw = np.random.default_rng(1)
    # Few enough images that loss terms of size 100 do not hide the small ones; logits up to ± 60 saturate.
    logits = draw.choice([-60, -20, -3, 0.5, 2, 17.5, 25, 40, 60], (40, 10)).astype(np.float32)
    labels = draw.integers(0, 10, 40)
    ours = Objective(loss, output)
    from_logits = model.layers[-1].get_config()["activation"] == "linear"
    predictions = logits if from_logits else np.asarray(ours.outputs(logits))
    targets = labels if np.asarray(given[1]).ndim == 1 else np.eye(10, dtype=np.float32)[labels]
    logged = model.compute_loss(y=targets, y_pred=predictions)
    assert float(logged) == pytest.approx(float(ours.losses(logits, labels).mean()), rel=1e-5)
    model.compute_metrics(None, targets, predictions)
    metrics = {metric.name: float(metric.result()) for metric in flat_metrics(model)}
    assert metrics["accuracy"] == pytest.approx(float(ours.seen(logits, labels).mean()), abs=1e-6)


def flat_metrics(model):
    for metric in model.metrics:
        yield from getattr(metric, "metrics", [metric])


def test_the_loss_is_from_logits_where_it_can_be_and_one_line_says_why():
    lines = script(LAB2, "2").split("\n")
    assert any("from_logits=True" in line for line in lines)
    place = next(number for number, line in enumerate(lines) if line.startswith("model = "))
    assert lines[place - 1].startswith("# ")
    assert not lines[place - 2]
    assert "sigmoid" not in "\n".join(lines[place:])


def test_arguments_left_at_their_default_are_not_written():
    source = script(LAB2, "1")
    for word in (
        "momentum",
        "nesterov",
        "use_bias",
        "bias_initializer",
        "regularizer",
        "weight_decay",
        "None",
    ):
        assert word not in source
    assert "SGD(learning_rate=0.01)" in source
    assert "L2(0.01)" in script(LAB2, "2")


def test_early_stopping_is_a_callback_with_its_settings(fitted):
    study = small(early_stopping={"monitor": "val_accuracy", "patience": 2, "restore_best_weights": True})
    _, named = same_network(fitted, study, "v")
    stopping = named["callbacks"][0]
    assert (stopping.monitor, stopping.patience, stopping.mode if hasattr(stopping, "mode") else "max") == (
        "val_accuracy",
        2,
        "max",
    )
    assert stopping.restore_best_weights


@pytest.mark.parametrize("variant", LAB2.variants)
def test_ruff_would_lay_the_script_out_the_same(variant, tmp_path):
    source = script(LAB2, variant)
    ast.parse(source)
    for command, output in ((("format",), source), (("check", "--quiet", "--select", "E,F,I,W"), "")):
        full = [sys.executable, "-m", "ruff", *command, "--isolated", "-"]
        ran = subprocess.run(full, input=source, capture_output=True, text=True, check=False)
        assert (ran.stdout, ran.returncode) == (output, 0)


def test_names_that_people_choose_stay_comments(fitted):
    study = small()
    nasty = 'v\n"""; raise SystemExit'
    study = study.model_copy(
        update={"name": 'x"""\nimport nothing', "variants": {nasty: study.variants["v"]}}
    )
    same_network(fitted, study, nasty)


def test_an_unknown_variant_is_an_error_that_names_the_known_ones():
    with pytest.raises(UsageError) as caught:
        script(LAB2, "4b_l2")
    assert "4b-l2" in str(caught.value)
