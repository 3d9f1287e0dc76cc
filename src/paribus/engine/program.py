"""The compiled functions of a configuration: epochs, and the scores of images."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.engine import devices, precision
from paribus.engine.augmentation import Augmentation
from paribus.engine.delayed import Delayed
from paribus.engine.device_images import DeviceImages, rows_of
from paribus.engine.facts import FACTS, Facts, Observed, facts_of
from paribus.engine.heads import Heads
from paribus.engine.jitted import Functions, Jitted
from paribus.engine.objective import Objective
from paribus.engine.own_code import OwnCode
from paribus.engine.probes import Probes
from paribus.engine.scoring import Scores, chunks, scores_of
from paribus.engine.stepwise import Axes, Called, Looped, State, Steps
from paribus.study.branches import branches_of, whole_branches
from paribus.study.configuration import Configuration
from paribus.study.programs import Program as UserFile
from paribus.study.shapes import input_shape, takes_tokens
from paribus.study.update_mode import UpdateMode, Updates, block_steps

if TYPE_CHECKING:
    import keras

    from paribus.engine.kept import Kept


class Program:
    """The compiled functions that all runs of one configuration share, whatever their seed.

    The network and its optimizer are built where a function is traced, facts are missing or weights are
    drawn. So Keras, which takes long to import, is imported only there.

    Args:
        configuration: What to train.
        image: One image's (height, width, channels).
        updates: ``auto`` delays the first layer's updates where `block_steps` does, ``delayed`` wherever
            possible.
        threads: Among which delayed updates divide their products; all else is XLA's, see
            `paribus.execute.local.settings`.
        kept: What earlier processes have kept of the configuration; None to keep nothing.
        file: The one that builds the network, where the configuration has one of the user's own.
        functions: Those that define a loss and metrics of the user's own, by their SHA-256.
    """

    def __init__(
        self,
        configuration: Configuration,
        image: tuple[int, ...],
        updates: Updates = "auto",
        threads: int = 1,
        *,
        kept: Kept | None = None,
        file: UserFile | None = None,
        functions: Mapping[str, UserFile] | None = None,
    ) -> None:
        self.configuration = configuration
        self.file = file
        self.own = OwnCode(configuration, file, functions or {}, lambda: self.model)
        self.heads = Heads(configuration, self.own.loss)
        self._kept = kept
        self._facts: Facts | None = None
        self.functions = Functions(kept, self._build)
        inputs = configuration.facts.inputs if configuration.has_branches else ()
        self.branches = branches_of(configuration.layers, inputs)
        if configuration.network is not None:
            self.branches = whole_branches(configuration.facts)
            self.shape = configuration.network.input or image
        else:
            self.shape = image if self.branches else input_shape(configuration.layers, image)
        self.objective = Objective(
            configuration.loss,
            configuration.output,
            configuration.facts.task,
            configuration.label_smoothing,
            self.own.scored,
        )
        self._augmentation = Augmentation(configuration.augment)
        self._stepped = Called(self.update, configuration.batch_size, self.functions)
        self._epochs = self._epoch_function(updates, threads)
        self.probes = Probes(
            self,
            objective=self.objective,
            inputs=self._input,
            stepped=self._stepped,
        )
        kinds = [layer.kind for layer in configuration.layers]
        self.penalizes_activity = "activity_regularization" in kinds or configuration.network is not None
        self._scores, self._penalty, self._finalize = (
            Jitted(function, kept=self.functions) for function in (self.scored, self.penalty, self._final)
        )

    @cached_property
    def model(self) -> Any:
        """The network, which ends in logits."""
        from paribus.engine import penalty

        model: Any = self.built(seed=0)
        if devices.is_cpu():
            penalty.add_in_one_pass(model)
        return model

    @cached_property
    def optimizer(self) -> Any:
        """The optimizer, built for the network."""
        return self.new_optimizer(self.model)

    def new_optimizer(self, model: Any) -> Any:
        """Return an optimizer that is built for a network of this configuration."""
        from paribus.engine import network

        made = network.optimizer(self.configuration.optimizer, self.own.files)
        optimizer: Any = precision.scaling(made, self.configuration.dtype)
        optimizer.build(model.trainable_variables)
        return optimizer

    @property
    def facts(self) -> Facts:
        """What is known of the network beside its functions."""
        if self._facts is None:
            self._facts = self._found_facts()
        return self._facts

    def _found_facts(self) -> Facts:
        kept = self._kept.about("facts") if self._kept else None
        if kept is not None:
            return FACTS.validate_python(kept)
        facts = facts_of(self.model, self.optimizer, self.observed.layers)
        if self._kept:
            self._kept.keep_about("facts", FACTS.dump_python(facts, mode="json"))
        return facts

    def _build(self) -> None:
        """Build with Keras all that functions are traced with: what is built while tracing has no values."""
        _ = self.model, self.optimizer, self.observed, self.facts
        self._augmentation.build()
        self.own.build()
        if isinstance(self._epochs, Delayed):
            self._epochs.build()

    @property
    def observed(self) -> Observed:
        """What is measured of the network."""
        return self._observed

    @cached_property
    def _observed(self) -> Observed:
        from paribus.engine import several
        from paribus.engine.probed_layers import observed, observed_own

        layers = self.configuration.layers
        if self.configuration.network is not None:
            return observed_own(self.model)
        if not self.branches:
            return observed(self.model, self.model.layers)
        return observed(self.model, several.layers_in_order(self.model, layers, self.branches))

    def _epoch_function(self, updates: Updates, threads: int) -> Looped | Called | Delayed:
        """Return how an epoch is computed."""
        size = self.configuration.batch_size
        if steps := block_steps(self.configuration, updates):
            return Delayed(
                self,
                objective=self.objective,
                batch=self._batch,
                update=self.update,
                batch_size=size,
                steps=steps,
                threads=threads,
            )
        return self._stepped if self._convolves_slowly else Looped(self.update, size, self.functions)

    def stepwise(self, axes: Axes) -> Looped | Called:
        """Return how epochs of several states at once are computed."""
        made = Called if self._convolves_slowly else Looped
        return made(self.update, self.configuration.batch_size, self.functions, axes)

    @property
    def _convolves_slowly(self) -> bool:
        """Whether layers convolve, which XLA for a CPU does several times slower in a loop."""
        kinds = ((layer.wrapped or layer).kind for layer in self.configuration.layers)
        own = self.configuration.network
        convolves = any("conv" in kind for kind in kinds) or (own is not None and own.convolves)
        return convolves and devices.is_cpu()

    @property
    def update_mode(self) -> UpdateMode:
        """How an epoch is computed."""
        return "delayed" if isinstance(self._epochs, Delayed) else "stepwise"

    def built(self, seed: int) -> keras.Model:
        """Return a model with the initial weights of a seed."""
        from paribus.engine import network, own_network

        own = self.configuration.network
        if own is None:
            layers, files = self.configuration.layers, self.own.files
            with precision.policy(self.configuration.dtype):
                return network.build(layers, self.shape, seed, self.branches, files)
        if self.file is None:
            raise ValueError("the network's file is not named")
        return own_network.build(own, self.file, self.configuration.facts, seed)

    def initial(self, seed: int) -> State:
        """Draw the state before the first update from the seed's streams."""
        kept = self._kept.initial(seed) if self._kept else None
        if kept is not None:
            return kept
        with devices.drawing():
            state = self.start(self.built(seed))
        if not devices.is_cpu():
            state = jax.device_put(state, jax.devices()[0])
        if self._kept:
            self._kept.keep_initial(seed, state)
        return state

    def start(self, model: keras.Model) -> State:
        """Return the state before the first update of a given model of this configuration."""
        optimizer = self.new_optimizer(model)
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

    def prepare_scores(self, state: State, images: DeviceImages, rows: NDArray[np.int64]) -> None:
        """Compile the scoring of so many images in advance."""
        for count in {len(chunk) for chunk in chunks(rows)}:
            pixels, labels, beside = (
                None if each is None else jax.ShapeDtypeStruct((count, *each.shape[1:]), each.dtype)
                for each in (images.pixels, images.labels, images.beside)
            )
            alone: Any = images._replace(weights=None, seeds=None)
            chosen: Any = alone._replace(pixels=pixels, labels=labels, beside=beside)
            self._scores.compiled(state, chosen)
        if not self.penalizes_activity:
            self._penalty.compiled(state)

    def evaluate(self, state: State, images: DeviceImages, rows: NDArray[np.int64]) -> Scores:
        """Score some of the images with the current weights.

        Args:
            state: The network's state.
            images: The images.
            rows: Rows of `images`, shape (num_images,); at least one.
        """
        # Selected first, so that validation and test images share one compiled function.
        alone = images._replace(weights=None, seeds=None)
        parts = [self._scores(state, rows_of(alone, jnp.asarray(chunk))) for chunk in chunks(rows)]
        penalty = None if self.penalizes_activity else self._penalty(state)
        has_heads = bool(self.heads) and images.beside is not None
        heads = (self.heads, np.asarray(images.beside)[rows]) if has_heads else None
        return scores_of(parts, penalty, self.objective, np.asarray(images.labels)[rows], heads)

    def finalize(self, state: State) -> State:
        """Return the state with Keras's final weights, which are averages where the optimizer keeps them."""
        return self._finalize(state)

    def with_rate(self, state: State, rate: float) -> State:
        """Return the state with another learning rate, where that is a number and no schedule."""
        place = self.facts.rate
        if place is None:
            raise ValueError("the learning rate follows a schedule")
        values = list(state.optimizer)
        values[place] = jnp.asarray(rate, values[place].dtype)
        return state._replace(optimizer=values)

    def _input(self, images: DeviceImages, step: jax.Array | None = None) -> Any:
        """Return the network's input, or its inputs by name; at a step of the training changed at random."""
        if self.branches:
            from paribus.engine import own_network, several

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
        batch = rows_of(images, rows)
        return self._input(batch), batch.labels

    def update(self, state: State, images: DeviceImages, rows: jax.Array) -> tuple[State, Steps]:
        """Make one update, on some rows of the images; this function is compiled."""
        from paribus.engine import spectral
        from paribus.engine.own_network import mode

        batch = rows_of(images, rows)
        inputs, labels = self._input(batch, state.optimizer[self.facts.step]), batch.labels
        divided = spectral.normalized(self.model, state.trainable, state.non_trainable)
        state = State(*divided, state.optimizer)

        def total(trainable: list[jax.Array]) -> tuple[jax.Array, tuple[list[jax.Array], Steps]]:
            outputs, non_trainable, penalties = self.model.stateless_call(
                trainable, state.non_trainable, inputs, **mode(self.model, training=True), return_losses=True
            )
            logits, others = self.heads.split(outputs, self.model)
            data_loss = batch.weighted(self.objective.losses(logits, labels)).mean()
            penalty = sum(penalties, jnp.zeros_like(data_loss))
            seen = Steps(data_loss, penalty, self.objective.seen(logits, labels).sum(axis=0))
            if self.heads:
                measured = self.heads.measured(others, batch, weigh=True)
                seen = seen._replace(beside=measured.mean(axis=0))
            loss = self.heads.loss(data_loss, others, batch) + penalty
            return precision.scaled(self.optimizer, state.optimizer, loss), (non_trainable, seen)

        gradients, (non_trainable, seen) = jax.grad(total, has_aux=True)(state.trainable)
        trainable, optimizer = self.optimizer.stateless_apply(state.optimizer, gradients, state.trainable)
        return State(trainable, non_trainable, optimizer), seen

    def scored(self, state: State, images: DeviceImages) -> tuple[jax.Array, ...]:
        """Return the losses of images, what each adds to the score, and the outputs; see `scores_of`."""
        from paribus.engine.own_network import mode

        found, _, *penalties = self.model.stateless_call(
            state.trainable,
            state.non_trainable,
            self._input(images),
            **mode(self.model, training=False),
            return_losses=self.penalizes_activity,
        )
        logits, others = self.heads.split(found, self.model)
        seen = self.objective.seen(logits, images.labels)
        scores = (self.objective.losses(logits, images.labels), seen, self.objective.outputs(logits))
        heads = [self.heads.measured(others, images, weigh=False)] if self.heads else []
        return (*scores, *(jnp.full(len(logits), sum(each)) for each in penalties), *heads)

    def penalty(self, state: State) -> jax.Array:
        """Return the regularizers' sum of some weights."""
        import keras

        mapping = list(zip(self.model.trainable_variables, state.trainable, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return sum(self.model.losses, jnp.zeros((), keras.config.floatx()))

    def _final(self, state: State) -> State:
        import keras

        variables = [*self.model.trainable_variables, *self.optimizer.variables]
        values = [*state.trainable, *state.optimizer]
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))) as scope:
            self.optimizer.finalize_variable_values(self.model.trainable_variables)
        trainable = [scope.get_current_value(variable) for variable in self.model.trainable_variables]
        return state._replace(trainable=trainable)
