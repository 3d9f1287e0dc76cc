"""One factor at another level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from paribus.study.configuration import (
    Argument,
    EarlyStopping,
    LabelNoise,
    Layer,
    ReduceOnPlateau,
    Technique,
)

_Settings: TypeAlias = "EarlyStopping | ReduceOnPlateau | LabelNoise"
FactorLevel: TypeAlias = "Argument | _Settings | Layer | tuple[Layer | Technique, ...] | dict[str, float]"


@dataclass(frozen=True)
class Change:
    """One factor at another level.

    Args:
        factor: A setting, an argument of the optimizer, the model or a layer, or the kind of a layer that
            only one side has.
        layer: The label of the one layer it concerns; None when it concerns all that have it, or the run.
        before: The level before the change; None also where it is not known, or where there was none.
        after: The level after it.
        of_layers: Whether it was found in the layers: an optimizer has a ``momentum`` as well.
        follows: The label of the layer before one that only one side has, empty for the first layer; None
            where the model's own keys say where it lies.
        is_own: Whether it is a setting of a training of the user's own, or the function that trains.
        replaces: The label of the layer `before`, where `after` took its place and there are several of its
            kind; empty where there is one, None where no layer took another's place.
    """

    factor: str
    layer: str | None
    before: FactorLevel
    after: FactorLevel
    of_layers: bool = field(default=False, compare=False)
    follows: str | None = field(default=None, compare=False)
    is_own: bool = field(default=False, compare=False)
    replaces: str | None = field(default=None, compare=False)
