"""Keras, on the backend that KERAS_BACKEND names: compile and fit, with arrays in memory."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from keras import layers, optimizers

from benchmarks.contenders.serve import Cell, as_input, one_hot, serve

OPTIMIZERS = {"sgd": optimizers.SGD, "rmsprop": optimizers.RMSprop, "adam": optimizers.Adam}


class Keras:
    """The compiled model of a cell."""

    def __init__(self, cell: Cell) -> None:
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)
        self.cell = cell
        self.model = keras.Sequential(network(cell))
        self.model.compile(
            optimizer=OPTIMIZERS[cell["optimizer"]](cell["learning_rate"]),
            loss="categorical_crossentropy"
            if "network" in cell
            else keras.losses.BinaryCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=cell.get("steps_per_execution", 1),
        )

    def load(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        self.x, self.y = as_input(pixels, self.cell), one_hot(labels)

    def epoch(self) -> None:
        done = self.model.fit(self.x, self.y, batch_size=self.cell["batch_size"], epochs=1, verbose=0)
        self.said = {"loss": float(done.history["loss"][-1])}

    def weights(self) -> list[np.ndarray]:
        return self.model.get_weights()


def network(cell: Cell) -> list[keras.Layer | keras.KerasTensor]:
    """Return the layers, which end in logits but for those of `benchmarks.networks`."""
    if "network" in cell:
        return [keras.Input(cell["shape"]), *_known(cell["layers"])]

    def dense(units: int, activation: str | None) -> keras.Layer:
        penalty = {}
        if cell["l2"]:
            l2 = keras.regularizers.L2(cell["l2"])
            penalty = {"kernel_regularizer": l2, "bias_regularizer": l2}
        return layers.Dense(units, activation=activation, **penalty)

    if cell["convolution"]:
        stem = [
            keras.Input(cell["shape"]),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ]
    else:
        stem = [keras.Input((int(np.prod(cell["shape"])),))]
    return [*stem, *(dense(units, "relu") for units in cell["hidden"]), dense(10, None)]


def _known(described: list[list]) -> list[keras.Layer]:
    made: dict[str, Callable[..., keras.Layer]] = {
        "conv": lambda filters, side, padding: layers.Conv2D(
            filters, side, padding=padding, activation="relu"
        ),
        "pool": layers.MaxPooling2D,
        "dense": lambda units: layers.Dense(units, activation="relu"),
        "dropout": layers.Dropout,
        "lstm": layers.LSTM,
        "gru": layers.GRU,
        "embedding": layers.Embedding,
        "normalize": layers.BatchNormalization,
        "average": layers.GlobalAveragePooling1D,
        "flatten": layers.Flatten,
    }
    hidden = [made[kind](*numbers) for kind, *numbers in described[:-1]]
    return [*hidden, layers.Dense(described[-1][1], activation="softmax")]


if __name__ == "__main__":
    serve(Keras)
