"""The network of a variant, read from ``model`` and ``layers``, with every layer and argument written out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from paribus.study.arguments import TechniqueReader
from paribus.study.branches import BRANCHES
from paribus.study.configuration import Layer, Technique
from paribus.study.datasets import DataFacts
from paribus.study.faults import PartReader, unknown_name
from paribus.study.keys import KEYS, MODEL_KEYS, WEIGHT_SETTINGS, Group
from paribus.study.layer_kinds import WRAPPERS, can_wrap
from paribus.study.techniques import Entry, Kind, entry, names
from paribus.study.yaml_node import YamlNode
from paribus.texts.message import Listed

_MODEL = KEYS[Group.MODEL]
_MATRICES = ("dense", "embedding", "gru", "lstm", "simple_rnn")
"""Layers whose weights are matrices."""
_OUTPUTS = {"classification": _MODEL["output"].default, "multilabel": "sigmoid", "regression": "linear"}
"""The activation of the last layer, by task, where none is written."""


@dataclass(frozen=True)
class _WrittenLayer:
    kind: str
    given: dict[str, YamlNode]
    place: YamlNode
    branch: str = ""


class NetworkReader(PartReader):
    """Reads the network of a variant.

    Args:
        settings: The variant's settings, merged.
        facts: What is known of the data set; None for nothing.
        techniques: Reads initializers and others; it has the faults of these settings so far.
    """

    def __init__(self, settings: YamlNode, facts: DataFacts | None, techniques: TechniqueReader) -> None:
        super().__init__(techniques.faults)
        self.settings = settings
        self.facts = facts
        self.techniques = techniques

    def network(self) -> tuple[Layer, ...]:
        """Return the layers, in order.

        A layer's own arguments go before the settings for all layers, and ``layers`` before both.
        """
        model = self.settings.get("model")
        if model is None:
            return ()
        if isinstance(model.value, dict):
            written = list(self._hidden_and_output(model))
        elif isinstance(model.value, list):
            written = list(
                self._list_of_layers([each for each in model.value if "input" not in each.branches])
            )
            if not written:
                self.faults.add(model.fault("empty-model"))
        else:
            self.faults.add(model.fault("not-a-model"))
            return ()
        for key in WEIGHT_SETTINGS:  # also where no layer takes it
            self.techniques.technique(self.settings.get(key) or YamlNode(None), Kind(key.rpartition("_")[2]))
        labels = _labels(written)
        own = self._own_settings(labels, complete=bool(written) and not len(self.faults))
        return tuple(
            self._layer(layer, label, own.get(label, {}))
            for layer, label in zip(written, labels, strict=True)
        )

    def _hidden_and_output(self, model: YamlNode) -> Iterator[_WrittenLayer]:
        self.check_keys("model-key", model.branches, MODEL_KEYS)
        hidden = model.get("hidden")
        if hidden is None:
            self.faults.add(model.fault("missing-hidden", "hidden"))
        elif not isinstance(hidden.value, list):
            self.faults.add(hidden.fault("hidden-not-a-list"))
        dropout = model.get("dropout")
        self.setting(model, *_MODEL["dropout"].as_setting)
        normalize = self.setting(model, *_MODEL["batch_normalization"].as_setting)
        activation = self._activation(model, "activation", _MODEL["activation"].default)
        for units in hidden.items if hidden is not None else []:
            yield _WrittenLayer("dense", {"units": units, "activation": activation}, units)
            if normalize:
                yield _WrittenLayer("batch_normalization", {}, model)
            if dropout is not None:
                yield _WrittenLayer("dropout", {"rate": dropout}, dropout)
        task = self.facts.task if self.facts is not None else "classification"
        output = self._activation(model, "output", _OUTPUTS[task])
        units = replace(output, value=self._outputs(output.text))
        yield _WrittenLayer("dense", {"units": units, "activation": output}, model)

    def _outputs(self, activation: str | None) -> int:
        """Return the units of the last layer: one for two classes under sigmoid, else one for each."""
        if self.facts is None:
            return 1
        is_binary = self.facts.task == "classification" and self.facts.outputs == 2
        return 1 if is_binary and activation == "sigmoid" else self.facts.outputs

    def _activation(self, model: YamlNode, name: str, default: str) -> YamlNode:
        """Return an activation as written, or the default; a fault is added also where no layer takes it."""
        written = model.get(name) or YamlNode(default, (*model.path, name), model.line)
        self.techniques.name(written, Kind.ACTIVATION)
        return written

    def _list_of_layers(self, items: list[YamlNode]) -> Iterator[_WrittenLayer]:
        """Yield the layers of a list, those of branches in the order of the data's inputs."""
        for place, item in enumerate(items):
            written = item.branches.get(BRANCHES)
            if written is None:
                yield from self._layer_of_list(item)
            elif place:
                self.faults.add(item.fault("branches-first"))
            else:
                yield from self._branches(written)
                if len(items) == 1:
                    self.faults.add(written.fault("branches-alone"))

    def _branches(self, written: YamlNode) -> Iterator[_WrittenLayer]:
        known = [each.name for each in self.facts.inputs] if self.facts is not None else [*written.branches]
        if self.facts is not None and not known:
            self.faults.add(written.fault("branches-one-input"))
            return
        if not isinstance(written.value, dict):
            self.faults.add(written.fault("not-a-mapping", given=BRANCHES, names=", ".join(known)))
            return
        self.check_keys("input", written.value, known)
        missing = [name for name in known if name not in written.branches]
        if missing and written.value.keys() <= set(known):  # else it is probably the one that is misspelt
            self.faults.add(written.fault("branch-missing", names=Listed(tuple(missing)), first=missing[0]))
        for name in known:
            branch = written.branches.get(name)
            if branch is None or branch.value is None:
                continue
            if not isinstance(branch.value, list):
                self.faults.add(branch.fault("branch-not-a-list", name=name))
            for item in branch.items:
                yield from (replace(layer, branch=name) for layer in self._layer_of_list(item))

    def _layer_of_list(self, item: YamlNode) -> Iterator[_WrittenLayer]:
        if isinstance(item.value, dict) and len(item.value) == 1:
            kind, given = next(iter(item.value.items()))
        else:
            kind, given = item.text or "", YamlNode(None, item.path, item.line)
        if not kind or isinstance(item.value, list):
            self.faults.add(item.fault("not-a-layer"))
            return
        yield from self._written(kind, given)

    def _written(self, kind: str, given: YamlNode) -> Iterator[_WrittenLayer]:
        """Yield the layer of this name, unless there is none, with the arguments that it is given."""
        name = self.techniques.name(replace(given, value=kind), Kind.LAYER)
        if name is None:
            return
        constructor = entry(Kind.LAYER, name)
        if given.value is None or isinstance(given.value, dict):
            yield _WrittenLayer(name, given.branches, given)
        elif name in WRAPPERS and not isinstance(given.value, list):
            yield _WrittenLayer(name, {given.text or "": replace(given, value=None)}, given)
        elif len(constructor.required) <= 1 and constructor.arguments:
            yield _WrittenLayer(name, {constructor.arguments[0]: given}, given)
        else:
            self.faults.add(given.fault("layer-arguments", kind=name))

    def _wrapped(
        self, wrapper: _WrittenLayer, label: str, own: dict[str, YamlNode]
    ) -> tuple[str, Technique] | None:
        """Return the key and the layer inside a wrapper, such as ``bidirectional: {lstm: 32}``."""
        arguments = entry(Kind.LAYER, wrapper.kind).arguments
        inside = [kind for kind in wrapper.given if kind not in arguments]
        if len(inside) != 1:
            self.faults.add(wrapper.place.fault("wraps-nothing", kind=wrapper.kind))
            return None
        kind, written = inside[0], wrapper.given[inside[0]]
        if kind in names(Kind.LAYER) and not can_wrap(wrapper.kind, kind):
            self.faults.add(written.fault("wraps-another", kind=wrapper.kind, given=kind))
            return None
        for layer in self._written(kind, written):
            inner = self._layer(layer, label, own.get(kind, YamlNode(None)).branches)
            return kind, Technique(name=inner.kind, arguments=inner.arguments)
        return None

    def _own_settings(self, labels: list[str], *, complete: bool) -> dict[str, dict[str, YamlNode]]:
        """Return what ``layers`` sets, by label; unknown labels are faults where all labels are known."""
        layers = self.settings.get("layers")
        if layers is None:
            return {}
        if not isinstance(layers.value, dict):
            self.faults.add(layers.fault("layers-not-a-mapping"))
            return {}
        own: dict[str, dict[str, YamlNode]] = {}
        for label, written in layers.value.items():
            if written.value is None:
                continue
            if label not in labels:
                if complete:
                    self.faults.add(unknown_name("label", written, label, labels))
            elif not isinstance(written.value, dict):
                self.faults.add(written.fault("layer-settings-not-a-mapping"))
            else:
                own[label] = written.value
        return own

    def _layer(self, layer: _WrittenLayer, label: str, own: dict[str, YamlNode]) -> Layer:
        constructor = entry(Kind.LAYER, layer.kind)
        given = {**self._settings_for_all(constructor), **layer.given, **own}
        wrapped = self._wrapped(layer, label, own) if layer.kind in WRAPPERS else None
        if wrapped:
            del given[wrapped[0]]
        elif layer.kind in WRAPPERS:
            given = {}
        filled = self.techniques.arguments(constructor, given, layer.place)
        for argument, technique in filled.items():
            if isinstance(technique, Technique) and not _fits(technique.name, layer.kind, argument):
                place = given.get(argument, layer.place)
                self.faults.add(
                    place.fault("wrong-rank", technique=technique.name, label=label, argument=argument)
                )
        if filled.get("use_bias") is False:
            filled["bias_initializer"] = Technique(name="zeros")
            filled["bias_regularizer"] = None
            filled.pop("bias_constraint", None)
        if filled.get("pool_size") and filled.get("strides") is None:
            filled["strides"] = filled["pool_size"]
        if wrapped:
            filled["layer"] = wrapped[1]
        return Layer(label=label, kind=layer.kind, arguments=filled, branch=layer.branch)

    def _settings_for_all(self, constructor: Entry) -> dict[str, YamlNode]:
        given: dict[str, YamlNode] = {}
        for argument in constructor.arguments:
            setting = setting_of(argument)
            written = self.settings.get(setting) if setting else None
            if written is not None:
                given[argument] = written
        return given


