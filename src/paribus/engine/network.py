"""Keras models with seeded initial weights, and Keras optimizers, built from a configuration."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Sequence
from typing import Any

import keras

from paribus.engine import activations, dense
from paribus.study.configuration import Argument, Layer, Technique
from paribus.study.seeds import named_seed
from paribus.study.techniques import Entry, Kind, entry

keras.config.set_floatx("float32")
keras.config.set_image_data_format("channels_last")


def build(layers: Sequence[Layer], shape: tuple[int, ...], seed: int) -> keras.Sequential:
    """Build a Keras model of these layers without the last activation, so that it ends in logits.

    Initial weights come from the stream ``initialisation`` of the seed, by the layer's class and its place
    among the layers of that class. So two networks share the initial weights of every layer with the same
    shape and initializer, even where one of them has dropout or batch normalization in between.

    Args:
        layers: The network, as resolved by the study.
        shape: One input's shape, without the batch.
        seed: The run's seed.

    Raises:
        ValueError: Keras cannot stack these layers on this input.
    """
    model = keras.Sequential([keras.Input(shape)], name="sequential")
    places: Counter[str] = Counter()
    for number, layer in enumerate(layers, start=1):
        places[layer.kind] += 1
        place = places[layer.kind]
        technique = entry(Kind.LAYER, layer.kind)
        arguments = {
            name: construct(value, name, named_seed(seed, "initialisation", layer.kind, place, name))
            for name, value in {**_default_initializers(technique), **layer.arguments}.items()
        }
        if number == len(layers) and "activation" in arguments:
            arguments["activation"] = "linear"
        if layer.kind == "dropout":
            arguments["seed"] = named_seed(seed, "dropout", place)
        module = {"leaky_relu": activations, "dense": dense}.get(layer.kind, keras.layers)
        model.add(getattr(module, technique.keras_class)(name=layer.label, **arguments))
    return model


def _default_initializers(layer: Entry) -> dict[str, Argument]:
    """Return the default initializers of a layer; without a name, Keras would draw them from its own seed."""
    return {
        name: Technique(name=str(default))
        for name, default in layer.defaults.items()
        if name.endswith("_initializer")
    }


def construct(value: Argument, role: str, seed: int | None = None) -> Any:
    """Construct the Keras object that an argument names; return any other argument unchanged.

    Args:
        value: An argument of a layer or an optimizer.
        role: The argument's name, which determines the Keras module.
        seed: The seed of initializers that draw.
    """
    if role == "activation" and isinstance(value, str):
        return activations.get(value)
    if not isinstance(value, Technique):
        return value
    kind, module = (
        (Kind.INITIALIZER, keras.initializers)
        if role.endswith("initializer")
        else (Kind.REGULARIZER, keras.regularizers)
        if role.endswith("regularizer")
        else (Kind.SCHEDULE, keras.optimizers.schedules)
    )
    constructor = getattr(module, entry(kind, value.name).keras_class)
    arguments = dict(value.arguments)
    if kind is Kind.INITIALIZER and "seed" in inspect.signature(constructor).parameters:
        arguments["seed"] = seed
    return constructor(**arguments)


def optimizer(technique: Technique) -> keras.optimizers.Optimizer:
    """Construct a Keras optimizer, not yet built for any weights."""
    arguments = {name: construct(value, name) for name, value in technique.arguments.items()}
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
