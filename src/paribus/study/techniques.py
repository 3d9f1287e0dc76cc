"""The catalogue: every technique that a study may name, by Keras's names.

The constructors' arguments and defaults are in ``techniques.json``, which ``tests/golden/techniques.py``
makes from Keras and a test compares with the installed one, so that reading a study never imports Keras.

Of Keras's optimizers two are left out: `LossScaleOptimizer` serves half precision, where runs compute in
float32, and `MultiOptimizer` needs a Python function that assigns weights to optimizers. Of its losses those
are left out that do not score one image by its class: `circle`, `ctc`, `dice` and `tversky` compare batches,
`categorical_generalized_cross_entropy` needs an argument, `mean_absolute_percentage_error` divides by zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TypeAlias, TypedDict

Default: TypeAlias = bool | int | float | str | list[int] | None


class Kind(StrEnum):
    """What a technique is."""

    OPTIMIZER = "optimizer"
    SCHEDULE = "schedule"
    INITIALIZER = "initializer"
    REGULARIZER = "regularizer"
    LAYER = "layer"
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
    Kind.LAYER: ("model",),
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
REFERENCES = {
    "adadelta": "Zeiler 2012, arXiv:1212.5701",
    "adafactor": "Shazeer and Stern 2018, arXiv:1804.04235",
    "adagrad": "Duchi, Hazan and Singer 2011, JMLR 12:2121-2159",
    "adam": "Kingma and Ba 2015, arXiv:1412.6980",
    "adamax": "Kingma and Ba 2015, arXiv:1412.6980, section 7",
    "adamw": "Loshchilov and Hutter 2019, arXiv:1711.05101",
    "ftrl": "McMahan et al. 2013, doi:10.1145/2487575.2488200",
    "lamb": "You et al. 2020, arXiv:1904.00962",
    "lion": "Chen et al. 2023, arXiv:2302.06675",
    "muon": "Jordan et al. 2024; Liu et al. 2025, arXiv:2502.16982",
    "nadam": "Dozat 2016, ICLR workshop track",
    "rmsprop": "Tieleman and Hinton 2012, Neural Networks for Machine Learning, lecture 6.5",
    "schedule_free_adamw": "Defazio et al. 2024, arXiv:2405.15682",
    "sgd": "Robbins and Monro 1951; momentum: Polyak 1964; Nesterov's: Sutskever et al. 2013",
    "cosine_decay": "Loshchilov and Hutter 2017, arXiv:1608.03983",
    "cosine_decay_restarts": "Loshchilov and Hutter 2017, arXiv:1608.03983",
    "glorot_normal": "Glorot and Bengio 2010, PMLR 9:249-256",
    "glorot_uniform": "Glorot and Bengio 2010, PMLR 9:249-256",
    "he_normal": "He et al. 2015, arXiv:1502.01852",
    "he_uniform": "He et al. 2015, arXiv:1502.01852",
    "lecun_normal": "LeCun et al. 1998, Efficient BackProp; Klambauer et al. 2017, arXiv:1706.02515",
    "lecun_uniform": "LeCun et al. 1998, Efficient BackProp",
    "orthogonal": "Saxe, McClelland and Ganguli 2014, arXiv:1312.6120",
    "variance_scaling": "He et al. 2015, arXiv:1502.01852",
    "l1": "Tibshirani 1996, J. R. Stat. Soc. B 58:267-288",
    "l1_l2": "Zou and Hastie 2005, J. R. Stat. Soc. B 67:301-320",
    "l2": "Krogh and Hertz 1992, NIPS 4:950-957",
    "orthogonal_regularizer": "Brock et al. 2017, arXiv:1609.07093",
    "batch_normalization": "Ioffe and Szegedy 2015, arXiv:1502.03167",
    "depthwise_conv2d": "Howard et al. 2017, arXiv:1704.04861",
    "dropout": "Srivastava et al. 2014, JMLR 15:1929-1958",
    "global_average_pooling2d": "Lin, Chen and Yan 2014, arXiv:1312.4400",
    "group_normalization": "Wu and He 2018, arXiv:1803.08494",
    "layer_normalization": "Ba, Kiros and Hinton 2016, arXiv:1607.06450",
    "leaky_relu": "Maas, Hannun and Ng 2013, ICML workshop on deep learning for audio",
    "separable_conv2d": "Chollet 2017, arXiv:1610.02357",
    "binary_focal_crossentropy": "Lin et al. 2017, arXiv:1708.02002",
    "categorical_focal_crossentropy": "Lin et al. 2017, arXiv:1708.02002",
}
"""A citation by technique; what is older than any one paper is absent."""


@cache
def _catalogue() -> dict[Kind, dict[str, Entry]]:
    table: dict[str, dict[str, _Row]] = json.loads(
        resources.files("paribus.study").joinpath("techniques.json").read_text(encoding="utf-8")
    )
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
    """Return the technique of this kind and name.

    Raises:
        KeyError: There is none.

    Example:
        >>> entry(Kind.OPTIMIZER, "adam").keras_class
        'Adam'
    """
    return _catalogue()[kind][ALIASES.get((kind, name), name)]
