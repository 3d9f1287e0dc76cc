"""Forty more trainings whose true faults are known, most of kinds that the first hold-outs lack.

They were written down before any was trained or diagnosed. On 6,000 training images an epoch has 188 updates.
A fault is hit by the codes that must be found, or by a finding that names a setting of its ``cause``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.holdout_cases import BROKEN, LOST, SLOW, WILD, Case, adam, hidden, sgd

RATE, LOSS, OUTPUT = "optimizer.learning_rate", "loss", "model.output"
DROPOUT, NORMALIZATION, STOPPING = "model.dropout", "model.batch_normalization", "early_stopping"
DATA = ("data", "validation")
_POOR = (*SLOW, *LOST, "dead-units", "saturation", "oscillation")
_OVERFITS = ("overfitting", "overfits-beside", "oscillation")


def _schedule(name: str, **arguments: Any) -> dict[str, Any]:
    return {"learning_rate": {"name": name, **arguments}}


def _loss(loss: str, output: str, **more: Any) -> dict[str, Any]:
    return {"loss": loss, "model": {"output": output}, **more}


def _stop(monitor: str, patience: int, **more: Any) -> dict[str, Any]:
    return {"early_stopping": {"monitor": monitor, "patience": patience, **more}}


def _normalized(momentum: float, units: int = 64) -> dict[str, Any]:
    dense = {"dense": {"units": units, "activation": "relu"}}
    normalization = {"batch_normalization": {"momentum": momentum}}
    output = {"dense": {"units": 10, "activation": "softmax"}}
    return {"model": ["flatten", dense, normalization, dense, normalization, output]}


def _convolutions(*between: Any) -> dict[str, Any]:
    convolution = {"conv2d": {"filters": 6, "kernel_size": 5, "activation": "relu"}}
    output = {"dense": {"units": 10, "activation": "softmax"}}
    return {"model": [convolution, {"max_pooling2d": 3}, *between, "flatten", output]}


_DROPPED_PIXELS = [
    "flatten",
    {"dropout": 0.95},
    {"dense": {"units": 64, "activation": "relu"}},
    {"dense": {"units": 10, "activation": "softmax"}},
]
_LAYER_NORMALIZED = [
    "flatten",
    {"dense": {"units": 80}},
    "layer_normalization",
    {"activation": "relu"},
    {"dense": {"units": 10, "activation": "softmax"}},
]

_SCHEDULES: tuple[Case, ...] = (
    Case(
        "step-rate",
        "good",
        "a tenth of the rate after twelve of twenty epochs",
        _schedule("piecewise_constant_decay", boundaries=[2256], values=[0.1, 0.01]),
    ),
    Case(
        "cosine-to-zero",
        "good",
        "a rate that falls to zero along a cosine, with momentum",
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            **_schedule("cosine_decay", initial_learning_rate=0.02, decay_steps=2256),
            "epochs": 12,
        },
    ),
    Case(
        "decay-by-epoch",
        "good",
        "a rate that falls by a tenth every epoch",
        _schedule("exponential_decay", initial_learning_rate=0.15, decay_steps=188, decay_rate=0.9),
    ),
    Case(
        "warmed-up",
        "good",
        "two epochs of a rising rate, then a cosine",
        _schedule(
            "cosine_decay",
            initial_learning_rate=0.0,
            warmup_target=0.15,
            warmup_steps=376,
            decay_steps=3384,
        ),
    ),
    Case(
        "cosine-over-20-updates",
        "schedule too short",
        "decay steps meant as epochs: the rate is 0 after 20 of 3,760 updates",
        _schedule("cosine_decay", initial_learning_rate=0.1, decay_steps=20),
        [_POOR],
        _POOR,
        cause=(RATE,),
    ),
    Case(
        "decay-each-update",
        "schedule too short",
        "a rate that falls by a tenth each update, meant each epoch",
        _schedule("exponential_decay", initial_learning_rate=0.1, decay_steps=1, decay_rate=0.9),
        [_POOR],
        _POOR,
        cause=(RATE,),
    ),
    Case(
        "steps-as-epochs",
        "schedule too short",
        "boundaries meant as epochs: a hundredth of the rate from update 16 on",
        _schedule("piecewise_constant_decay", boundaries=[10, 15], values=[0.05, 0.005, 0.0005]),
        [_POOR],
        _POOR,
        cause=(RATE,),
    ),
    Case(
        "line-over-one-epoch",
        "schedule too short",
        "a rate that falls to 1e-6 within one of twenty epochs",
        _schedule(
            "polynomial_decay", initial_learning_rate=0.02, decay_steps=188, end_learning_rate=0.000001
        ),
        [_POOR],
        _POOR,
        cause=(RATE,),
    ),
)
_DROPOUT: tuple[Case, ...] = (
    Case(
        "dropout-0.5",
        "good",
        "a common dropout in a wide layer",
        {**adam(0.001), **hidden(256, dropout=0.5), "epochs": 14},
    ),
    Case(
        "dropout-convolution",
        "good",
        "a small convolution with dropout",
        {**adam(0.002), **_convolutions({"dropout": 0.2}), "epochs": 10},
    ),
    Case(
        "dropout-0.95",
        "dropout too strong",
        "three units of 64 are left",
        {**adam(0.001), **hidden(64, dropout=0.95), "epochs": 15},
        [_POOR],
        _POOR,
        cause=(DROPOUT,),
    ),
    Case(
        "dropout-thrice",
        "dropout too strong",
        "0.8 after each of three layers",
        {**adam(0.001), **hidden(96, 96, 96, dropout=0.8), "epochs": 15},
        [_POOR],
        _POOR,
        cause=(DROPOUT,),
    ),
    Case(
        "dropped-pixels",
        "dropout too strong",
        "19 of 20 pixels are dropped",
        {**sgd(0.05), "model": _DROPPED_PIXELS},
        [_POOR],
        _POOR,
        cause=(DROPOUT,),
    ),
)
_NORMALIZATION: tuple[Case, ...] = (
    Case(
        "normalized-0.9",
        "good",
        "batch normalization with a momentum of 0.9",
        {**sgd(0.03), **_normalized(0.9), "epochs": 10},
    ),
    Case(
        "layer-normalized",
        "good",
        "layer normalization",
        {**sgd(0.05), "model": _LAYER_NORMALIZED, "epochs": 12},
    ),
    Case(
        "statistics-lag",
        "moving statistics lag",
        "0.999 is kept of the moving statistics at each of 376 updates: two thirds are still the start's",
        {**adam(0.001), **_normalized(0.999), "epochs": 2},
        cause=(NORMALIZATION, "epochs"),
        may=(*SLOW, *_OVERFITS, *LOST),
    ),
    Case(
        "large-batches-lag",
        "moving statistics lag",
        "batches of 600: at 60 updates with a momentum of 0.99 half of the moving statistics is the start's",
        {**adam(0.002), **_normalized(0.99), "batch_size": 600, "epochs": 6},
        cause=(NORMALIZATION, "epochs", "batch_size"),
        may=(*SLOW, *_OVERFITS, *LOST),
    ),
)
_FEW: tuple[Case, ...] = (
    Case(
        "few-but-stopped",
        "good",
        "400 training images, and early stopping that restores the best",
        {
            "validation": 0.95,
            **sgd(0.05),
            "epochs": 60,
            **_stop("val_loss", 6, restore_best_weights=True),
        },
        may=("overfits-beside",),
    ),
    Case(
        "200-images",
        "few images",
        "200 training images are learned by heart by a wide network",
        {"validation": 0.975, **adam(0.002), **hidden(400), "batch_size": 10, "epochs": 70},
        [("gap-large",)],
        _OVERFITS,
        cause=(*DATA, "epochs", STOPPING),
    ),
)
_LABELS: tuple[Case, ...] = (
    Case(
        "noisy-but-stopped",
        "good",
        "three in ten labels are wrong; early stopping restores the best",
        {**sgd(0.05), "epochs": 40, **_stop("val_loss", 4, restore_best_weights=True)},
        labels="noisy",
    ),
    Case(
        "mislabelled-class",
        "wrong labels",
        "every 4 is labelled 9 in the training images, not in the test images",
        {**adam(0.001), "epochs": 10},
        labels="mislabelled",
        cause=DATA,
        may=("neglected-class",),  # a rule that came only after the first pass
    ),
    Case(
        "unbalanced",
        "imbalance",
        "half of the classes have 3 % of their images",
        {**sgd(0.05), "epochs": 20},
        labels="unbalanced",
        cause=DATA,
        may=("oscillation", "overfitting"),
    ),
    Case(
        "mildly-unbalanced",
        "good",
        "half of the classes have 60 % of their images",
        {**sgd(0.07), "epochs": 20},
        labels="mildly unbalanced",
    ),
    Case(
        "copies",
        "leak",
        "each image is there five times, so that validation images are trained on",
        {**adam(0.002), **hidden(128), "epochs": 20},
        labels="copies",
        cause=DATA,
        may=_OVERFITS,
    ),
    Case(
        "marked",
        "leak",
        "a pixel tells the label in the training and validation images, and in none of the test",
        {**sgd(0.1), "epochs": 20},
        labels="marked",
        cause=DATA,
        may=_OVERFITS,
    ),
)
_LOSSES: tuple[Case, ...] = (
    Case(
        "squared-sigmoids",
        "good",
        "squared error over sigmoids, by Adam",
        _loss("mean_squared_error", "sigmoid", **adam(0.002), epochs=15),
    ),
    Case(
        "hinge-linear",
        "good",
        "categorical hinge over linear outputs",
        _loss("categorical_hinge", "linear", **sgd(0.02), epochs=20),
    ),
    Case(
        "sparse",
        "good",
        "the sparse cross-entropy, and early stopping on accuracy",
        _loss(
            "sparse_categorical_crossentropy",
            "softmax",
            **adam(0.0007),
            epochs=40,
            **_stop("val_accuracy", 8, restore_best_weights=True),
        ),
    ),
    Case(
        "squared-softmax",
        "wrong loss",
        "squared error over softmax: gradients too small for a rate of 0.01",
        _loss("mean_squared_error", "softmax", **sgd(0.01)),
        [_POOR],
        _POOR,
        cause=(LOSS, OUTPUT, RATE),
    ),
    Case(
        "absolute-softmax",
        "wrong loss",
        "absolute error over softmax: some classes are never learned",
        _loss("mean_absolute_error", "softmax", **sgd(0.1)),
        [_POOR],
        _POOR,
        cause=(LOSS, OUTPUT),
    ),
    Case(
        "linear-cross-entropy",
        "wrong loss",
        "linear outputs under a cross-entropy of probabilities",
        _loss("categorical_crossentropy", "linear", **adam(0.001), epochs=12),
        cause=(OUTPUT, LOSS),
        may=(*WILD, *SLOW),
    ),
    Case(
        "relu-cross-entropy",
        "wrong loss",
        "ReLU outputs under a cross-entropy of probabilities",
        _loss("categorical_crossentropy", "relu", **sgd(0.05), epochs=12),
        cause=(OUTPUT, LOSS),
        may=(*WILD, *SLOW),
    ),
    Case(
        "poisson-tanh",
        "wrong loss",
        "tanh outputs, some of them negative, under a loss that takes their logarithm",
        _loss("poisson", "tanh", **sgd(0.05), epochs=12),
        cause=(OUTPUT, LOSS),
        may=(*WILD, *SLOW),
    ),
)
_STOPS: tuple[Case, ...] = (
    Case(
        "stopping-late",
        "good",
        "early stopping that begins to count at epoch 6 and restores the best",
        {
            **sgd(0.08),
            "epochs": 60,
            **_stop("val_loss", 5, start_from_epoch=5, restore_best_weights=True),
        },
    ),
    Case(
        "wrong-mode",
        "stopped too soon",
        "the accuracy is to fall: a mode of min",
        {**sgd(0.01), "epochs": 40, **_stop("val_accuracy", 3, mode="min")},
        [("stopped-early",), ("stopped-too-soon", "not-converged", "underfitting")],
        SLOW,
        cause=(STOPPING,),
    ),
    Case(
        "half-a-nat",
        "stopped too soon",
        "an epoch counts only if the loss falls by 0.5",
        {**sgd(0.02), "epochs": 40, **_stop("val_loss", 2, min_delta=0.5)},
        [("stopped-early",), ("stopped-too-soon", "not-converged", "underfitting")],
        SLOW,
        cause=(STOPPING,),
    ),
    Case(
        "unreachable-baseline",
        "stopped too soon",
        "an accuracy of 0.99 is asked for within four epochs",
        {**sgd(0.01), "epochs": 40, **_stop("val_accuracy", 4, baseline=0.99)},
        [("stopped-early",), ("stopped-too-soon", "not-converged", "underfitting")],
        SLOW,
        cause=(STOPPING,),
    ),
)
_DIGITS = (*_SCHEDULES, *_DROPOUT, *_NORMALIZATION, *_FEW, *_LABELS, *_LOSSES, *_STOPS)
_PHOTOGRAPHS: tuple[Case, ...] = (
    Case(
        "cosine-and-dropout",
        "good",
        "dropout, a rate along a cosine, and early stopping that restores the best",
        {
            "optimizer": {"name": "sgd", "momentum": 0.9},
            **_schedule("cosine_decay", initial_learning_rate=0.005, decay_steps=7520),
            **hidden(128, dropout=0.3),
            "epochs": 40,
            **_stop("val_loss", 8, restore_best_weights=True),
        },
    ),
    Case(
        "normalized-stopping",
        "good",
        "batch normalization, a small rate, and early stopping that restores the best",
        {
            **sgd(0.005),
            **hidden(96, batch_normalization=True),
            "epochs": 60,
            **_stop("val_loss", 6, restore_best_weights=True),
        },
    ),
    Case(
        "120-images",
        "few images",
        "120 photographs are learned by heart",
        {"validation": 0.985, **adam(0.001), **hidden(128), "batch_size": 12, "epochs": 60},
        [("gap-large",)],
        (*_OVERFITS, *BROKEN),
        cause=(*DATA, "epochs", STOPPING),
    ),
)
WIDER: Mapping[str, tuple[Case, ...]] = {"mnist": _DIGITS, "cifar10": _PHOTOGRAPHS}
