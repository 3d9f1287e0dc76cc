"""What is measured inside a network, off the way of its training; the definitions are in docs/probes.md."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs

from paribus.engine.jitted import Jitted
from paribus.engine.objective import Objective
from paribus.engine.stepwise import Called, State
from paribus.record.probes import LayerProbe, Probe

MOST_IMAGES, FEWEST_IMAGES, IMAGES_SHARE = 512, 64, 100
"""A sample has a hundredth of the images that train, at most the first number, at least the second."""

LAST_STEP, FIRST_STEPS, STEPS_SHARE = 64, 4, 8
"""Early probes go on for an eighth of the first epoch, at most to the first step, at least to the second."""

_ENDS = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
_GLANCE = 16  # weights of each unit by which nearly all are told apart


def sample_rows(train: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that probes look at, spread evenly over those that train.

    Args:
        train: Rows of the images that train, shape (num_train,).

    Example:
        >>> sample_rows(np.arange(3)), len(sample_rows(np.arange(45_000))), len(sample_rows(np.arange(10**6)))
        (array([0, 1, 2]), 450, 512)
    """
    count = min(len(train), MOST_IMAGES, max(FEWEST_IMAGES, len(train) // IMAGES_SHARE))
    return train[np.arange(count) * len(train) // count]


def early_steps(steps: int) -> list[int]:
    """The updates of the first epoch after which there is a probe: 1, 2, 4, ...

    Args:
        steps: Updates of an epoch.

    Example:
        >>> early_steps(422), early_steps(6750), early_steps(4)
        ([1, 2, 4, 8, 16, 32], [1, 2, 4, 8, 16, 32, 64], [1, 2])
    """
    last = min(steps - 1, LAST_STEP, max(FIRST_STEPS, steps // STEPS_SHARE))
    return [2**power for power in range(last.bit_length())]


class _Seen(NamedTuple):
    """What the compiled function measures.

    Args:
        data_loss: Mean over the sample.
        penalty: The regularizers' sum.
        answers: Class of each image, int32, shape (num_images,); −1 where its outputs are not numbers.
        outputs: The network's, shape (num_images, units).
        dead: Whether each unit is, by the layers whose units are measured, shape (units,).
        active: How many of their outputs are positive, and of how many.
        gradients: Of the whole loss, by the model's weights.
        updates: What the optimizer would change of them.
    """

    data_loss: Any
    penalty: Any
    predicted: Any
    outputs: Any
    dead: dict[str, Any]
    active: dict[str, tuple[Any, int]]
    gradients: list[Any]
    updates: list[Any]


@dataclass(frozen=True)
class _Layer:
    """A measured layer.

    Args:
        name: In the model.
        place: Among the model's layers.
        weights: Places of its weights among the model's.
        has_units: Whether it is hidden and puts out what an activation gives.
        is_comparable: Whether its units have weights of their own on the same inputs.
    """

    name: str
    place: int
    weights: tuple[int, ...]
    has_units: bool
    is_comparable: bool


class Probes:
    """The probes of one configuration's network; nothing here changes a state.

    Args:
        model: The network, which ends in logits.
        optimizer: Built for the model's trainable variables.
        objective: The loss, and what counts as an answer.
        inputs: From images to the network's input.
        stepped: Single updates.
        batch_size: Images a step.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        *,
        objective: Objective,
        inputs: Callable[[Any], jax.Array],
        stepped: Called,
        batch_size: int,
    ) -> None:
        self._model, self._optimizer = model, optimizer
        self._objective, self._inputs = objective, inputs
        self._stepped, self._batch_size = stepped, batch_size
        self._layers = _measured(model)
        self._measure = Jitted(self._seen)

    def beginning(self, state: State, images: Any, order: NDArray[np.int32], sample: Any) -> list[Probe]:
        """Probes at initialization and after the first updates, made on copies that are thrown away.

        The updates have the batches and dropout's draws of the first epoch, one at a time: up to rounding
        they are those of the training, whichever way that takes.

        Args:
            state: The initial one.
            images: The training images.
            order: The first epoch's rows of `images`, int32, shape (num_train,).
            sample: The images that are looked at.
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
        """Measure a network as it is.

        Args:
            state: The network and its optimizer.
            sample: The images that are looked at.
            epoch: How many epochs are behind it.
            step: How many updates are behind it.
        """
        seen: _Seen = jax.tree.map(np.asarray, self._measure(state, sample))
        labels, classes = np.asarray(sample.labels), max(2, self._model.output_shape[-1])
        weights = [np.asarray(each) for each in state.trainable]
        return Probe(
            epoch=epoch,
            step=step,
            data_loss=_finite(seen.data_loss),
            penalty=_finite(seen.penalty),
            accuracy=float((seen.predicted == labels).mean()),
            predicted=tuple(np.bincount(seen.predicted[seen.predicted >= 0], minlength=classes).tolist()),
            saturated=self._saturated(seen.outputs),
            layers={layer.name: self._layer(layer, seen, weights) for layer in self._layers},
        )

    def _layer(self, layer: _Layer, seen: _Seen, weights: Sequence[NDArray[Any]]) -> LayerProbe:
        own, gradients, updates = (
            [arrays[place] for place in layer.weights] for arrays in (weights, seen.gradients, seen.updates)
        )
        gradient, weight, update = (_norm(arrays) for arrays in (gradients, own, updates))
        is_broken = bool(own) and weight is None
        dead = active = None
        if layer.has_units and not is_broken:
            positive, outputs = seen.active[layer.name]
            dead, active = float(seen.dead[layer.name].mean()), float(positive / outputs)
        return LayerProbe(
            gradient=gradient,
            weight=weight,
            update=update,
            ratio=update / weight if update is not None and weight else None,
            dead=dead,
            identical=_identical(own) if layer.is_comparable and not is_broken else None,
            active=active,
        )

    def _seen(self, state: State, images: Any) -> _Seen:
        inputs, labels = self._inputs(images), images.labels

        def total(trainable: list[jax.Array]) -> tuple[jax.Array, Any]:
            outputs, penalty = self._through(trainable, state.non_trainable, inputs)
            data_loss = self._objective.losses(outputs[-1], labels).mean()
            return data_loss + penalty, (data_loss, penalty, outputs)

        gradients, (data_loss, penalty, outputs) = jax.grad(total, has_aux=True)(state.trainable)
        scaled = [self._optimizer.scale_loss(gradient) for gradient in gradients]
        after, _ = self._optimizer.stateless_apply(state.optimizer, scaled, state.trainable)
        hidden = {layer.name: outputs[layer.place] for layer in self._layers if layer.has_units}
        final = self._objective.outputs(outputs[-1])
        broken = jnp.isnan(final).any(axis=-1)
        return _Seen(
            data_loss=data_loss,
            penalty=penalty,
            predicted=jnp.where(broken, -1, self._objective.predictions(outputs[-1])),
            outputs=final,
            dead={name: _dead(each) for name, each in hidden.items()},
            active={name: ((each > 0).sum(), each.size) for name, each in hidden.items()},
            gradients=gradients,
            updates=[new - old for new, old in zip(after, state.trainable, strict=True)],
        )

    def _through(
        self, trainable: list[jax.Array], non_trainable: list[jax.Array], inputs: jax.Array
    ) -> tuple[list[jax.Array], jax.Array]:
        """What each layer puts out, without dropout; and the penalty."""
        variables = [*self._model.trainable_variables, *self._model.non_trainable_variables]
        mapping = list(zip(variables, [*trainable, *non_trainable], strict=True))
        outputs: list[jax.Array] = []
        with keras.StatelessScope(state_mapping=mapping):
            for layer in self._model.layers:
                inputs = layer(inputs, training=False)
                outputs.append(inputs)
            return outputs, sum(self._model.losses, jnp.zeros((), inputs.dtype))

    def _saturated(self, outputs: NDArray[Any]) -> float | None:
        """Share of the outputs within Keras's epsilon of an end of their range."""
        if self._objective.output not in _ENDS or np.isnan(outputs).any():
            return None
        (low, high), near = _ENDS[self._objective.output], keras.config.epsilon()
        return float(((outputs <= low + near) | (outputs >= high - near)).mean())


def _measured(model: Any) -> tuple[_Layer, ...]:
    """The layers that have weights or put out what an activation gives."""
    places = {id(variable): place for place, variable in enumerate(model.trainable_variables)}
    last = max(place for place, layer in enumerate(model.layers) if layer.trainable_variables)
    found: list[_Layer] = []
    for place, layer in enumerate(model.layers):
        weights = tuple(places[id(variable)] for variable in layer.trainable_variables)
        activates = hasattr(layer, "activation") or isinstance(layer, keras.layers.LeakyReLU)
        has_units = activates and place < last
        connects = isinstance(layer, keras.layers.Dense | keras.layers.Conv2D)
        is_comparable = connects and getattr(layer, "groups", 1) == 1 and place < last
        if weights or has_units:
            found.append(_Layer(layer.name, place, weights, has_units, is_comparable))
    return tuple(found)


def _dead(outputs: jax.Array) -> jax.Array:
    """Whether each unit, along the last axis, is zero for every image and everywhere in it."""
    return (outputs == 0).reshape(-1, outputs.shape[-1]).all(axis=0)


def _norm(arrays: Sequence[NDArray[Any]]) -> float | None:
    """Euclidean norm of some arrays together, by BLAS, which neither overflows nor loses small numbers."""
    if not arrays:
        return None
    norm: Any = get_blas_funcs("nrm2", arrays)
    return _finite(math.hypot(*(float(norm(array.ravel())) for array in arrays)))


def _identical(weights: Sequence[NDArray[Any]]) -> float:
    """Share of units, along the last axis, whose weights are those of another to the bit."""
    units = weights[0].shape[-1]
    incoming = [array.reshape(-1, units) for array in weights]
    alike = list(range(units))
    for stride in (max(1, len(incoming[0]) // _GLANCE), 1):
        own = {unit: b"".join(rows[::stride, unit].tobytes() for rows in incoming) for unit in alike}
        counts = Counter(own.values())
        alike = [unit for unit in alike if counts[own[unit]] > 1]
    return len(alike) / units


def _finite(number: Any) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None
