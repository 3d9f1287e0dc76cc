"""From ``model`` and ``layers`` to the network, every layer and argument written out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from paribus.study.arguments import arguments, known
from paribus.study.configuration import Layer, Technique
from paribus.study.domains import FLAG, SHARE
from paribus.study.faults import Faults
from paribus.study.techniques import Entry, Kind, entry
from paribus.study.yaml_node import YamlNode

WEIGHT_SETTINGS = ("kernel_initializer", "bias_initializer", "kernel_regularizer", "bias_regularizer")
"""Settings that every layer takes which has such an argument."""

_SHORT = ("hidden", "activation", "output", "dropout", "batch_normalization")


@dataclass(frozen=True)
class _Planned:
    kind: str
    given: dict[str, YamlNode]
    place: YamlNode


def network(settings: YamlNode, classes: int | None, faults: Faults) -> tuple[Layer, ...]:
    """The layers, in order: a layer's own arguments before the settings for all, and ``layers`` before both.

    Args:
        settings: A variant's settings, merged.
        classes: How many the data set has; None when it is not known.
        faults: Where what is wrong is noted.
    """
    model = settings.get("model")
    if model is None:
        return ()
    if isinstance(model.value, dict):
        planned = list(_short(model, classes, faults))
    elif isinstance(model.value, list):
        planned = [
            layer
            for piece in model.value
            if "input" not in piece.branches
            for layer in _listed(piece, faults)
        ]
        if not planned:
            faults.add("empty-model", model)
    else:
        faults.add("not-a-model", model)
        return ()
    labels = _labels(planned)
    own = _own_settings(settings, labels, faults, complete=bool(planned) and len(faults) == 0)
    return tuple(
        _layer(layer, label, settings, own.get(label, {}), faults)
        for layer, label in zip(planned, labels, strict=True)
    )


def _short(model: YamlNode, classes: int | None, faults: Faults) -> Iterator[_Planned]:
    for name, piece in model.branches.items():
        if name not in _SHORT:
            faults.unknown("model-key", piece, name, _SHORT)
    hidden = model.get("hidden")
    if hidden is None:
        faults.add("missing-hidden", model, "hidden")
    elif not isinstance(hidden.value, list):
        faults.add("hidden-not-a-list", hidden)
    dropout, normalized = model.get("dropout"), model.get("batch_normalization")
    if dropout is not None:
        SHARE.accept(dropout, faults)
    normalize = normalized is not None and FLAG.accept(normalized, faults)
    activation = model.get("activation") or YamlNode("relu", (*model.path, "activation"), model.line)
    for units in hidden.value if hidden is not None and isinstance(hidden.value, list) else []:
        yield _Planned("dense", {"units": units, "activation": activation}, units)
        if normalize:
            yield _Planned("batch_normalization", {}, model)
        if dropout is not None:
            yield _Planned("dropout", {"rate": dropout}, dropout)
    output = model.get("output") or YamlNode("softmax", (*model.path, "output"), model.line)
    units = replace(output, value=classes or 1)
    yield _Planned("dense", {"units": units, "activation": output}, model)


def _listed(piece: YamlNode, faults: Faults) -> Iterator[_Planned]:
    if isinstance(piece.value, dict) and len(piece.value) == 1:
        kind, given = next(iter(piece.value.items()))
    else:
        kind, given = piece.text or "", YamlNode(None, piece.path, piece.line)
    if not kind or isinstance(piece.value, list):
        faults.add("not-a-layer", piece)
        return
    name = known(replace(given, value=kind), Kind.LAYER, faults)
    if name is None:
        return
    constructor = entry(Kind.LAYER, name)
    if given.value is None or isinstance(given.value, dict):
        yield _Planned(name, given.branches, given)
    elif len(constructor.required) <= 1 and constructor.arguments:
        yield _Planned(name, {constructor.arguments[0]: given}, given)
    else:
        faults.add("layer-arguments", given, kind=name)


def _labels(planned: list[_Planned]) -> list[str]:
    """``hidden_1``, ``hidden_2``, ``output`` for dense layers, ``conv2d_1``, ``dropout_1`` for the others."""
    dense = [place for place, layer in enumerate(planned) if layer.kind == "dense"]
    labels: list[str] = []
    counts: Counter[str] = Counter()
    for place, layer in enumerate(planned):
        if layer.kind == "dense" and place == dense[-1]:
            labels.append("output")
            continue
        word = "hidden" if layer.kind == "dense" else layer.kind
        counts[word] += 1
        labels.append(f"{word}_{counts[word]}")
    return labels


def _own_settings(
    settings: YamlNode, labels: list[str], faults: Faults, *, complete: bool
) -> dict[str, dict[str, YamlNode]]:
    layers = settings.get("layers")
    if layers is None:
        return {}
    if not isinstance(layers.value, dict):
        faults.add("layers-not-a-mapping", layers)
        return {}
    own: dict[str, dict[str, YamlNode]] = {}
    for label, piece in layers.value.items():
        if piece.value is None:
            continue
        if label not in labels:
            if complete:
                faults.unknown("label", piece, label, labels)
        elif not isinstance(piece.value, dict):
            faults.add("layer-settings-not-a-mapping", piece)
        else:
            own[label] = piece.value
    return own


def _layer(
    planned: _Planned, label: str, settings: YamlNode, own: dict[str, YamlNode], faults: Faults
) -> Layer:
    constructor = entry(Kind.LAYER, planned.kind)
    given = {**_for_all(constructor, settings), **planned.given, **own}
    filled = arguments(constructor, given, planned.place, faults)
    for argument, technique in filled.items():
        if isinstance(technique, Technique) and not _fits(technique.name, planned.kind, argument):
            place = given.get(argument, planned.place)
            faults.add("wrong-rank", place, technique=technique.name, label=label, argument=argument)
    if filled.get("use_bias") is False:
        filled["bias_initializer"] = Technique(name="zeros")
        filled["bias_regularizer"] = None
    if filled.get("pool_size") and filled.get("strides") is None:
        filled["strides"] = filled["pool_size"]
    return Layer(label=label, kind=planned.kind, arguments=filled)


def _fits(technique: str, kind: str, argument: str) -> bool:
    """Whether Keras can apply a technique to weights of that many dimensions."""
    vector = argument.startswith(("bias", "beta", "gamma"))
    if technique in ("identity", "orthogonal_regularizer"):
        return kind == "dense" and not vector
    return technique != "orthogonal" or not vector


def _for_all(constructor: Entry, settings: YamlNode) -> dict[str, YamlNode]:
    given: dict[str, YamlNode] = {}
    for argument in constructor.arguments:
        setting = argument.replace("depthwise_", "kernel_").replace("pointwise_", "kernel_")
        piece = settings.get(setting) if setting in WEIGHT_SETTINGS else None
        if piece is not None:
            given[argument] = piece
    return given
