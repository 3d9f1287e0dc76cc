"""What a configuration is made of: techniques with arguments, what watches a metric, noise of labels."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from paribus.study.frozen import Frozen
from paribus.study.own_function import OwnTechnique

Scalar: TypeAlias = bool | int | float | str | None
Argument: TypeAlias = "Scalar | list[Scalar] | Technique"


class Technique(Frozen):
    """Something Keras constructs by name: an optimizer, initializer, regularizer or schedule.

    Args:
        name: The name in the catalogue, such as ``adam``; of one of the user's own its file and its class.
        arguments: Every argument of its constructor that the catalogue knows, defaults filled in.
        own: Where it comes from, where it is the user's own; None for Keras's.
    """

    name: str
    arguments: dict[str, Argument] = Field(default_factory=dict)
    own: OwnTechnique | None = None

    @model_serializer(mode="wrap")
    def _without_no_code(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out where it comes from, where it is Keras's: earlier runs keep their identity."""
        written: dict[str, object] = handler(self)
        return written if self.own else {key: each for key, each in written.items() if key != "own"}


class EarlyStopping(Frozen):
    """When to stop before the last epoch; the names and meanings are those of Keras's callback."""

    monitor: str = "val_loss"
    min_delta: float = Field(default=0.0, ge=0)
    patience: int = Field(default=0, ge=0)
    mode: Literal["auto", "min", "max"] = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = Field(default=0, ge=0)


class ReduceOnPlateau(Frozen):
    """When to reduce the learning rate; the names and meanings are those of Keras's ``ReduceLROnPlateau``."""

    monitor: str = "val_loss"
    factor: float = Field(default=0.1, ge=0, lt=1)
    patience: int = Field(default=10, ge=0)
    min_delta: float = Field(default=1e-4, ge=0)
    mode: Literal["auto", "min", "max"] = "auto"
    cooldown: int = Field(default=0, ge=0)
    min_lr: float = Field(default=0.0, ge=0)


class LabelNoise(Frozen):
    """Training labels that are drawn anew.

    Args:
        share: With which probability a label is.
        matrix: By its class, with which probability it becomes each class; None for any other class alike.
    """

    share: float = Field(default=1.0, gt=0, le=1)
    matrix: tuple[tuple[float, ...], ...] | None = None
