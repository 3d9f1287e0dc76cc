"""A configuration, resolved and frozen: everything that a run needs to know, and nothing else.

Shorthands are written out and defaults filled in, so that two variants that mean the same are equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from paribus.study.layer_kinds import RECURRENT

Scalar: TypeAlias = bool | int | float | str | None
Argument: TypeAlias = "Scalar | list[Scalar] | Technique"
Scale: TypeAlias = Literal["none", "unit", "standard"]
Monitor: TypeAlias = Literal[
    "loss", "accuracy", "data_loss", "penalty", "val_loss", "val_accuracy", "val_data_loss"
]


_RATES = ("dropout", "rate", "recurrent_dropout", "stddev")
"""Arguments of layers that say how much of what passes them changes at random."""


class Frozen(BaseModel):
    """A value that cannot be changed, and that has no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Technique(Frozen):
    """Something Keras constructs by name: an optimizer, initializer, regularizer or schedule.

    Args:
        name: The name in the catalogue, such as ``adam``.
        arguments: Every argument of its constructor that the catalogue knows, defaults filled in.
    """

    name: str
    arguments: dict[str, Argument] = Field(default_factory=dict)


class Layer(Frozen):
    """One layer of a network, everything written out.

    Args:
        label: Its name under the study's ``layers``: ``hidden_1``, ``output``, ``conv2d_1``.
        kind: Its name in the catalogue: ``dense``, ``conv2d``, ``dropout``, ...
        arguments: Every argument of its constructor that the catalogue knows.
    """

    label: str
    kind: str
    arguments: dict[str, Argument] = Field(default_factory=dict)

    @property
    def wrapped(self) -> Layer | None:
        """Return the layer inside a wrapper such as `bidirectional`; None of other layers."""
        inner = self.arguments.get("layer")
        if not isinstance(inner, Technique):
            return None
        return Layer(label=self.label, kind=inner.name, arguments=inner.arguments)

    @property
    def all_arguments(self) -> dict[str, Argument]:
        """Return the arguments of the layer, and those of the one that it wraps."""
        inner = self.arguments.get("layer")
        own = {key: value for key, value in self.arguments.items() if key != "layer"}
        return {**inner.arguments, **own} if isinstance(inner, Technique) else own

    @property
    def activation(self) -> str:
        """Return the activation that the layer ends in; ``linear`` where it ends in none.

        Example:
            >>> Layer(label="hidden_1", kind="dense", arguments={"activation": "relu"}).activation
            'relu'
        """
        inner = self.wrapped
        if inner is not None:
            return inner.activation if self.kind != "bidirectional" else "linear"
        if self.kind == "softmax":
            return self.kind
        if self.kind in RECURRENT:
            return "linear"
        return str(self.arguments.get("activation") or "linear")

    @property
    def draws(self) -> bool:
        """Return whether the layer, or the one inside it, draws something in training: dropout, noise."""
        return any(self.all_arguments.get(rate) for rate in _RATES)

    def without_activation(self) -> Layer:
        """Return the layer without the activation that it ends in, so that it puts out logits."""
        if self.activation == "linear":
            return self
        if self.kind == "softmax":
            return Layer(label=self.label, kind="identity")
        inner = self.arguments.get("layer")
        if isinstance(inner, Technique):
            within = inner.model_copy(update={"arguments": {**inner.arguments, "activation": "linear"}})
            return self.model_copy(update={"arguments": {**self.arguments, "layer": within}})
        return self.model_copy(update={"arguments": {**self.arguments, "activation": "linear"}})


class EarlyStopping(Frozen):
    """When to stop before the last epoch; the names and meanings are those of Keras's callback."""

    monitor: Monitor = "val_loss"
    min_delta: float = Field(default=0.0, ge=0)
    patience: int = Field(default=0, ge=0)
    mode: Literal["auto", "min", "max"] = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = Field(default=0, ge=0)


class Configuration(Frozen):
    """Everything that decides a run, except the seed and the images.

    Args:
        data: Name of the data set in the catalogue.
        validation: Share of the training images held out, in [0, 1).
        scale: What happens to the pixels: nothing, division by 255, or standardization by the
            training images' mean and standard deviation of each channel.
        layers: The network, from the first layer to the last. The last one's activation is part
            of its arguments; the engine computes the loss from the logits before it.
        loss: Name of the loss in the catalogue.
        optimizer: The optimizer with all its arguments, the learning rate among them.
        batch_size: Images of one step.
        epochs: Most epochs of a run.
        early_stopping: When to stop before; None for never.
    """

    data: str
    validation: float = Field(default=0.1, ge=0, lt=1)
    scale: Scale = "none"
    layers: tuple[Layer, ...]
    loss: str
    optimizer: Technique
    batch_size: int = Field(default=32, ge=1)
    epochs: int = Field(ge=1)
    early_stopping: EarlyStopping | None = None

    @property
    def output(self) -> str:
        """Return the last layer's activation."""
        return self.layers[-1].activation

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        yield "data", self.data
        sizes = (layer.arguments.get("units", layer.arguments.get("filters", "")) for layer in self.layers)
        named = zip(self.layers, sizes, strict=True)
        yield "layers", ", ".join(f"{layer.kind} {size}".rstrip() for layer, size in named)
        yield "optimizer", self.optimizer.name
        yield "batch_size", self.batch_size
        yield "epochs", self.epochs
