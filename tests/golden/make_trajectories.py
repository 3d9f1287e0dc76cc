"""Write ``trajectories.json`` and ``weights.npz``: how Keras on TensorFlow trains each of ``cases.py``.

Run with TensorFlow and Keras, in an environment of its own (``make golden``):
``python tests/golden/make_trajectories.py [--out DIR] [NAME ...]``. It imports nothing of Paribus: the
models are compiled and fitted by Keras, from the initial weights in ``weights.npz`` and in a fixed order
of the images, with Keras's own losses on the networks' outputs, as the published lab did.

Each case is trained in float32 and again in float64; how far the two lie apart says how much of a difference
rounding alone explains.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cases
import keras
import numpy as np
import techniques
import tensorflow as tf

HERE = Path(__file__).parent
TRAIN = 250


class SelfAttention(keras.layers.Layer):
    """Keras's attention from a sequence to itself."""

    def __init__(self, **arguments):
        super().__init__()
        self.attention = keras.layers.MultiHeadAttention(**arguments)

    def build(self, input_shape):
        self.attention.build(input_shape, input_shape)

    def call(self, inputs):
        return self.attention(inputs, inputs)


NAMES = {
    "adadelta": keras.optimizers.Adadelta,
    "adafactor": keras.optimizers.Adafactor,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
    "adamax": keras.optimizers.Adamax,
    "adamw": keras.optimizers.AdamW,
    "ftrl": keras.optimizers.Ftrl,
    "lamb": keras.optimizers.Lamb,
    "lion": keras.optimizers.Lion,
    "muon": keras.optimizers.Muon,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
    "cosine_decay": keras.optimizers.schedules.CosineDecay,
    "cosine_decay_restarts": keras.optimizers.schedules.CosineDecayRestarts,
    "exponential_decay": keras.optimizers.schedules.ExponentialDecay,
    "inverse_time_decay": keras.optimizers.schedules.InverseTimeDecay,
    "piecewise_constant_decay": keras.optimizers.schedules.PiecewiseConstantDecay,
    "polynomial_decay": keras.optimizers.schedules.PolynomialDecay,
    "glorot_uniform": keras.initializers.GlorotUniform,
    "ones": keras.initializers.Ones,
    "zeros": keras.initializers.Zeros,
    "l1": keras.regularizers.L1,
    "l1_l2": keras.regularizers.L1L2,
    "l2": keras.regularizers.L2,
    **{techniques.snake_case(name): getattr(keras.constraints, name) for name in techniques.CONSTRAINTS},
    **{techniques.snake_case(name): getattr(keras.layers, name) for name in techniques.LAYERS},
    "multi_head_attention": SelfAttention,
}
LOSSES = {
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
    "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
    "mean_squared_error": keras.losses.MeanSquaredError,
}


def exact_cast(x: Any, dtype: Any, name: str | None = None, *, cast: Any = tf.cast) -> tf.Tensor:
    """TensorFlow's cast, which rounds a Python number to float32 on its way to float64, but not NumPy's."""
    return cast(np.float64(x) if type(x) is float else x, dtype, name)


tf.cast = exact_cast


class RMSprop2021(keras.optimizers.RMSprop):
    """RMSprop as in TensorFlow 2.6, from keras/optimizer_v2/rmsprop.py.

    Without momentum that file divides by √v + ε. With momentum it calls TensorFlow's fused operations, which
    stand here themselves; they divide by √(v + ε).
    """

    def update_step(self, gradient, variable, learning_rate):
        place = self._get_variable_index(variable)
        ms = self._velocities[place].value
        rate = tf.cast(learning_rate, variable.dtype)
        rho, momentum, epsilon = (
            tf.constant(value, variable.dtype) for value in (self.rho, self.momentum, self.epsilon)
        )
        shared = {"lr": rate, "rho": rho, "momentum": momentum, "epsilon": epsilon, "grad": gradient}
        if self.momentum > 0 and self.centered:
            tf.raw_ops.ResourceApplyCenteredRMSProp(
                var=variable.handle,
                mg=self._average_gradients[place].value.handle,
                ms=ms.handle,
                mom=self._momentums[place].value.handle,
                **shared,
            )
            return
        if self.momentum > 0:
            mom = self._momentums[place].value
            tf.raw_ops.ResourceApplyRMSProp(var=variable.handle, ms=ms.handle, mom=mom.handle, **shared)
            return
        ms.assign(rho * ms + (1 - rho) * tf.square(gradient))
        denominator = ms
        if self.centered:
            mg = self._average_gradients[place].value
            mg.assign(rho * mg + (1 - rho) * gradient)
            denominator = ms - tf.square(mg)
        variable.assign(variable - rate * gradient / (tf.sqrt(denominator) + epsilon))


def construct(value: Any) -> Any:
    """The Keras object that a technique names; anything else is returned as it is."""
    if not isinstance(value, dict):
        return value
    arguments = {name: construct(argument) for name, argument in value["arguments"].items()}
    if arguments.pop("epsilon_outside", False):
        return RMSprop2021(**arguments)
    return NAMES[value.get("name") or value["kind"]](**arguments)


