"""The trajectories that are compared with Keras: what each trains, in the words of a configuration.

Read by ``make_trajectories.py`` (which never imports Paribus) and, through the file it writes, by
``tests/engine/test_golden.py``. Arguments that are not given are Keras's defaults.

Left out: dropout and noise, whose draws differ between backends; pooling of volumes, which TensorFlow lacks
in float64; ScheduleFreeAdamW, whose file in Keras 3.15 means to keep the old momentum but on TensorFlow reads
the new one.
"""

from __future__ import annotations

from typing import Any

EPOCHS = 5
BATCH = 32

L2 = {"name": "l2", "arguments": {"l2": 0.01}}
PENALISED = {"kernel_regularizer": L2, "bias_regularizer": L2}


def technique(name: str, **arguments: Any) -> dict[str, Any]:
    """An optimizer, initializer, regularizer or schedule."""
    return {"name": name, "arguments": arguments}


def layer(kind: str, **arguments: Any) -> dict[str, Any]:
    """One layer."""
    return {"kind": kind, "arguments": arguments}


def two_layers(
    first: dict[str, Any] | None = None, both: dict[str, Any] | None = None, activation: str = "relu"
) -> list[dict[str, Any]]:
    """The lab's network on a smaller scale: 64-32-10, sigmoid outputs."""
    hidden = {"units": 32, "activation": activation, **(both or {}), **(first or {})}
    return [layer("dense", **hidden), layer("dense", units=10, activation="sigmoid", **(both or {}))]


def case(
    layers: list[dict[str, Any]],
    optimizer: dict[str, Any],
    loss: str = "binary_crossentropy",
    **settings: Any,
) -> dict[str, Any]:
    """What one trajectory trains."""
    return {
        "layers": layers,
        "loss": loss,
        "optimizer": optimizer,
        "scale": "unit",
        "batch_size": BATCH,
        "epochs": EPOCHS,
        "early_stopping": None,
        **settings,
    }


def _lab() -> dict[str, dict[str, Any]]:
    """The published lab's variants: pixels 0 to 255."""
    sgd = technique("sgd", learning_rate=0.01)
    plain, l2 = two_layers(), two_layers(both=PENALISED)

    def initialised(weights: str, biases: str) -> list[dict[str, Any]]:
        first = {"kernel_initializer": technique(weights), "bias_initializer": technique(biases)}
        return two_layers(first)

    patient = {"monitor": "val_loss", "patience": 3}
    variants = {
        "lab-1": case(plain, sgd),
        "lab-2": case(l2, sgd),
        "lab-3a": case(initialised("zeros", "zeros"), sgd),
        "lab-3b": case(initialised("ones", "ones"), sgd),
        "lab-3c": case(initialised("glorot_uniform", "ones"), sgd),
        "lab-4a": case(l2, technique("sgd", learning_rate=0.01, momentum=0.9)),
        "lab-4b": case(plain, technique("rmsprop", learning_rate=1e-4)),
        "lab-4b-outside": case(plain, technique("rmsprop", learning_rate=1e-4, epsilon_outside=True)),
        "lab-4c": case(l2, technique("adam", learning_rate=1e-4)),
        "lab-5": case(l2, sgd, batch_size=8),
        "lab-6": case(l2, sgd, batch_size=8, epochs=40, early_stopping=patient),
    }
    return {name: {**variant, "scale": "none"} for name, variant in variants.items()}


