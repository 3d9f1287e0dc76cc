"""Spectral normalization as Keras on TensorFlow trains with it: the weights themselves are divided.

At each step Keras divides the kernel by its largest singular value and stores the quotient, from which the
gradient is taken and the update made. On JAX Keras cannot store it: trained on JAX, its layer would forget
the division. So it is done here, before the gradient is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import keras


class SpectralNormalization(keras.layers.SpectralNormalization):
    """Keras's SpectralNormalization, whose weights `normalized` divides.

    Source: keras/src/layers/normalization/spectral_normalization.py, Miyato et al. 2018, arXiv:1802.05957.

    Args:
        layer: What is normalized.
        vector_seed: The seed of the vector that the power iteration starts from.
        arguments: Those of Keras's layer.
    """

    def __init__(self, layer: keras.layers.Layer, *, vector_seed: int, **arguments: Any) -> None:
        super().__init__(layer, **arguments)
        self._vector_seed = vector_seed

    def build(self, input_shape: Any) -> None:  # noqa: D102
        super().build(input_shape)
        draw = keras.initializers.TruncatedNormal(stddev=0.02, seed=self._vector_seed)
        self.vector_u.assign(draw(self.vector_u.shape))

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: D102
        outputs: Any = self.layer(inputs)
        return outputs

    def normalize(self) -> None:
        """Divide the weights by their largest singular value, as estimated, unless all are zero."""
        ops: Any = keras.ops
        kernel: Any = self.kernel

        def unchanged() -> Any:
            return self.vector_u.value, kernel.value

        is_zero = ops.all(ops.equal(kernel.value, 0))
        vector, divided = ops.cond(is_zero, unchanged, self.normalized_weights)
        self.vector_u.assign(vector)
        kernel.assign(divided)


def normalized(
    model: Any, trainable: Sequence[jax.Array], non_trainable: Sequence[jax.Array]
) -> tuple[list[jax.Array], list[jax.Array]]:
    """Return a model's weights and state as they are when a step begins: divided, where a layer divides them.

    Args:
        model: The model.
        trainable: Its weights.
        non_trainable: Its state.
    """
    layers = [each for each in model.layers if isinstance(each, SpectralNormalization)]
    if not layers:
        return [*trainable], [*non_trainable]
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    values = [*trainable, *non_trainable]
    with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))) as scope:
        for each in layers:
            each.normalize()
    after: list[Any] = [scope.get_current_value(variable) for variable in variables]
    return after[: len(trainable)], after[len(trainable) :]
