"""What a training must know of its network beside the compiled functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import TypeAdapter

from paribus.engine.heads import Heads
from paribus.engine.jitted import Keeper


@dataclass(frozen=True)
class ProbedLayer:
    """A measured layer.

    Args:
        name: In the model.
        weights: The indices of its weights among the model's.
        activated: The index of the layer that puts out its units after their activation; None without one.
        is_comparable: Whether its units have separate weights on the same inputs.
    """

    name: str
    weights: tuple[int, ...]
    activated: int | None
    is_comparable: bool


@dataclass(frozen=True)
class Observed:
    """What is measured of a network.

    Args:
        layers: The measured ones, by name.
        outputs: Computes the output of each layer, without dropout; the last is that of the network.
        has_modes: Whether the network computes something else in training mode.
    """

    layers: tuple[ProbedLayer, ...]
    outputs: Callable[[Any], list[Any]]
    has_modes: bool


@dataclass(frozen=True)
class Facts:
    """The facts of a network and its optimizer.

    Args:
        parameters: The number of weights.
        summary: Keras's summary.
        paths: Where each variable of the state lies in the model, trainable ones first; None for what is no
            weight, such as the states of dropout's generators.
        epsilon: The distance from 0 and 1 that Keras clips to.
        step: The place of the number of updates among the optimizer's variables.
        rate: The place of the learning rate among them, where it is a number.
        velocity: The place of the first weights' velocity among them; None without momentum.
        l2: The factor of the first layer's L2 penalty.
        layers: Those that are measured.
    """

    parameters: int
    summary: str
    paths: tuple[str | None, ...]
    epsilon: float
    step: int
    rate: int | None
    velocity: int | None
    l2: float
    layers: tuple[ProbedLayer, ...]


class Network(Protocol):
    """A network that is built with Keras where more than its facts is needed."""

    @property
    def facts(self) -> Facts:
        """What is known of it."""
        ...

    @property
    def model(self) -> Any:
        """Keras's model, which ends in logits."""
        ...

    @property
    def optimizer(self) -> Any:
        """Keras's optimizer, built for the model's trainable variables."""
        ...

    @property
    def observed(self) -> Observed:
        """What is measured of it."""
        ...

    @property
    def heads(self) -> Heads:
        """Its outputs beside the one that is scored."""
        ...

    @property
    def functions(self) -> Keeper:
        """Makes its functions; it is built before one is traced."""
        ...


FACTS = TypeAdapter(Facts)
"""Reads and writes facts as JSON."""


def facts_of(model: Any, optimizer: Any, layers: Sequence[ProbedLayer]) -> Facts:
    """Return the facts of a model and an optimizer built for it.

    Args:
        model: Of Keras.
        optimizer: Of Keras.
        layers: Those that are measured.
    """
    import keras

    from paribus.engine.own_seeds import named_variables

    paths = {id(variable): path for path, variable in named_variables(model)}
    variables = [*model.trainable_variables, *model.non_trainable_variables]
    inner = getattr(optimizer, "inner_optimizer", optimizer)  # of one that scales the loss
    momentums = getattr(inner, "momentums", None) or [None]
    regularizer = getattr(model.layers[0], "kernel_regularizer", None)
    return Facts(
        parameters=model.count_params(),
        summary=network_summary(model),
        paths=tuple(paths.get(id(variable)) for variable in variables),
        epsilon=keras.config.epsilon(),
        step=_place(optimizer.variables, inner.iterations) or 0,
        rate=_place(optimizer.variables, getattr(inner, "_learning_rate", None)),
        velocity=_place(optimizer.variables, momentums[0]),
        l2=float(getattr(regularizer, "l2", 0.0)),
        layers=tuple(layers),
    )


def network_summary(model: Any) -> str:
    """Return Keras's summary of a model, 80 characters wide."""
    lines: list[str] = []
    model.summary(line_length=80, print_fn=lambda line, **_: lines.append(line))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return "\n".join(lines)


def _place(variables: Sequence[Any], wanted: Any) -> int | None:
    return next((place for place, each in enumerate(variables) if each is wanted), None)
