"""What differs between two networks, by the keys of ``model`` where both can be written so, else by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from paribus.study.arguments import TechniqueReader
from paribus.study.change import Change
from paribus.study.configuration import Argument, Layer, Technique
from paribus.study.faults import Faults
from paribus.study.keys import WEIGHT_SETTINGS
from paribus.study.layer_kinds import NORMALIZATIONS, can_replace
from paribus.study.layers import setting_of
from paribus.study.techniques import Kind, entry
from paribus.study.yaml_node import YamlNode

_BY_MODEL_KEY = {"dense": ("units", "activation"), "dropout": ("rate",)}
"""The arguments that the keys of ``model`` set, by kind of layer; the output's units follow from the data."""


_BETWEEN = ("batch_normalization", "dropout")
"""The layers that ``model`` puts after each hidden layer, in order."""


def model_keys(layers: Sequence[Layer]) -> dict[str, Argument] | None:
    """Return a network as ``model: {hidden: ..., activation: ..., output: ...}`` has it.

    Args:
        layers: The network.

    Returns:
        None where it cannot be written so.

    Example:
        >>> from paribus.study.reader import load
        >>> model_keys(load("lab2").variants["1"].configuration.layers)["hidden"]
        [784]
    """
    if any(layer.branch for layer in layers):
        return None
    *body, output = layers
    hidden = [layer for layer in body if layer.kind == "dense"]
    normalizes, drops = (any(layer.kind == kind for layer in body) for kind in _BETWEEN)
    block = ["dense", *[kind for kind, has in zip(_BETWEEN, (normalizes, drops), strict=True) if has]]
    activations = {str(layer.arguments["activation"]) for layer in hidden} or {"relu"}
    rates = {
        str(layer.arguments["rate"]): layer.arguments["rate"] for layer in body if layer.kind == "dropout"
    }
    is_regular = [layer.kind for layer in body] == block * len(hidden) and output.kind == "dense"
    if not is_regular or len(activations) > 1 or len(rates) > 1:
        return None
    units = [layer.arguments["units"] for layer in hidden]
    return {
        "hidden": [each for each in units if isinstance(each, int)],
        "activation": next(iter(activations)),
        "output": output.arguments["activation"],
        "dropout": next(iter(rates.values()), None),
        "batch_normalization": normalizes,
    }


def network_changes(before: tuple[Layer, ...], after: tuple[Layer, ...]) -> Iterator[Change]:
    """Yield what differs between two networks; what differs alike in every layer that has it, once.

    Args:
        before: Its levels are `before`.
        after: Its levels are `after`.
    """
    one, other = model_keys(before), model_keys(after)
    if one is None or other is None:
        yield from _by_layer(before, after)
        return
    for key in one:
        if one[key] != other[key] and (other["hidden"] or key in ("hidden", "output")):
            yield Change(key, None, one[key], other[key], of_layers=True)
    for change in _by_layer(*([_without_model_keys(each) for each in layers] for layers in (before, after))):
        only = change.after if isinstance(change.after, Layer) else change.before
        if not isinstance(only, Layer) or only.arguments:
            yield replace(change, follows=None)


def written_arguments(layer: Layer, others: Sequence[Layer] = ()) -> dict[str, Argument]:
    """Return the arguments of a layer that a study has to write: those it would not have anyway.

    Args:
        layer: The layer.
        others: Layers beside it: a setting that all of them share is taken to hold for all layers.
    """
    constructor = entry(Kind.LAYER, layer.kind)
    given = {name: YamlNode(1) for name in constructor.required}
    defaults = TechniqueReader(Faults()).arguments(constructor, given, YamlNode(None))
    written = {
        name: level
        for name, level in layer.arguments.items()
        if not _is_idle(name, layer.arguments)
        and (name in constructor.required or level != _shared(name, others, defaults.get(name)))
    }
    if layer.wrapped is not None:
        written["layer"] = Technique(
            name=layer.wrapped.kind, arguments=written_arguments(layer.wrapped, others)
        )
    return written


def _shared(name: str, others: Sequence[Layer], default: Argument) -> Argument:
    """Return the level that layers share of a setting for all layers; the default where there is none."""
    levels = [
        level
        for other in others
        for argument, level in other.all_arguments.items()
        if setting_of(name)
        and setting_of(argument) == setting_of(name)
        and not _is_idle(argument, other.all_arguments)
    ]
    return levels[0] if levels and all(level == levels[0] for level in levels) else default


def _is_idle(name: str, arguments: Mapping[str, Argument]) -> bool:
    """Return whether an argument does nothing: one of the bias in a layer without bias."""
    return name.startswith("bias_") and arguments.get("use_bias") is False


def _without_model_keys(layer: Layer) -> Layer:
    taken = _BY_MODEL_KEY.get(layer.kind, ())
    kept = {
        name: level
        for name, level in layer.arguments.items()
        if name not in taken or (layer.label == "output" and name == "units")
    }
    return layer.model_copy(update={"arguments": kept})


