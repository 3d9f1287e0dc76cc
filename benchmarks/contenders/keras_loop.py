"""Keras, on the backend that KERAS_BACKEND names: each variant and seed in a loop, as a script has it."""

from __future__ import annotations

import json
import sys

import keras
import numpy as np

from benchmarks.contenders.keras_fit import OPTIMIZERS, network

cell = json.loads(sys.argv[1])
arrays = dict(np.load(cell["arrays"]))
x_train, x_test = (
    arrays[name].astype(np.float32).reshape(-1, *cell["shape"]) / cell["scale"]
    for name in ("x_train", "x_test")
)
y_train, y_test = (keras.utils.to_categorical(arrays[name].reshape(-1), 10) for name in ("y_train", "y_test"))
for name, rate in cell["optimizers"].items():
    for seed in range(cell["seeds"]):
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(network(cell))
        model.compile(optimizer=OPTIMIZERS[name](rate), loss="categorical_crossentropy", metrics=["accuracy"])
        model.fit(
            x_train,
            y_train,
            batch_size=cell["batch_size"],
            epochs=cell["epochs"],
            validation_split=0.1,
            verbose=0,
        )
        print(name, seed, model.evaluate(x_test, y_test, verbose=0))
