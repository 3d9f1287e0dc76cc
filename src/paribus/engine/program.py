"""The compiled functions of a configuration: epochs, and the scores of images."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from paribus.engine import network, own_network, penalty, several, spectral
from paribus.engine.augmentation import Augmentation
from paribus.engine.delayed import Delayed
from paribus.engine.jitted import Jitted
from paribus.engine.objective import Objective
from paribus.engine.probed_layers import Observed, observed, observed_own
from paribus.engine.probes import Probes
from paribus.engine.stepwise import Called, Looped, State, Steps
from paribus.record.metrics import r2, variance
from paribus.study.branches import branches_of
from paribus.study.configuration import Configuration
from paribus.study.programs import Program as UserFile
from paribus.study.shapes import input_shape, takes_tokens
from paribus.study.update_mode import UpdateMode, Updates, block_steps

_CHUNK = 1000  # images whose logits are computed at once outside training


class DeviceImages(NamedTuple):
    """Examples on JAX's device, and how their pixels or numbers become the network's input.

    Args:
        pixels: uint8 pixels, float32 numbers or int32 tokens, shape (num_images, ...).
        labels: Of classes int32, shape (num_images,), else float32, shape (num_images, num_outputs).
        shift: Is subtracted along the last axis; its type, float32, is that of the input.
        factor: Is multiplied with the difference.
        weights: How much each example counts in the training loss, float32, shape (num_images,); None where
            all count the same.
        seeds: Of the layers that change training batches, uint32, shape (num_layers,); None where none does.
    """

    pixels: jax.Array
    labels: jax.Array
    shift: jax.Array
    factor: jax.Array
    weights: jax.Array | None = None
    seeds: jax.Array | None = None

    def weighted(self, losses: jax.Array) -> jax.Array:
        """Return the losses times the weights; their mean is Keras's, which is over examples, not weights."""
        return losses if self.weights is None else losses * self.weights


class Scores(NamedTuple):
    """The scores of a network on images that it is not trained on.

    Args:
        data_loss: Mean loss, without the penalty.
        penalty: The regularizers' sum.
        score: Share predicted correctly, in [0, 1]; the coefficient of determination in a regression, NaN
            where it is not defined.
        outputs: The network's outputs, float32, shape (num_images, units).
    """

    data_loss: float
    penalty: float
    score: float
    outputs: NDArray[np.float32]


