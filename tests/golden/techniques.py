"""Write the table of Keras's constructors that the study's catalogue reads.

Run it after an upgrade of Keras: ``python tests/golden/techniques.py``. A test compares the committed table
with what this file makes of the installed Keras.
"""

from __future__ import annotations

import inspect
import json
import os
import re
from pathlib import Path

TABLE = Path(__file__).parents[2] / "src/paribus/study/techniques.json"

LEFT_OUT = {
    "self",
    "args",
    "kwargs",
    "name",
    "dtype",
    "seed",  # a run's named streams seed every draw
    "data_format",  # images are always (height, width, channels)
    "axis",
    "input_axes",
    "output_axes",
    "keepdims",
    "noise_shape",
    "value_range",  # pixels are always from 0 to 255
    "loss_scale_factor",  # for half precision; runs compute in float32
    "exclude_layers",
    "exclude_embeddings",
    "lora_rank",
    "lora_alpha",
    "quantization_config",
    "activity_regularizer",  # depends on the images, where a penalty depends on the weights alone
    "moving_mean_initializer",
    "moving_variance_initializer",
    "renorm",
    "renorm_clipping",
    "renorm_momentum",
    "synchronized",
}
OPTIMIZERS = [
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lamb", "Lion", "Muon", "Nadam",
    "RMSprop", "SGD", "ScheduleFreeAdamW",
]  # fmt: skip
SCHEDULES = [
    "CosineDecay", "CosineDecayRestarts", "ExponentialDecay", "InverseTimeDecay", "PiecewiseConstantDecay",
    "PolynomialDecay",
]  # fmt: skip
INITIALIZERS = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal",
    "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal",
    "VarianceScaling", "Zeros",
]  # fmt: skip
REGULARIZERS = ["L1", "L1L2", "L2", "OrthogonalRegularizer"]
LAYERS = [
    "Activation", "AveragePooling2D", "BatchNormalization", "Conv2D", "Dense", "DepthwiseConv2D", "Dropout",
    "Flatten", "GlobalAveragePooling2D", "GlobalMaxPooling2D", "GroupNormalization", "LayerNormalization",
    "LeakyReLU", "MaxPooling2D", "Rescaling", "SeparableConv2D", "ZeroPadding2D",
]  # fmt: skip
AUGMENTATIONS = [
    "GaussianNoise", "RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation",
    "RandomTranslation", "RandomZoom",
]  # fmt: skip
NAMES = {
    "AdamW": "adamw",
    "RMSprop": "rmsprop",
    "ScheduleFreeAdamW": "schedule_free_adamw",
    "SGD": "sgd",
    "L1L2": "l1_l2",
    "LeakyReLU": "leaky_relu",
}


def table() -> dict[str, dict[str, dict[str, object]]]:
    """Return the table of the installed Keras."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    kinds = {
        "optimizer": (keras.optimizers, OPTIMIZERS),
        "schedule": (keras.optimizers.schedules, SCHEDULES),
        "initializer": (keras.initializers, INITIALIZERS),
        "regularizer": (keras.regularizers, REGULARIZERS),
        "layer": (keras.layers, LAYERS),
        "augmentation": (keras.layers, AUGMENTATIONS),
    }
    return {
        kind: {snake_case(name): constructor(getattr(module, name)) for name in names}
        for kind, (module, names) in kinds.items()
    }


def snake_case(name: str) -> str:
    """Return ``he_normal`` for ``HeNormal``, ``conv2d`` for ``Conv2D``."""
    if name in NAMES:
        return NAMES[name]
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def constructor(keras_class: type) -> dict[str, object]:
    """Return class, required arguments and the others' defaults."""
    parameters = [
        parameter
        for name, parameter in inspect.signature(keras_class.__init__).parameters.items()
        if name not in LEFT_OUT and not name.endswith("_constraint")
    ]
    required = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    return {
        "keras_class": keras_class.__name__
        if keras_class.__name__ != "OrthogonalInitializer"
        else "Orthogonal",
        "required": required,
        "defaults": {each.name: plain(each.default) for each in parameters if each.name not in required},
    }


def plain(default: object) -> object:
    """Return a default as JSON has it."""
    return list(default) if isinstance(default, tuple) else default


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=1) + "\n", encoding="utf-8")
