"""The reduction of the learning rate, as `keras.callbacks.ReduceLROnPlateau` decides it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from paribus.record.early_stopping import improves
from paribus.study.configuration import ReduceOnPlateau


class Plateau:
    """Watch one metric, epoch by epoch (keras/src/callbacks/reduce_lr_on_plateau.py).

    The state follows from the epochs seen, so that a run that goes on looks at its history again.

    Args:
        settings: The metric, the patience, and how much the rate is reduced.
        rate: The learning rate at first; it is kept as float32, as Keras keeps it.

    Example:
        >>> plateau = Plateau(ReduceOnPlateau(monitor="loss", patience=2, factor=0.5), rate=1.0)
        >>> [plateau.observe({"loss": loss}) for loss in (3, 2, 2, 2)], plateau.rate
        ([False, False, False, True], 0.5)
    """

    def __init__(self, settings: ReduceOnPlateau, rate: float) -> None:
        self.settings = settings
        self.rate = float(np.float32(rate))
        self._best: float | None = None
        self._wait = self._cooldown = 0

    def observe(self, logs: Mapping[str, float]) -> bool:
        """Take in an epoch and return whether the rate is reduced after it.

        Raises:
            KeyError: The monitored metric is not in the row.
        """
        settings, value = self.settings, logs[self.settings.monitor]
        if self._cooldown > 0:
            self._cooldown -= 1
            self._wait = 0
        if improves(settings, value, self._best):
            self._best, self._wait = value, 0
            return False
        if self._cooldown > 0:
            return False
        self._wait += 1
        if self._wait < settings.patience or self.rate <= np.float32(settings.min_lr):
            return False
        self.rate = float(np.float32(max(self.rate * settings.factor, settings.min_lr)))
        self._cooldown, self._wait = settings.cooldown, 0
        return True
