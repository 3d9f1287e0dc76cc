"""A callback for training functions that call Keras's ``fit``.

Keras is loaded where the callback is made; the function may use any of its backends.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from paribus.custom.logged import as_logged
from paribus.custom.run import Run


def Callback(run: Run) -> Any:  # noqa: N802 - it makes one, and is called as Keras's own
    """Return a ``keras.callbacks.Callback`` that logs each epoch and ends where the study's stopping says so.

    Args:
        run: What the training function is handed.

    Example:
        >>> def train(config, seed, run):
        ...     keras.utils.set_random_seed(run.seed("keras"))
        ...     model.fit(x, y, validation_data=held, callbacks=[paribus.keras.Callback(run)])
        ...     run.test(labels=y_test, outputs=model.predict(x_test))
    """
    made = type("Callback", (_Logging, import_module("keras").callbacks.Callback), {})
    return made(run)


class _Logging:
    model: Any

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._run.log(**as_logged(logs or {}))
        if self._run.should_stop:
            self.model.stop_training = True
