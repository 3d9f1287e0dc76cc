"""A callback for training functions that use the ``Trainer`` of transformers.

transformers is never needed by Paribus; this is for programs that have it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from paribus.custom.logged import as_logged
from paribus.custom.run import Run

_BESIDE = ("runtime", "samples_per_second", "steps_per_second", "model_preparation_time")


def Callback(run: Run) -> Any:  # noqa: N802 - it makes one, and is called as transformers' own
    """Return a ``TrainerCallback`` that logs each epoch and ends where the study's stopping says so.

    With ``eval_strategy="epoch"`` what it evaluates becomes ``val_loss``, ``val_accuracy`` and so on.

    Args:
        run: What the training function is handed.

    Example:
        >>> def train(config, seed, run):
        ...     said = TrainingArguments(run.folder, seed=run.seed("trainer"), eval_strategy="epoch")
        ...     trainer = Trainer(model, said, callbacks=[paribus.transformers.Callback(run)])
        ...     trainer.train()
        ...     run.test(labels=y_test, outputs=softmax(trainer.predict(test).predictions))
    """
    return type("Callback", (_Logging, import_module("transformers").TrainerCallback), {})(run)


class _Logging:
    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        self._row: dict[str, float] = {}
        self._is_over = False

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._end(control)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        named = as_logged(logs or {})
        found = {key: each for key, each in named.items() if key.removeprefix("val_") not in _BESIDE}
        self._row |= {key: each for key, each in found.items() if not key.startswith("train_")}

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._is_over = True
        control.should_log = True  # so that the epoch's mean loss is known, whatever else is logged

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._end(control)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._end(control)

    def _end(self, control: Any) -> None:
        """Log the epoch that is over: transformers evaluates after it, and not always."""
        if self._is_over and self._row:
            self._run.log(**self._row)
            self._row, self._is_over = {}, False
            if self._run.should_stop:
                control.should_training_stop = True
