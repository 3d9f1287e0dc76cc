"""The reference rate, not a contender: the operations a second of NumPy's matrix product on this machine.

An epoch is a few products of two kinds, and says the better one's ``rate``: 1024 × 1024 × 1024, and the
cell's own first layer, (128 × inputs)(inputs × units).
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.contenders.serve import Cell, serve

_SECONDS = 0.15  # for each kind


class Sgemm:
    """The matrix products of a cell."""

    def __init__(self, cell: Cell) -> None:
        units = cell["hidden"][0]
        draw = np.random.default_rng(0)
        sizes = [(1024, 1024, 1024), (128, int(np.prod(cell["shape"])), units)]
        self.pairs = [
            (draw.random((m, k), np.float32), draw.random((k, n), np.float32), np.empty((m, n), np.float32))
            for m, k, n in sizes
        ]

    def load(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        """Do nothing, since no images are needed."""

    def epoch(self) -> None:
        self.said = {"rate": max(rate(*pair) for pair in self.pairs)}

    def weights(self) -> list[np.ndarray]:
        return []


def rate(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> float:
    """Return the largest number of operations a second of one product over some repetitions."""
    end, best = time.perf_counter() + _SECONDS, float("inf")
    while time.perf_counter() < end:
        start = time.perf_counter()
        np.matmul(a, b, out=out)
        best = min(best, time.perf_counter() - start)
    return 2 * a.shape[0] * a.shape[1] * b.shape[1] / best


if __name__ == "__main__":
    serve(Sgemm)
