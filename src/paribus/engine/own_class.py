"""What a class of the user's own makes: an optimizer, a schedule or an initializer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from paribus.data.own.user_file import failed, load_function
from paribus.errors import RunError
from paribus.study.own_function import OwnTechnique
from paribus.study.programs import Program as UserFile
from paribus.study.techniques import Kind

_CLASSES: Mapping[Kind, Any] = {
    Kind.OPTIMIZER: keras.optimizers.Optimizer,
    Kind.SCHEDULE: keras.optimizers.schedules.LearningRateSchedule,
    Kind.INITIALIZER: keras.initializers.Initializer,
}


def made(own: OwnTechnique, file: UserFile, kind: Kind, arguments: Mapping[str, Any]) -> Any:
    """Return what a class of the user's, or a function that makes one, gives with these arguments.

    Args:
        own: Where it comes from.
        file: The one that defines it.
        kind: What it must be.
        arguments: What it is called with.

    Raises:
        RunError: The user's code fails, or makes something else.
    """
    defined: Any = load_function(file.path, own.function, own.sha256)
    try:
        found = defined(**arguments)
    except (Exception, SystemExit) as error:
        raise failed(error, file.path) from error
    if not isinstance(found, _CLASSES[kind]):
        name = _CLASSES[kind].__name__
        raise RunError("run.technique-not-one", place=own.told, given=type(found).__name__, kind=name)
    return found
