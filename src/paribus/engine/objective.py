"""Losses and metrics, computed from logits wherever Keras on TensorFlow does so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax
import jax.numpy as jnp

from paribus.engine.precision import full
from paribus.study.datasets import Task

if TYPE_CHECKING:
    from paribus.engine.own_loss import Called as OwnLoss


@dataclass(frozen=True)
class Objective:
    """The loss that a run minimises, and how its predictions are scored.

    Args:
        loss: Name of the loss in the catalogue.
        output: The last layer's activation.
        task: What labels are: classes, any number of them, or numbers.
        smoothing: How much of each target is spread over all classes, or over yes and no; as Keras's
            ``label_smoothing``, also where images are only scored.
        own: Returns the loss where it is the user's own; None for one of the catalogue.
    """

    loss: str
    output: str
    task: Task = "classification"
    smoothing: float = 0.0
    own: Callable[[], OwnLoss] | None = None

    @property
    def score(self) -> Literal["accuracy", "r2"]:
        """What an epoch is scored by, beside its loss: the coefficient of determination in a regression."""
        return "r2" if self.task == "regression" else "accuracy"

    def outputs(self, logits: jax.Array) -> jax.Array:
        """Apply the last activation to the logits, in float32 at least."""
        from paribus.engine import activations

        return activations.get(self.output)(full(logits))

    def losses(self, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """Return the loss of every image, without the penalty.

        From the logits, where the last activation is sigmoid or softmax and the loss a cross-entropy: the
        stable forms of ``tf.nn.sigmoid_cross_entropy_with_logits`` and ``softmax_cross_entropy_with_logits``.
        As in Keras on TensorFlow the loss chooses the form, not the activation: softmax outputs with
        ``binary_crossentropy`` are scored as sigmoids, sigmoid outputs with ``categorical_crossentropy`` as
        a softmax (keras/src/backend/tensorflow/nn.py, `_get_logits`). Any other pair is scored from the
        outputs, by Keras's formula of that name.

        Args:
            logits: Float, shape (num_images, units).
            labels: int32, shape (num_images,), of classes; else float32, shape (num_images, units).
        """
        import keras

        logits = full(logits)
        if self.own is not None:
            return self._own(self.own(), logits, labels)
        targets = self._smoothed(self._targets(logits, labels))
        outputs = self.outputs(logits)
        squashed = self.output in ("sigmoid", "softmax")
        if self.loss.endswith("categorical_crossentropy") and squashed:
            return _softmax_crossentropy(logits, targets)
        if self.loss.startswith("sparse_"):
            # Keras on JAX divides by the outputs' sum before it clips them, Keras on TensorFlow after.
            epsilon = keras.config.epsilon()
            return _softmax_crossentropy(jnp.log(jnp.clip(outputs, epsilon, 1 - epsilon)), targets)
        if self.loss.startswith("binary_") and squashed:
            losses = _sigmoid_crossentropy(logits, targets)
            if self.loss == "binary_focal_crossentropy":
                losses = losses * jnp.abs(targets - outputs) ** 2
            return losses.mean(axis=-1)
        return getattr(keras.losses, self.loss)(targets, outputs)

    def _own(self, loss: OwnLoss, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """Return the user's own loss, of the outputs, as Keras computes any that is not from logits."""
        gives_labels = self.task == "classification" and loss.targets == "labels" and logits.shape[-1] > 1
        targets = labels.astype(logits.dtype) if gives_labels else self._targets(logits, labels)
        return loss.losses(targets, self.outputs(logits))

    def _targets(self, logits: jax.Array, labels: jax.Array) -> jax.Array:
        if self.task != "classification":
            return labels
        classes = logits.shape[-1]
        if classes == 1:
            return labels[:, None].astype(logits.dtype)
        return jax.nn.one_hot(labels, classes, dtype=logits.dtype)

    def _smoothed(self, targets: jax.Array) -> jax.Array:
        if not self.smoothing:
            return targets
        ways = 2 if self.loss == "binary_crossentropy" else targets.shape[-1]
        return targets * (1 - self.smoothing) + self.smoothing / ways

    def seen(self, logits: jax.Array, labels: jax.Array) -> jax.Array:
        """Return what each example adds to the score.

        Of classes, whether it is predicted correctly, as Keras's ``accuracy`` counts it; of several labels,
        the share of them that are right, as its ``binary_accuracy`` does; in a regression the squared error
        of each target, shape (num_images, units).
        """
        if self.task == "regression":
            return (self.outputs(logits) - labels) ** 2
        if self.task == "multilabel":
            return ((self.outputs(logits) > 0.5) == (labels > 0.5)).mean(axis=-1)
        return self.predictions(logits) == labels

    def predictions(self, logits: jax.Array) -> jax.Array:
        """Return the class predicted for each image, int32, shape (num_images,).

        It is the class with the largest float32 output, not logit: a sigmoid is exactly 1 from a logit of
        about 17 on, and ties go to the lowest class. A single output predicts class 1 above one half.
        """
        outputs = self.outputs(logits)
        if outputs.shape[-1] == 1:
            return (outputs[:, 0] > 0.5).astype(jnp.int32)
        return outputs.argmax(axis=-1)


def _softmax_crossentropy(logits: jax.Array, targets: jax.Array) -> jax.Array:
    return -(targets * jax.nn.log_softmax(logits)).sum(axis=-1)


def _sigmoid_crossentropy(logits: jax.Array, targets: jax.Array) -> jax.Array:
    # The derivatives of maximum and abs in JAX do not add up where a logit is zero; those of `where` do.
    positive = logits >= 0
    kept, minus_size = jnp.where(positive, logits, 0), jnp.where(positive, -logits, logits)
    return kept - logits * targets + jnp.log1p(jnp.exp(minus_size))
