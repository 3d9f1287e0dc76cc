"""What stores a run while it trains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from paribus.record.checkpoint import Checkpoint
from paribus.record.folder import Timing, Trained
from paribus.record.probes import Probe
from paribus.record.run import EpochRow, Result, RunSpec


class Sink(Protocol):
    """Stores a run's epochs, checkpoints and result; called in the order of the training."""

    def epoch(self, spec: RunSpec, row: EpochRow, timing: Timing, probes: Sequence[Probe]) -> None:
        """Store an epoch and the probes since the one before it."""
        ...

    def checkpoint(self, spec: RunSpec, state: Checkpoint) -> None:
        """Store a checkpoint."""
        ...

    def end(self, spec: RunSpec, result: Result, trained: Trained | None) -> None:
        """Store the result; `trained` is None where the run diverged, or has kept nothing but numbers."""
        ...
