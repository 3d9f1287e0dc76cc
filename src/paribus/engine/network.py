"""Keras models with seeded initial weights, and Keras optimizers, built from a configuration."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, TypeAlias

import keras

from paribus.engine import (
    activations,
    attention,
    convolution,
    dense,
    devices,
    normalization,
    pooling,
    recurrent,
    several,
    spectral,
)
from paribus.study.branches import Branch
from paribus.study.configuration import Argument, Layer, Technique
from paribus.study.layer_seeds import LayerSeeds, layer_seeds
from paribus.study.programs import Program as UserFile
from paribus.study.shapes import takes_tokens
from paribus.study.techniques import Entry, Kind, entry
from paribus.study.window_size import ends_by_side

keras.config.set_floatx("float32")
keras.config.set_image_data_format("channels_last")

Files: TypeAlias = Mapping[str, UserFile]

_MODULES: dict[str, ModuleType] = {
    "leaky_relu": activations,
    "multi_head_attention": attention,
    "simple_rnn": recurrent,
}
"""Layers that are not Keras's own, on any device."""

_FAST_ON_CPU: dict[str, ModuleType] = {
    "batch_normalization": normalization,
    "conv2d": convolution,
    "dense": dense,
    "max_pooling1d": pooling,
    "max_pooling2d": pooling,
    "max_pooling3d": pooling,
}
"""Layers that are Keras's own but on a processor, see `paribus.engine.devices.is_cpu`."""

_KINDS: dict[str, tuple[Kind, Any]] = {
    "constraint": (Kind.CONSTRAINT, keras.constraints),
    "initializer": (Kind.INITIALIZER, keras.initializers),
    "regularizer": (Kind.REGULARIZER, keras.regularizers),
}
"""What an argument names, by the last word of its own name."""


def build(
    layers: Sequence[Layer],
    shape: tuple[int, ...],
    seed: int,
    branches: Sequence[Branch] = (),
    files: Files | None = None,
) -> keras.Model:
    """Build a Keras model of these layers without the last activation, so that it ends in logits.

    Initial weights come from the stream ``initialisation`` of the seed, by the layer's class and its place
    among the layers of that class (`layer_seeds`). So two networks share the initial weights of every layer
    with the same shape and initializer, even where one of them has dropout or batch normalization in between.

    Args:
        layers: The network, as resolved by the study.
        shape: One input's shape, without the batch.
        seed: The run's seed.
        branches: What each of several inputs goes through before all are joined; none where one is enough.
        files: Those that define initializers of the user's own, by their SHA-256.

    Raises:
        ValueError: Keras cannot stack these layers on this input.
    """
    in_logits = [*layers[:-1], layers[-1].without_activation()]
    seeds = dict(zip((layer.label for layer in layers), layer_seeds(layers, seed), strict=True))

    def construct_layer(layer: Layer) -> keras.layers.Layer:
        own, inner = seeds[layer.label]
        if layer.wrapped is None:
            return _construct_layer(layer, layer.label, own, files)
        return _construct_wrapper(layer, layer.wrapped, own, inner, files)

    if branches:
        return several.build(in_logits, branches, construct_layer)
    dtype = "int32" if takes_tokens(layers) else None
    model = keras.Sequential([keras.Input(shape, dtype=dtype)], name="sequential")
    for layer in in_logits:
        model.add(construct_layer(layer))
    return model


def _construct_layer(
    layer: Layer, name: str, seeds: LayerSeeds, files: Files | None = None
) -> keras.layers.Layer:
    """Construct a layer that wraps no other."""
    technique = entry(Kind.LAYER, layer.kind)
    arguments = {
        key: construct(value, key, seeds.of(key), files)
        for key, value in {**_default_initializers(technique), **layer.arguments}.items()
    }
    for key in ("cropping", "padding"):
        if isinstance(arguments.get(key), list):
            arguments[key] = ends_by_side(arguments[key])
    if layer.kind == "multi_head_attention":
        parts = ("query", "key", "value", "output")
        arguments["kernel_seeds"] = {part: seeds.of_part(part).of("kernel_initializer") for part in parts}
    own = {**_MODULES, **(_FAST_ON_CPU if devices.is_cpu() else {})}
    keras_class = getattr(own.get(layer.kind, keras.layers), technique.keras_class)
    if "seed" in inspect.signature(getattr(keras.layers, technique.keras_class)).parameters:
        arguments["seed"] = seeds.noise
    return keras_class(name=name, **arguments)