class Program:
    """The compiled functions that all runs of one configuration share, whatever their seed.

    Args:
        configuration: What to train.
        image: One image's (height, width, channels).
        updates: ``auto`` delays the first layer's updates where `block_steps` does, ``delayed`` wherever
            possible.
        file: The one that builds the network, where the configuration has one of the user's own.
    """

    def __init__(
        self,
        configuration: Configuration,
        image: tuple[int, ...],
        updates: Updates = "auto",
        *,
        file: UserFile | None = None,
    ) -> None:
        self.configuration = configuration
        self._file = file
        inputs = configuration.facts.inputs if configuration.has_branches else ()
        self.branches = branches_of(configuration.layers, inputs)
        if configuration.network is not None:
            self.branches = own_network.branches_of(configuration.facts)
            self.shape = configuration.network.input or image
        else:
            self.shape = image if self.branches else input_shape(configuration.layers, image)
        self.objective = Objective(
            configuration.loss,
            configuration.output,
            configuration.facts.task,
            configuration.label_smoothing,
        )
        self.model: Any = self._built(seed=0)
        penalty.add_in_one_pass(self.model)
        self.optimizer: Any = network.optimizer(configuration.optimizer)
        self.optimizer.build(self.model.trainable_variables)
        self._augmentation = Augmentation(configuration.augment)
        self._stepped = Called(self._update, configuration.batch_size)
        self._epochs = self._epoch_function(updates)
        self.probes = Probes(
            self.model,
            self.optimizer,
            observed=self._observed(),
            objective=self.objective,
            inputs=self._input,
            stepped=self._stepped,
        )
        kinds = [layer.kind for layer in configuration.layers]
        self._penalizes_activity = "activity_regularization" in kinds or configuration.network is not None
        self._scores, self._penalty, self._finalize = map(
            Jitted, (self._scores_of, self._penalty_of, self._final)
        )

    def _observed(self) -> Observed:
        """Return the layers that are measured."""
        configuration = self.configuration
        if configuration.network is not None:
            return observed_own(self.model)
        if not self.branches:
            return observed(self.model, self.model.layers)
        return observed(self.model, several.layers_in_order(self.model, configuration.layers, self.branches))

    def _epoch_function(self, updates: Updates) -> Looped | Called | Delayed:
        """Return how an epoch is computed."""
        size = self.configuration.batch_size
        if steps := block_steps(self.configuration, updates):
            return Delayed(
                self.model,
                self.optimizer,
                objective=self.objective,
                batch=self._batch,
                update=self._update,
                batch_size=size,
                steps=steps,
            )
        kinds = ((layer.wrapped or layer).kind for layer in self.configuration.layers)
        network = self.configuration.network
        convolves = any("conv" in kind for kind in kinds) or (network is not None and network.convolves)
        return self._stepped if convolves else Looped(self._update, size)

    @property
    def update_mode(self) -> UpdateMode:
        """How an epoch is computed."""
        return "delayed" if isinstance(self._epochs, Delayed) else "stepwise"

    def _built(self, seed: int) -> keras.Model:
        """Return a model with the initial weights of a seed."""
        own = self.configuration.network
        if own is None:
            return network.build(self.configuration.layers, self.shape, seed, self.branches)
        if self._file is None:
            raise ValueError("the network's file is not named")
        return own_network.build(own, self._file, self.configuration.facts, seed)

    def initial(self, seed: int) -> State:
        """Draw the state before the first update from the seed's streams."""
        return self.start(self._built(seed))

    def start(self, model: keras.Model) -> State:
        """Return the state before the first update of a given model of this configuration."""
        optimizer: Any = network.optimizer(self.configuration.optimizer)
        optimizer.build(model.trainable_variables)
        return State(
            [variable.value for variable in model.trainable_variables],
            [variable.value for variable in model.non_trainable_variables],
            [variable.value for variable in optimizer.variables],
        )

    def epoch(self, state: State, images: DeviceImages, order: NDArray[np.int32]) -> tuple[State, Steps]:
        """Train an epoch on the images in this order; the memory of `state` is reused.

        Args:
            state: The state before the epoch.
            images: The training images.
            order: Rows of `images`, int32, shape (num_train,).
        """
        return self._epochs.epoch(state, images, order)

    def prepare(self, state: State, images: DeviceImages, order: NDArray[np.int32]) -> None:
        """Compile the epoch for arguments of these shapes in advance."""
        self._epochs.prepare(state, images, order)

    def evaluate(self, state: State, images: DeviceImages, rows: NDArray[np.int64]) -> Scores:
        """Score some of the images with the current weights.

        Args:
            state: The network's state.
            images: The images.
            rows: Rows of `images`, shape (num_images,); at least one.
        """
        chunks = [rows[start : start + _CHUNK].astype(np.int32) for start in range(0, len(rows), _CHUNK)]
        # Selected first, so that validation and test images share one compiled function.
        alone = images._replace(weights=None, seeds=None)
        picked = (
            alone._replace(pixels=images.pixels[chunk], labels=images.labels[chunk]) for chunk in chunks
        )
        parts = [self._scores(state, chunk) for chunk in picked]
        losses, seen, outputs, *activity = (np.concatenate(part) for part in zip(*parts, strict=True))
        penalty = self._penalty(state) if not activity else activity[0].mean(dtype=np.float64)
        score = float(seen.mean())
        if self.objective.score == "r2":
            labels = np.asarray(images.labels)[rows].astype(np.float64)
            score = r2(seen.mean(axis=0, dtype=np.float64), variance(labels))
        return Scores(float(losses.mean(dtype=np.float64)), float(penalty), score, outputs)

    def finalize(self, state: State) -> State:
        """Return the state with Keras's final weights, which are averages where the optimizer keeps them."""
        return self._finalize(state)

    def with_rate(self, state: State, rate: float) -> State:
        """Return the state with another learning rate, where that is a number and no schedule."""
        place = next(
            i for i, each in enumerate(self.optimizer.variables) if each is self.optimizer._learning_rate
        )
        values = list(state.optimizer)
        values[place] = jnp.asarray(rate, values[place].dtype)
        return state._replace(optimizer=values)

    def _input(self, images: DeviceImages, step: jax.Array | None = None) -> Any:
        """Return the network's input, or its inputs by name; at a step of the training changed at random."""
        if self.branches:
            scaled = (images.pixels - images.shift) * images.factor
            inputs = several.inputs_of(images.pixels, scaled, self.branches)
            is_own = self.configuration.network is not None
            return own_network.arranged(self.model, inputs) if is_own else inputs
        takes = self.configuration.network is None and takes_tokens(self.configuration.layers)
        if self.configuration.facts.values == "tokens" or takes:
            return images.pixels.astype(jnp.int32).reshape(len(images.pixels), *self.shape)
        pixels = images.pixels.astype(images.shift.dtype)
        if step is not None and images.seeds is not None:
            pixels = self._augmentation.images(pixels, images.seeds, step)
        if self.configuration.scale != "none":
            pixels = (pixels - images.shift) * images.factor
        if step is not None and images.seeds is not None:
            pixels = self._augmentation.noise(pixels, images.seeds, step)
        return pixels.reshape(len(pixels), *self.shape)

    def _batch(self, images: DeviceImages, rows: jax.Array) -> tuple[Any, jax.Array]:
        batch = _rows_of(images, rows)
        return self._input(batch), batch.labels

    def _update(self, state: State, images: DeviceImages, rows: jax.Array) -> tuple[State, Steps]:
        batch = _rows_of(images, rows)
        inputs, labels = self._input(batch, state.optimizer[0]), batch.labels
        divided = spectral.normalized(self.model, state.trainable, state.non_trainable)
        state = State(*divided, state.optimizer)

        def total(trainable: list[jax.Array]) -> tuple[jax.Array, tuple[list[jax.Array], Steps]]:
            logits, non_trainable, penalties = self.model.stateless_call(
                trainable, state.non_trainable, inputs, training=True, return_losses=True
            )
            data_loss = batch.weighted(self.objective.losses(logits, labels)).mean()
            penalty = sum(penalties, jnp.zeros_like(data_loss))
            seen = Steps(data_loss, penalty, self.objective.seen(logits, labels).sum(axis=0))
            return self.optimizer.scale_loss(data_loss + penalty), (non_trainable, seen)

        gradients, (non_trainable, seen) = jax.grad(total, has_aux=True)(state.trainable)
        trainable, optimizer = self.optimizer.stateless_apply(state.optimizer, gradients, state.trainable)
        return State(trainable, non_trainable, optimizer), seen

    def _scores_of(self, state: State, images: DeviceImages) -> tuple[jax.Array, ...]:
        logits, _, *penalties = self.model.stateless_call(
            state.trainable,
            state.non_trainable,
            self._input(images),
            training=False,
            return_losses=self._penalizes_activity,
        )
        seen = self.objective.seen(logits, images.labels)
        scores = (self.objective.losses(logits, images.labels), seen, self.objective.outputs(logits))
        return (*scores, *(jnp.full(len(logits), sum(each)) for each in penalties))

    def _penalty_of(self, state: State) -> jax.Array:
        mapping = list(zip(self.model.trainable_variables, state.trainable, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return sum(self.model.losses, jnp.zeros((), keras.config.floatx()))

    def _final(self, state: State) -> State:
        variables = [*self.model.trainable_variables, *self.optimizer.variables]
        values = [*state.trainable, *state.optimizer]
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))) as scope:
            self.optimizer.finalize_variable_values(self.model.trainable_variables)
        trainable = [scope.get_current_value(variable) for variable in self.model.trainable_variables]
        return state._replace(trainable=trainable)


def _rows_of(images: DeviceImages, rows: jax.Array) -> DeviceImages:
    weights = None if images.weights is None else images.weights[rows]
    return images._replace(pixels=images.pixels[rows], labels=images.labels[rows], weights=weights)
