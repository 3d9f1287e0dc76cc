"""An epoch with delayed updates of the first layer: small batches at the price of large ones.

Inside a block of K steps the first kernel W stays where it is. Its inputs are data, so what each step needs
of it, X_t W_t, follows from X_t W_0 and from the gradients so far through the inputs' Gram matrix:

    W_{t+1} = a W_t − η X_tᵀ D_t
    X_t W_t = a^t X_t W_0 − η Σ_{s<t} a^{t−1−s} (X_t X_sᵀ) D_s          a = 1 − 2λη

with D_t = ∂(data loss)/∂Z_t and Z_t = X_t W_t + b. W is read and written once a block instead of a step.
The same holds, with 2 × 2 matrices in place of a, for momentum and Nesterov, whose state is (W, V). The
stepwise epoch is the reference: this one does the same updates, in another order of summation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras

from paribus.engine.penalty import squares
from paribus.engine.stepwise import State, Steps, Update
from paribus.study.configuration import Configuration, Technique

_BLOCK_ROWS = 192
_FEWEST_STEPS = 4

Batch = tuple[jax.Array, jax.Array]


def block_steps(configuration: Configuration) -> int:
    """How many steps a block has: as many as make 192 rows, whatever the machine. 0: not delayed.

    Delayed are networks that begin with a dense layer on the pixels, under SGD with or without momentum,
    L2 or weight decay, at batches of at most 48. Everything else needs the kernel at every step: other
    optimizers, clipping, averages of the weights, L1 and orthogonal regularizers.

    Example:
        >>> from paribus.study.reader import load
        >>> lab = load("lab2").variants
        >>> [block_steps(lab[name].configuration) for name in ("1", "4c", "5", "7c")]
        [0, 0, 24, 24]
    """
    first, technique = configuration.layers[0], configuration.optimizer
    needs_kernel = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "gradient_accumulation_steps")
    regularizer = first.arguments.get("kernel_regularizer")
    is_linear = (
        first.kind == "dense"
        and technique.name == "sgd"
        and not any(technique.arguments.get(name) for name in needs_kernel)
        and (regularizer is None or (isinstance(regularizer, Technique) and regularizer.name == "l2"))
        and len(configuration.layers) > 1
    )
    steps = _BLOCK_ROWS // configuration.batch_size
    return steps if is_linear and steps >= _FEWEST_STEPS else 0


class Coefficients(NamedTuple):
    """The scalars of a block's steps; see the module.

    Args:
        start: What of (W_0, V_0) is in the kernel and in the velocity of step t, shape (K + 1, 2, 2).
        pulls: What of X_sᵀ D_s is in them, shape (K + 1, K, 2); row K is the block's end.
        matrices: M_t, shape (K, 2, 2).
        pushes: u_t, shape (K, 2).
    """

    start: jax.Array
    pulls: jax.Array
    matrices: jax.Array
    pushes: jax.Array


@dataclass(frozen=True)
class Rule:
    """How the optimizer moves the first kernel: (W, V) ← M (W, V) + u Xᵀ D.

    Source of the formulas: keras/src/optimizers/sgd.py; weight decay, base_optimizer.py, comes after the
    gradient and before the step.

    Args:
        momentum: μ.
        nesterov: Whether the step looks ahead.
        l2: λ, whose gradient is 2λW.
        weight_decay: The decoupled decay's rate.
    """

    momentum: float
    nesterov: bool
    l2: float
    weight_decay: float

    def coefficients(self, rates: jax.Array) -> Coefficients:
        """The scalars of a block whose steps have these learning rates, shape (K,)."""
        mu, steps = self.momentum, len(rates)
        own, velocity = ((1 + mu) * rates, mu * mu) if self.nesterov else (rates, mu)
        decay = 2 * self.l2
        top = jnp.stack([1 - own * decay - rates * self.weight_decay, jnp.full_like(rates, velocity)], axis=1)
        bottom = jnp.stack([-rates * decay, jnp.full_like(rates, mu)], axis=1)
        matrices = jnp.stack([top, bottom], axis=1)
        pushes = jnp.stack([-own, -rates], axis=1)

        def step(carry: Any, inputs: Any) -> tuple[Any, Any]:
            start, pulls = carry
            matrix, push, here = inputs
            moved = pulls @ matrix.T + here[:, None] * push
            return (matrix @ start, moved), (start, pulls)

        begin = (jnp.eye(2, dtype=rates.dtype), jnp.zeros((steps, 2), rates.dtype))
        last, before = jax.lax.scan(step, begin, (matrices, pushes, jnp.eye(steps, dtype=rates.dtype)))
        start, pulls = (jnp.concatenate([b, e[None]]) for b, e in zip(before, last, strict=True))
        return Coefficients(start, pulls, matrices, pushes)


class Delayed:
    """The delayed epoch of one network.

    Args:
        model: The network; its first layer is dense.
        optimizer: Keras's SGD, built for the model's trainable variables.
        losses: Loss of every image, from logits and labels.
        correct: Whether each image is answered rightly, from logits and labels.
        steps: K, the steps of a block.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        losses: Callable[[jax.Array, jax.Array], jax.Array],
        correct: Callable[[jax.Array, jax.Array], jax.Array],
        steps: int,
    ) -> None:
        first = model.layers[0]
        self.losses, self.correct, self.steps = losses, correct, steps
        self.first, self.optimizer = first, optimizer
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

    def epoch(
        self,
        update: Update,
        batch: Callable[[jax.Array], Batch],
        state: State,
        order: jax.Array,
        batch_size: int,
    ) -> tuple[State, Steps]:
        """As `stepwise.epoch`: whole blocks, a shorter one for the steps after them, the short last batch.

        Args:
            update: One step as the reference does it, for the short last batch.
            batch: The network's inputs (num_rows, d) and labels of some rows.
            state: Where the epoch starts.
            order: The images' rows, int32, shape (num_train,).
            batch_size: Images a step.
        """
        steps, begun = len(order) // batch_size, 0
        seen: list[Steps] = []

        def block(size: int, state: State, chosen: jax.Array) -> tuple[State, Steps]:
            return self._block(state, *batch(chosen), size)

        for size in (self.steps, steps % self.steps):
            blocks = (steps - begun) // size if size else 0
            if not blocks:
                continue
            rows = order[begun * batch_size : (begun + blocks * size) * batch_size]
            state, here = jax.lax.scan(partial(block, size), state, rows.reshape(blocks, -1))
            seen.append(jax.tree.map(jnp.ravel, here))
            begun += blocks * size
        if begun * batch_size < len(order):
            state, here = update(state, order[begun * batch_size :])
            seen.append(jax.tree.map(jnp.atleast_1d, here))
        return state, Steps(*(jnp.concatenate(parts) for parts in zip(*seen, strict=True)))

    def _block(self, state: State, inputs: jax.Array, labels: jax.Array, steps: int) -> tuple[State, Steps]:
        kernel, *weights = state.trainable
        velocity, optimizer = self._without_velocity(state.optimizer)
        rows, units = len(inputs), kernel.shape[1]
        scalars = self.rule.coefficients(self._rates(optimizer, steps).astype(kernel.dtype))
        gram = inputs @ inputs.T
        starts = [inputs @ kernel] if velocity is None else [inputs @ kernel, inputs @ velocity]
        by_step = (steps, rows // steps)

        def from_start(which: int) -> jax.Array:
            """What the block's start contributes to X_t W_t (0) or X_t V_t (1), every row."""
            scale = jnp.repeat(scalars.start[:-1, which], rows // steps, axis=0)
            return sum(
                (scale[:, i, None] * start for i, start in enumerate(starts)), jnp.zeros_like(starts[0])
            )

        def mixing(which: int) -> jax.Array:
            """What each row's D contributes to each row's X_t W_t (0) or X_t V_t (1)."""
            pulls = scalars.pulls[:-1, :, which]
            return gram * jnp.repeat(jnp.repeat(pulls, rows // steps, axis=0), rows // steps, axis=1)

        def step(carry: Any, inputs: Any) -> tuple[Any, Any]:
            weights, non_trainable, optimizer, pushed = carry
            place, begun, mixed, labels = inputs
            product = begun + mixed @ pushed

            def total(weights: list[jax.Array], product: jax.Array) -> tuple[jax.Array, Any]:
                logits, after, penalty = self._forward(weights, non_trainable, product)
                data_loss = self.losses(logits, labels).mean()
                seen = Steps(data_loss, penalty, self.correct(logits, labels).sum())
                return data_loss + penalty, (after, seen)

            gradients, (after, seen) = jax.grad(total, argnums=(0, 1), has_aux=True)(weights, product)
            weights, optimizer = self.others.stateless_apply(optimizer, gradients[0], weights)
            pushed = jax.lax.dynamic_update_slice(pushed, gradients[1], (place, 0))
            return (weights, after, optimizer, pushed), (seen, product)

        carry = (weights, state.non_trainable, optimizer, jnp.zeros((rows, units), kernel.dtype))
        each = (
            jnp.arange(steps) * (rows // steps),
            from_start(0).reshape(*by_step, units),
            mixing(0).reshape(*by_step, rows),
            labels.reshape(by_step),
        )
        (weights, non_trainable, optimizer, pushed), (seen, products) = jax.lax.scan(step, carry, each)
        if self.rule.l2:
            moving = products if velocity is None else from_start(1) + mixing(1) @ pushed
            squares = self._squares(scalars, kernel, velocity, gram, pushed, products, moving)
            seen = seen._replace(penalty=seen.penalty + self.rule.l2 * squares)
        ends = [kernel] if velocity is None else [kernel, velocity]
        moved: list[jax.Array] = []
        for which in range(len(ends)):
            pulls = jnp.repeat(scalars.pulls[-1, :, which], rows // steps)
            pulled = inputs.T @ (pulls[:, None] * pushed)
            moved.append(sum((scalars.start[-1, which, i] * end for i, end in enumerate(ends)), pulled))
        optimizer = self._with_velocity(optimizer, moved[1] if velocity is not None else None)
        return State([moved[0], *weights], non_trainable, optimizer), seen

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

    def _squares(
        self,
        scalars: Coefficients,
        kernel: jax.Array,
        velocity: jax.Array | None,
        gram: jax.Array,
        pushed: jax.Array,
        products: jax.Array,
        moving: jax.Array,
    ) -> jax.Array:
        """‖W_t‖² at every step of the block, shape (K,), without W_t.

        N' = M N Mᵀ + (M p) uᵀ + u (M p)ᵀ + g u uᵀ for the 2 × 2 inner products N of (W, V).
        """
        steps = len(products)
        by_step = (steps, len(pushed) // steps)
        each = pushed.reshape(*by_step, -1)
        inner = jnp.stack(
            [(view.reshape(each.shape) * each).sum(axis=(1, 2)) for view in (products, moving)], axis=1
        )
        blocks = gram.reshape(*by_step, *by_step)[jnp.arange(steps), :, jnp.arange(steps)]
        own = (blocks * jnp.einsum("sbh,sch->sbc", each, each)).sum(axis=(1, 2))
        inside = jnp.zeros((2, 2), kernel.dtype).at[0, 0].set(squares(kernel))
        if velocity is not None:
            crossing = jnp.sum(kernel * velocity)
            inside = inside.at[0, 1].set(crossing).at[1, 0].set(crossing)
            inside = inside.at[1, 1].set(squares(velocity))

        def step(norms: jax.Array, inputs: Any) -> tuple[jax.Array, jax.Array]:
            matrix, push, inner, own = inputs
            cross = jnp.outer(matrix @ inner, push)
            after = matrix @ norms @ matrix.T + cross + cross.T + own * jnp.outer(push, push)
            return after, norms[0, 0]

        _, norms = jax.lax.scan(step, inside, (scalars.matrices, scalars.pushes, inner, own))
        return norms

    def _rates(self, optimizer: list[jax.Array], steps: int) -> jax.Array:
        """The learning rates of the next steps, shape (steps,)."""

        def rate(iteration: jax.Array) -> jax.Array:
            values = [iteration, *optimizer[1:]]
            mapping = list(zip(self.others.variables, values, strict=True))
            with keras.StatelessScope(state_mapping=mapping):
                return jnp.asarray(self.others.learning_rate)

        return jax.vmap(rate)(optimizer[0] + jnp.arange(steps))

    def _without_velocity(self, values: list[jax.Array]) -> tuple[jax.Array | None, list[jax.Array]]:
        if self.velocity is None:
            return None, list(values)
        return values[self.velocity], [*values[: self.velocity], *values[self.velocity + 1 :]]

    def _with_velocity(self, values: list[jax.Array], velocity: jax.Array | None) -> list[jax.Array]:
        if self.velocity is None or velocity is None:
            return list(values)
        return [*values[: self.velocity], velocity, *values[self.velocity :]]
