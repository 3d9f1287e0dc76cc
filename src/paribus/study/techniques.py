"""The catalogue: every technique that a study may name, by Keras's names.

The constructors' arguments and defaults are in ``techniques.json``, which ``tests/golden/techniques.py``
makes from Keras and a test compares with the installed one, so that reading a study never imports Keras.

Of Keras's optimizers two are left out: `LossScaleOptimizer` serves half precision, where runs compute in
float32, and `MultiOptimizer` needs a Python function that assigns weights to optimizers. Of its losses those
are left out that do not score one image by its class: `circle`, `ctc`, `dice` and `tversky` compare batches,
`categorical_generalized_cross_entropy` needs an argument, `mean_absolute_percentage_error` divides by zero.
Of its layers those are left out that a study cannot write or a sequence of layers cannot hold, see
`LEFT_OUT_LAYERS` in ``tests/golden/techniques.py``. `MultiHeadAttention` attends from a sequence to itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeAlias, TypedDict

_FOLDER = resources.files("paribus.study")

Default: TypeAlias = bool | int | float | str | list[int] | list[list[int]] | None


class Kind(StrEnum):
    """What a technique is."""

    OPTIMIZER = "optimizer"
    SCHEDULE = "schedule"
    INITIALIZER = "initializer"
    REGULARIZER = "regularizer"
    CONSTRAINT = "constraint"
    LAYER = "layer"
    AUGMENTATION = "augmentation"
    LOSS = "loss"
    ACTIVATION = "activation"

    @property
    def factors(self) -> tuple[str, ...]:
        """Return the settings of a study that take a technique of this kind."""
        return _FACTORS[self]


_FACTORS = {
    Kind.OPTIMIZER: ("optimizer",),
    Kind.SCHEDULE: ("learning_rate",),
    Kind.INITIALIZER: ("kernel_initializer", "bias_initializer"),
    Kind.REGULARIZER: ("kernel_regularizer", "bias_regularizer"),
    Kind.CONSTRAINT: ("kernel_constraint", "bias_constraint"),
    Kind.LAYER: ("model",),
    Kind.AUGMENTATION: ("augment",),
    Kind.LOSS: ("loss",),
    Kind.ACTIVATION: ("model",),
}


@dataclass(frozen=True)
class Entry:
    """One technique.

    Args:
        name: As a study writes it.
        kind: What it is.
        keras_class: Its class in Keras, or its function for losses and activations.
        required: Arguments that have no default.
        defaults: The other arguments that a study may set, with Keras's defaults.
    """

    name: str
    kind: Kind
    keras_class: str
    required: tuple[str, ...]
    defaults: Mapping[str, Default]

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return every argument that a study may set."""
        return (*self.required, *self.defaults)

    @property
    def reference(self) -> str:
        """Return where it was proposed; empty where that is older than any one paper."""
        return REFERENCES.get(self.name, "")


class _Row(TypedDict):
    keras_class: str
    required: list[str]
    defaults: dict[str, Default]


LOSSES = (
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
    "categorical_focal_crossentropy", "categorical_hinge", "cosine_similarity", "hinge", "huber",
    "kl_divergence", "log_cosh", "mean_absolute_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "poisson", "sparse_categorical_crossentropy", "squared_hinge",
)  # fmt: skip
SMOOTHED = ("binary_crossentropy", "categorical_crossentropy", "categorical_focal_crossentropy")
"""The losses that take smoothed labels; Keras's ``binary_focal_crossentropy`` does, and here does not."""
ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax",
    "squareplus", "tanh", "tanh_shrink",
)  # fmt: skip
ALIASES = {
    (Kind.ACTIVATION, "swish"): "silu",
    (Kind.ACTIVATION, "hard_swish"): "hard_silu",
    (Kind.LOSS, "bce"): "binary_crossentropy",
    (Kind.LOSS, "kld"): "kl_divergence",
    (Kind.LOSS, "mae"): "mean_absolute_error",
    (Kind.LOSS, "mse"): "mean_squared_error",
    (Kind.LOSS, "msle"): "mean_squared_logarithmic_error",
}
"""Keras's own second names; a configuration holds the first."""
REFERENCES: dict[str, str] = json.loads(_FOLDER.joinpath("references.json").read_text(encoding="utf-8"))
"""A citation by technique; what is older than any one paper is absent."""


@cache
def _catalogue() -> dict[Kind, dict[str, Entry]]:
    content = _FOLDER.joinpath("techniques.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, _Row]] = json.loads(content)
    catalogue = {
        Kind(kind): {
            name: Entry(name, Kind(kind), row["keras_class"], tuple(row["required"]), row["defaults"])
            for name, row in rows.items()
        }
        for kind, rows in table.items()
    }
    rmsprop = catalogue[Kind.OPTIMIZER]["rmsprop"]
    catalogue[Kind.OPTIMIZER]["rmsprop"] = Entry(
        "rmsprop", Kind.OPTIMIZER, rmsprop.keras_class, (), {**rmsprop.defaults, "epsilon_outside": False}
    )
    for kind, functions in ((Kind.LOSS, LOSSES), (Kind.ACTIVATION, ACTIVATIONS)):
        catalogue[kind] = {name: Entry(name, kind, name, (), {}) for name in functions}
    return catalogue


def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of this kind, sorted.

    Example:
        >>> names(Kind.REGULARIZER)
        ('l1', 'l1_l2', 'l2', 'orthogonal_regularizer')
    """
    return tuple(sorted(_catalogue()[kind]))


def entry(kind: Kind, name: str) -> Entry:
    """Return the technique of this kind and name; of one of the user's own, ``file.py:Class``, its class.

    Raises:
        KeyError: There is none.

    Example:
        >>> entry(Kind.OPTIMIZER, "adam").keras_class
        'Adam'
    """
    if ":" in name:
        return Entry(name, kind, name.rpartition(":")[2], (), {})
    return _catalogue()[kind][ALIASES.get((kind, name), name)]