def setting_of(argument: str) -> str | None:
    """Return the setting for all layers that an argument of a layer takes; None where there is none.

    Args:
        argument: Its name.

    Example:
        >>> setting_of("depthwise_initializer"), setting_of("units")
        ('kernel_initializer', None)
    """
    setting = argument.replace("depthwise_", "kernel_").replace("pointwise_", "kernel_")
    return setting if setting in WEIGHT_SETTINGS else None


def _labels(layers: list[_WrittenLayer]) -> list[str]:
    """Return ``hidden_1``, ``output`` for dense layers, ``conv2d_1``, ``dropout_1`` for the others."""
    dense = [place for place, layer in enumerate(layers) if layer.kind == "dense"]
    labels: list[str] = []
    counts: Counter[str] = Counter()
    for place, layer in enumerate(layers):
        if layer.kind == "dense" and place == dense[-1]:
            labels.append("output")
            continue
        word = "hidden" if layer.kind == "dense" else layer.kind
        counts[word] += 1
        labels.append(f"{word}_{counts[word]}")
    return labels


def _fits(technique: str, kind: str, argument: str) -> bool:
    """Return whether Keras can apply a technique to weights of that many dimensions."""
    vector = argument.startswith(("alpha", "beta", "bias", "gamma"))
    if technique in ("identity", "orthogonal_regularizer"):
        return kind in _MATRICES and not vector
    return technique != "orthogonal" or not vector
