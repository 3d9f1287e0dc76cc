"""Keras's attention as one layer in a sequence of layers: each step attends to all steps of its own input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras


class MultiHeadAttention(keras.layers.Layer):
    """Keras's MultiHeadAttention of a sequence to itself: query, key and value are the same.

    Source: keras/src/layers/attention/multi_head_attention.py, Vaswani et al. 2017, arXiv:1706.03762.

    Args:
        name: Of the layer.
        kernel_seeds: The seed of each projection's initial weights: ``query``, ``key``, ``value`` and
            ``output``. Keras would draw the same weights for all of them from the initializer's one seed.
        arguments: Those of Keras's layer.
    """

    def __init__(self, *, name: str, kernel_seeds: Mapping[str, int], **arguments: Any) -> None:
        super().__init__(name=name)
        self.attention: Any = keras.layers.MultiHeadAttention(name="attention", **arguments)
        self.supports_masking = True
        self._kernel_seeds = kernel_seeds

    def build(self, input_shape: Any) -> None:  # noqa: D102
        self.attention.build(input_shape, input_shape)
        parts = {
            "query": self.attention.query_dense,
            "key": self.attention.key_dense,
            "value": self.attention.value_dense,
            "output": self.attention.output_dense,
        }
        for name, dense in parts.items():
            config = dense.kernel_initializer.get_config()
            if "seed" in config:
                draw = type(dense.kernel_initializer)(**config | {"seed": self._kernel_seeds[name]})
                dense.kernel.assign(draw(dense.kernel.shape))

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:  # noqa: D102
        return self.attention(inputs, inputs, query_mask=mask, value_mask=mask, training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:  # noqa: D102
        return input_shape
