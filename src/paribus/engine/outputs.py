"""The outputs of a network of the user's own: which target each predicts, and the activation it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import keras

from paribus.errors import RunError
from paribus.study.datasets import DataFacts

LOGITS = ("sigmoid", "softmax")
"""Activations before which the loss is computed where they are the last."""


def by_target(outputs: Any, facts: DataFacts, names: Sequence[str] = (), place: str = "") -> dict[str, Any]:
    """Return a network's outputs by the target that each predicts; one alone predicts what is scored.

    Several are known by the keys of a mapping, by the names of the layers that they come from, or else by
    the order of the targets.

    Args:
        outputs: As the network returns them.
        facts: What is known of the data.
        names: Of the layers that they come from, in order.
        place: Where the network comes from, for messages.

    Raises:
        RunError: An output predicts nothing of the data, or none predicts what is scored.
    """
    if not isinstance(outputs, Mapping | list | tuple):
        return {facts.scored: outputs}
    if isinstance(outputs, Mapping):
        found = {str(name): each for name, each in cast("Mapping[object, Any]", outputs).items()}
    else:
        several = list(cast("Sequence[Any]", outputs))
        targets = [each.name for each in facts.named] or [""]
        own = [*names] if len(names) == len(several) and {*names} <= {*targets} else targets
        found = dict(zip(own, several, strict=False)) if len(own) == len(several) else {}
        found = found or {str(number): each for number, each in enumerate(several)}
    known = {each.name for each in facts.named} or {facts.scored}
    if len(found) > 1 and not facts.named:
        raise RunError("run.model-several-outputs", place=place, count=len(found))
    if not found.keys() <= known or facts.scored not in found:
        told = {"given": ", ".join([*names] or found), "known": ", ".join(known)}
        raise RunError("run.model-output-names", place=place, scored=facts.scored, **told)
    return {facts.scored: found.pop(facts.scored), **found}


def ends(model: Any, facts: DataFacts, place: str = "") -> dict[str, tuple[Any, str]]:
    """Return the layer that each output comes from, and its activation; None and ``linear`` of others.

    Only of layers of Keras that are used once, since elsewhere what comes before the activation is not known.

    Args:
        model: The network, built.
        facts: What is known of the data.
        place: Where the network comes from, for messages.
    """
    if not isinstance(model, keras.Sequential) and type(model).__name__ != "Functional":
        return {}
    graph: Any = getattr(model, "_functional", None) or model
    structure = graph._outputs_struct
    if isinstance(structure, list | tuple) and len(cast("Sequence[Any]", structure)) == 1:
        structure = structure[0]
    found = by_target(structure, facts, names_of(model), place)
    return {name: _end(each) for name, each in found.items()}


def names_of(model: Any) -> list[str]:
    """Return the names of the layers that a network's outputs come from; none of a class of one's own.

    Args:
        model: The network, built.
    """
    return [str(name) for name in getattr(model, "output_names", None) or ()]


def _end(tensor: Any) -> tuple[Any, str]:
    none = None, "linear"
    layer: Any = tensor._keras_history.operation
    is_used_once = len(layer._inbound_nodes) == 1 and not layer._outbound_nodes
    if not type(layer).__module__.startswith("keras.") or not is_used_once:
        return none
    if isinstance(layer, keras.layers.Softmax):
        return (layer, "softmax") if layer.axis == -1 else none
    activation = getattr(layer, "activation", None)
    named = next((each for each in LOGITS if activation is getattr(keras.activations, each)), "linear")
    return (layer, named) if isinstance(layer, keras.layers.Dense | keras.layers.Activation) else none


def strip(model: Any, facts: DataFacts, activation: str, heads: Mapping[str, str]) -> None:
    """Take the last activations off a network, so that it ends in logits.

    Args:
        model: The network, built.
        facts: What is known of the data.
        activation: What its scored output ends in.
        heads: What each of the others ends in; nothing happens where one ends in another, such as logits.
    """
    if activation not in LOGITS and not {*heads.values()} & {*LOGITS}:
        return
    told = {facts.scored: activation, **heads}
    for name, (layer, found) in ends(model, facts).items():
        if found not in LOGITS or found != told.get(name):
            continue
        if isinstance(layer, keras.layers.Softmax):
            object.__setattr__(layer, "call", _unchanged)
        else:
            layer.activation = keras.activations.linear


def _unchanged(inputs: Any, mask: Any = None) -> Any:
    return inputs
