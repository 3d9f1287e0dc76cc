"""The protocol between the measuring process and a contender: a line of JSON is answered by a line of JSON.

====================================== =========================================================
asked                                  answered
====================================== =========================================================
``{"do": "prepare", "cell": {...}}``   once the network of this cell is built
``{"do": "load", "images": n}``        ``seconds`` of an epoch on the first n images that warms up
``{"do": "epoch"}``                    ``seconds`` of another, and of all processors in it, ``processor``;
                                       ``memory``, its process's peak, in bytes;
                                       and what the trainer has to say, its attribute ``said``
``{"do": "weigh"}``                    ``data_loss`` and ``penalty`` of the weights as they are
====================================== =========================================================

The losses are computed here, with NumPy, from the weights that a contender hands out: so each is judged in
the same way, whatever it says of itself, and nothing of it is in the measured time.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Cell = dict[str, Any]


class Trainer(Protocol):
    """A cell's network under one framework."""

    def load(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Take the images of the following epochs: uint8 (n, height, width, channels), and int32 (n,)."""

    def epoch(self) -> None:
        """Train one epoch in an order of its own, and return when it is done."""

    def weights(self) -> list[np.ndarray]:
        """Return the kernel and bias of each layer in order, kernels in Keras's layout."""


def serve(build: Callable[[Cell], Trainer]) -> None:
    """Respond to messages until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    folder = Path(os.environ["BENCHMARK_IMAGES"])
    trainer: Trainer | None = None
    cell: Cell = {}
    pixels, labels = np.empty(0), np.empty(0)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        if asked["do"] == "prepare":
            trainer, cell = None, asked["cell"]
            gc.collect()
            _forget_peak()
            trainer = build(cell)
        elif asked["do"] == "load" and trainer:
            rows = slice(asked["images"])
            pixels = np.load(folder / f"{cell['data']}-pixels.npy", mmap_mode="r")[rows]
            labels = np.load(folder / f"{cell['data']}-labels.npy")[rows]
            trainer.load(np.array(pixels), labels)
            answer["seconds"] = _seconds(trainer.epoch)
        elif asked["do"] == "epoch" and trainer:
            begun = time.process_time()
            answer = {"seconds": _seconds(trainer.epoch), "processor": time.process_time() - begun}
            answer |= {"memory": _peak(), **getattr(trainer, "said", {})}
        elif asked["do"] == "weigh" and trainer:
            # A network's loss is the mean over the last epoch, as each framework reports it.
            own = {"data_loss": getattr(trainer, "said", {}).get("loss"), "penalty": 0.0}
            answer = (
                own if "network" in cell else _losses(trainer.weights(), cell, pixels[:2000], labels[:2000])
            )
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def as_input(pixels: np.ndarray, cell: Cell) -> np.ndarray:
    """Return the network's input: float32, 0 to 255, flat unless it begins with a convolution."""
    if cell["data"] == "tokens":
        return pixels
    images = pixels.astype(np.float32)
    if "network" in cell:
        return (images if cell["data"] == "table" else images / 255).reshape(len(images), *cell["shape"])
    return images if cell["convolution"] else images.reshape(len(images), -1)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Return the labels one-hot, float32, ten columns."""
    return np.eye(10, dtype=np.float32)[labels]


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _losses(
    weights: list[np.ndarray], cell: Cell, pixels: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    """Return the mean binary cross-entropy from logits plus λ·Σw²."""
    x = as_input(pixels, cell)
    layers = [(weights[place], weights[place + 1]) for place in range(0, len(weights), 2)]
    if cell["convolution"]:
        kernel, bias = layers.pop(0)
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
        x = np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, kernel, optimize=True) + bias, 0)
        count, height, width, filters = x.shape
        x = x.reshape(count, height // 2, 2, width // 2, 2, filters).max(axis=(2, 4)).reshape(count, -1)
    for kernel, bias in layers[:-1]:
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias = layers[-1]
    logits = (x @ kernel + bias).astype(np.float64)
    data_loss = np.mean(np.logaddexp(0, logits) - logits * one_hot(labels))
    penalty = cell["l2"] * sum(float(np.sum(np.square(array, dtype=np.float64))) for array in weights)
    return {"data_loss": float(data_loss), "penalty": penalty}


def _forget_peak() -> None:
    """Reset the peak memory of this process (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int | None:
    """Return the peak memory of this process since the reset, in bytes: VmHWM."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
