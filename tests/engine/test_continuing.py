"""Ten epochs are k epochs and the rest, to the bit, for every k and every optimizer there is."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from paribus.engine.program import Program
from paribus.engine.training import Resumed, train
from paribus.record.checkpoint import Checkpoint, decode, encode
from paribus.study.techniques import Kind, names

EPOCHS = 10
SCHEDULE = {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 30, "warmup_steps": 5}
SETTINGS = {
    **{name: {"optimizer": name} for name in names(Kind.OPTIMIZER)},
    "schedule": {"optimizer": {"name": "sgd", "momentum": 0.9, "learning_rate": SCHEDULE}},
    "averaged weights": {"optimizer": {"name": "adam", "use_ema": True}},
    "gathered gradients": {"optimizer": {"name": "adam", "gradient_accumulation_steps": 3}},
    "delayed updates": {
        "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
        "batch_size": 16,
        "kernel_regularizer": {"l2": 0.001},
    },
    "dropout and batch normalization": {
        "model": [
            {"dense": {"units": 12, "activation": "relu"}},
            "batch_normalization",
            {"dropout": {"rate": 0.3}},
            {"dense": {"units": 10, "activation": "sigmoid"}},
        ]
    },
    "convolution": {
        "model": [
            {"conv2d": {"filters": 2, "kernel_size": 3, "strides": 3}},
            "flatten",
            {"dense": {"units": 10, "activation": "sigmoid"}},
        ]
    },
    "early stopping": {
        "optimizer": {"name": "sgd", "learning_rate": 2.0},
        "early_stopping": {"patience": 5, "restore_best_weights": True, "min_delta": 0.5},  # best is epoch 1
    },
}
QUICKLY_SHOWN = ("adamw", "early stopping")


@pytest.mark.usefixtures("every_epoch")
@pytest.mark.parametrize(
    "settings",
    [pytest.param(name, marks=() if name in QUICKLY_SHOWN else pytest.mark.trust) for name in SETTINGS],
)
def test_ten_epochs_are_any_number_and_the_rest(images, specify, new_sink, settings, record_property):
    spec = specify(**{"epochs": EPOCHS, **SETTINGS[settings]})
    whole, program = new_sink(), Program(spec.configuration, images.x_train.shape[1:])
    train([spec], images, whole, program=program)
    rows, checkpoints = whole.rows[spec.digest], whole.checkpoints[spec.digest]
    assert len(checkpoints) >= 4
    for epoch, checkpoint in checkpoints.items():
        rest, kept = new_sink(), Checkpoint(epoch, decode(encode(checkpoint.tensors)))
        resumed = {spec.digest: Resumed(kept, rows[:epoch])}
        train([spec], images, rest, program=program, resumed=resumed)
        assert json.dumps(rows[:epoch] + rest.rows[spec.digest]) == json.dumps(rows)
        probes = [probe for probe in whole.probes[spec.digest] if probe.epoch > epoch]
        assert json.dumps([asdict(p) for p in rest.probes.get(spec.digest, [])]) == json.dumps(
            [asdict(p) for p in probes]
        )
        assert rest.results == whole.results
        one, other = whole.trained[spec.digest], rest.trained[spec.digest]
        np.testing.assert_array_equal(one.outputs, other.outputs)
        assert encode(one.weights) == encode(other.weights)
    record_property("continuations", len(checkpoints))