def _by_layer(before: Sequence[Layer], after: Sequence[Layer]) -> Iterator[Change]:
    before, after = _inlined(before, after), _inlined(after, before)
    earlier, later = ({layer.label: layer for layer in layers} for layers in (before, after))
    common = [label for label in earlier if label in later and _kinds(earlier[label]) == _kinds(later[label])]
    if common != [label for label in later if label in common]:
        yield Change("model", None, tuple(before), tuple(after))
        return
    removed, added = _only(before, common), _only(after, common)
    gaps = _gaps(before, common), _gaps(after, common)
    renamed = _renamed(*gaps)
    removed = {label: each for label, each in removed.items() if label not in renamed}
    added = {label: each for label, each in added.items() if label not in renamed.values()}
    pairs = _replaced(
        *(
            [[each for each in gap if each.label in left] for gap in side]
            for side, left in zip(gaps, (removed, added), strict=True)
        )
    )
    for label, each in removed.items():
        if label in pairs:
            several = sum(layer.kind == each.factor for layer in before) > 1
            now = added[pairs[label]]
            yield replace(now, before=each.after, replaces=label if several else "")
        else:
            yield replace(each, before=each.after, after=None)
    yield from (each for label, each in added.items() if label not in pairs.values())
    yield from _merged(
        [
            Change(key, label, one.get(key), other.get(key), of_layers=True)
            for label in common
            for one, other in [(earlier[label].all_arguments, later[label].all_arguments)]
            for key in dict.fromkeys([*other, *one])  # of one alone: a constraint
            if not _is_idle(key, other)
        ],
        alone=_has_one_layer(before, after),
    )


def _kinds(layer: Layer) -> tuple[str, str, str]:
    """Return the kind of a layer, that of the layer inside it, and its branch."""
    return layer.kind, layer.wrapped.kind if layer.wrapped is not None else "", layer.branch


def _gaps(layers: Sequence[Layer], common: Sequence[str]) -> list[list[Layer]]:
    """Return the layers before, between and after those that both networks have."""
    gaps: list[list[Layer]] = [[]]
    for layer in layers:
        if layer.label in common:
            gaps.append([])
        else:
            gaps[-1].append(layer)
    return gaps


def _renamed(removed: Sequence[Sequence[Layer]], added: Sequence[Sequence[Layer]]) -> dict[str, str]:
    """Return the labels of layers that only have another number now, as one of a branch came before them.

    Args:
        removed: What one network has between the layers of both.
        added: What the other has there.
    """
    found: dict[str, str] = {}
    for before, after in zip(removed, added, strict=True):
        left = list(after)
        for layer in before:
            same = [(_kinds(each), each.arguments) == (_kinds(layer), layer.arguments) for each in left]
            if any(same):
                place = same.index(True)
                found[layer.label] = left[place].label
                left = left[place + 1 :]  # so that their order is kept
    return found


def _inlined(layers: Sequence[Layer], other: Sequence[Layer]) -> list[Layer]:
    """Return layers with each activation that waits for a normalization put back to where the other has it.

    A normalization between a layer and its activation needs the activation as a layer of its own; that is
    no second difference.

    Args:
        layers: Of one network.
        other: Of the one that it is compared with.
    """
    theirs = {layer.label: layer.arguments.get("activation") for layer in other}
    found = list(layers)
    for layer in layers:
        wanted = theirs.get(layer.label)
        if wanted is None or layer.arguments.get("activation") != "linear":
            continue
        place = found.index(layer)
        after = place + 1
        while after < len(found) and found[after].kind in NORMALIZATIONS:
            after += 1
        if (
            place + 1 < after < len(found)
            and found[after].kind == "activation"
            and found[after].label not in theirs
            and found[after].arguments["activation"] == wanted
        ):
            arguments = {**layer.arguments, "activation": wanted}
            found[place : after + 1] = [
                layer.model_copy(update={"arguments": arguments}),
                *found[place + 1 : after],
            ]
    return found


def _replaced(removed: Sequence[Sequence[Layer]], added: Sequence[Sequence[Layer]]) -> dict[str, str]:
    """Return the label of each layer that another of its sort took the place of, with the label of that one.

    Args:
        removed: What one network has between the layers of both.
        added: What the other has there.
    """
    return {
        one.label: other.label
        for before, after in zip(removed, added, strict=True)
        if len(before) == len(after)
        for one, other in zip(before, after, strict=True)
        if can_replace(one.kind, other.kind)
    }


def _only(layers: Sequence[Layer], common: Sequence[str]) -> dict[str, Change]:
    """Return the layers that the other network lacks, by label, each with the arguments to be written."""
    others = [layer for layer in layers if layer.label in common]
    found: dict[str, Change] = {}
    follows, branch = "", ""
    for layer in layers:
        if layer.branch != branch and layer.branch:
            follows = ""
        branch = layer.branch
        if layer.label not in common:
            written = layer.model_copy(update={"arguments": written_arguments(layer, others)})
            found[layer.label] = Change(layer.kind, layer.label, None, written, follows=follows)
        follows = layer.label
    return found


def _has_one_layer(*networks: Sequence[Layer]) -> bool:
    """Return whether all weights are in one layer, so that its name adds nothing to a setting of theirs."""
    layers = [each for layers in networks for each in layers]
    return (
        len({each.label for each in layers if not each.all_arguments.keys().isdisjoint(WEIGHT_SETTINGS)}) == 1
    )


def _merged(changes: list[Change], *, alone: bool) -> Iterator[Change]:
    """Yield the changes whose levels differ; one that is the same in every layer that has it, once.

    Args:
        changes: Of each layer and argument.
        alone: Whether one layer has all weights, so that its name goes without saying.
    """
    for factor in dict.fromkeys(change.factor for change in changes):
        same = [change for change in changes if change.factor == factor]
        first = same[0]
        if (len(same) > 1 or (alone and factor in WEIGHT_SETTINGS)) and all(
            (each.before, each.after) == (first.before, first.after) for each in same
        ):
            same = [replace(first, layer=None)]
        yield from (change for change in same if change.before != change.after)
