"""An epoch with delayed updates of the first layer, which makes small batches as fast as large ones.

Within a block of K steps the first kernel W is not updated. Its inputs are data, so the product that each
step needs, X_t W_t, follows from X_t W_0, the earlier gradients and the Gram matrix of the inputs:

    W_{t+1} = a W_t − η X_tᵀ D_t
    X_t W_t = a^t X_t W_0 − η Σ_{s<t} a^{t−1−s} (X_t X_sᵀ) D_s          a = 1 − 2λη

with D_t = ∂(data loss)/∂Z_t and Z_t = X_t W_t + b. W is read and written once a block instead of a step.
The same holds, with 2 × 2 matrices in place of a, for momentum and Nesterov, whose state is (W, V). The
stepwise epoch is the reference: this one makes the same updates, summed in another order.
`paribus.study.update_mode` decides which configurations are delayed.

The products with W, once a block, are `paribus.engine.products`. The steps between them are one compiled
function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from paribus.engine.facts import Network
from paribus.engine.jitted import Jitted
from paribus.engine.linear import Rule
from paribus.engine.objective import Objective
from paribus.engine.products import Kernels, Products
from paribus.engine.stepwise import State, Steps

_GROUP_ROWS = 48  # rows of a group of steps: its D's are added one by one, those of earlier groups at once

Batch = Callable[[Any, Any], tuple[Any, Any]]
Update = Callable[[State, Any, jax.Array], tuple[State, Steps]]


class _Contributions(NamedTuple):
    """What a block's steps contribute to the kernel and, where there is one, to the velocity.

    Args:
        start: The coefficients of (W_0, V_0) in each of them, shape (2, 2).
        pulled: The scaled D's of each of them, to be multiplied by Xᵀ: shape (rows, units).
    """

    start: jax.Array
    pulled: list[jax.Array]


class Delayed:
    """The delayed epoch of one network.

    Args:
        network: Its first layer is dense and its optimizer Keras's SGD.
        objective: The loss, and when a prediction is correct.
        batch: Returns the network's inputs (num_rows, d) and labels of some images, as NumPy or JAX arrays.
        update: One step of the reference, for the short last batch.
        batch_size: Images a step.
        steps: K, the steps of a block.
        threads: Among which the products with W are divided.
    """

    def __init__(
        self,
        network: Network,
        *,
        objective: Objective,
        batch: Batch,
        update: Update,
        batch_size: int,
        steps: int,
        threads: int = 1,
    ) -> None:
        self._products = Products(threads)
        self._network, kept = network, network.functions
        self.objective = objective
        self.batch_size, self.steps = batch_size, steps
        self.group = max(1, _GROUP_ROWS // batch_size)
        self._batch, self._update = batch, Jitted(update, donated=0, kept=kept)
        self._steps = Jitted(self._block_of_steps, donated=0, kept=kept)
        self._normal = Jitted(_without_subnormals, kept=kept)

    def build(self) -> None:
        """Build what steps are traced with."""
        _ = self.tail, self.rule, self.others

    @cached_property
    def first(self) -> Any:
        """The first layer."""
        return self._network.model.layers[0]

    @cached_property
    def tail(self) -> Any:
        """The layers after the first."""
        import keras

        return keras.Sequential([keras.Input((self.first.units,)), *self._network.model.layers[1:]])

    @cached_property
    def rule(self) -> Rule:
        """How the optimizer updates the first kernel."""
        optimizer, decay = self._network.optimizer, self._network.facts.l2
        momentum, is_nesterov = float(optimizer.momentum), bool(optimizer.nesterov)
        return Rule(momentum, is_nesterov, decay, float(optimizer.weight_decay or 0.0))

    @cached_property
    def others(self) -> Any:
        """The optimizer of all weights but the first kernel."""
        optimizer = self._network.optimizer
        others: Any = optimizer.__class__.from_config(optimizer.get_config())
        others.build(self._network.model.trainable_variables[1:])
        return others

    def prepare(self, state: State, images: Any, order: NDArray[np.int32]) -> None:
        """Compile the functions for epochs over as many images."""
        kernels, rest = self._split(state)
        self._normal.compiled(kernels[0])
        for rows in {len(rows): rows for rows in self._blocks(order)}.values():
            if len(rows) < self.batch_size:
                self._update.compiled(state, images, jnp.asarray(rows))
                continue
            inputs, labels = self._batch(_as_numpy(images), rows)
            start = np.empty((len(rows), kernels[0].shape[1]), inputs.dtype)
            gram, norms = np.empty((len(rows), len(rows)), inputs.dtype), np.empty((2, 2), inputs.dtype)
            self._steps.compiled(rest, [start for _ in kernels], gram, norms, labels)

    def epoch(self, state: State, images: Any, order: NDArray[np.int32]) -> tuple[State, Steps]:
        """Train as `stepwise.Looped.epoch`: whole blocks, the remaining steps, then the short last batch."""
        kernels, rest = self._split(state)
        as_numpy, seen = _as_numpy(images), list[Steps]()
        for rows in self._blocks(order):
            if len(rows) < self.batch_size:
                state, here = self._update(self._join(kernels, rest), images, jnp.asarray(rows))
                return state, _concatenate([*seen, here])
            rest, here = self._block(kernels, rest, *self._batch(as_numpy, rows))
            seen.append(here)
        return self._join(kernels, rest), _concatenate(seen)

    def _blocks(self, order: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
        """Yield the rows of every block, then those of the short last batch."""
        stepped = len(order) // self.batch_size * self.batch_size
        for begin in range(0, stepped, self.steps * self.batch_size):
            yield order[begin : min(begin + self.steps * self.batch_size, stepped)]
        if stepped < len(order):
            yield order[stepped:]

    def _block(
        self, kernels: Kernels, rest: State, inputs: NDArray[Any], labels: NDArray[Any]
    ) -> tuple[State, Steps]:
        """Take the steps of a block: update `kernels` in place and return the rest of the state."""
        starts, gram, norms = self._products.before(kernels, inputs, with_norms=bool(self._network.facts.l2))
        rest, seen, moved = self._steps(rest, starts, gram, norms, labels)
        self._products.update(kernels, inputs, np.asarray(moved.start), [np.asarray(p) for p in moved.pulled])
        return rest, seen

    def _block_of_steps(
        self, rest: State, starts: list[jax.Array], gram: jax.Array, norms: jax.Array, labels: jax.Array
    ) -> tuple[State, Steps, _Contributions]:
        """Take the steps of a block; this function is compiled.

        Args:
            rest: The state without the first kernel and its velocity.
            starts: X W_0, and X V_0 where there is a velocity, each (rows, units).
            gram: X Xᵀ, shape (rows, rows).
            norms: Inner products of (W_0, V_0), shape (2, 2).
            labels: Shape (rows, ...).
        """
        (rows, units), dtype = starts[0].shape, starts[0].dtype
        size, steps = self.batch_size, rows // self.batch_size
        scalars = self.rule.coefficients(self._rates(rest.optimizer, steps).astype(dtype))

        def from_start(which: int) -> jax.Array:
            """Return what the start of the block contributes to X_t W_t (0) or X_t V_t (1), for every row."""
            scale = jnp.repeat(scalars.start[:-1, which], size, axis=0)
            return sum(
                (scale[:, i, None] * start for i, start in enumerate(starts)), jnp.zeros_like(starts[0])
            )

        def mixing(which: int) -> jax.Array:
            """Return the coefficients of each row's D in each row's X_t W_t (0) or X_t V_t (1)."""
            pulls = scalars.pulls[:-1, :, which]
            return gram * jnp.repeat(jnp.repeat(pulls, size, axis=0), size, axis=1)

        mixed, begun = mixing(0), from_start(0)
        state, pushed, seen, products = rest, jnp.zeros((0, units), dtype), list[Steps](), list[jax.Array]()
        for first in range(0, steps, self.group):
            done, now = first * size, min(first + self.group, steps) * size
            here = begun[done:now] + mixed[done:now, :done] @ pushed
            state, each, step, product = self._group_of_steps(
                state, here, mixed[done:now, done:now], labels[done:now]
            )
            pushed = jnp.concatenate([pushed, each])
            seen.append(step)
            products.append(product)
        whole = jax.tree.map(lambda *parts: jnp.concatenate(parts), *seen)
        if self.rule.l2:
            there = jnp.concatenate(products)
            moving = there if len(starts) == 1 else from_start(1) + mixing(1) @ pushed
            squares = self.rule.squares(norms, scalars, *_norms(gram, pushed, there, moving, size))
            whole = whole._replace(penalty=whole.penalty + self.rule.l2 * squares)
        pulls = jnp.repeat(scalars.pulls[-1], size, axis=0)
        pulled = [pulls[:, which, None] * pushed for which in range(len(starts))]
        return state, whole, _Contributions(scalars.start[-1], pulled)

    def _group_of_steps(
        self, rest: State, begun: jax.Array, mixed: jax.Array, labels: jax.Array
    ) -> tuple[State, jax.Array, Steps, jax.Array]:
        """Take some steps of a block; return the rest of the state, their D's, figures and X_t W_t.

        Args:
            rest: The state before them.
            begun: The part of X_t W_t that comes from before the group, shape (rows, units).
            mixed: The coefficients of each row's D in the other rows, shape (rows, rows).
            labels: Shape (rows, ...).
        """
        (rows, units), size = begun.shape, self.batch_size
        steps = rows // size

        def step(carry: Any, inputs: Any) -> tuple[Any, Any]:
            weights, non_trainable, optimizer, pushed = carry
            place, begun, mixed, labels = inputs
            product = begun + mixed @ pushed if steps > 1 else begun

            def total(weights: list[jax.Array], product: jax.Array) -> tuple[jax.Array, Any]:
                logits, after, penalty = self._forward(weights, non_trainable, product)
                data_loss = self.objective.losses(logits, labels).mean()
                seen = Steps(data_loss, penalty, self.objective.seen(logits, labels).sum(axis=0))
                return data_loss + penalty, (after, seen)

            gradients, (after, seen) = jax.grad(total, argnums=(0, 1), has_aux=True)(weights, product)
            weights, optimizer = self.others.stateless_apply(optimizer, gradients[0], weights)
            pushed = jax.lax.dynamic_update_slice(pushed, gradients[1], (place, 0))
            return (weights, after, optimizer, pushed), (seen, product)

        each = (
            jnp.arange(steps) * size,
            begun.reshape(steps, size, units),
            mixed.reshape(steps, size, rows),
            labels.reshape(steps, size, *labels.shape[1:]),
        )
        carry = (*rest, jnp.zeros_like(begun))
        (*moved, pushed), (seen, products) = jax.lax.scan(step, carry, each)
        return State(*moved), pushed, seen, products.reshape(rows, units)

    def _forward(
        self, weights: list[jax.Array], non_trainable: list[jax.Array], product: jax.Array
    ) -> tuple[jax.Array, list[jax.Array], jax.Array]:
        """Return the logits, the updated state and the penalty of everything after the first product."""
        has_bias = int(self.first.use_bias)
        bias = weights[0] if has_bias else None
        penalty = jnp.zeros((), product.dtype)
        if bias is not None:
            product = product + bias
            if self.first.bias.regularizer is not None:
                penalty += self.first.bias.regularizer(bias)
        logits, after, penalties = self.tail.stateless_call(
            weights[has_bias:],
            non_trainable,
            self.first.activation(product),
            training=True,
            return_losses=True,
        )
        return logits, after, sum(penalties, penalty)

    def _rates(self, optimizer: list[jax.Array], steps: int) -> jax.Array:
        """Return the learning rates of the next steps, shape (steps,)."""
        import keras

        def rate(iteration: jax.Array) -> jax.Array:
            values = [iteration, *optimizer[1:]]
            mapping = list(zip(self.others.variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return jnp.asarray(self.others.learning_rate)

        return jax.vmap(rate)(optimizer[0] + jnp.arange(steps))

    def _split(self, state: State) -> tuple[Kernels, State]:
        """Split the state into copies of the first kernel and its velocity, if any, and the rest."""
        kernel, *trainable = state.trainable
        optimizer = list(state.optimizer)
        velocity = self._network.facts.velocity
        kernels = [kernel] if velocity is None else [kernel, optimizer.pop(velocity)]
        return [np.array(each) for each in kernels], State(trainable, state.non_trainable, optimizer)

    def _join(self, kernels: Kernels, rest: State) -> State:
        kernel, *velocity = (self._normal(each) for each in kernels)
        optimizer = list(rest.optimizer)
        place = self._network.facts.velocity
        if place is not None:
            optimizer[place:place] = velocity
        return State([kernel, *rest.trainable], rest.non_trainable, optimizer)


def _without_subnormals(weights: jax.Array) -> jax.Array:
    """Replace subnormal numbers by zeros: XLA computes without them, and BLAS is slow on them."""
    return jnp.where(jnp.abs(weights) < jnp.finfo(weights.dtype).tiny, 0, weights)


def _as_numpy(images: Any) -> Any:
    """Return the same images as NumPy arrays, without copying them."""
    return jax.tree.map(np.asarray, images)


def _norms(
    gram: jax.Array, pushed: jax.Array, products: jax.Array, moving: jax.Array, size: int
) -> tuple[jax.Array, jax.Array]:
    """Return inner products of D_t with X_t W_t and X_t V_t, shape (K, 2), and ‖X_tᵀ D_t‖², shape (K,)."""
    steps = len(pushed) // size
    each = pushed.reshape(steps, size, -1)
    views = (products.reshape(each.shape), moving.reshape(each.shape))
    inner = jnp.stack([(view * each).sum(axis=1).sum(axis=1) for view in views], axis=1)
    blocks = gram.reshape(steps, size, steps, size)[jnp.arange(steps), :, jnp.arange(steps)]
    return inner, (blocks * jnp.einsum("sbh,sch->sbc", each, each)).sum(axis=(1, 2))


def _concatenate(seen: list[Steps]) -> Steps:
    def joined(*parts: Any) -> Any:
        return jax.device_put(np.concatenate([np.atleast_1d(np.asarray(part)) for part in parts]))

    return jax.tree.map(joined, *seen)
