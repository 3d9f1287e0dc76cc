"""Check that JAX computes the same with and without jit on this machine: `python -m paribus.engine.canary`.

JAX 0.10.2 returns wrong sums under jit on the CPU (jax issue 39103); this check finds the next such release.
It prints one JSON object, for `paribus doctor`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np


def disagreements() -> list[str]:
    """Return the names of the computations whose result differs from NumPy's; empty where none does."""
    draw = np.random.default_rng(0)
    whole = np.full(2**20, 1024, np.int32)  # exact in int32 and in any order: 1,073,741,824
    left = draw.integers(-8, 8, (64, 300)).astype(np.float32)
    right = draw.integers(-8, 8, (300, 50)).astype(np.float32)  # exact in float32: small whole numbers
    cases: dict[str, tuple[Callable[..., jax.Array], tuple[np.ndarray, ...], np.ndarray]] = {
        "sum of integers": (jnp.sum, (whole,), whole.sum(dtype=np.int64)),
        "sum of floats": (jnp.sum, (whole.astype(np.float32),), whole.sum(dtype=np.int64)),
        "sum by row": (_sum_by_row, (left,), left.sum(axis=1)),
        "product of matrices": (jnp.matmul, (left, right), left @ right),
        "maximum": (jnp.max, (left,), left.max()),
        "scan": (_scanned_sum, (left,), left.sum(axis=0)),
    }
    wrong: list[str] = []
    for name, (function, arguments, expected) in cases.items():
        for computed in (function(*arguments), jax.jit(function)(*arguments)):
            if not np.array_equal(np.asarray(computed), expected) and name not in wrong:
                wrong.append(name)
    return wrong


def _sum_by_row(rows: jax.Array) -> jax.Array:
    return rows.sum(axis=1)


def _scanned_sum(rows: jax.Array) -> jax.Array:
    total, _ = jax.lax.scan(lambda carry, row: (carry + row, None), jnp.zeros(rows.shape[1]), rows)
    return total


if __name__ == "__main__":
    found = {
        "jax": jax.__version__,
        "devices": [str(each) for each in jax.devices()],
        "wrong": disagreements(),
    }
    sys.stdout.write(json.dumps(found) + "\n")