def _optimizers() -> dict[str, dict[str, Any]]:
    smooth = two_layers(activation="tanh")
    outside = {"learning_rate": 0.003, "epsilon_outside": True, "epsilon": 0.001}
    named = {
        "sgd-momentum": technique("sgd", learning_rate=0.05, momentum=0.9),
        "sgd-nesterov": technique("sgd", learning_rate=0.05, momentum=0.9, nesterov=True),
        "sgd-weight-decay": technique("sgd", learning_rate=0.05, weight_decay=0.1),
        "sgd-clipnorm": technique("sgd", learning_rate=0.3, clipnorm=0.05),
        "sgd-clipvalue": technique("sgd", learning_rate=0.3, clipvalue=0.003),
        "sgd-global-clipnorm": technique("sgd", learning_rate=0.3, global_clipnorm=0.05),
        "sgd-ema": technique("sgd", learning_rate=0.3, use_ema=True, ema_momentum=0.9),
        "sgd-ema-overwrite": technique(
            "sgd", learning_rate=0.3, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3
        ),
        "sgd-accumulation": technique("sgd", learning_rate=0.3, momentum=0.9, gradient_accumulation_steps=3),
        "rmsprop": technique("rmsprop", learning_rate=0.003),
        "rmsprop-centered": technique("rmsprop", learning_rate=0.003, centered=True, epsilon=0.001),
        "rmsprop-momentum": technique("rmsprop", learning_rate=0.001, momentum=0.5, epsilon=0.001),
        "rmsprop-outside": technique("rmsprop", **outside),
        "rmsprop-outside-decay": technique("rmsprop", weight_decay=0.1, **outside),
        "rmsprop-outside-centered": technique("rmsprop", centered=True, **outside),
        "rmsprop-outside-momentum": technique("rmsprop", momentum=0.5, **outside),
        "rmsprop-outside-both": technique("rmsprop", momentum=0.5, centered=True, **outside),
        "adam": technique("adam", learning_rate=0.003),
        "adam-amsgrad": technique("adam", learning_rate=0.003, amsgrad=True),
        "adamw": technique("adamw", learning_rate=0.003, weight_decay=0.1),
        "adamax": technique("adamax", learning_rate=0.003),
        "nadam": technique("nadam", learning_rate=0.003),
        "adagrad": technique("adagrad", learning_rate=0.03),
        "adadelta": technique("adadelta", learning_rate=1.0),
        "adafactor": technique("adafactor", learning_rate=0.01),
        "ftrl": technique("ftrl", learning_rate=0.03, l1_regularization_strength=0.001),
        "lamb": technique("lamb", learning_rate=0.01),
        "lion": technique("lion", learning_rate=0.001),
        "muon": technique("muon", learning_rate=0.003),
    }
    return {name: case(smooth, optimizer) for name, optimizer in named.items()}


def _schedules() -> dict[str, dict[str, Any]]:
    named = {
        "cosine-decay": technique(
            "cosine_decay", initial_learning_rate=0.02, decay_steps=30, warmup_target=0.1, warmup_steps=6
        ),
        "cosine-decay-restarts": technique(
            "cosine_decay_restarts", initial_learning_rate=0.1, first_decay_steps=10
        ),
        "exponential-decay": technique(
            "exponential_decay", initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5
        ),
        "inverse-time-decay": technique(
            "inverse_time_decay", initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5, staircase=True
        ),
        "piecewise-constant-decay": technique(
            "piecewise_constant_decay", boundaries=[7, 20], values=[0.1, 0.05, 0.01]
        ),
        "polynomial-decay": technique(
            "polynomial_decay", initial_learning_rate=0.1, decay_steps=25, end_learning_rate=0.01, power=2.0
        ),
    }
    smooth = two_layers(activation="tanh")
    return {name: case(smooth, technique("sgd", learning_rate=schedule)) for name, schedule in named.items()}


def _objectives() -> dict[str, dict[str, Any]]:
    def network(output: str, units: int = 10) -> list[dict[str, Any]]:
        return [
            layer("dense", units=16, activation="tanh"),
            layer("dense", units=units, activation=output),
        ]

    sgd = technique("sgd", learning_rate=0.05)
    pairs = {
        "softmax": (network("softmax"), "categorical_crossentropy"),
        "softmax-sparse": (network("softmax"), "sparse_categorical_crossentropy"),
        "softmax-binary": (network("softmax"), "binary_crossentropy"),
        "sigmoid-categorical": (network("sigmoid"), "categorical_crossentropy"),
        "softmax-squared": (network("softmax"), "mean_squared_error"),
        "linear-squared": (network("linear"), "mean_squared_error"),
        "single": (network("sigmoid", units=1), "binary_crossentropy"),
    }
    cases = {name: case(layers, sgd, loss) for name, (layers, loss) in pairs.items()}
    cases["single"]["binary"] = True  # labels: whether the digit is odd
    return cases


