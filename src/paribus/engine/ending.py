"""When a run of a trajectory ends, and with which weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from paribus.record.early_stopping import Stopper
from paribus.record.run import EpochRow, RunSpec, Status


@dataclass
class EndingRun:
    """One run of the trajectory: when it ends, and the weights that it would restore."""

    spec: RunSpec
    stopper: Stopper | None = None
    best: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])

    def __post_init__(self) -> None:
        settings = self.spec.configuration.early_stopping
        self.stopper = Stopper(settings) if settings else None

    @property
    def restores(self) -> bool:
        """Whether it ends with its best weights."""
        return self.stopper is not None and self.stopper.settings.restore_best_weights

    def observe(self, row: EpochRow) -> Status | None:
        """Take in an epoch and return how the run ends; None where it does not end here."""
        epoch = int(row["epoch"])
        stops = self.stopper.observe(epoch, row) if self.stopper else False
        if not all(math.isfinite(row[name]) for name in ("loss", "val_loss") if name in row):
            return Status.DIVERGED
        if epoch >= self.spec.configuration.epochs:
            return Status.FINISHED
        return Status.EARLY_STOPPED if stops else None

    def is_best(self, epoch: int) -> bool:
        """Return whether an epoch's weights are the best so far, where it restores them."""
        return self.restores and self.stopper is not None and self.stopper.best_epoch == epoch