def _construct_wrapper(
    layer: Layer, wrapped: Layer, own: LayerSeeds, inner: LayerSeeds, files: Files | None = None
) -> keras.layers.Layer:
    """Construct a layer that wraps another; `bidirectional` wraps it twice, each with weights of its own."""
    inside = _construct_layer(wrapped, wrapped.kind, inner, files)
    arguments: dict[str, Any] = {key: value for key, value in layer.arguments.items() if key != "layer"}
    if layer.kind == "spectral_normalization":
        return spectral.SpectralNormalization(
            inside, name=layer.label, vector_seed=own.of("vector_u"), **arguments
        )
    if layer.kind == "time_distributed":
        return keras.layers.TimeDistributed(inside, name=layer.label)
    backwards = {"go_backwards": not wrapped.arguments.get("go_backwards", False)}
    backward = _construct_layer(
        wrapped.model_copy(update={"arguments": {**wrapped.arguments, **backwards}}),
        f"backward_{wrapped.kind}",
        inner.of_part("backward"),
        files,
    )
    with keras.saving.custom_object_scope({**activations.OWN, "SimpleRNN": recurrent.SimpleRNN}):
        return keras.layers.Bidirectional(inside, backward_layer=backward, name=layer.label, **arguments)


def _default_initializers(layer: Entry) -> dict[str, Argument]:
    """Return the default initializers of a layer; without a name, Keras would draw them from its own seed."""
    return {
        name: Technique(name=str(default))
        for name, default in layer.defaults.items()
        if name.endswith("_initializer")
    }


def construct(value: Argument, role: str, seed: int | None = None, files: Files | None = None) -> Any:
    """Construct the Keras object that an argument names; return any other argument unchanged.

    Args:
        value: An argument of a layer or an optimizer.
        role: The argument's name, which determines the Keras module.
        seed: The seed of initializers that draw.
        files: Those that define what is the user's own, by their SHA-256.
    """
    if role.endswith("activation") and isinstance(value, str):
        return activations.get(value)
    if not isinstance(value, Technique):
        return value
    kind, module = _KINDS.get(role.rpartition("_")[2], (Kind.SCHEDULE, keras.optimizers.schedules))
    if value.own is not None:
        seeded = {"seed": seed} if value.own.takes_seed else {}
        return _own(value, kind, {**value.arguments, **seeded}, files)
    constructor = getattr(module, entry(kind, value.name).keras_class)
    arguments: dict[str, Any] = dict(value.arguments)
    if isinstance(arguments.get("axis"), list):
        arguments["axis"] = tuple(arguments["axis"])
    if kind is Kind.INITIALIZER and "seed" in inspect.signature(constructor).parameters:
        arguments["seed"] = seed
    return constructor(**arguments)


def _own(technique: Technique, kind: Kind, arguments: Mapping[str, Any], files: Files | None) -> Any:
    """Return what a class of the user's own makes."""
    from paribus.engine.own_class import made

    own = technique.own
    if own is None or files is None or own.sha256 not in files:
        raise ValueError(f"the file of {technique.name} is not named")
    return made(own, files[own.sha256], kind, arguments)


def optimizer(technique: Technique, files: Files | None = None) -> keras.optimizers.Optimizer:
    """Construct a Keras optimizer, not yet built for any weights.

    Args:
        technique: Its name and arguments.
        files: Those that define what is the user's own, by their SHA-256.
    """
    arguments = {name: construct(value, name, files=files) for name, value in technique.arguments.items()}
    if technique.own is not None:
        return _own(technique, Kind.OPTIMIZER, arguments, files)
    if arguments.pop("epsilon_outside", False):
        return RMSpropEpsilonOutside(**arguments)
    return getattr(keras.optimizers, entry(Kind.OPTIMIZER, technique.name).keras_class)(**arguments)


class RMSpropEpsilonOutside(keras.optimizers.RMSprop):
    """RMSprop of TensorFlow in 2021, which divides by √v + ε where Keras 3 divides by √(v + ε).

    Source: keras/optimizer_v2/rmsprop.py of TensorFlow 2.6. Its momentum went through TensorFlow's fused
    operations, which divide by √(v + ε) as Keras 3 does; so does this.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:  # noqa: D102
        if self.momentum > 0:
            super().update_step(gradient, variable, learning_rate)
            return
        ops: Any = keras.ops
        index = self._get_variable_index(variable)
        velocity = self._velocities[index]
        self.assign(velocity, self.rho * velocity + (1 - self.rho) * ops.square(gradient))
        variance = velocity
        if self.centered:
            average = self._average_gradients[index]
            self.assign(average, self.rho * average + (1 - self.rho) * gradient)
            variance = velocity - ops.square(average)
        step = ops.cast(learning_rate, variable.dtype) * gradient / (ops.sqrt(variance) + self.epsilon)
        self.assign_sub(variable, step)
