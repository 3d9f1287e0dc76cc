"""An epoch with delayed updates of the first layer: small batches at the price of large ones.

Inside a block of K steps the first kernel W stays where it is. Its inputs are data, so what each step needs
of it, X_t W_t, follows from X_t W_0 and from the gradients so far through the inputs' Gram matrix:

    W_{t+1} = a W_t − η X_tᵀ D_t
    X_t W_t = a^t X_t W_0 − η Σ_{s<t} a^{t−1−s} (X_t X_sᵀ) D_s          a = 1 − 2λη

with D_t = ∂(data loss)/∂Z_t and Z_t = X_t W_t + b. W is read and written once a block instead of a step.
The same holds, with 2 × 2 matrices in place of a, for momentum and Nesterov, whose state is (W, V). The
stepwise epoch is the reference: this one does the same updates, in another order of summation. Which
configurations are delayed, `paribus.study.update_mode` says.

The products with W, once a block, are NumPy's and SciPy's: their BLAS multiplies matrices of this size at
the processor's own pace, XLA on the CPU does not. The steps between them are one compiled function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs

from paribus.engine.jitted import Jitted
from paribus.engine.linear import Rule
from paribus.engine.objective import Objective
from paribus.engine.stepwise import State, Steps

_GROUP_ROWS = 48  # within a block, steps whose own D's are mixed one by one; the others' in one product

Batch = Callable[[Any, Any], tuple[Any, Any]]
Update = Callable[[State, Any, jax.Array], tuple[State, Steps]]
Ends = list[NDArray[Any]]


class _Passed(NamedTuple):
    """What a block's steps leave for the kernel, and for the velocity where there is one.

    Args:
        start: What of (W_0, V_0) is in each of them, shape (2, 2).
        pulled: The D's as each of them takes them, to be multiplied by Xᵀ: shape (rows, units).
    """

    start: jax.Array
    pulled: list[jax.Array]


class Delayed:
    """The delayed epoch of one network.

    Args:
        model: The network; its first layer is dense.
        optimizer: Keras's SGD, built for the model's trainable variables.
        objective: The loss, and what counts as a right answer.
        batch: The network's inputs (num_rows, d) and labels of some of the images, of NumPy's as of JAX's.
        update: One step as the reference does it, for the short last batch.
        batch_size: Images a step.
        steps: K, the steps of a block.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        *,
        objective: Objective,
        batch: Batch,
        update: Update,
        batch_size: int,
        steps: int,
    ) -> None:
        first = model.layers[0]
        self.objective = objective
        self.batch_size, self.steps = batch_size, steps
        self.group = max(1, _GROUP_ROWS // batch_size)
        self.first = first
        self.tail: Any = keras.Sequential([keras.Input((first.units,)), *model.layers[1:]])
        self.bias = int(first.use_bias)
        regularizer = first.kernel_regularizer
        self.rule = Rule(
            float(optimizer.momentum),
            bool(optimizer.nesterov),
            float(regularizer.l2) if regularizer is not None else 0.0,
            float(optimizer.weight_decay or 0.0),
        )
        self.others: Any = optimizer.__class__.from_config(optimizer.get_config())
        self.others.build(model.trainable_variables[1:])
        momentums = getattr(optimizer, "momentums", [])
        self.velocity = next(
            (i for i, v in enumerate(optimizer.variables) if momentums and v is momentums[0]), None
        )
        self._batch, self._update = batch, Jitted(update, donated=0)
        self._steps, self._normal = Jitted(self._block_of_steps, donated=0), Jitted(_without_subnormals)

    def prepare(self, state: State, images: Any, order: NDArray[np.int32]) -> None:
        """Compile for an epoch over so many images."""
        ends, rest = self._apart(state)
        self._normal.compiled(ends[0])
        for rows in {len(rows): rows for rows in self._blocks(order)}.values():
            if len(rows) < self.batch_size:
                self._update.compiled(state, images, jnp.asarray(rows))
                continue
            inputs, labels = self._batch(_on_host(images), rows)
            start = np.empty((len(rows), ends[0].shape[1]), inputs.dtype)
            gram, norms = np.empty((len(rows), len(rows)), inputs.dtype), np.empty((2, 2), inputs.dtype)
            self._steps.compiled(rest, [start for _ in ends], gram, norms, labels)

    def epoch(self, state: State, images: Any, order: NDArray[np.int32]) -> tuple[State, Steps]:
        """As `stepwise.Looped.epoch`: whole blocks, then the steps left, then the short last batch."""
        ends, rest = self._apart(state)
        on_host, seen = _on_host(images), list[Steps]()
        for rows in self._blocks(order):
            if len(rows) < self.batch_size:
                state, here = self._update(self._joined(ends, rest), images, jnp.asarray(rows))
                return state, _concatenated([*seen, here])
            rest, here = self._block(ends, rest, *self._batch(on_host, rows))
            seen.append(here)
        return self._joined(ends, rest), _concatenated(seen)

    def _blocks(self, order: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
        """The rows of every block, those of the steps after the last whole one, the short last batch."""
        stepped = len(order) // self.batch_size * self.batch_size
        for begin in range(0, stepped, self.steps * self.batch_size):
            yield order[begin : min(begin + self.steps * self.batch_size, stepped)]
        if stepped < len(order):
            yield order[stepped:]

    def _block(
        self, ends: Ends, rest: State, inputs: NDArray[Any], labels: NDArray[Any]
    ) -> tuple[State, Steps]:
        """Move `ends`, in place, and everything else through the steps of a block."""
        with np.errstate(all="ignore"):  # a run may diverge
            norms = np.zeros((2, 2), inputs.dtype)
            if self.rule.l2:
                flat = [end.ravel() for end in ends]
                norms[: len(ends), : len(ends)] = [[one @ other for other in flat] for one in flat]
            starts = [inputs @ end for end in ends]
            rest, seen, passed = self._steps(rest, starts, inputs @ inputs.T, norms, labels)
            _move(ends, inputs, passed)
        return rest, seen

    def _block_of_steps(
        self, rest: State, starts: list[jax.Array], gram: jax.Array, norms: jax.Array, labels: jax.Array
    ) -> tuple[State, Steps, _Passed]:
        """The steps of a block, compiled.

        Args:
            rest: The state without the first kernel and its velocity.
            starts: X W_0, and X V_0 where there is a velocity, each (rows, units).
            gram: X Xᵀ, shape (rows, rows).
            norms: Inner products of (W_0, V_0), shape (2, 2).
            labels: Shape (rows,).
        """
        (rows, units), dtype = starts[0].shape, starts[0].dtype
        size, steps = self.batch_size, rows // self.batch_size
        scalars = self.rule.coefficients(self._rates(rest.optimizer, steps).astype(dtype))

        def from_start(which: int) -> jax.Array:
            """What the block's start contributes to X_t W_t (0) or X_t V_t (1), every row."""
            scale = jnp.repeat(scalars.start[:-1, which], size, axis=0)
            return sum(
                (scale[:, i, None] * start for i, start in enumerate(starts)), jnp.zeros_like(starts[0])
            )

        def mixing(which: int) -> jax.Array:
            """What each row's D contributes to each row's X_t W_t (0) or X_t V_t (1)."""
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
        return state, whole, _Passed(scalars.start[-1], pulled)

    def _group_of_steps(
        self, rest: State, begun: jax.Array, mixed: jax.Array, labels: jax.Array
    ) -> tuple[State, jax.Array, Steps, jax.Array]:
        """Some steps of a block: the rest after them, their D's, what they saw, and their X_t W_t.

        Args:
            rest: The state before them.
            begun: X_t W_t as far as it comes from before the group, shape (rows, units).
            mixed: What each row's D contributes to the others', shape (rows, rows).
            labels: Shape (rows,).
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
                seen = Steps(data_loss, penalty, self.objective.correct(logits, labels).sum())
                return data_loss + penalty, (after, seen)

            gradients, (after, seen) = jax.grad(total, argnums=(0, 1), has_aux=True)(weights, product)
            weights, optimizer = self.others.stateless_apply(optimizer, gradients[0], weights)
            pushed = jax.lax.dynamic_update_slice(pushed, gradients[1], (place, 0))
            return (weights, after, optimizer, pushed), (seen, product)

        each = (
            jnp.arange(steps) * size,
            begun.reshape(steps, size, units),
            mixed.reshape(steps, size, rows),
            labels.reshape(steps, size),
        )
        carry = (*rest, jnp.zeros_like(begun))
        (*moved, pushed), (seen, products) = jax.lax.scan(step, carry, each)
        return State(*moved), pushed, seen, products.reshape(rows, units)

    def _forward(
        self, weights: list[jax.Array], non_trainable: list[jax.Array], product: jax.Array
    ) -> tuple[jax.Array, list[jax.Array], jax.Array]:
        """Logits, moved state and penalty of everything behind the first kernel's product."""
        bias = weights[0] if self.bias else None
        penalty = jnp.zeros((), product.dtype)
        if bias is not None:
            product = product + bias
            if self.first.bias.regularizer is not None:
                penalty += self.first.bias.regularizer(bias)
        logits, after, penalties = self.tail.stateless_call(
            weights[self.bias :],
            non_trainable,
            self.first.activation(product),
            training=True,
            return_losses=True,
        )
        return logits, after, sum(penalties, penalty)

    def _rates(self, optimizer: list[jax.Array], steps: int) -> jax.Array:
        """The learning rates of the next steps, shape (steps,)."""

        def rate(iteration: jax.Array) -> jax.Array:
            values = [iteration, *optimizer[1:]]
            mapping = list(zip(self.others.variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return jnp.asarray(self.others.learning_rate)

        return jax.vmap(rate)(optimizer[0] + jnp.arange(steps))

    def _apart(self, state: State) -> tuple[Ends, State]:
        """The first kernel, its velocity where it has one, both copied; and the rest of the state."""
        kernel, *trainable = state.trainable
        optimizer = list(state.optimizer)
        ends = [kernel] if self.velocity is None else [kernel, optimizer.pop(self.velocity)]
        return [np.array(end) for end in ends], State(trainable, state.non_trainable, optimizer)

    def _joined(self, ends: Ends, rest: State) -> State:
        kernel, *velocity = (self._normal(end) for end in ends)
        optimizer = list(rest.optimizer)
        if self.velocity is not None:
            optimizer[self.velocity : self.velocity] = velocity
        return State([kernel, *rest.trainable], rest.non_trainable, optimizer)


def _without_subnormals(weights: jax.Array) -> jax.Array:
    """Zeros in their place: XLA computes without them, and BLAS is slow on them."""
    return jnp.where(jnp.abs(weights) < jnp.finfo(weights.dtype).tiny, 0, weights)


def _on_host(images: Any) -> Any:
    """The same images as NumPy's arrays, without copying them."""
    return jax.tree.map(np.asarray, images)


def _norms(
    gram: jax.Array, pushed: jax.Array, products: jax.Array, moving: jax.Array, size: int
) -> tuple[jax.Array, jax.Array]:
    """Inner products of D_t with X_t W_t and with X_t V_t, shape (K, 2); and ‖X_tᵀ D_t‖², shape (K,)."""
    steps = len(pushed) // size
    each = pushed.reshape(steps, size, -1)
    views = (products.reshape(each.shape), moving.reshape(each.shape))
    inner = jnp.stack([(view * each).sum(axis=1).sum(axis=1) for view in views], axis=1)
    blocks = gram.reshape(steps, size, steps, size)[jnp.arange(steps), :, jnp.arange(steps)]
    return inner, (blocks * jnp.einsum("sbh,sch->sbc", each, each)).sum(axis=(1, 2))


def _move(ends: Ends, inputs: NDArray[Any], passed: _Passed) -> None:
    """To the end of a block: W ← s₀₀ W + s₀₁ V + Xᵀ P₀ and V ← s₁₀ W + s₁₁ V + Xᵀ P₁, in place."""
    start, pulled = np.asarray(passed.start), [np.asarray(each) for each in passed.pulled]
    before = [end.copy() for end in ends] if len(ends) > 1 else ends
    gemm: Any = get_blas_funcs("gemm", ends)
    for which, end in enumerate(ends):
        # In Fortran's order, where these arrays are their own transposes: Wᵀ ← s Wᵀ + Pᵀ X.
        scale = start[which, which]
        gemm(1, pulled[which].T, inputs.T, trans_b=True, beta=scale, c=end.T, overwrite_c=True)
        for other in range(len(ends)):
            if other != which:
                np.add(end, start[which, other] * before[other], out=end)


def _concatenated(seen: list[Steps]) -> Steps:
    parts = (
        np.concatenate([np.atleast_1d(np.asarray(part)) for part in parts])
        for parts in zip(*seen, strict=True)
    )
    return Steps(*(jax.device_put(part) for part in parts))
