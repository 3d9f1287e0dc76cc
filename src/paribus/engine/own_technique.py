"""Optimizers, schedules and initializers of the user's own: made, and tried before a study is trained."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from paribus.data.own.user_file import line_in, load_function
from paribus.engine import network as _network  # noqa: F401  # pyright: ignore[reportUnusedImport] - float32
from paribus.engine.own_class import made
from paribus.engine.own_loss import filled
from paribus.engine.own_network import untrainable
from paribus.errors import RunError
from paribus.study.own_function import OwnTechnique
from paribus.study.programs import Program as UserFile
from paribus.study.techniques import Kind

_SEED = "seed"


def described(own: OwnTechnique, file: UserFile, kind: Kind) -> OwnTechnique:
    """Return a technique with the defaults of its arguments, after it was tried.

    Args:
        own: As a study says it.
        file: The one that defines it.
        kind: What it is.

    Raises:
        RunError: It cannot be trained with.
    """
    own = filled(own, file)
    rate = ("learning_rate",) if kind is Kind.OPTIMIZER else ()  # which is read as that of any optimizer
    left = {"arguments": (_SEED, "name", *rate), "defaults": (_SEED, "name")}
    levels = {
        part: {key: each for key, each in getattr(own, part).items() if key not in names}
        for part, names in left.items()
    }
    takes_seed = kind is Kind.INITIALIZER and _SEED in _parameters(own, file)
    own = own.model_copy(update={**levels, "takes_seed": takes_seed})
    tried = {Kind.OPTIMIZER: _try_optimizer, Kind.SCHEDULE: _try_schedule, Kind.INITIALIZER: _try_initializer}
    try:
        tried[kind](own, file)
    except RunError:
        raise
    except Exception as error:
        raise untrainable(error, line_in(error, file.path) or own.told) from error
    return own


def _parameters(own: OwnTechnique, file: UserFile) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(load_function(file.path, own.function, own.sha256)).parameters


def _try_optimizer(own: OwnTechnique, file: UserFile) -> None:
    """Compile two updates: they must be the same program, or what changes between them would not be kept."""
    weights = keras.Variable(np.ones((3, 2), np.float32), name="kernel")

    rate = _parameters(own, file).get("learning_rate")
    needs_rate = rate is not None and rate.default is rate.empty
    optimizer = made(
        own, file, Kind.OPTIMIZER, {**own.arguments, **({"learning_rate": 0.01} if needs_rate else {})}
    )
    optimizer.build([weights])
    if _lowered(optimizer, weights) != _lowered(optimizer, weights):
        raise RunError("run.technique-changes", place=own.told)


def _lowered(optimizer: Any, weights: Any) -> str:
    values = [variable.value for variable in optimizer.variables]
    gradients = [jnp.full(weights.shape, 0.5, jnp.float32)]

    def update(values: Any, gradients: Any, trained: Any) -> Any:
        return optimizer.stateless_apply(values, gradients, trained)

    return jax.jit(update).lower(values, gradients, [weights.value]).as_text()


def _try_schedule(own: OwnTechnique, file: UserFile) -> None:
    schedule = made(own, file, Kind.SCHEDULE, own.arguments)

    def rate(step: Any) -> jax.Array:
        return jnp.asarray(schedule(step))

    found: Any = jax.eval_shape(rate, jax.ShapeDtypeStruct((), "int32"))
    if found.shape != ():
        raise RunError("run.schedule-shape", place=own.told, shape=found.shape)


def _try_initializer(own: OwnTechnique, file: UserFile) -> None:
    """Draw weights, which have the shape that is asked for; without a seed they are always the same."""
    seed = {_SEED: 1} if own.takes_seed else {}
    first, again = (
        np.asarray(made(own, file, Kind.INITIALIZER, {**own.arguments, **seed})((3, 2), dtype="float32"))
        for _ in range(2)
    )
    if first.shape != (3, 2):
        raise RunError("run.initializer-shape", place=own.told, shape=first.shape)
    if not np.array_equal(first, again):
        raise RunError("run.initializer-unseeded", place=own.told)
