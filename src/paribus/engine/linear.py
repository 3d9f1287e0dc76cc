"""Several steps of an optimizer that is linear in the gradient, expressed by a few scalars a step.

A step is (W, V) ← M (W, V) + u Xᵀ D with a 2 × 2 matrix M and a vector u, V being the velocity. After t steps

    W_t = (Mᵗ)₀₀ W_0 + (Mᵗ)₀₁ V_0 + Σ_{s<t} (M^{t−1−s} u)₀ X_sᵀ D_s

with products of the steps' matrices in place of powers where the learning rate follows a schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

_UNROLLED = 8  # steps that XLA unrolls, as each is only a few scalars


class Coefficients(NamedTuple):
    """The scalars of a block's steps; see the module.

    Args:
        start: Coefficients of (W_0, V_0) in the kernel and the velocity of step t, shape (K + 1, 2, 2).
        pulls: Coefficients of X_sᵀ D_s in them, shape (K + 1, K, 2); row K is the block's end.
        matrices: M_t, shape (K, 2, 2).
        pushes: u_t, shape (K, 2).
    """

    start: jax.Array
    pulls: jax.Array
    matrices: jax.Array
    pushes: jax.Array


@dataclass(frozen=True)
class Rule:
    """The optimizer's update of the first kernel: (W, V) ← M (W, V) + u Xᵀ D.

    Source of the formulas: keras/src/optimizers/sgd.py; weight decay, base_optimizer.py, comes after the
    gradient and before the step.

    Args:
        momentum: μ.
        nesterov: Whether it is Nesterov's momentum.
        l2: λ, whose gradient is 2λW.
        weight_decay: The decoupled decay's rate.
    """

    momentum: float
    nesterov: bool
    l2: float
    weight_decay: float

    def coefficients(self, rates: jax.Array) -> Coefficients:
        """Return the scalars of a block whose steps have these learning rates, shape (K,)."""
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
            moved = (pulls[:, None, :] * matrix).sum(2) + here[:, None] * push
            return (_product(matrix, start), moved), (start, pulls)

        begin = (jnp.eye(2, dtype=rates.dtype), jnp.zeros((steps, 2), rates.dtype))
        last, before = jax.lax.scan(
            step, begin, (matrices, pushes, jnp.eye(steps, dtype=rates.dtype)), unroll=_UNROLLED
        )
        start, pulls = (jnp.concatenate([b, e[None]]) for b, e in zip(before, last, strict=True))
        return Coefficients(start, pulls, matrices, pushes)

    def squares(self, norms: jax.Array, scalars: Coefficients, inner: jax.Array, own: jax.Array) -> jax.Array:
        """Return ‖W_t‖² before every step of a block, shape (K,), without computing W_t.

        N' = M N Mᵀ + (M p) uᵀ + u (M p)ᵀ + g u uᵀ for the 2 × 2 inner products N of (W, V).

        Args:
            norms: N at the block's start, shape (2, 2).
            scalars: Of the block.
            inner: p, the inner products of D_t with X_t W_t and with X_t V_t, shape (K, 2).
            own: g, the squared norm of X_tᵀ D_t, shape (K,).
        """

        def step(norms: jax.Array, inputs: Any) -> tuple[jax.Array, jax.Array]:
            matrix, push, inner, own = inputs
            cross = (matrix * inner).sum(1)[:, None] * push
            moved = _product(_product(matrix, norms), matrix.T)
            after = moved + cross + cross.T + own * push[:, None] * push
            return after, norms[0, 0]

        return jax.lax.scan(step, norms, (scalars.matrices, scalars.pushes, inner, own), unroll=_UNROLLED)[1]


def _product(one: jax.Array, other: jax.Array) -> jax.Array:
    """Multiply two 2 × 2 matrices as sums, which XLA fuses with the surrounding operations."""
    return (one[:, :, None] * other).sum(1)
