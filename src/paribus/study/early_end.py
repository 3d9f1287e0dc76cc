"""When a try of a search ends early: rules that go by validation scores at the same epoch, and nothing else.

Sources: Golovin et al., "Google Vizier" (2017), section 3.2, for the median rule; Jamieson and Talwalkar,
"Non-stochastic best arm identification and hyperparameter optimization" (2016), for successive halving. The
names and the conditions are those of Optuna's pruners.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from paribus.study.frozen import Frozen

StopRule: TypeAlias = Literal["median", "halving"]

DEFAULT_STARTUP, DEFAULT_FACTOR = 4, 3
_CHECKS = 4
"""Into so many parts the median rule divides the epochs, where nothing else is said."""


class Median(Frozen):
    """A try ends that has not yet been as good as the median of finished tries at the same epoch.

    Args:
        startup: So many tries are trained to their end first, whatever they score.
        warmup: The first epoch after which a try is judged.
        interval: How many epochs later it is judged again.
    """

    rule: Literal["median"] = "median"
    startup: int = Field(default=DEFAULT_STARTUP, ge=1)
    warmup: int = Field(ge=1)
    interval: int = Field(ge=1)

    @property
    def shared(self) -> tuple[str, int]:
        """What every variant must have alike; the epochs may differ where the variants' do."""
        return self.rule, self.startup

    @property
    def first(self) -> int:
        """The first epoch after which a try may end."""
        return self.warmup

    def checks(self, epochs: int) -> tuple[int, ...]:
        """Return the epochs after which a try of so many epochs is judged.

        Example:
            >>> Median(warmup=2, interval=3).checks(10)
            (2, 5, 8)
        """
        return tuple(range(self.warmup, epochs, self.interval))

    @property
    def written(self) -> dict[str, object]:
        """It as a study file has it."""
        return {self.rule: {"startup": self.startup, "warmup": self.warmup, "interval": self.interval}}


class Halving(Frozen):
    """Of the tries that have reached a rung only the best go on: one of `reduction_factor`, at least one.

    Args:
        reduction_factor: One of so many goes on, and the next rung comes after so many times the epochs.
        min_resource: The epochs up to the first rung.
    """

    rule: Literal["halving"] = "halving"
    reduction_factor: int = Field(default=DEFAULT_FACTOR, ge=2)
    min_resource: int = Field(ge=1)

    @property
    def shared(self) -> tuple[str, int]:
        """What every variant must have alike; the epochs may differ where the variants' do."""
        return self.rule, self.reduction_factor

    @property
    def first(self) -> int:
        """The first epoch after which a try may end."""
        return self.min_resource

    def checks(self, epochs: int) -> tuple[int, ...]:
        """Return the rungs below so many epochs.

        Example:
            >>> Halving(reduction_factor=3, min_resource=2).checks(20)
            (2, 6, 18)
        """
        rungs: list[int] = []
        rung = self.min_resource
        while rung < epochs:
            rungs.append(rung)
            rung *= self.reduction_factor
        return tuple(rungs)

    @property
    def written(self) -> dict[str, object]:
        """It as a study file has it."""
        own = {"reduction_factor": self.reduction_factor, "min_resource": self.min_resource}
        return {self.rule: own}


Stop: TypeAlias = Median | Halving


def default_of_median(epochs: int) -> int:
    """Return the warmup and the interval where neither is said: a quarter of the epochs.

    Example:
        >>> default_of_median(20), default_of_median(3)
        (5, 1)
    """
    return max(1, epochs // _CHECKS)


def default_of_halving(epochs: int, factor: int = DEFAULT_FACTOR) -> int:
    """Return the first rung where none is said, so that there are two or three below the last epoch.

    Example:
        >>> default_of_halving(20), default_of_halving(3)
        (2, 1)
    """
    return max(1, epochs // factor**2)
