"""One configuration's compiled functions: an epoch and the logits of many images."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from paribus.engine import network, penalty, stepwise
from paribus.engine.delayed import Delayed, block_steps
from paribus.engine.objective import Objective
from paribus.engine.stepwise import State, Steps
from paribus.study.configuration import Configuration
from paribus.study.size import input_shape

_CHUNK = 1000  # images whose logits are computed at once outside training

# Without it XLA copies all weights at every step of a loop before it changes them.
_COMPILER: dict[str, str | bool] = {"xla_cpu_copy_insertion_use_region_analysis": True}


class Images(NamedTuple):
    """Images where JAX computes, and how their pixels become the network's input.

    Args:
        pixels: uint8, shape (num_images, height, width, channels).
        labels: int32, shape (num_images,).
        shift: Subtracted from the pixels of each channel; its type, float32, is that of the network's input.
        factor: Then multiplies them.
    """

    pixels: jax.Array
    labels: jax.Array
    shift: jax.Array
    factor: jax.Array


class Scores(NamedTuple):
    """How a network does on images it does not train on.

    Args:
        data_loss: Mean loss, without the penalty.
        penalty: The regularizers' sum.
        accuracy: Share answered rightly, in [0, 1].
        outputs: The network's outputs, float32, shape (num_images, units).
    """

    data_loss: float
    penalty: float
    accuracy: float
    outputs: NDArray[np.float32]


class Program:
    """The compiled functions that all runs of one configuration share, whatever their seed.

    Args:
        configuration: What to train.
        image: One image's (height, width, channels).
        path: ``auto`` delays the first layer's updates where `delayed.block_steps` says so.
    """

    def __init__(
        self,
        configuration: Configuration,
        image: tuple[int, ...],
        path: Literal["auto", "stepwise"] = "auto",
    ) -> None:
        self.configuration = configuration
        self.shape = input_shape(configuration.layers, image)
        self.objective = Objective(configuration.loss, configuration.output)
        self.model: Any = network.build(configuration.layers, self.shape, seed=0)
        penalty.add_in_one_pass(self.model)
        self.optimizer: Any = network.optimizer(configuration.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        steps = block_steps(configuration) if path == "auto" else 0
        self.delayed = (
            Delayed(self.model, self.optimizer, self.objective.losses, self.objective.correct, steps)
            if steps
            else None
        )
        # Inside a loop XLA computes convolutions on the CPU several times slower than in a call of their own.
        self._called_step_by_step = any("conv2d" in layer.kind for layer in configuration.layers)
        self._compiled: dict[tuple[object, ...], Callable[..., Any]] = {}

    @property
    def path(self) -> str:
        """How an epoch is computed: ``stepwise``, or ``delayed``."""
        return "stepwise" if self.delayed is None else "delayed"

    def initial(self, seed: int) -> State:
        """The state before the first update, drawn from the seed's streams."""
        return self.start(network.build(self.configuration.layers, self.shape, seed))

    def start(self, model: keras.Sequential) -> State:
        """The state before the first update of a model like this configuration's, from its weights."""
        optimizer: Any = network.optimizer(self.configuration.optimizer)
        optimizer.build(model.trainable_variables)
        return State(
            [variable.value for variable in model.trainable_variables],
            [variable.value for variable in model.non_trainable_variables],
            [variable.value for variable in optimizer.variables],
        )

    def epoch(self, state: State, images: Images, order: NDArray[np.int32]) -> tuple[State, Steps]:
        """Train on the images in this order; `state` is given up to the result.

        Args:
            state: Where the epoch starts.
            images: The training images.
            order: Rows of `images`, int32, shape (num_train,).
        """
        if not self._called_step_by_step:
            return self._call(self._epoch, 0, state, images, jnp.asarray(order))
        batches = stepwise.batches(order, self.configuration.batch_size)
        updates = {
            len(rows): self._compile(self._update, 0, state, images, jnp.asarray(rows))
            for rows in (batches[0], batches[-1])
        }
        seen: list[Steps] = []
        for rows in batches:
            state, step = updates[len(rows)](state, images, jnp.asarray(rows))
            seen.append(step)
        return state, Steps(*(jax.device_put(np.array(values)) for values in zip(*seen, strict=True)))

    def prepare(self, state: State, images: Images, order: NDArray[np.int32]) -> None:
        """Compile the epoch for arguments of these shapes, so that calling it takes no time but its own."""
        if not self._called_step_by_step:
            self._compile(self._epoch, 0, state, images, jnp.asarray(order))
            return
        batches = stepwise.batches(order, self.configuration.batch_size)
        for rows in (batches[0], batches[-1]):
            self._compile(self._update, 0, state, images, jnp.asarray(rows))

    def evaluate(self, state: State, images: Images, rows: NDArray[np.int64]) -> Scores:
        """Score some of the images with the weights as they are.

        Args:
            state: The network.
            images: Where the rows are found.
            rows: Which images, shape (num_images,); at least one.
        """
        chunks = [rows[start : start + _CHUNK].astype(np.int32) for start in range(0, len(rows), _CHUNK)]
        # Picked out beforehand, so that validation and test images share one compiled function.
        picked = (
            images._replace(pixels=images.pixels[chunk], labels=images.labels[chunk]) for chunk in chunks
        )
        parts = [self._call(self._scores, None, state, chunk) for chunk in picked]
        losses, correct, outputs = (np.concatenate(part) for part in zip(*parts, strict=True))
        penalty = self._call(self._penalty, None, state)
        return Scores(float(losses.mean(dtype=np.float64)), float(penalty), float(correct.mean()), outputs)

    def finalize(self, state: State) -> State:
        """The state with the weights Keras keeps at the end: averages, where the optimizer has them."""
        return self._call(self._finalize, None, state)

    def _input(self, images: Images) -> jax.Array:
        pixels = images.pixels.astype(images.shift.dtype)
        if self.configuration.scale != "none":
            pixels = (pixels - images.shift) * images.factor
        return pixels.reshape(len(pixels), *self.shape)

    def _batch(self, images: Images, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
        labels = images.labels[rows]
        return self._input(images._replace(pixels=images.pixels[rows], labels=labels)), labels

    def _update(self, state: State, images: Images, rows: jax.Array) -> tuple[State, Steps]:
        inputs, labels = self._batch(images, rows)

        def total(trainable: list[jax.Array]) -> tuple[jax.Array, tuple[list[jax.Array], Steps]]:
            logits, non_trainable, penalties = self.model.stateless_call(
                trainable, state.non_trainable, inputs, training=True, return_losses=True
            )
            data_loss = self.objective.losses(logits, labels).mean()
            penalty = sum(penalties, jnp.zeros_like(data_loss))
            seen = Steps(data_loss, penalty, self.objective.correct(logits, labels).sum())
            return self.optimizer.scale_loss(data_loss + penalty), (non_trainable, seen)

        gradients, (non_trainable, seen) = jax.grad(total, has_aux=True)(state.trainable)
        trainable, optimizer = self.optimizer.stateless_apply(state.optimizer, gradients, state.trainable)
        return State(trainable, non_trainable, optimizer), seen

    def _epoch(self, state: State, images: Images, order: jax.Array) -> tuple[State, Steps]:
        batch_size = self.configuration.batch_size

        def update(state: State, rows: jax.Array) -> tuple[State, Steps]:
            return self._update(state, images, rows)

        if self.delayed is None:
            return stepwise.epoch(update, state, order, batch_size)
        return self.delayed.epoch(update, partial(self._batch, images), state, order, batch_size)

    def _scores(self, state: State, images: Images) -> tuple[jax.Array, ...]:
        logits, _ = self.model.stateless_call(
            state.trainable, state.non_trainable, self._input(images), training=False
        )
        correct = self.objective.correct(logits, images.labels)
        return self.objective.losses(logits, images.labels), correct, self.objective.outputs(logits)

    def _penalty(self, state: State) -> jax.Array:
        mapping = list(zip(self.model.trainable_variables, state.trainable, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return sum(self.model.losses, jnp.zeros((), keras.config.floatx()))

    def _finalize(self, state: State) -> State:
        variables = [*self.model.trainable_variables, *self.optimizer.variables]
        values = [*state.trainable, *state.optimizer]
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))) as scope:
            self.optimizer.finalize_variable_values(self.model.trainable_variables)
        trainable = [scope.get_current_value(variable) for variable in self.model.trainable_variables]
        return state._replace(trainable=trainable)

    def _call(self, function: Callable[..., Any], donated: int | None, *arguments: Any) -> Any:
        return self._compile(function, donated, *arguments)(*arguments)

    def _compile(
        self, function: Callable[..., Any], donated: int | None, *arguments: Any
    ) -> Callable[..., Any]:
        shapes = tuple(jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) for leaf in jax.tree.leaves(arguments))
        key = (function.__name__, *((shape.shape, str(shape.dtype)) for shape in shapes))
        if key not in self._compiled:
            donate = () if donated is None else (donated,)
            lowered = jax.jit(function, donate_argnums=donate).lower(*arguments)
            self._compiled[key] = lowered.compile(compiler_options=_COMPILER)
        return self._compiled[key]
