"""What a tracker is told of a run, and what it has to be able to do."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from paribus.record.run import DataUsed, Result, RunSpec
from paribus.study.settings import Level, flat_settings


@dataclass(frozen=True)
class TrackedRun:
    """One run, as a tracker knows it.

    Args:
        spec: Its specification.
        study: The study's name.
        variants: Its variants: more than one where they mean the same.
        data: What it is trained on.
        begun: When it began, in seconds since 1970.
    """

    spec: RunSpec
    study: str
    variants: tuple[str, ...]
    data: DataUsed
    begun: float

    @property
    def name(self) -> str:
        """What it is called: variant and seed."""
        return f"{self.variant}, seed {self.spec.seed}"

    @property
    def variant(self) -> str:
        """Its variants in one word."""
        return " = ".join(self.variants)

    @cached_property
    def settings(self) -> dict[str, Level]:
        """Its settings by name."""
        return flat_settings(self.spec.configuration)

    @property
    def tags(self) -> dict[str, str]:
        """What it is found by."""
        return {
            "study": self.study,
            "variant": self.variant,
            "seed": str(self.spec.seed),
            "data": self.data.name,
            "stand_in": str(self.data.stand_in).lower(),
            "paribus.run": self.spec.digest,
        }


@dataclass(frozen=True)
class Epoch:
    """One epoch of a run.

    Args:
        number: From 1; the step of its metrics.
        metrics: By name.
        ended: When it ended, in seconds since 1970.
    """

    number: int
    metrics: Mapping[str, float]
    ended: float


class Tracker(ABC):
    """A program that shows runs; `identity` names a run as the tracker itself does."""

    place: str
    """Where runs are sent: a folder or an address."""
    identities: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_-]{1,64}")
    """What identities look like; anything else in a folder of others names no run, and leads nowhere."""

    @abstractmethod
    def begin(self, run: TrackedRun, identity: str) -> tuple[str, int]:
        """Begin a run, or go on with one; return its identity and how many epochs the tracker has.

        Args:
            run: The run.
            identity: What this returned before; empty for a new run.
        """

    @abstractmethod
    def log(self, identity: str, epochs: Sequence[Epoch]) -> None:
        """Send epochs, in their order."""

    @abstractmethod
    def end(self, identity: str, result: Result, ended: float) -> None:
        """Send how a run ended and its test, at the epoch whose weights were kept."""

    @abstractmethod
    def has(self, identity: str) -> bool:
        """Return whether a run that has ended is still there."""

    @abstractmethod
    def close(self) -> None:
        """Finish what is open."""


def test_metrics(result: Result) -> dict[str, float]:
    """Return the test's metrics, named like ``test_accuracy``."""
    return {f"test_{name}": value for name, value in result.test.items()}
