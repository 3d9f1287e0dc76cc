"""Run printed scripts on small images and write down what they did; imports nothing of Paribus.

``python run_scripts.py FOLDER`` runs every ``*.py`` there in turn, as it is, with three things put around it:
`load_data` gives the arrays in ``images.npz``, `fit` takes the images in the order of ``orders.npz``, and
plots are drawn on paper that is thrown away. Where there is ``NAME.weights.npz``, `fit` starts from it, since
one seed draws other weights on another backend. For each script it writes ``NAME.json``: history and test.
"""

import json
import math
import os
import runpy
import sys
from pathlib import Path


def main(folder):
    os.environ["MPLBACKEND"] = "Agg"
    import keras
    import numpy as np

    images = np.load(folder / "images.npz")
    orders = np.load(folder / "orders.npz")
    original_fit = keras.Sequential.fit
    original_evaluate = keras.Sequential.evaluate
    seen = {}

    class Ordered(keras.utils.PyDataset):
        """Batches in the given order of the images, another each epoch."""

        def __init__(self, x, y, batch_size, order):
            super().__init__()
            self.x, self.y, self.batch_size, self.order, self.epoch = x, y, batch_size, order, 0

        def __len__(self):
            return math.ceil(len(self.x) / self.batch_size)

        def __getitem__(self, place):
            rows = self.order[self.epoch][place * self.batch_size : (place + 1) * self.batch_size]
            return self.x[rows], self.y[rows]

        def start(self, epoch, logs=None):
            self.epoch = epoch

    def fit(model, x, y, *, batch_size, callbacks=(), **named):
        batches = Ordered(x, y, batch_size, orders[seen["name"]])
        weights = folder / f"{seen['name']}.weights.npz"
        if weights.exists():
            model.set_weights(list(np.load(weights).values()))
        # Keras looks at batches before the first epoch and tells a data set of an epoch's end more than once.
        starts = keras.callbacks.LambdaCallback(on_epoch_begin=batches.start)
        named = {"shuffle": False, "verbose": 0, "callbacks": [*callbacks, starts], **named}
        history = original_fit(model, batches, **named)
        seen["history"] = history.history
        return history

    def evaluate(model, *given, **named):
        seen["test"] = original_evaluate(model, *given, **named)
        return seen["test"]

    keras.Sequential.fit = fit
    keras.Sequential.evaluate = evaluate
    for name in ("mnist", "cifar10"):
        x_train, y_train, x_test, y_test = (images[f"{name}_{part}"] for part in ("xt", "yt", "xe", "ye"))
        arrays = ((x_train, y_train), (x_test, y_test))
        getattr(keras.datasets, name).load_data = lambda arrays=arrays: arrays

    for script in sorted(folder.glob("*.py")):
        seen.clear()
        seen["name"] = script.stem
        keras.utils.clear_session()
        runpy.run_path(str(script), run_name="__main__")
        told = {"history": seen["history"], "test": seen["test"]}
        script.with_suffix(".json").write_text(json.dumps(told, default=float))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
