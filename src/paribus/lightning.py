"""A callback for training functions that call the ``fit`` of a Lightning trainer.

Lightning is never needed by Paribus; this is for programs that have it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from paribus.custom.logged import as_logged
from paribus.custom.run import Run


def Callback(run: Run) -> Any:  # noqa: N802 - it makes one, and is called as Lightning's own
    """Return a Lightning ``Callback`` that logs each epoch and ends where the study's stopping says so.

    What the module logs as ``train_loss``, ``train_acc``, ``val_loss`` and ``val_acc`` becomes ``loss``,
    ``accuracy``, ``val_loss`` and ``val_accuracy``.

    Args:
        run: What the training function is handed.

    Example:
        >>> def train(config, seed, run):
        ...     lightning.seed_everything(run.seed("lightning"))
        ...     trainer = lightning.Trainer(max_epochs=5, callbacks=[paribus.lightning.Callback(run)])
        ...     trainer.fit(module, batches, held)
        ...     run.test(labels=y_test, outputs=module(x_test).softmax(1))
    """
    is_old = "lightning" not in sys.modules and "pytorch_lightning" in sys.modules
    base = import_module("pytorch_lightning" if is_old else "lightning.pytorch").Callback
    return type("Callback", (_Logging, base), {})(run)


class _Logging:
    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Log an epoch, which Lightning has validated by now."""
        self._run.log(**as_logged(trainer.callback_metrics))
        if self._run.should_stop:
            trainer.should_stop = True
