"""How fast this machine trains: `python -m paribus.engine.calibrate`, a process of its own.

Takes what to time on standard input and prints what it took on standard output, both as JSON: a list of
``{"configuration", "images", "path"}``, and ``{"load", "setups", "epochs"}`` in seconds of this process's one
thread, which other programs do not lengthen.
"""

from __future__ import annotations

import json
import sys
import time

_AT_LEAST = 0.15  # seconds of training behind a figure
_MOST_EPOCHS = 20


def main() -> None:
    """Time an epoch of each configuration on random images, compiled afresh."""
    begun = time.process_time()
    import jax.numpy as jnp
    import numpy as np

    from paribus.data.dataset import Dataset
    from paribus.data.split import Splits
    from paribus.engine.program import Images, Program
    from paribus.engine.training import pixel_scale
    from paribus.study.configuration import Configuration
    from paribus.study.datasets import IMAGE_SETS

    load = time.process_time() - begun
    setups: list[float] = []
    epochs: list[float] = []
    for asked in json.load(sys.stdin):
        begun = time.process_time()
        configuration = Configuration.model_validate(asked["configuration"])
        shape = IMAGE_SETS[configuration.data].shape
        draw = np.random.default_rng(0)
        pixels = draw.integers(0, 256, (asked["images"], *shape)).astype(np.uint8)
        labels = draw.integers(0, 10, asked["images"]).astype(np.uint8)
        rows = np.arange(asked["images"])
        dataset = Dataset(configuration.data, pixels, labels, pixels, labels, (), "", False, False, "")
        scale = pixel_scale(configuration.scale, Splits(dataset, rows, rows[:0]))
        images = Images(jnp.asarray(pixels), jnp.asarray(labels.astype(np.int32)), *scale)
        program = Program(configuration, shape, asked["path"])
        state, order = program.initial(0), rows.astype(np.int32)
        program.prepare(state, images, order)
        setups.append(time.process_time() - begun)
        taken: list[float] = []
        while sum(taken) < _AT_LEAST and len(taken) < _MOST_EPOCHS:
            begun = time.process_time()
            state, steps = program.epoch(state, images, order)
            np.asarray(steps.data_loss)
            taken.append(time.process_time() - begun)
        epochs.append(float(np.median(taken)))
    sys.stdout.write(json.dumps({"load": load, "setups": setups, "epochs": epochs}))


if __name__ == "__main__":
    main()
