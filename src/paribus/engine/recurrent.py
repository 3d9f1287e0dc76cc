"""Keras's simple recurrent layer, which `Bidirectional` copies with its seed."""

from __future__ import annotations

from typing import Any

import keras


class SimpleRNN(keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` with its seed in its configuration, as Keras's LSTM and GRU have theirs.

    `keras.layers.Bidirectional` makes its forward layer from the configuration: without the seed, that layer's
    dropout would draw other units in every process.
    """

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        cell: Any = self.cell
        return {**super().get_config(), "seed": cell.seed}