def compiled(case: dict[str, Any], shape: tuple[int, ...]) -> keras.Sequential:
    """The case's model."""
    model = keras.Sequential([keras.Input(shape), *(construct(layer) for layer in case["layers"])])
    model.compile(construct(case["optimizer"]), LOSSES[case["loss"]](), metrics=["accuracy"])
    return model


def initial_weights(model: keras.Sequential) -> list[np.ndarray]:
    """Weights to start from: Keras's constants, and normal numbers of the fans' scale for the rest.

    From NumPy's ``RandomState``, whose numbers are promised never to change.
    """
    draw = np.random.RandomState(0)
    weights = []
    for variable in model.weights:
        value = np.asarray(variable)
        if len(value.shape) > 1 and len(np.unique(value)) > 1:
            scale = np.sqrt(2 / (np.prod(value.shape[:-1]) + value.shape[-1]))
            value = draw.normal(scale=scale, size=value.shape)
        weights.append(value.astype(np.float32))
    return weights


def targets(case: dict[str, Any], labels: np.ndarray) -> np.ndarray:
    """Labels as the case's loss wants them."""
    if case.get("binary"):
        return (labels % 2)[:, None].astype(keras.config.floatx())
    if case["loss"].startswith("sparse"):
        return labels.astype(np.int32)
    return np.eye(10, dtype=keras.config.floatx())[labels]


def order(epoch: int) -> np.ndarray:
    """Rows of the training images in an epoch, counted from 1."""
    return np.random.RandomState(epoch).permutation(TRAIN)


def train(case: dict[str, Any], floatx: str, weights: list[np.ndarray] | None) -> dict[str, Any]:
    """Fit the case; its history and its end, and the weights it started from."""
    keras.utils.clear_session()
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    digits = np.load(HERE / "digits.npz")
    pixels = digits["pixels"].astype(floatx)
    if case["scale"] == "unit":
        pixels /= 255
    if case["layers"][0]["kind"] == "dense":
        pixels = pixels.reshape(len(pixels), -1)
    y = targets(case, digits["labels"])
    x, y, held_out = pixels[:TRAIN], y[:TRAIN], (pixels[TRAIN:], y[TRAIN:])
    model = compiled(case, x.shape[1:])
    weights = weights or initial_weights(model)
    model.set_weights(weights)

    def batches():
        for epoch in range(1, case["epochs"] + 1):
            rows = order(epoch)
            for start in range(0, TRAIN, case["batch_size"]):
                batch = rows[start : start + case["batch_size"]]
                yield x[batch], y[batch]

    signature = tuple(tf.TensorSpec((None, *part.shape[1:]), part.dtype) for part in (x, y))
    stopping = case["early_stopping"]
    history = model.fit(
        tf.data.Dataset.from_generator(batches, output_signature=signature),
        steps_per_epoch=-(-TRAIN // case["batch_size"]),
        epochs=case["epochs"],
        validation_data=held_out,
        validation_batch_size=16,
        callbacks=[keras.callbacks.EarlyStopping(**stopping)] if stopping else [],
        verbose=0,
    ).history
    kept = model.evaluate(*held_out, batch_size=16, verbose=0, return_dict=True)
    final = [np.asarray(weight, np.float64).ravel() for weight in model.get_weights()]
    return {
        "history": {name: [float(f"{value:.10g}") for value in column] for name, column in history.items()},
        "kept": kept,
        "norms": [float(f"{np.linalg.norm(weight):.10g}") for weight in final],
        "values": [[float(f"{value:.10g}") for value in spread(weight)] for weight in final],
    }, weights


def spread(weight: np.ndarray) -> np.ndarray:
    """Five of an array's entries, from the first to the last."""
    return weight[np.linspace(0, len(weight) - 1, 5).astype(int)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(cases.CASES), help="cases; all if none is named")
    parser.add_argument("--out", type=Path, default=HERE)
    options = parser.parse_args()
    keras.utils.set_random_seed(0)
    made: dict[str, Any] = {}
    initial: dict[str, np.ndarray] = {}
    known: dict[bytes, str] = {}
    for name in options.names:
        case = cases.CASES[name]
        single, weights = train(case, "float32", None)
        double, _ = train(case, "float64", weights)
        key = b"".join(repr(weight.shape).encode() + weight.tobytes() for weight in weights)
        if key not in known:
            known[key] = name
            initial.update({f"{name}/{place}": weight for place, weight in enumerate(weights)})
        made[name] = {"case": case, "initial": known[key], "float32": single, "float64": double}
        losses = (trained["history"]["loss"][-1] for trained in (single, double))
        sys.stdout.write(" ".join((name, *map(str, losses))) + "\n")
        sys.stdout.flush()
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    lines = (f"{json.dumps(name)}: {json.dumps(trajectory)}" for name, trajectory in made.items())
    document = f'{{"versions": {json.dumps(versions)}, "trajectories": {{\n' + ",\n".join(lines) + "\n}}\n"
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "trajectories.json").write_text(document)
    np.savez_compressed(options.out / "weights.npz", **initial)


if __name__ == "__main__":
    main()
