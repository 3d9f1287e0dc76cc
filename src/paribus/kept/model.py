"""A run's network with its kept weights, as a plain model of Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import keras
from numpy.typing import NDArray

from paribus.study.branches import JOIN, branches_of, flat_name, joined
from paribus.study.configuration import Argument, Configuration, Layer, Technique
from paribus.study.shapes import input_shape, takes_tokens
from paribus.study.techniques import Kind, entry
from paribus.study.window_size import ends_by_side

_KINDS: dict[str, tuple[Kind, ModuleType]] = {
    "constraint": (Kind.CONSTRAINT, keras.constraints),
    "initializer": (Kind.INITIALIZER, keras.initializers),
    "regularizer": (Kind.REGULARIZER, keras.regularizers),
}
_ATTENTION = "multi_head_attention"


def model_of(configuration: Configuration, weights: Mapping[str, NDArray[Any]]) -> keras.Model:
    """Return a model of Keras's own layers with weights in them, whatever backend Keras runs on.

    Args:
        configuration: Of the run; the engine trained it.
        weights: By Keras path, as the run keeps them.

    Raises:
        KeyError: A weight of the network is not there.
    """
    model = _network(configuration)
    for variable in model.weights:
        variable.assign(
            weights[_kept_name(variable.path.removeprefix(f"{model.name}/"), configuration.layers)]
        )
    return model


def _kept_name(path: str, layers: Sequence[Layer]) -> str:
    """Return the name under which a run keeps a weight: attention lies a step deeper in the engine."""
    label, _, rest = path.partition("/")
    is_attention = any(layer.label == label and layer.kind == _ATTENTION for layer in layers)
    return f"{label}/attention/{rest}" if is_attention else path


def _network(configuration: Configuration) -> keras.Model:
    layers, facts = configuration.layers, configuration.facts
    if not configuration.has_branches:
        dtype = "int32" if takes_tokens(layers) else None
        inputs: Any = keras.Input(input_shape(layers, facts.shape), dtype=dtype, name="inputs")
        return keras.Model(inputs, _through(layers, inputs), name="kept")
    given: dict[str, Any] = {}
    ends: list[Any] = []
    for branch in branches_of(layers, facts.inputs):
        dtype = "int32" if branch.takes_tokens else None
        given[branch.name] = keras.Input(branch.entering, dtype=dtype, name=branch.name)
        end = _through(branch.layers, given[branch.name])
        ends.append(
            keras.layers.Flatten(name=flat_name(branch.input))(end) if len(branch.ending) > 1 else end
        )
    together: Any = keras.layers.Concatenate(name=JOIN)(ends)
    return keras.Model(given, _through(joined(layers), together), name="kept")


def _through(layers: Sequence[Layer], values: Any) -> Any:
    for layer in layers:
        made = _layer(layer)
        values = made(values, values) if layer.kind == _ATTENTION else made(values)
    return values


def _layer(layer: Layer) -> Any:
    if layer.wrapped is None:
        return _plain(layer, layer.label)
    inside = _plain(layer.wrapped, layer.wrapped.kind)
    arguments = {key: value for key, value in layer.arguments.items() if key != "layer"}
    if layer.kind == "bidirectional":
        turned = {"go_backwards": not layer.wrapped.arguments.get("go_backwards", False)}
        back = layer.wrapped.model_copy(update={"arguments": {**layer.wrapped.arguments, **turned}})
        arguments["backward_layer"] = _plain(back, f"backward_{back.kind}")
    keras_class = getattr(keras.layers, entry(Kind.LAYER, layer.kind).keras_class)
    return keras_class(inside, name=layer.label, **arguments)


def _plain(layer: Layer, name: str) -> Any:
    """Return a layer that wraps no other."""
    arguments = {key: _argument(value, key) for key, value in layer.arguments.items()}
    for key in ("cropping", "padding"):
        if isinstance(arguments.get(key), list):
            arguments[key] = ends_by_side(arguments[key])
    return getattr(keras.layers, entry(Kind.LAYER, layer.kind).keras_class)(name=name, **arguments)


def _argument(value: Argument, role: str) -> Any:
    """Return what an argument names as Keras's object; any other argument as it is."""
    if not isinstance(value, Technique):
        return value
    if value.own is not None:  # an initializer, whose weights are replaced
        return "zeros"
    kind, module = _KINDS[role.rpartition("_")[2]]
    arguments: dict[str, Any] = dict(value.arguments)
    if isinstance(arguments.get("axis"), list):
        arguments["axis"] = tuple(arguments["axis"])
    return getattr(module, entry(kind, value.name).keras_class)(**arguments)
