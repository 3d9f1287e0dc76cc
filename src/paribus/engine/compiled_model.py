"""What a network of the user's own was compiled with, as a study writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from paribus.errors import RunError
from paribus.study.datasets import DataFacts
from paribus.study.faults import Faults
from paribus.study.keras_model import KerasReader
from paribus.study.own_function import OwnLoss
from paribus.study.own_network import OwnNetwork
from paribus.study.programs import Program as UserFile


def compiled_with(model: Any, given: OwnNetwork, file: UserFile, facts: DataFacts) -> dict[str, Any]:
    """Return loss and optimizer of a network that was compiled, and why one of them cannot be written.

    Args:
        model: The network, built.
        given: Where it comes from.
        file: The one that builds it.
        facts: What is known of the data.
    """
    if not getattr(model, "compiled", False):
        return {}
    found: dict[str, Any] = {"refused": {}}
    reader = KerasReader(Faults())
    optimizer = reader.convert(model.optimizer, ("optimizer",))
    if len(reader.faults):
        found["refused"]["optimizer"] = str(
            RunError("run.model-optimizer", name=type(model.optimizer).__name__)
        )
    else:
        found["optimizer"] = optimizer
    try:
        several = _several(model, given, facts)
        found |= several or loss_of(model.loss) or _own_loss(model, given, file, facts)
    except RunError as error:
        found["refused"]["loss"] = str(error)
    return found


def _several(model: Any, given: OwnNetwork, facts: DataFacts) -> dict[str, Any]:
    """Return the losses of a network with several outputs by target, their weights, and whose are logits."""
    from paribus.engine.outputs import by_target, names_of

    if not isinstance(model.loss, dict | list | tuple) or len(cast("Sequence[Any]", model.loss)) < 2:
        return {}
    losses = by_target(model.loss, facts, names_of(model), given.told)
    weights = getattr(model._compile_loss, "_user_loss_weights", None)
    named: dict[str, Any] = {}
    logits: list[str] = []
    for name, loss in losses.items():
        known = loss_of(loss)
        if not known:
            raise RunError("run.model-own-losses", place=given.told, name=name)
        if known.pop("from_logits", False):
            logits.append(name)
        if known.keys() - {"loss"}:
            raise RunError("run.model-own-losses", place=given.told, name=name)
        named[name] = known["loss"]
    found: dict[str, Any] = {"loss": named, "logits": logits}
    if isinstance(weights, Mapping | list | tuple):
        found["loss_weights"] = by_target(weights, facts, names_of(model), given.told)
    return found


def _own_loss(model: Any, given: OwnNetwork, file: UserFile, facts: DataFacts) -> dict[str, Any]:
    """Return the loss of the user's own that a network was compiled with; nothing where it has none."""
    from paribus.engine.own_loss import compiled_loss, tried

    loss = compiled_loss(model)
    if loss is None:
        return {}
    if not callable(loss):
        raise RunError("run.model-several-losses", place=given.told)
    name = getattr(loss, "__name__", type(loss).__name__)
    own = OwnLoss(file=given.file, function=name, sha256=given.sha256, compiled=True)
    return {"own_loss": tried(own, file, facts, model=model).model_dump(mode="json")}


def loss_of(loss: Any) -> dict[str, Any]:
    """Return a loss of Keras as a study writes it: its name, its smoothing, whether outputs are logits.

    Nothing of any other, and of one with settings that a study does not have.

    Args:
        loss: A name, an object or a function.
    """
    from paribus.study.keras_objects import is_of_keras, settings_left
    from paribus.study.techniques import ALIASES, Kind, names

    if not isinstance(loss, str) and not is_of_keras(loss):
        return {}
    config = settings_left(loss)
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "") or getattr(loss, "name", "")
    name = ALIASES.get((Kind.LOSS, name.lower()), name)
    if name not in names(Kind.LOSS) and isinstance(loss, str):
        raise RunError("run.model-loss", name=name)
    if name not in names(Kind.LOSS) or config.keys() - {"label_smoothing", "from_logits"}:
        return {}
    return {"loss": name, **config}
