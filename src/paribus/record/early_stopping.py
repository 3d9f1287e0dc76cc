"""Early stopping, as `keras.callbacks.EarlyStopping` decides it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from paribus.study.configuration import EarlyStopping, ReduceOnPlateau


class Stopper:
    """Watch one metric, epoch by epoch (keras/src/callbacks/early_stopping.py).

    Values are compared in float32, as in Keras: a difference that float32 cannot represent is no improvement.

    Args:
        settings: The metric and the patience.

    Example:
        >>> stopper = Stopper(EarlyStopping(monitor="val_loss", patience=2))
        >>> [stopper.observe(epoch, {"val_loss": loss}) for epoch, loss in enumerate([3, 2, 2, 2], start=1)]
        [False, False, False, True]
        >>> stopper.best_epoch
        2
    """

    def __init__(self, settings: EarlyStopping) -> None:
        self.settings = settings
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.wait = 0

    def observe(self, epoch: int, logs: Mapping[str, float]) -> bool:
        """Take in an epoch and return whether training stops after it.

        Raises:
            KeyError: The monitored metric is not in the row.
        """
        settings = self.settings
        value = logs[settings.monitor]
        if epoch <= settings.start_from_epoch:
            return False
        if self.best_epoch is None:
            self.best_epoch = epoch
        self.wait += 1
        if improves(settings, value, self.best):
            self.best = value
            self.best_epoch = epoch
            if improves(settings, value, settings.baseline):
                self.wait = 0
            return False
        return self.wait >= settings.patience and epoch > 1


def improves(settings: EarlyStopping | ReduceOnPlateau, value: float, reference: float | None) -> bool:
    """Return whether a value is better than another by more than `min_delta`.

    Args:
        settings: Which metric is watched, and which direction is better.
        value: Of the monitored metric.
        reference: What it is compared with; None for nothing.
    """
    if reference is None:
        return True
    larger_is_better = settings.mode == "max" or (
        settings.mode == "auto" and settings.monitor.endswith("accuracy")
    )
    handicap = -settings.min_delta if larger_is_better else settings.min_delta
    with np.errstate(over="ignore"):
        reached, beaten = np.float32(value + handicap), np.float32(reference)
    return bool(reached > beaten if larger_is_better else reached < beaten)
