"""Paribus: the engine's compiled epoch, as a worker calls it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.contenders.serve import Cell, serve
from benchmarks.study import study
from paribus.engine.device_images import DeviceImages
from paribus.engine.memory import keep_freed
from paribus.engine.program import Program
from paribus.study.reader import load


class Paribus:
    """A cell as a study of one variant."""

    def __init__(self, cell: Cell) -> None:
        keep_freed()  # as a worker does
        self.factor = 1 / 255 if "network" in cell and cell["data"] in ("mnist", "cifar10") else 1.0
        shape = (28, 28, 1) if len(cell["shape"]) == 2 else tuple(cell["shape"])
        configuration = load(study(cell)).variants["cell"].configuration
        self.program = Program(configuration, shape, threads=cell.get("threads", 1))
        self.state = self.program.initial(0)
        self.draw = np.random.default_rng(0)

    def load(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        self.images = DeviceImages(
            jnp.asarray(pixels),
            jnp.asarray(labels),
            jnp.zeros(1, jnp.float32),
            jnp.full(1, self.factor, jnp.float32),
        )

    def epoch(self) -> None:
        order = self.draw.permutation(len(self.images.labels)).astype(np.int32)
        self.state, steps = self.program.epoch(self.state, self.images, order)
        jax.block_until_ready((self.state, steps))
        self.said = {"loss": float(np.mean(steps.data_loss))}

    def weights(self) -> list[np.ndarray]:
        return [np.asarray(array) for array in self.state.trainable]


if __name__ == "__main__":
    serve(Paribus)
