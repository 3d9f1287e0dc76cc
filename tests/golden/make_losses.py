"""Write ``losses.npz``: every loss and last activation of the catalogue, as Keras on TensorFlow has them.

Run with TensorFlow and Keras, in an environment of its own (``make golden``):
``python tests/golden/make_losses.py [--out DIR]``. It imports nothing of Paribus. Losses are taken from the
activation's outputs inside a traced function, as `fit` does it, with their gradient by the logits.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
LOSSES = [
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]
ACTIVATIONS = [
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh",
    "tanh_shrink",
]
OUTPUTS = ["sigmoid", "softmax", "tanh", "linear"]


def logits() -> np.ndarray:
    """Float32, shape (12, 10): usual ones, then large ones, then some of ten thousand."""
    draw = np.random.RandomState(0)
    scales = np.repeat([1.0, 30.0], 5)[:, None]
    usual = draw.normal(size=(10, 10)) * scales
    huge = np.where(draw.uniform(size=(2, 10)) < 0.5, -1e4, 1e4)
    return np.concatenate([usual, huge]).astype(np.float32)


def labels() -> np.ndarray:
    """int32, shape (12,)."""
    return np.random.RandomState(1).randint(0, 10, 12).astype(np.int32)


def kinks() -> np.ndarray:
    """Float32, shape (1, 29): where activations have their kinks, and between; zero among them."""
    return np.linspace(-7, 7, 29, dtype=np.float32)[None]


def slopes(name: str) -> np.ndarray:
    """Gradient of the sum of an activation's values, weighted 1 to 29, at the kinks."""
    activation = keras.activations.get(name)

    @tf.function
    def slope(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            total = tf.reduce_sum(activation(values) * tf.range(1.0, 30.0))
        return tape.gradient(total, values)

    return slope(tf.constant(kinks())).numpy()


def scored(loss: str, output: str) -> tuple[np.ndarray, np.ndarray]:
    """Loss of each row, and the gradient of the rows' sum by the logits."""
    function, activation = getattr(keras.losses, loss), keras.activations.get(output)
    truth = labels() if loss.startswith("sparse") else np.eye(10, dtype=np.float32)[labels()]

    @tf.function
    def score(values):
        with tf.GradientTape() as tape:
            tape.watch(values)
            losses = function(truth, activation(values))
        return losses, tape.gradient(losses, values)

    losses, gradient = score(tf.constant(logits()))
    return losses.numpy(), gradient.numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    arrays = {"logits": logits(), "labels": labels(), "kinks": kinks()}
    arrays["versions"] = np.array(json.dumps({"tensorflow": tf.__version__, "keras": keras.__version__}))
    for loss in LOSSES:
        for output in OUTPUTS:
            arrays[f"loss/{loss}/{output}"], arrays[f"gradient/{loss}/{output}"] = scored(loss, output)
    for name in ACTIVATIONS:
        arrays[f"slope/{name}"] = slopes(name)
        arrays[f"activation/{name}"] = tf.function(keras.activations.get(name))(tf.constant(logits())).numpy()
    options.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out / "losses.npz", **arrays)


if __name__ == "__main__":
    main()
