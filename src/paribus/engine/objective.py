"""Losses and metrics, from logits where Keras on TensorFlow computes them so."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import keras

_FROM_LOGITS = {
    ("sigmoid", "binary_crossentropy"),
    ("softmax", "categorical_crossentropy"),
    ("softmax", "sparse_categorical_crossentropy"),
}


@dataclass(frozen=True)
class Objective:
    """What a run minimises and how its outputs are scored.

    Args:
        loss: Name of the loss in the catalogue.
        output: The last layer's activation.
    """

    loss: str
    output: str

    def outputs(self, logits: jax.Array) -> jax.Array:
        """The network's outputs: its last activation applied to the logits."""
        return keras.activations.get(self.output)(logits)

    def losses(self, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """The data's loss of every image.

        From the logits, where the last activation is sigmoid or softmax and the loss its cross-entropy: the
        stable forms of ``tf.nn.sigmoid_cross_entropy_with_logits`` and ``softmax_cross_entropy_with_logits``.
        Elsewhere by Keras's function of that name, from the outputs.

        Args:
            logits: float32, shape (num_images, units).
            labels: int32, shape (num_images,).
        """
        classes = logits.shape[-1]
        targets = labels[:, None].astype(logits.dtype) if classes == 1 else jax.nn.one_hot(labels, classes)
        if (self.output, self.loss) not in _FROM_LOGITS:
            outputs = self.outputs(logits)
            sparse = self.loss.startswith("sparse_")
            return getattr(keras.losses, self.loss)(labels if sparse else targets, outputs)
        if self.output == "sigmoid":
            soft = jnp.maximum(logits, 0) - logits * targets + jnp.log1p(jnp.exp(-jnp.abs(logits)))
            return soft.mean(axis=-1)
        return -(targets * jax.nn.log_softmax(logits)).sum(axis=-1)

    def correct(self, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """Whether each image's answer is its label, by Keras's ``accuracy``.

        The answer is the largest float32 output, not logit: a sigmoid is exactly 1 from a logit of about 17
        on, and ties go to the lowest class. A single output answers 1 above one half.
        """
        outputs = self.outputs(logits)
        if outputs.shape[-1] == 1:
            return (outputs[:, 0] > 0.5) == (labels > 0)
        return outputs.argmax(axis=-1) == labels
