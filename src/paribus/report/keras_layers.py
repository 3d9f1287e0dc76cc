"""Layers, and techniques by name, as calls in the source of a Keras script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from paribus.report.source import Call, Node, literal, statement
from paribus.study.branches import JOIN, branches_of, flat_name, joined
from paribus.study.configuration import Argument, Layer, Technique
from paribus.study.datasets import Input
from paribus.study.layer_seeds import LayerSeeds
from paribus.study.techniques import Kind, entry
from paribus.study.window_size import ends_by_side

_ALWAYS = ("learning_rate", "l1", "l2", "factor")
_CONSTANT = ("constant", "identity", "ones", "zeros")  # initializers that draw nothing


def layer_call(layer: Layer, seeds: LayerSeeds, *, name: str = "") -> Call:
    """Return the call that makes a layer which wraps no other.

    Args:
        layer: Resolved.
        seeds: What its initial weights and its noise are drawn from.
        name: The layer's; its label without one.
    """
    found = entry(Kind.LAYER, layer.kind)
    arguments = dict(layer.arguments)
    positional = tuple(
        _argument(arguments[each], each, seeds) for each in found.required if each in arguments
    )
    named: dict[str, Node] = {}
    for argument, value in arguments.items():
        if argument not in found.required and not _is_default(value, found.defaults.get(argument), argument):
            named[argument] = _argument(value, argument, seeds)
    if layer.kind == "multi_head_attention":
        parts = ("query", "key", "value", "output")
        drawn = (f'"{part}": {seeds.of_part(part).of("kernel_initializer")}' for part in parts)
        named["kernel_seeds"] = f"{{{', '.join(drawn)}}}"
    if layer.draws:
        named["seed"] = literal(seeds.noise)
    named["name"] = literal(name or layer.label)
    module = "" if layer.kind == "multi_head_attention" else "keras.layers."
    return Call(f"{module}{found.keras_class}", positional, named)


def wrapped_call(layer: Layer, wrapped: Layer, seeds: LayerSeeds) -> Call:
    """Return the call that makes a layer around another.

    Args:
        layer: The outer one.
        wrapped: The inner one.
        seeds: Of the inner one.
    """
    found = entry(Kind.LAYER, layer.kind)
    named: dict[str, Node] = {
        argument: literal(value)
        for argument, value in layer.arguments.items()
        if argument != "layer" and not _is_default(value, found.defaults.get(argument), argument)
    }
    if layer.kind == "bidirectional":
        turned = {**wrapped.arguments, "go_backwards": not wrapped.arguments["go_backwards"]}
        backward = wrapped.model_copy(update={"arguments": turned})
        named["backward_layer"] = layer_call(
            backward, seeds.of_part("backward"), name=f"backward_{wrapped.kind}"
        )
    named["name"] = literal(layer.label)
    return Call(f"keras.layers.{found.keras_class}", (layer_call(wrapped, seeds, name=wrapped.kind),), named)


def functional(layers: Sequence[Layer], inputs: Sequence[Input], calls: Mapping[str, Call]) -> list[str]:
    """Return the lines of a functional model of several inputs, each through its own layers, then joined.

    Args:
        layers: The network.
        inputs: Those of the data.
        calls: What makes each layer, by its label.
    """
    branches = branches_of(layers, inputs)
    lines = ["inputs = {"]
    for branch in branches:
        named: dict[str, Node] = {"dtype": literal("int32")} if branch.takes_tokens else {}
        named["name"] = literal(branch.name)
        call = Call("keras.Input", (literal(branch.entering),), named)
        lines.append("    " + statement(f'"{branch.name}": ', call).replace("\n", "\n    ") + ",")
    lines += ["}", "branches = []"]
    for branch in branches:
        lines.append(f'x = inputs["{branch.name}"]')
        lines += [f"{statement('x = ', calls[layer.label])}(x)" for layer in branch.layers]
        if len(branch.ending) > 1:
            lines.append(f'x = keras.layers.Flatten(name="{flat_name(branch.input)}")(x)')
        lines.append("branches.append(x)")
    lines.append(f'x = keras.layers.concatenate(branches, name="{JOIN}")')
    lines += [f"{statement('x = ', calls[layer.label])}(x)" for layer in joined(layers)]
    return [*lines, "model = keras.Model(inputs, x)"]


def _argument(value: Argument, name: str, seeds: LayerSeeds) -> Node:
    if not isinstance(value, Technique):
        if name in ("cropping", "padding") and isinstance(value, list):
            return literal(ends_by_side(value))
        return literal(value)
    if name.endswith("initializer"):
        made = technique_call(value, Kind.INITIALIZER)
        if value.name in _CONSTANT or (value.own is not None and not value.own.takes_seed):
            return made
        return Call(made.function, made.positional, {**made.named, "seed": literal(seeds.of(name))})
    return technique_call(value, Kind.REGULARIZER if name.endswith("regularizer") else Kind.CONSTRAINT)


def technique_call(technique: Technique, kind: Kind) -> Call:
    """Return the call that makes an optimizer, a schedule, an initializer, a regularizer or a constraint.

    Args:
        technique: With its arguments.
        kind: What it is.
    """
    found = entry(kind, technique.name)
    module = "optimizers.schedules" if kind is Kind.SCHEDULE else f"{kind}s"
    function = f"keras.{module}.{found.keras_class}"
    if technique.arguments.get("epsilon_outside"):
        function = "RMSpropEpsilonOutside"
    if technique.own is not None:
        function = technique.own.function
    named: dict[str, Node] = {}
    for name, value in technique.arguments.items():
        kept = name in (*_ALWAYS, *found.required) or value != found.defaults.get(name)
        if name == "epsilon_outside" or not kept:
            continue
        if isinstance(value, Technique):
            named[name] = technique_call(value, Kind.SCHEDULE)
        elif isinstance(value, list) and kind is Kind.SCHEDULE:
            named[name] = f"[{', '.join(literal(each) for each in value)}]"
        else:
            named[name] = literal(value)
    if kind is Kind.REGULARIZER and len(named) == 1:
        return Call(function, tuple(named.values()))
    return Call(function, (), named)


def _is_default(value: Argument, default: object, name: str) -> bool:
    """Return whether leaving the argument out means the same; an initializer that draws needs its seed."""
    if isinstance(value, Technique):
        constant = name.endswith("initializer") and value.name in _CONSTANT
        return constant and value.name == default and not value.arguments
    return value == default or (name == "activation" and value == "linear")
