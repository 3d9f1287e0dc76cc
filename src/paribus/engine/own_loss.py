"""Losses of the user's own: loaded, called as Keras calls them, and tried before a study is trained."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import keras
from keras.src.losses.losses import LossFunctionWrapper

from paribus.data.own.user_file import failed, line_in, load_function
from paribus.engine import network as _network  # noqa: F401  # pyright: ignore[reportUnusedImport] - float32
from paribus.engine.own_network import untrainable
from paribus.errors import RunError
from paribus.study.datasets import DataFacts
from paribus.study.own_function import OwnFunction, OwnLoss
from paribus.study.programs import Program as UserFile

_REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum")
_NAMES = ("y_true", "y_pred")


@dataclass(frozen=True)
class Called:
    """A loss of the user's own that can be called.

    Args:
        loss: As Keras calls it, without its reduction.
        reduction: How Keras makes one number of a batch's.
        targets: Whether it is given labels as the data have them, or a column for each class.
        batch_size: Of the training; a sum over more examples is that over so many, on average.
    """

    loss: keras.losses.Loss
    reduction: str
    targets: str
    batch_size: int

    def losses(self, targets: jax.Array, outputs: jax.Array) -> jax.Array:
        """Return a number for each example, whose mean is Keras's loss of the batch.

        Of a loss that gives one number for a batch, it is that number for every example.

        Args:
            targets: Labels, or a column for each class.
            outputs: The network's.
        """
        found: Any = self.loss(targets, outputs)
        count = len(outputs)
        if found.ndim == 0:
            return jnp.full(count, found)
        by_example = found.reshape(count, -1)
        if self.reduction == "sum":
            return by_example.sum(axis=1) * min(count, self.batch_size)
        return by_example.mean(axis=1)


def load(own: OwnLoss, file: UserFile, batch_size: int, model: Any = None) -> Called:
    """Return a loss of the user's own, to be called.

    Args:
        own: Where it comes from.
        file: The one that defines it.
        batch_size: Of the training.
        model: The network that was compiled with it, if one was.

    Raises:
        RunError: The user's code fails, or has no such loss.
    """
    given: Any = compiled_loss(model) if own.compiled else given_by(own, file)
    if not isinstance(given, keras.losses.Loss):
        if not callable(given):
            raise RunError("run.loss-not-one", place=own.told, given=type(given).__name__)
        given = LossFunctionWrapper(given, reduction="none", name=own.function)
        reduction = "sum_over_batch_size"
    else:
        reduction, given.reduction = str(given.reduction), "none"
    if reduction not in _REDUCTIONS:
        raise RunError(
            "run.loss-reduction", place=own.told, reduction=reduction, known=", ".join(_REDUCTIONS)
        )
    return Called(given, reduction, own.targets, batch_size)


def compiled_loss(model: Any) -> Any:
    """Return the loss that a network with one output was compiled with.

    Args:
        model: The network.
    """
    loss = model.loss
    if isinstance(loss, dict) and len(loss) == 1:
        return next(iter(loss.values()))
    return loss[0] if isinstance(loss, list) and len(loss) == 1 else loss


def given_by(own: OwnFunction, file: UserFile) -> Any:
    """Return what the file has: a function to call, or what a class or a function that makes one returns.

    Args:
        own: A loss or a metric.
        file: The one that defines it.

    Raises:
        RunError: The user's code fails.
    """
    defined = load_function(file.path, own.function, own.sha256)
    if not own.is_made:
        return partial(defined, **own.arguments) if own.arguments else defined
    try:
        return defined(**own.arguments)
    except (Exception, SystemExit) as error:
        raise failed(error, file.path) from error


def _makes(defined: Callable[..., Any], own: OwnFunction) -> bool:
    """Return whether a function makes losses and is none itself: a loss takes labels and outputs first."""
    if isinstance(defined, type):
        return True
    if isinstance(defined, keras.losses.Loss | keras.metrics.Metric):
        return False
    first = [
        each.name
        for each in inspect.signature(defined).parameters.values()
        if each.default is each.empty and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ][:2]
    return len(first) < len(_NAMES) or bool({*first} & own.arguments.keys())


def described(own: OwnLoss, file: UserFile, facts: DataFacts, targets: str) -> OwnLoss:
    """Return a loss with the defaults of its arguments and what it is given, tried on data of these shapes.

    Args:
        own: As a study says it.
        file: The one that defines it.
        facts: What is known of the data.
        targets: What the study says that it is given: ``auto`` finds out.

    Raises:
        RunError: It cannot be trained with.
    """
    return tried(filled(own, file), file, facts, targets)


_Own = TypeVar("_Own", bound=OwnFunction)


def filled(own: _Own, file: UserFile) -> _Own:
    """Return a loss or a metric with the defaults of its arguments, and how it is called.

    Args:
        own: As a study says it.
        file: The one that defines it.
    """
    defaults = _defaults(own, file)
    makes = _makes(load_function(file.path, own.function, own.sha256), own)
    found = {"arguments": {**defaults, **own.arguments}, "defaults": defaults, "is_made": makes}
    return own.model_copy(update=found)


def tried(
    own: OwnLoss, file: UserFile, facts: DataFacts, targets: str = "auto", model: Any = None
) -> OwnLoss:
    """Return a loss with what it is given: the labels, or else a column for each class.

    Args:
        own: The loss.
        file: The one that defines it.
        facts: What is known of the data.
        targets: ``labels``, ``one_hot``, or ``auto`` for the first with which it can be called.
        model: The network that was compiled with it, if one was.

    Raises:
        RunError: It cannot be trained with.
    """
    called = load(own, file, 1, model)

    def call(targets: Any, outputs: Any) -> None:
        def total(outputs: jax.Array, wanted: jax.Array) -> jax.Array:
            return called.losses(wanted, outputs).mean()

        jax.eval_shape(jax.grad(total), outputs, targets)

    return fitting(own, file, facts, targets, call)


def fitting(
    own: _Own, file: UserFile, facts: DataFacts, targets: str, call: Callable[[Any, Any], None]
) -> _Own:
    """Return a loss or a metric with the first kind of targets that it can be called with.

    There is one example more than a network has outputs, so that labels are not taken for a row of outputs.

    Args:
        own: The loss or the metric.
        file: The one that defines it.
        facts: What is known of the data.
        targets: ``labels``, ``one_hot``, or ``auto`` for the first with which it can be called.
        call: Calls it with the shapes of targets and outputs.

    Raises:
        RunError: It cannot be called.
    """
    is_class = facts.task == "classification"
    ways = ("labels", "one_hot") if targets == "auto" else (targets,)
    errors: list[Exception] = []
    for way in ways if is_class else ("labels",):
        for units in (facts.outputs, 1) if is_class and facts.outputs == 2 else (facts.outputs,):
            outputs = jax.ShapeDtypeStruct((units + 1, units), "float32")
            by_number = is_class and units > 1 and way == "labels"
            rows = jax.ShapeDtypeStruct((units + 1,), "float32") if by_number else outputs
            try:
                call(rows, outputs)
            except Exception as error:
                errors.append(error)
            else:
                return own.model_copy(update={"targets": way})
    raise untrainable(errors[0], line_in(errors[0], file.path) or own.told) from errors[0]


def _defaults(own: OwnFunction, file: UserFile) -> dict[str, Any]:
    """Return the defaults of a loss's arguments that a study can write: they are levels."""
    defined = load_function(file.path, own.function, own.sha256)
    found: dict[str, Any] = {}
    with suppress(TypeError, ValueError):
        for name, parameter in inspect.signature(defined).parameters.items():
            is_level = parameter.default is not parameter.empty and name not in ("name", "reduction", "dtype")
            if is_level and json.loads(json.dumps(parameter.default, allow_nan=False)) == parameter.default:
                found[name] = parameter.default
    return found
