"""Callbacks of the user's own, which look at a training and change nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from paribus.data.own.user_file import failed, load_function
from paribus.engine.program import Program
from paribus.engine.stepwise import State
from paribus.errors import RunError
from paribus.record.run import EpochRow
from paribus.study.own_function import OwnFunction
from paribus.study.programs import Program as UserFile

_CALLED = ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end")


def described(own: OwnFunction, file: UserFile) -> OwnFunction:
    """Return a callback with the defaults of its arguments.

    Args:
        own: As a study says it.
        file: The one that defines it.

    Raises:
        RunError: It is no callback, or looks at what the engine does not show.
    """
    from paribus.engine.own_loss import filled

    own = filled(own, file)
    callback = _made(own, file)
    theirs = [name for kind in type(callback).__mro__ if not _is_keras(kind) for name in vars(kind)]
    wrong = [name for name in theirs if name.startswith("on_") and name not in _CALLED]
    if wrong:
        names = {"names": ", ".join(wrong), "known": ", ".join(_CALLED)}
        raise RunError("run.callback-batches", place=own.told, **names)
    return own


def _is_keras(kind: type) -> bool:
    return kind.__module__.startswith("keras.")


def _made(own: OwnFunction, file: UserFile) -> Any:
    import keras

    defined: Any = load_function(file.path, own.function, own.sha256)
    try:
        found = defined(**own.arguments)
    except (Exception, SystemExit) as error:
        raise failed(error, file.path) from error
    if not isinstance(found, keras.callbacks.Callback):
        raise RunError("run.callback-not-one", place=own.told, given=type(found).__name__)
    return found


class Onlookers:
    """The callbacks of one training.

    Args:
        program: Of the configuration that names them; without any nothing is built.
        seed: The run's.
        steps: Of an epoch.
    """

    def __init__(self, program: Program, seed: int, steps: int) -> None:
        configuration, files = program.configuration, program.own.files
        own = configuration.callbacks
        self._all = [(each, files[each.sha256], _made(each, files[each.sha256])) for each in own]
        if not self._all:
            return
        self._model = _shown(program, seed)
        self._optimizer = program.new_optimizer(self._model)
        self._model.compile(optimizer=self._optimizer)
        self._model.stop_training = False
        for _, _, callback in self._all:
            callback.set_params({"epochs": configuration.epochs, "steps": steps, "seed": seed})
            callback.set_model(self._model)

    def begin(self, state: State) -> None:
        """Call ``on_train_begin``.

        Args:
            state: Before the first epoch, or where an interrupted training goes on.
        """
        self._call("on_train_begin", state)

    def begin_epoch(self, epoch: int) -> None:
        """Call ``on_epoch_begin``, by Keras's count, which begins at 0."""
        for own, file, callback in self._all:
            self._guarded(own, file, callback.on_epoch_begin, epoch - 1)

    def look(self, epoch: int, state: State, row: EpochRow) -> None:
        """Call ``on_epoch_end`` with what the epoch's history has.

        Args:
            epoch: From 1.
            state: After it.
            row: Of the history.

        Raises:
            RunError: A callback fails, or changes what it should look at.
        """
        logs = {name: value for name, value in row.items() if name != "epoch"}
        self._call("on_epoch_end", state, epoch - 1, logs)

    def end(self, state: State) -> None:
        """Call ``on_train_end``."""
        self._call("on_train_end", state)

    def _call(self, name: str, state: State, *arguments: Any) -> None:
        if not self._all:
            return
        model = self._model
        variables = [*model.trainable_variables, *model.non_trainable_variables, *self._optimizer.variables]
        values = [np.asarray(each) for part in state for each in part]
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        for own, file, callback in self._all:
            given = (arguments[0], dict(arguments[1])) if len(arguments) == 2 else arguments
            self._guarded(own, file, getattr(callback, name), *given)
            if model.stop_training:
                raise RunError("run.callback-stops", place=own.told)
            same = (
                np.array_equal(np.asarray(variable.value), value, equal_nan=value.dtype.kind == "f")
                for variable, value in zip(variables, values, strict=True)
            )
            if not all(same):
                raise RunError("run.callback-changes", place=own.told)

    def _guarded(self, own: OwnFunction, file: UserFile, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            call(*arguments)
        except (Exception, SystemExit) as error:
            raise failed(error, file.path, own.file) from error


def _shown(program: Program, seed: int) -> Any:
    """Return the network as a callback sees it, with the activations that it ends in."""
    import keras

    from paribus.engine import activations, own_network

    configuration = program.configuration
    own, output = configuration.network, configuration.output
    if own is not None and program.file is not None:
        whole = own.model_copy(update={"output": "linear", "heads": {}})
        return own_network.build(whole, program.file, configuration.facts, seed)
    model: Any = program.built(seed)
    if output == "linear":
        return model
    ending: Any = keras.layers.Activation(activations.get(output), name="output_activation")
    return keras.Model(model.inputs, ending(model.outputs[0]))
