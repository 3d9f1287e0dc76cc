"""Keras's simple recurrent layer, which `Bidirectional` copies with its seed."""

from __future__ import annotations

from typing import Any

import keras


class SimpleRNN(keras.layers.SimpleRNN):
    """Keras's SimpleRNN, whose configuration names its seed as those of LSTM and GRU do.

    `keras.layers.Bidirectional` makes its forward layer from the configuration: without the seed, the dropout
    of that layer would draw other units every time.
    """

    def get_config(self) -> dict[str, Any]:  # noqa: D102
        cell: Any = self.cell
        return {**super().get_config(), "seed": cell.seed}
