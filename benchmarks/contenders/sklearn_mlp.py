"""scikit-learn's MLPClassifier: an epoch is a call of partial_fit.

Given labels as rows of ten zeros and ones it ends in ten sigmoids with binary cross-entropy, as the others
do, but sums over the ten where they take the mean, halves α where they do not halve λ, divides it by the
batch size, and does not penalise biases. A tenth of the learning rate and α = 20 λ · batch size make its
updates of kernels the same.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.contenders.serve import Cell, as_input, one_hot, serve

warnings.simplefilter("ignore", ConvergenceWarning)


class Sklearn:
    """A cell's classifier."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.model = MLPClassifier(
            cell["hidden"],
            activation="relu",
            solver="sgd",
            alpha=20 * cell["l2"] * cell["batch_size"],
            batch_size=cell["batch_size"],
            learning_rate_init=cell["learning_rate"] / 10,
            momentum=0.0,
            random_state=0,
        )

    def load(self, pixels: np.ndarray, labels: np.ndarray) -> None:
        self.x, self.y = as_input(pixels, self.cell), one_hot(labels).astype(np.int8)

    def epoch(self) -> None:
        self.model.partial_fit(self.x, self.y, classes=np.arange(10))

    def weights(self) -> list[np.ndarray]:
        pairs = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return [array for pair in pairs for array in pair]


if __name__ == "__main__":
    serve(Sklearn)