def _layers() -> dict[str, dict[str, Any]]:
    sgd = technique("sgd", learning_rate=0.05)
    output = layer("dense", units=10, activation="softmax")
    stacks = {
        "batch-normalization": [
            layer("dense", units=16),
            layer("batch_normalization", momentum=0.8),
            layer("activation", activation="relu"),
        ],
        "batch-normalization-images": [
            layer("conv2d", filters=4, kernel_size=[3, 3]),
            layer("batch_normalization", momentum=0.8),
            layer("activation", activation="relu"),
            layer("flatten"),
        ],
        "convolution": [
            layer("conv2d", filters=4, kernel_size=[3, 3], padding="same", activation="tanh", **PENALISED),
            layer("max_pooling2d"),
            layer("conv2d", filters=6, kernel_size=[2, 2], strides=[2, 2], activation="relu"),
            layer("flatten"),
        ],
        "separable": [
            layer("zero_padding2d"),
            layer("separable_conv2d", filters=6, kernel_size=[3, 3], depth_multiplier=2),
            layer("leaky_relu", negative_slope=0.2),
            layer("average_pooling2d", pool_size=[2, 2]),
            layer("depthwise_conv2d", kernel_size=[2, 2], activation="tanh"),
            layer("global_average_pooling2d"),
        ],
        "normalized": [
            layer("rescaling", scale=2.0, offset=-1.0),
            layer("conv2d", filters=8, kernel_size=[3, 3]),
            layer("group_normalization", groups=4),
            layer("global_max_pooling2d"),
            layer("dense", units=16, activation="elu"),
            layer("layer_normalization"),
        ],
    }
    cases = {name: case([*stack, output], sgd, "categorical_crossentropy") for name, stack in stacks.items()}
    regularizers = {
        "l1": technique("l1", l1=0.001),
        "l1-l2": technique("l1_l2", l1=0.001, l2=0.01),
    }
    for name, regularizer in regularizers.items():
        cases[name] = case(two_layers({"kernel_regularizer": regularizer}, activation="tanh"), sgd)
    return cases


