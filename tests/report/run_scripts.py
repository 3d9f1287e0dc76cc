"""Run printed scripts on small images and write down what they did; imports nothing of Paribus.

``python run_scripts.py FOLDER [OPTION]...`` runs every ``*.py`` there in turn, as it is, with these options:
where there is ``images.npz``, `load_data` gives its arrays, and plots are drawn on paper that is thrown away.
Where there is ``NAME.weights.npz``, `fit` starts from it, since one seed draws other weights on another
backend. For each script it writes ``NAME.json``: history and test.
"""

import json
import os
import runpy
import sys
from pathlib import Path


def main(folder, *options):
    os.environ["MPLBACKEND"] = "Agg"
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras
    import numpy as np

    original_fit = keras.Model.fit
    original_evaluate = keras.Model.evaluate
    seen = {}

    def fit(model, batches, **named):
        weights = folder / f"{seen['name']}.weights.npz"
        if weights.exists():
            model.set_weights(list(np.load(weights).values()))
        history = original_fit(model, batches, **{**named, "verbose": 0})
        seen["history"] = history.history
        return history

    def evaluate(model, *given, **named):
        seen["test"] = original_evaluate(model, *given, **named)
        return seen["test"]

    keras.Model.fit = fit
    keras.Model.evaluate = evaluate
    images = np.load(folder / "images.npz") if (folder / "images.npz").exists() else {}
    for name in ("mnist", "cifar10") if images else ():
        x_train, y_train, x_test, y_test = (images[f"{name}_{part}"] for part in ("xt", "yt", "xe", "ye"))
        arrays = ((x_train, y_train), (x_test, y_test))
        getattr(keras.datasets, name).load_data = lambda arrays=arrays: arrays

    for script in sorted(folder.glob("*.py")):
        seen.clear()
        seen["name"] = script.stem
        keras.utils.clear_session()
        sys.argv = [str(script), *options]
        runpy.run_path(str(script), run_name="__main__")
        told = {"history": seen["history"], "test": seen["test"]}
        script.with_suffix(".json").write_text(json.dumps(told, default=float))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
