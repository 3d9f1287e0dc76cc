"""The calibration process, `python -m paribus.engine.calibrate`, which measures how fast this machine trains.

It reads a list of ``{"configuration", "images", "update_mode"}`` as JSON from standard input and writes
``{"load", "setups", "epochs"}`` to standard output, in seconds of processor time of this process's only
thread, which other programs do not lengthen.
"""

from __future__ import annotations

import json
import sys
import time

_MIN_SECONDS = 0.15  # of training for each timed configuration
_MAX_EPOCHS = 20


def main() -> None:
    """Time an epoch of each requested configuration on random images."""
    begun = time.process_time()
    import jax.numpy as jnp
    import numpy as np

    from paribus.data.dataset import Dataset
    from paribus.data.split import Splits
    from paribus.engine import network  # noqa: F401  # pyright: ignore[reportUnusedImport] - loads Keras
    from paribus.engine.device_images import DeviceImages
    from paribus.engine.memory import keep_freed
    from paribus.engine.program import Program
    from paribus.engine.scaling import scaling
    from paribus.study.configuration import Configuration

    keep_freed()
    load = time.process_time() - begun
    setups: list[float] = []
    epochs: list[float] = []
    for request in json.load(sys.stdin):
        begun = time.process_time()
        configuration = Configuration.model_validate(request["configuration"])
        shape = configuration.facts.shape
        draw = np.random.default_rng(0)
        pixels = draw.integers(0, 256, (request["images"], *shape)).astype(np.uint8)
        labels = draw.integers(0, 10, request["images"]).astype(np.uint8)
        rows = np.arange(request["images"])
        dataset = Dataset(configuration.data, pixels, labels, pixels, labels, (), "", False, False, "")
        scale = scaling(configuration.scale, Splits(dataset, rows, rows[:0]))
        images = DeviceImages(jnp.asarray(pixels), jnp.asarray(labels.astype(np.int32)), *scale)
        program = Program(configuration, shape, request["update_mode"])
        state, order = program.initial(0), rows.astype(np.int32)
        program.prepare(state, images, order)
        setups.append(time.process_time() - begun)
        taken: list[float] = []
        while sum(taken) < _MIN_SECONDS and len(taken) < _MAX_EPOCHS:
            begun = time.process_time()
            state, steps = program.epoch(state, images, order)
            np.asarray(steps.data_loss)
            taken.append(time.process_time() - begun)
        epochs.append(float(np.median(taken)))
    sys.stdout.write(json.dumps({"load": load, "setups": setups, "epochs": epochs}))


if __name__ == "__main__":
    main()
