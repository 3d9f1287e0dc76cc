"""What is tuned of a variant: settings with their ranges, and the budget that every variant gets alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeAlias, cast, get_args

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from paribus.study.configuration import Scalar
from paribus.study.early_end import Halving, Median
from paribus.study.frozen import Frozen
from paribus.study.metrics import metric_of

Search: TypeAlias = Literal["grid", "quasi_random", "random", "tpe"]
SEARCHES: tuple[str, ...] = get_args(Search)
"""How settings are chosen: all points of a grid, evenly scattered ones, or a sampler of Optuna's."""
OF_OPTUNA: tuple[str, ...] = ("random", "tpe")
RangeScale: TypeAlias = Literal["linear", "log"]

DEFAULT_POINTS, DEFAULT_TRIAL_SEEDS = 5, 2
MAX_TRIES = 1000
"""Settings that a variant may try."""


class TuneRange(Frozen):
    """The values that one setting is tuned among.

    Args:
        low: The smallest; where `values` are given, neither bound counts.
        high: The largest.
        scale: Whether equal steps are equal differences or equal ratios.
        points: How many of them a grid has, both ends included.
        whole: Whether the setting counts something, so that values are rounded.
        values: These values and no others; empty for a range.
    """

    low: float = 0.0
    high: float = 1.0
    scale: RangeScale = "linear"
    points: int = DEFAULT_POINTS
    whole: bool = False
    values: tuple[Scalar, ...] = ()

    @property
    def is_ordered(self) -> bool:
        """Whether the values are numbers, so that the search has ends."""
        return not self.values or all(
            isinstance(each, int | float) and not isinstance(each, bool) for each in self.values
        )

    @property
    def is_log(self) -> bool:
        """Whether equal steps are equal ratios."""
        return self.scale == "log" and not self.values

    def at(self, share: float) -> Scalar:
        """Return the value at a share of the range.

        Args:
            share: In [0, 1].

        Example:
            >>> TuneRange(low=1e-4, high=1, scale="log").at(0.5)
            0.01
        """
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.is_log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return round(value) if self.whole else float(f"{value:.6g}")

    def position(self, value: float) -> float:
        """Return at which share of the range a value lies; the inverse of `at`.

        Args:
            value: Within the bounds.

        Example:
            >>> TuneRange(low=1e-4, high=1, scale="log").position(0.01)
            0.5
        """
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return round((value - low) / (high - low), 9)

    @property
    def grid(self) -> tuple[Scalar, ...]:
        """The values that a grid tries, each once.

        Example:
            >>> TuneRange(low=8, high=128, scale="log", points=5, whole=True).grid
            (8, 16, 32, 64, 128)
        """
        if self.values:
            return self.values
        return tuple(dict.fromkeys(self.at(place / (self.points - 1)) for place in range(self.points)))


class Tune(Frozen):
    """How a variant is tuned before it is compared at its best.

    Args:
        settings: What is tuned, with its range: a key of the study, or one within, such as ``model.dropout``.
        on: What the search maximizes or minimizes, measured on the validation examples.
        search: How settings are chosen.
        seeds: How many seeds each of them is trained with, none of which is one of the study's.
        budget: How many settings are tried.
        stop: When a try ends before its last epoch; None for never.
    """

    settings: dict[str, TuneRange] = Field(min_length=1)
    on: str
    search: Search = "grid"
    seeds: int = DEFAULT_TRIAL_SEEDS
    budget: int
    stop: Annotated[Median | Halving, Field(discriminator="rule")] | None = None

    @property
    def rises(self) -> bool:
        """Whether a higher value of what is tuned on is better."""
        return metric_of(self.on).rises

    @property
    def written(self) -> dict[str, object]:
        """It as a study file has it."""
        ranges = {name: _written(each) for name, each in self.settings.items()}
        return {
            **ranges,
            "on": self.on,
            "search": self.search,
            "seeds": self.seeds,
            "budget": self.budget,
            **({} if self.stop is None else {"stop": self.stop.written}),
        }

    def most_epochs(self, epochs: int) -> int:
        """Return the epochs of the longest try.

        Args:
            epochs: Of the variant, where they are not tuned.
        """
        tuned = self.settings.get("epochs")
        values = [] if tuned is None else [*tuned.values, *(() if tuned.values else (tuned.high,))]
        return max((int(each) for each in values if isinstance(each, int | float)), default=epochs)

    @model_serializer(mode="wrap")
    def _without_stop(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out `stop` where there is none: searches from before it are what they were."""
        written: dict[str, object] = handler(self)
        return {key: value for key, value in written.items() if key != "stop" or value is not None}


def _written(each: TuneRange) -> dict[str, object]:
    if each.values:
        return {"values": [*each.values]}
    low, high = (int(bound) if each.whole else bound for bound in (each.low, each.high))
    return {"from": low, "to": high, "scale": each.scale, "points": each.points}


def as_changes(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings with dots in their names as a variant writes them.

    Example:
        >>> as_changes({"model.dropout": 0.3, "learning_rate": 0.1})
        {'model': {'dropout': 0.3}, 'learning_rate': 0.1}
    """
    changes: dict[str, object] = {}
    for name, value in settings.items():
        place, (*above, last) = changes, name.split(".")
        for key in above:
            place = cast("dict[str, object]", place.setdefault(key, {}))
        place[last] = value
    return changes


def overlapping(names: Mapping[str, object]) -> Iterator[str]:
    """Yield names of settings within which another one is tuned.

    Example:
        >>> list(overlapping({"model": 1, "model.dropout": 2, "epochs": 3}))
        ['model']
    """
    return (name for name in names if any(other.startswith(f"{name}.") for other in names))
