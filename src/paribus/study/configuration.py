"""A configuration, resolved and frozen: what a run needs to know.

It says everything that a run needs and nothing that it does not: shorthands are written out,
arguments left to their default are filled in, so that two variants that mean the same are equal.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Scalar: TypeAlias = bool | int | float | str | None
Argument: TypeAlias = "Scalar | list[Scalar] | Technique"
Scale: TypeAlias = Literal["none", "unit", "standard"]
Monitor: TypeAlias = Literal[
    "loss", "accuracy", "data_loss", "penalty", "val_loss", "val_accuracy", "val_data_loss"
]


class Frozen(BaseModel):
    """A value that never changes and knows exactly its fields."""

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
        label: How the study's ``layers`` names it: ``hidden_1``, ``output``, ``conv2d_1``.
        kind: Its name in the catalogue: ``dense``, ``conv2d``, ``dropout``, ...
        arguments: Every argument of its constructor that the catalogue knows.
    """

    label: str
    kind: str
    arguments: dict[str, Argument] = Field(default_factory=dict)


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
    """Everything that decides a run but the seed and the images' bytes.

    Args:
        data: Name of the data set in the catalogue.
        validation: Share of the training images held out, in [0, 1).
        scale: What happens to the pixels: nothing, division by 255, or standardisation by the
            training images' mean and standard deviation of each channel.
        layers: The network, from the first layer to the last. The last one's activation is part
            of its arguments; the engine computes the loss from the logits before it.
        loss: Name of the loss in the catalogue.
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
        """The last layer's activation."""
        return str(self.layers[-1].arguments.get("activation") or "linear")
