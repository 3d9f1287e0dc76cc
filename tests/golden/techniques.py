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
    "axis",  # of layers: features and channels come last
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
    "weights",
    "backward_layer",  # the forward layer's, with weights of its own
    "return_state",  # a sequence of layers passes one array on
    "stateful",  # batches are drawn at random, so that none continues another
    "unroll",  # says how a layer is computed, not what
    "use_cudnn",
    "flash_attention",
    "attention_axes",
    "output_shape",
    "sliding_window",
    "use_gate",
    "value_dim",  # JAX's attention takes keys and values of one length
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
CONSTRAINTS = ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"]
LAYERS = [
    "Activation", "ActivityRegularization", "AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D", "AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
    "AlphaDropout", "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "BatchNormalization",
    "Bidirectional", "Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose",
    "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Cropping1D", "Cropping2D", "Cropping3D", "Dense",
    "DepthwiseConv1D", "DepthwiseConv2D", "Dropout", "ELU", "Embedding", "Flatten", "GRU",
    "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "GlobalAveragePooling3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
    "GroupNormalization", "Identity", "LSTM", "LayerNormalization", "LeakyReLU", "Masking", "MaxPooling1D",
    "MaxPooling2D", "MaxPooling3D", "MultiHeadAttention", "PReLU", "Permute", "RMSNormalization", "ReLU",
    "RepeatVector", "Rescaling", "Reshape", "SeparableConv1D", "SeparableConv2D", "SimpleRNN", "Softmax",
    "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "SpectralNormalization", "TimeDistributed",
    "UnitNormalization", "UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D",
    "ZeroPadding3D",
]  # fmt: skip
LEFT_OUT_LAYERS = [
    # Bases of others, or parts of them.
    "GRUCell", "InputLayer", "InputSpec", "LSTMCell", "Layer", "SimpleRNNCell",
    "StackedRNNCells", "Wrapper",
    # From several inputs.
    "Add", "AdditiveAttention", "Attention", "Average", "Concatenate", "Dot", "GroupQueryAttention",
    "Maximum", "Minimum", "Multiply", "Subtract",
    # From Python objects or an equation.
    "EinsumDense", "FlaxLayer", "JaxLayer", "Lambda", "Pipeline", "RNN", "TFSMLayer", "TorchModuleWrapper",
    # Weights that two layers share.
    "ReversibleEmbedding",
    # Made from the data before training.
    "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "MelSpectrogram",
    "Normalization", "STFTSpectrogram", "StringLookup", "TextVectorization",
    # Preprocessing and augmentation of images.
    "AugMix", "AutoContrast", "CenterCrop", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix",
    "Equalization", "MaxNumBoundingBoxes", "MixUp", "RandAugment", "RandomBrightness",
    "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop", "RandomElasticTransform",
    "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness",
    "RandomShear", "RandomTranslation", "RandomZoom", "Resizing", "Solarization",
]  # fmt: skip
"""Layers that a study cannot write or a sequence of layers cannot hold."""
AUGMENTATIONS = [
    "GaussianNoise", "RandomBrightness", "RandomContrast", "RandomFlip", "RandomRotation",
    "RandomTranslation", "RandomZoom",
]  # fmt: skip
NAMES = {
    "AdamW": "adamw",
    "PReLU": "prelu",
    "RMSprop": "rmsprop",
    "ReLU": "relu",
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
        "constraint": (keras.constraints, CONSTRAINTS),
        "layer": (keras.layers, LAYERS),
        "augmentation": (keras.layers, AUGMENTATIONS),
    }
    return {
        kind: {snake_case(name): constructor(getattr(module, name)) for name in names}
        for kind, (module, names) in kinds.items()
    }


def snake_case(name: str) -> str:
    """Return ``he_normal`` for ``HeNormal``, ``conv2d_transpose`` for ``Conv2DTranspose``."""
    if name in NAMES:
        return NAMES[name]
    words = re.sub(r"(?<=.)(?=[A-Z][a-z])", "_", name)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower()


def constructor(keras_class: type) -> dict[str, object]:
    """Return class, required arguments and the others' defaults."""
    parameters = [
        parameter
        for name, parameter in inspect.signature(keras_class.__init__).parameters.items()
        if name not in LEFT_OUT - ({"axis"} if keras_class.__module__.endswith("constraints") else set())
    ]
    required = [each.name for each in parameters if each.default is inspect.Parameter.empty]
    return {
        "keras_class": keras_class.__name__
        if keras_class.__name__ != "OrthogonalInitializer"
        else "Orthogonal",
        "required": required,
        "defaults": {
            each.name: plain(each.default, each.name) for each in parameters if each.name not in required
        },
    }


def plain(default: object, name: str) -> object:
    """Return an argument's default as JSON has it, an initializer by the name that it has here."""
    if name.endswith("_initializer"):
        import keras

        keras_class = type(keras.initializers.get(default)).__name__
        return snake_case(keras_class.removesuffix("Initializer"))
    return list(default) if isinstance(default, tuple) else default


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=1) + "\n", encoding="utf-8")
