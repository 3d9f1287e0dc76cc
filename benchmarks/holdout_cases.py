"""Trainings whose true faults are known, for the hold-out of the diagnosis.

`CASES` were written down before any of them was diagnosed. `FRESH` were written down after rules had been
mended on the first set, and before any of them was trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LOST = (
    "one-answer",
    "zero-gradient",
    "silent-layer",
    "nothing-learned",
    "collapsed",
    "exploding",
    "diverged",
)
"""Findings that say that a network did not learn at all."""
SLOW = ("vanishing", "not-converged", "underfitting")
"""Findings that say that it did not learn as much as it could."""
BROKEN = (*LOST, "dead-units", "saturation", "identical-units")
WILD = (*BROKEN, "declined", "oscillation", "underfitting", "large-steps")
SMALL = (*SLOW, "oscillation", "narrow-layer")
FADES = (*BROKEN, *SLOW, "shrinking-error")
SHRUNK = (*BROKEN, *SLOW, "strong-penalty", "penalty-limits")
NOISE = ("overfits-beside", "oscillation", "test-differs")
"""The last codes of these, ``shut-start`` and ``stopped-by-setting`` are of rules that came after the first
passes, and name the cause."""


@dataclass(frozen=True)
class Case:
    """A training and its true findings.

    Args:
        name: The variant's name.
        kind: The fault that was built in; ``good`` for none.
        truth: In words.
        changes: What the variant changes, as a study file has it.
        must: Of each entry at least one code has to be found, in every run.
        may: Codes that may be found beside it without being wrong.
        labels: ``clean``, or how the training images were spoilt: a name of `benchmarks.spoilt`.
        cause: The settings that brought it about, any of which may be named, as configuration paths.
    """

    name: str
    kind: str
    truth: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    must: Sequence[Sequence[str]] = ()
    may: Sequence[str] = ()
    labels: str = "clean"
    cause: Sequence[str] = ()


BASE: dict[str, Any] = {
    "validation": 0.25,
    "scale": "unit",
    "model": {"hidden": [64], "activation": "relu", "output": "softmax"},
    "loss": "categorical_crossentropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "batch_size": 32,
    "epochs": 20,
}
"""On 8,000 images: 6,000 train, 2,000 validate."""


def sgd(rate: float, **more: Any) -> dict[str, Any]:
    """Return SGD at a rate, as a variant has it."""
    return {"optimizer": {"name": "sgd", "learning_rate": rate, **more}}


def adam(rate: float) -> dict[str, Any]:
    """Return Adam at a rate, as a variant has it."""
    return {"optimizer": {"name": "adam", "learning_rate": rate}}


def l2(strength: float) -> dict[str, Any]:
    """Return an L2 penalty on all weights, as a variant has it."""
    return {"kernel_regularizer": {"l2": strength}}


def hidden(*units: int, **more: Any) -> dict[str, Any]:
    """Return hidden layers of so many units, as a variant has them."""
    return {"model": {"hidden": list(units), **more}}


_STOP = {"monitor": "val_loss", "patience": 3, "restore_best_weights": True}
_COSINE = {"name": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 3760}
_CONSTANT = {"name": "constant", "value": 0.01}
_WIDE = {"name": "random_normal", "stddev": 10.0}

DIGITS: tuple[Case, ...] = (
    Case("sgd", "good", "SGD at a common rate"),
    Case("momentum", "good", "SGD with momentum", sgd(0.01, momentum=0.9)),
    Case("adam", "good", "Adam at its default rate, ended in time", {**adam(0.001), "epochs": 10}),
    Case(
        "rmsprop",
        "good",
        "RMSprop",
        {"optimizer": {"name": "rmsprop", "learning_rate": 0.0005}, "epochs": 12},
    ),
    Case("dropout", "good", "Adam with dropout", {**adam(0.001), **hidden(128, dropout=0.3), "epochs": 15}),
    Case("light-l2", "good", "a light L2", l2(0.0001)),
    Case("two-layers", "good", "two hidden layers", {**sgd(0.05), **hidden(128, 64)}),
    Case("tanh", "good", "tanh", hidden(64, activation="tanh")),
    Case("he", "good", "He's initial weights", {"kernel_initializer": "he_normal"}),
    Case("cosine", "good", "a rate that falls along a cosine", {"learning_rate": _COSINE}),
    Case("standard", "good", "standardized pixels", {"scale": "standard", **sgd(0.02)}),
    Case(
        "sigmoids",
        "good",
        "sigmoid outputs with binary cross-entropy",
        {"model": {"output": "sigmoid"}, "loss": "binary_crossentropy", **adam(0.001), "epochs": 12},
    ),
    Case(
        "stopping",
        "good",
        "early stopping that restores the best",
        {**adam(0.001), "epochs": 60, "early_stopping": _STOP},
    ),
    Case(
        "normalized",
        "good",
        "batch normalization",
        {**sgd(0.05), **hidden(64, batch_normalization=True), "epochs": 12},
    ),
    Case(
        "rate-1e-5",
        "rate too small",
        "all steps together move nothing",
        sgd(1e-5),
        [("nothing-learned", "vanishing", "underfitting")],
        (*SLOW, "nothing-learned"),
    ),
    Case("rate-1e-4", "rate too small", "far from its end", sgd(1e-4), [SLOW], (*SLOW, "nothing-learned")),
    Case("rate-1e-3", "rate too small", "still on its way", sgd(1e-3), [SLOW], SLOW),
    Case(
        "adam-1e-6",
        "rate too small",
        "Adam's steps are tiny",
        adam(1e-6),
        [SLOW],
        (*SLOW, "nothing-learned"),
    ),
    Case("rate-3", "rate too large", "thirty times a good rate", sgd(3.0), [WILD], WILD),
    Case("rate-10", "rate too large", "a hundred times a good rate", sgd(10.0), [WILD], WILD),
    Case("rate-1000", "rate too large", "ten thousand times a good rate", sgd(1000.0), [LOST], WILD),
    Case("adam-0.1", "rate too large", "a hundred times Adam's default", adam(0.1), [WILD], WILD),
    Case("adam-1", "rate too large", "a thousand times Adam's default", adam(1.0), [WILD], WILD),
    Case(
        "80-images",
        "few images",
        "80 training images are learned by heart",
        {"validation": 0.99, **adam(0.003), "batch_size": 8, "epochs": 100},
        [("gap-large",)],
        ("overfitting", "overfits-beside"),
    ),
    Case(
        "400-images",
        "few images",
        "400 training images, a wide network, many epochs",
        {"validation": 0.95, **adam(0.003), **hidden(128), "epochs": 60},
        [("gap-large",), ("overfitting",)],
        ("overfits-beside",),
    ),
    Case(
        "too-long",
        "overfitting",
        "Adam goes on long after the best epoch",
        {**adam(0.002), **hidden(128), "epochs": 60},
        [("overfitting",)],
        ("overfits-beside",),
    ),
    Case(
        "noisy-labels",
        "label noise",
        "three in ten labels are wrong, and learned by heart",
        {**adam(0.002), **hidden(128), "epochs": 40},
        [("overfitting",), ("gap-large",)],
        NOISE,
        "noisy",
    ),
    Case(
        "noisy-briefly",
        "label noise",
        "three in ten labels are wrong, but there is no time to learn them by heart",
        {**adam(0.001), "epochs": 3},
        (),
        NOISE[-1:],
        "noisy",
    ),
    Case(
        "random-labels",
        "label noise",
        "labels say nothing of the images",
        {**adam(0.002), **hidden(128), "epochs": 60},
        [("overfitting", "nothing-learned"), ("gap-large", "nothing-learned")],
        ("overfits-beside", "oscillation"),
        "random",
    ),
    Case(
        "zeros",
        "bad start",
        "all weights begin at zero",
        {"kernel_initializer": "zeros"},
        [("zero-gradient",), ("one-answer",)],
        BROKEN,
    ),
    Case(
        "constants",
        "bad start",
        "all weights of a layer are alike",
        {"kernel_initializer": _CONSTANT},
        [("identical-units",)],
        (*BROKEN, *SLOW),
    ),
    Case(
        "enormous",
        "bad start",
        "weights begin at random, 100 times too large",
        {"kernel_initializer": _WIDE},
        [(*WILD, "large-weights")],  # a rule that came only after the first pass
        (*WILD, *SLOW, "overfitting", "overfits-beside"),
    ),
    Case(
        "deep-sigmoids",
        "bad start",
        "four layers of sigmoids: gradients vanish on their way down",
        {**sgd(0.01), **hidden(64, 64, 64, 64, activation="sigmoid")},
        [(*LOST, "vanishing")],
        FADES,
    ),
    Case(
        "dead-relu",
        "dead ReLUs",
        "biases of -10 keep every unit at zero",
        {"layers": {"hidden_1": {"bias_initializer": {"name": "constant", "value": -10.0}}}},
        [("zero-gradient",), ("one-answer",)],
        (*BROKEN, "shut-start"),
    ),
    Case(
        "killed-relu",
        "dead ReLUs",
        "unscaled pixels and a rate of 0.1 throw the units out at the first updates",
        {"scale": "none"},
        [("silent-layer", "dead-units", "zero-gradient"), ("unscaled-input", "one-answer")],
        (*WILD,),
    ),
    Case(
        "unscaled",
        "unscaled",
        "pixels from 0 to 255",
        {"scale": "none", **sgd(0.001)},
        [("unscaled-input",)],
        WILD,
    ),
    Case(
        "l2-1",
        "too much L2",
        "the penalty leaves no weights",
        l2(1.0),
        [(*LOST, "underfitting")],
        SHRUNK,
    ),
    Case(
        "l2-0.1",
        "too much L2",
        "the penalty leaves few weights",
        l2(0.1),
        [(*LOST, "underfitting")],
        SHRUNK,
    ),
    Case(
        "l2-0.03",
        "too much L2",
        "the penalty keeps the weights too small",
        l2(0.03),
        [("underfitting",)],
        SHRUNK,
    ),
    Case("1-epoch", "too few epochs", "one epoch at a small rate", {**sgd(0.01), "epochs": 1}, [SLOW], SLOW),
    Case(
        "12-epochs",
        "too few epochs",
        "ended while it still rises",
        {**sgd(0.003), "epochs": 12},
        [SLOW],
        SLOW,
    ),
    Case("2-units", "too small", "two hidden units", hidden(2), [("underfitting",)], SMALL),
    Case(
        "impatient",
        "stopped too soon",
        "early stopping that asks for more than a slow rate gives",
        {
            **sgd(0.005),
            "epochs": 60,
            "early_stopping": {"monitor": "val_loss", "patience": 1, "min_delta": 0.05},
        },
        [("stopped-early",), ("stopped-too-soon", "underfitting")],
        (*SLOW, "stopped-by-setting"),
    ),
    Case(
        "patient",
        "good",
        "the same without early stopping, three times as long as its siblings",
        {**sgd(0.005), "epochs": 60},
        (),
        ("not-converged",),
    ),
)
"""On 28 × 28 images: MNIST, and Fashion-MNIST where it is available."""

PHOTOGRAPHS: tuple[Case, ...] = (
    Case(
        "adam-stopping",
        "good",
        "early stopping that restores the best",
        {**adam(0.0003), "epochs": 60, "early_stopping": _STOP},
    ),
    Case(
        "sgd-stopping",
        "good",
        "early stopping that restores the best",
        {**sgd(0.01), "epochs": 60, "early_stopping": _STOP},
    ),
    Case(
        "dropout-stopping",
        "good",
        "dropout, and early stopping that restores the best",
        {**adam(0.0003), **hidden(128, dropout=0.2), "epochs": 60, "early_stopping": _STOP},
    ),
    Case(
        "too-long",
        "overfitting",
        "Adam goes on long after the best epoch",
        {**adam(0.001), **hidden(128), "epochs": 60},
        [("overfitting",), ("gap-large",)],
        ("overfits-beside", "oscillation"),
    ),
    Case(
        "rate-1e-6",
        "rate too small",
        "all steps together move nothing",
        sgd(1e-6),
        [("nothing-learned", "vanishing", "underfitting")],
        (*SLOW, "nothing-learned"),
    ),
    Case("rate-10", "rate too large", "a thousand times a good rate", sgd(10.0), [WILD], WILD),
    Case(
        "zeros",
        "bad start",
        "all weights begin at zero",
        {"kernel_initializer": "zeros", **sgd(0.01)},
        [("zero-gradient",), ("one-answer",)],
        BROKEN,
    ),
    Case(
        "l2-1",
        "too much L2",
        "the penalty leaves no weights",
        {**l2(1.0), **sgd(0.01)},
        [(*LOST, "underfitting")],
        SHRUNK,
    ),
    Case(
        "1-unit",
        "too small",
        "one hidden unit",
        {**hidden(1), **sgd(0.01)},
        [("underfitting", *LOST)],
        (*SMALL, *BROKEN),
    ),
    Case("1-epoch", "too few epochs", "one epoch at a small rate", {**sgd(0.001), "epochs": 1}, [SLOW], SLOW),
)
"""On 32 × 32 × 3 images: CIFAR-10."""

CASES: Mapping[str, tuple[Case, ...]] = {"mnist": DIGITS, "fashion_mnist": DIGITS, "cifar10": PHOTOGRAPHS}

_FRESH_STOP = {"monitor": "val_loss", "patience": 5, "restore_best_weights": True}
_FRESH_DIGITS: tuple[Case, ...] = (
    Case("sgd-96", "good", "SGD, a wider network", {**sgd(0.07), **hidden(96), "epochs": 25}),
    Case(
        "adamw",
        "good",
        "AdamW",
        {"optimizer": {"name": "adamw", "learning_rate": 0.0008}, **hidden(80), "epochs": 14},
    ),
    Case(
        "rmsprop-dropout",
        "good",
        "RMSprop with dropout",
        {
            "optimizer": {"name": "rmsprop", "learning_rate": 0.0008},
            **hidden(112, dropout=0.4),
            "epochs": 16,
        },
    ),
    Case(
        "nesterov",
        "good",
        "SGD with Nesterov's momentum and elu",
        {**sgd(0.02, momentum=0.9, nesterov=True), **hidden(72, activation="elu"), "epochs": 15},
    ),
    Case(
        "batch-128", "good", "large batches at a larger rate", {**sgd(0.3), "batch_size": 128, "epochs": 30}
    ),
    Case("rate-3e-4", "rate too small", "still on its way", {**sgd(3e-4), "epochs": 25}, [SLOW], SLOW),
    Case("adam-0.3", "rate too large", "three hundred times Adam's default", adam(0.3), [WILD], WILD),
    Case(
        "160-images",
        "few images",
        "160 training images are learned by heart",
        {"validation": 0.98, **adam(0.002), **hidden(96), "batch_size": 16, "epochs": 80},
        [("gap-large",)],
        ("overfitting", "overfits-beside"),
    ),
    Case(
        "noisy-labels",
        "label noise",
        "three in ten labels are wrong, and learned by heart",
        {"optimizer": {"name": "rmsprop", "learning_rate": 0.002}, **hidden(112), "epochs": 50},
        [("overfitting",), ("gap-large",)],
        NOISE,
        "noisy",
    ),
    Case(
        "enormous",
        "bad start",
        "weights begin at random, 50 times too large",
        {"kernel_initializer": {"name": "random_normal", "stddev": 5.0}, **hidden(96)},
        [(*WILD, "large-weights")],
        (*WILD, *SLOW, "overfitting", "overfits-beside"),
    ),
    Case(
        "dead-relu",
        "dead ReLUs",
        "biases of -20 keep every unit at zero",
        {
            **hidden(96),
            "layers": {"hidden_1": {"bias_initializer": {"name": "constant", "value": -20.0}}},
        },
        [("zero-gradient",), ("one-answer",)],
        (*BROKEN, "shut-start"),
    ),
    Case(
        "l2-0.3",
        "too much L2",
        "the penalty leaves next to no weights",
        l2(0.3),
        [(*LOST, "underfitting")],
        (*WILD, *SLOW),
    ),
    Case(
        "2-epochs", "too few epochs", "two epochs at a small rate", {**sgd(0.005), "epochs": 2}, [SLOW], SLOW
    ),
    Case("3-units", "too small", "three hidden units", hidden(3), [("underfitting",)], SMALL),
)
_FRESH_PHOTOGRAPHS: tuple[Case, ...] = (
    Case(
        "momentum-stopping",
        "good",
        "early stopping that restores the best",
        {**sgd(0.005, momentum=0.5), **hidden(100), "epochs": 60, "early_stopping": _FRESH_STOP},
    ),
    Case(
        "adam-stopping",
        "good",
        "dropout, and early stopping that restores the best",
        {**adam(0.0004), **hidden(100, dropout=0.1), "epochs": 60, "early_stopping": _FRESH_STOP},
    ),
    Case(
        "too-long",
        "overfitting",
        "SGD goes on long after the best epoch",
        {**sgd(0.03), **hidden(128), "epochs": 80},
        [("overfitting",), ("gap-large",)],
        ("overfits-beside", "oscillation"),
    ),
)
FRESH: Mapping[str, tuple[Case, ...]] = {
    "mnist": _FRESH_DIGITS,
    "fashion_mnist": _FRESH_DIGITS,
    "cifar10": _FRESH_PHOTOGRAPHS,
}