def _wrapped(kind: str, inner: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """A layer that wraps another."""
    return layer(kind, layer=technique(inner["kind"], **inner["arguments"]), **arguments)


def _sequences() -> dict[str, list[dict[str, Any]]]:
    """Stacks over an image's rows as the steps of a sequence, or over its pixels as tokens."""
    rows = layer("reshape", target_shape=[8, 8])
    return {
        "simple-rnn": [rows, layer("simple_rnn", units=6, recurrent_regularizer=L2)],
        "lstm": [
            rows,
            layer("lstm", units=6, kernel_regularizer=L2, recurrent_constraint=technique("unit_norm")),
        ],
        "gru": [rows, layer("gru", units=6, return_sequences=True), layer("gru", units=5, reset_after=False)],
        "bidirectional": [
            rows,
            _wrapped("bidirectional", layer("lstm", units=5, return_sequences=True)),
            _wrapped("bidirectional", layer("gru", units=4, activation="selu"), merge_mode="sum"),
        ],
        "masking": [
            rows,
            layer("masking", mask_value=0.0),
            layer("lstm", units=5, return_sequences=True, go_backwards=True),
            layer("simple_rnn", units=4),
        ],
        "embedding": [
            layer("flatten"),
            layer("embedding", input_dim=256, output_dim=4, mask_zero=True, embeddings_regularizer=L2),
            layer("global_average_pooling1d"),
        ],
        "attention": [
            rows,
            layer("multi_head_attention", num_heads=2, key_dim=3, kernel_regularizer=L2),
            layer("rms_normalization"),
            layer("global_average_pooling1d"),
        ],
        "convolution-1d": [
            rows,
            layer("conv1d", filters=4, kernel_size=3, padding="causal", dilation_rate=2),
            layer("prelu", shared_axes=[1]),
            layer("zero_padding1d", padding=[1, 2]),
            layer("separable_conv1d", filters=5, kernel_size=2, activation="tanh"),
            layer("max_pooling1d", pool_size=2),
            layer("depthwise_conv1d", kernel_size=2),
            layer("up_sampling1d", size=3),
            layer("cropping1d", cropping=1),
            layer("conv1d_transpose", filters=3, kernel_size=3, strides=2, activation="relu"),
            layer("average_pooling1d", pool_size=2),
            layer("adaptive_max_pooling1d", output_size=3),
            layer("global_max_pooling1d"),
        ],
        "time-distributed": [
            rows,
            _wrapped("time_distributed", layer("dense", units=5, activation="tanh")),
            layer("permute", dims=[2, 1]),
            layer("flatten"),
        ],
        "repeated": [
            layer("flatten"),
            layer("dense", units=6, activation="tanh"),
            layer("repeat_vector", n=3),
            layer("lstm", units=4),
        ],
        "conv-lstm": [
            layer("reshape", target_shape=[2, 4, 8, 1]),
            layer("conv_lstm2d", filters=3, kernel_size=[2, 2], padding="same", return_sequences=True),
            layer("conv_lstm2d", filters=2, kernel_size=[2, 2], strides=[2, 2]),
            layer("flatten"),
        ],
    }


def _volumes_and_norms() -> dict[str, list[dict[str, Any]]]:
    return {
        "convolution-3d": [
            layer("reshape", target_shape=[4, 4, 4, 1]),
            layer("conv3d", filters=3, kernel_size=[2, 2, 2], padding="same"),
            layer("relu", negative_slope=0.1, max_value=1.0, threshold=0.1),
            layer("zero_padding3d", padding=[1, 1, 1]),
            layer("conv3d_transpose", filters=2, kernel_size=[2, 2, 2]),
            layer("up_sampling3d"),
            layer("cropping3d", cropping=[1, 1, 1]),
            layer("global_average_pooling3d"),
        ],
        "transposed": [
            layer("conv2d_transpose", filters=3, kernel_size=[3, 3], strides=[2, 2], padding="same"),
            layer("elu", alpha=0.5),
            layer("cropping2d", cropping=[1, 2]),
            layer("up_sampling2d", size=[2, 1], interpolation="bilinear"),
            layer("adaptive_average_pooling2d", output_size=[2, 3]),
            layer("flatten"),
        ],
        "spectral": [
            _wrapped(
                "spectral_normalization", layer("conv2d", filters=4, kernel_size=[3, 3], activation="relu")
            ),
            layer("flatten"),
            _wrapped(
                "spectral_normalization", layer("dense", units=8, activation="tanh"), power_iterations=2
            ),
        ],
        "activity": [
            layer(
                "dense", units=16, activation="tanh", kernel_constraint=technique("max_norm", max_value=0.8)
            ),
            layer("activity_regularization", l1=0.001, l2=0.002),
            layer("unit_normalization"),
        ],
    }


def _constraints() -> dict[str, dict[str, Any]]:
    named = {
        "max-norm": technique("max_norm", max_value=0.7),
        "min-max-norm": technique("min_max_norm", min_value=0.5, max_value=0.9, rate=0.4),
        "non-neg": technique("non_neg"),
        "unit-norm": technique("unit_norm", axis=[0, 1]),
    }
    return {
        name: case(
            two_layers(
                {"kernel_constraint": constraint, "bias_constraint": technique("non_neg")}, activation="tanh"
            ),
            technique("sgd", learning_rate=0.05),
        )
        for name, constraint in named.items()
    }


def _more_layers() -> dict[str, dict[str, Any]]:
    sgd = technique("sgd", learning_rate=0.05)
    stacks = {**_sequences(), **_volumes_and_norms()}
    output = layer("dense", units=10, activation="softmax")
    cases = {name: case([*stack, output], sgd, "categorical_crossentropy") for name, stack in stacks.items()}
    cases["embedding"]["scale"] = "none"
    ends = [layer("dense", units=16, activation="tanh"), layer("dense", units=10), layer("softmax")]
    return {**cases, "softmax-layer": case(ends, sgd, "categorical_crossentropy"), **_constraints()}


def _early_stopping() -> dict[str, dict[str, Any]]:
    restless = technique("sgd", learning_rate=0.6, momentum=0.9)
    layers = two_layers(both={"kernel_regularizer": technique("l2", l2=0.001)}, activation="tanh")
    settings = {
        "stop-restored": {"monitor": "val_loss", "patience": 2, "restore_best_weights": True},
        "stop-never-restored": {"monitor": "val_loss", "patience": 50, "restore_best_weights": True},
        "stop-at-once": {"monitor": "val_accuracy", "patience": 0},
        "stop-min-delta": {"monitor": "val_loss", "patience": 1, "min_delta": 0.05},
        "stop-baseline": {
            "monitor": "val_loss",
            "patience": 3,
            "baseline": 0.01,
            "restore_best_weights": True,
        },
        "stop-later": {"monitor": "val_accuracy", "patience": 1, "mode": "min", "start_from_epoch": 4},
    }
    return {
        name: case(layers, restless, epochs=12, early_stopping=early_stopping)
        for name, early_stopping in settings.items()
    }


CASES = {
    **_lab(),
    **_optimizers(),
    **_schedules(),
    **_objectives(),
    **_layers(),
    **_more_layers(),
    **_early_stopping(),
}
