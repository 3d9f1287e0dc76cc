"""Probes: measurements inside a network that do not affect its training; docs/probes.md defines them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs

from paribus.engine import precision
from paribus.engine.facts import Network, ProbedLayer
from paribus.engine.jitted import Jitted
from paribus.engine.objective import Objective
from paribus.engine.stepwise import Called, State
from paribus.record.probes import LayerProbe, Probe, relative

MOST_IMAGES, FEWEST_IMAGES, IMAGES_SHARE = 512, 64, 100
"""A sample has a hundredth of the training images, at most the first number, at least the second."""

LAST_STEP, FIRST_STEPS, STEPS_SHARE = 64, 4, 8
"""Early probes cover an eighth of the first epoch, at most to the first step, at least to the second."""

_ENDS = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
_FIRST_COMPARED = 16  # weights of each unit, which nearly always suffice to tell units apart


def sample_rows(train: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of the probes' sample, spread evenly over the training images.

    Args:
        train: Rows of the training images, shape (num_train,).

    Example:
        >>> sample_rows(np.arange(3)), len(sample_rows(np.arange(45_000))), len(sample_rows(np.arange(10**6)))
        (array([0, 1, 2]), 450, 512)
    """
    count = min(len(train), MOST_IMAGES, max(FEWEST_IMAGES, len(train) // IMAGES_SHARE))
    return train[np.arange(count) * len(train) // count]


def early_steps(steps: int) -> list[int]:
    """Return the updates of the first epoch after which there is a probe: 1, 2, 4, ...

    Args:
        steps: The number of updates in an epoch.

    Example:
        >>> early_steps(422), early_steps(6750), early_steps(4)
        ([1, 2, 4, 8, 16, 32], [1, 2, 4, 8, 16, 32, 64], [1, 2])
    """
    last = min(steps - 1, LAST_STEP, max(FIRST_STEPS, steps // STEPS_SHARE))
    return [2**power for power in range(last.bit_length())]


class _Measurements(NamedTuple):
    """The measurements of the compiled function.

    Args:
        data_loss: Mean over the sample.
        penalty: The regularizers' sum.
        predicted: Predicted class of each image, int32, shape (num_images,); −1 where an output is NaN.
        outputs: The network's outputs, shape (num_images, units).
        training: Mean loss and whether each image is right, in training mode; none where that is the same.
        dead: Whether each unit is dead, by layer, shape (units,).
        active: The number of positive outputs and the number of all, by layer.
        gradients: Gradient of the whole loss with respect to each weight array.
        updates: The update that the optimizer would make to each weight array.
    """

    data_loss: Any
    penalty: Any
    predicted: Any
    outputs: Any
    training: tuple[Any, ...]
    dead: dict[str, Any]
    active: dict[str, tuple[Any, int]]
    gradients: list[Any]
    updates: list[Any]


class Probes:
    """Measure the network of one configuration, without changing any state.

    Args:
        network: What is measured.
        objective: The loss, and how outputs become predictions.
        inputs: Converts images to the network's input.
        stepped: Makes single updates.
    """

    def __init__(
        self,
        network: Network,
        *,
        objective: Objective,
        inputs: Callable[[Any], Any],
        stepped: Called,
    ) -> None:
        self._network = network
        self._objective, self._inputs = objective, inputs
        self._stepped, self._batch_size = stepped, stepped.batch_size
        self._measure = Jitted(self.measurements, kept=network.functions)

    @property
    def _model(self) -> Any:
        return self._network.model

    @property
    def _optimizer(self) -> Any:
        return self._network.optimizer

    @property
    def _layers(self) -> tuple[ProbedLayer, ...]:
        return self._network.facts.layers

    def early(self, state: State, images: Any, order: NDArray[np.int32], sample: Any) -> list[Probe]:
        """Measure at initialization and after the first updates, which are made on copies.

        The updates use the batches and the dropout masks of the first epoch, one at a time: up to rounding
        they are those of the training, whatever its update mode.

        Args:
            state: The initial state.
            images: The training images.
            order: The first epoch's rows of `images`, int32, shape (num_train,).
            sample: The sample's images.
        """
        found = [self.probe(state, sample, epoch=0, step=0)]
        moved, done = jax.tree.map(jnp.copy, state), 0
        for step in early_steps(math.ceil(len(order) / self._batch_size)):
            rows = order[done * self._batch_size : step * self._batch_size]
            moved, _ = self._stepped.epoch(moved, images, rows)
            found.append(self.probe(moved, sample, epoch=0, step=step))
            done = step
        return found

    def probe(self, state: State, sample: Any, *, epoch: int, step: int) -> Probe:
        """Measure a network in its current state.

        Args:
            state: The network and its optimizer.
            sample: The sample's images.
            epoch: The number of epochs trained.
            step: The number of updates made.
        """
        return self.read(self._measure(state, sample), state, sample, epoch=epoch, step=step)

    def read(self, found: Any, state: State, sample: Any, *, epoch: int, step: int) -> Probe:
        """Return the probe that `measurements` of a network make; the other arguments are as of `probe`."""
        measured: _Measurements = jax.tree.map(np.asarray, found)
        labels, classes = np.asarray(sample.labels), max(2, measured.outputs.shape[-1])
        is_class = self._objective.task == "classification"
        weights = [np.asarray(each) for each in state.trainable]
        training_loss, correct = measured.training or (None, None)
        return Probe(
            epoch=epoch,
            step=step,
            data_loss=_finite(measured.data_loss),
            penalty=_finite(measured.penalty),
            accuracy=float((measured.predicted == labels).mean()) if is_class else None,
            predicted=tuple(
                np.bincount(measured.predicted[measured.predicted >= 0], minlength=classes).tolist()
            )
            if is_class
            else (),
            saturated=self._saturated(measured.outputs),
            layers={layer.name: self._layer(layer, measured, weights) for layer in self._layers},
            training_loss=None if training_loss is None else _finite(training_loss),
            training_accuracy=None if correct is None or not is_class else float(correct.mean()),
        )

    def _layer(
        self, layer: ProbedLayer, measured: _Measurements, weights: Sequence[NDArray[Any]]
    ) -> LayerProbe:
        own, gradients, updates = (
            [arrays[place] for place in layer.weights]
            for arrays in (weights, measured.gradients, measured.updates)
        )
        gradient, weight, update = (_norm(arrays) for arrays in (gradients, own, updates))
        is_broken = bool(own) and weight is None
        dead = active = None
        if layer.name in measured.active and not is_broken:
            positive, outputs = measured.active[layer.name]
            dead, active = float(measured.dead[layer.name].mean()), float(positive / outputs)
        return LayerProbe(
            gradient=gradient,
            weight=weight,
            update=update,
            ratio=relative(update, weight),
            dead=dead,
            identical=_identical(own) if layer.is_comparable and not is_broken else None,
            active=active,
        )

    def measurements(self, state: State, images: Any) -> _Measurements:
        """Measure a network on images; this function is compiled."""
        inputs, labels, heads = self._inputs(images), images.labels, self._network.heads
        factor = precision.loss_scale(self._optimizer, state.optimizer)

        def total(trainable: list[jax.Array]) -> tuple[jax.Array, Any]:
            outputs, penalty = self._outputs(trainable, state.non_trainable, inputs)
            outputs[-1], others = heads.split(outputs[-1], self._model)
            data_loss = images.weighted(self._objective.losses(outputs[-1], labels)).mean()
            loss = heads.loss(data_loss, others, images) + penalty
            return loss if factor is None else loss * factor, (data_loss, penalty, outputs)

        gradients, (data_loss, penalty, outputs) = jax.grad(total, has_aux=True)(state.trainable)
        if factor is not None:
            gradients = [gradient / factor for gradient in gradients]
        scaled = precision.scaled(self._optimizer, state.optimizer, gradients)
        after, _ = self._optimizer.stateless_apply(state.optimizer, scaled, state.trainable)
        hidden = {
            layer.name: outputs[layer.activated]
            for layer in self._layers
            if layer.activated is not None and outputs[layer.activated] is not None
        }
        final, has_modes = self._objective.outputs(outputs[-1]), self._network.observed.has_modes
        broken = jnp.isnan(final).any(axis=-1)
        return _Measurements(
            data_loss=data_loss,
            penalty=penalty,
            predicted=jnp.where(broken, -1, self._objective.predictions(outputs[-1])),
            outputs=final,
            training=self._in_training_mode(state, inputs, images) if has_modes else (),
            dead={name: _dead(each) for name, each in hidden.items()},
            active={name: ((each > 0).sum(), each.size) for name, each in hidden.items()},
            gradients=gradients,
            updates=[new - old for new, old in zip(after, state.trainable, strict=True)],
        )

    def _outputs(
        self, trainable: list[jax.Array], non_trainable: list[jax.Array], inputs: Any
    ) -> tuple[list[jax.Array], jax.Array]:
        """Return the output of each layer, without dropout, and the penalty."""
        import keras

        variables = [*self._model.trainable_variables, *self._model.non_trainable_variables]
        mapping = list(zip(variables, [*trainable, *non_trainable], strict=True))
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True):
            outputs = self._network.observed.outputs(inputs)
            penalty = sum(self._model.losses, jnp.zeros((), jax.tree.leaves(outputs[-1])[0].dtype))
            self._model._clear_losses()
            return outputs, penalty

    def _in_training_mode(self, state: State, inputs: Any, images: Any) -> tuple[jax.Array, jax.Array]:
        """Return the mean loss and which images are right as training has them, all images as one batch."""
        from paribus.engine.own_network import mode
        from paribus.engine.spectral import normalized

        state = State(*normalized(self._model, state.trainable, state.non_trainable), state.optimizer)
        training = mode(self._model, training=True)
        found, _ = self._model.stateless_call(state.trainable, state.non_trainable, inputs, **training)
        logits, _ = self._network.heads.split(found, self._model)
        losses = images.weighted(self._objective.losses(logits, images.labels))
        return losses.mean(), self._objective.seen(logits, images.labels)

    def _saturated(self, outputs: NDArray[Any]) -> float | None:
        """Return the share of outputs within Keras's epsilon of an end of their range."""
        if self._objective.output not in _ENDS or np.isnan(outputs).any():
            return None
        (low, high), near = _ENDS[self._objective.output], self._network.facts.epsilon
        return float(((outputs <= low + near) | (outputs >= high - near)).mean())


def _dead(outputs: jax.Array) -> jax.Array:
    """Return whether each unit, along the last axis, is zero for every image and position."""
    return (outputs == 0).reshape(-1, outputs.shape[-1]).all(axis=0)


def _norm(arrays: Sequence[NDArray[Any]]) -> float | None:
    """Return the Euclidean norm of some arrays together, by BLAS, which neither overflows nor underflows."""
    if not arrays:
        return None
    norm: Any = get_blas_funcs("nrm2", arrays)
    return _finite(math.hypot(*(float(norm(array.ravel())) for array in arrays)))


def _identical(weights: Sequence[NDArray[Any]]) -> float:
    """Return the share of units, along the last axis, with the same weights as another, bit for bit."""
    units = weights[0].shape[-1]
    incoming = [array.reshape(-1, units) for array in weights]
    alike = list(range(units))
    for stride in (max(1, len(incoming[0]) // _FIRST_COMPARED), 1):
        own = {unit: b"".join(rows[::stride, unit].tobytes() for rows in incoming) for unit in alike}
        counts = Counter(own.values())
        alike = [unit for unit in alike if counts[own[unit]] > 1]
    return len(alike) / units


def _finite(number: Any) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None
