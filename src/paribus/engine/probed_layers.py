"""Which layers of a network are measured, and what computes their outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import keras

from paribus.engine import own_network
from paribus.engine.own_seeds import path_of
from paribus.engine.spectral import SpectralNormalization

_ACTIVATIONS = (
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
    keras.layers.Softmax,
)
_CONNECT = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Dense,
)
_KEEP_UNITS = (
    keras.layers.ActivityRegularization,
    keras.layers.AlphaDropout,
    keras.layers.BatchNormalization,
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.GroupNormalization,
    keras.layers.Identity,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
)
_RATES = ("dropout", "rate", "recurrent_dropout", "stddev")  # of what is drawn in training


@dataclass(frozen=True)
class ProbedLayer:
    """A measured layer.

    Args:
        name: In the model.
        weights: The indices of its weights among the model's.
        activated: The index of the layer that puts out its units after their activation; None without one.
        is_comparable: Whether its units have separate weights on the same inputs.
    """

    name: str
    weights: tuple[int, ...]
    activated: int | None
    is_comparable: bool


@dataclass(frozen=True)
class Observed:
    """What is measured of a network.

    Args:
        layers: The measured ones, by name.
        outputs: Computes the output of each layer, without dropout; the last is that of the network.
        has_modes: Whether the network computes something else in training mode.
    """

    layers: tuple[ProbedLayer, ...]
    outputs: Callable[[Any], list[Any]]
    has_modes: bool


def observed(model: Any, layers: Sequence[Any]) -> Observed:
    """Return what is measured of a network whose layers follow each other, or lie in branches.

    Args:
        model: The network.
        layers: Its layers, in the order of the network.
    """
    has_modes = any(_has_modes(layer) for layer in model.layers)
    return Observed(_probed_layers(model, layers, alone=False), _outputs(model, layers), has_modes)


def observed_own(model: Any) -> Observed:
    """Return what is measured of a network of the user's own, whose layers need not follow each other.

    Args:
        model: The network, built.
    """
    layers = own_network.measured_layers(model)
    outputs = own_network.observed(model, layers)
    return Observed(_probed_layers(model, layers, alone=True), outputs, has_modes=True)


def _has_modes(layer: Any) -> bool:
    """Return whether a layer, or one inside it, computes something else in training mode."""
    changes = isinstance(layer, keras.layers.BatchNormalization | SpectralNormalization)
    inside = [getattr(layer, name, None) for name in ("attention", "forward_layer", "layer")]
    return (
        changes
        or any(isinstance(rate, float) and rate > 0 for rate in (getattr(layer, each, 0) for each in _RATES))
        or any(_has_modes(each) for each in inside if each is not None)
    )


def _outputs(model: Any, layers: Sequence[Any]) -> Callable[[Any], list[jax.Array]]:
    """Return what computes the output of each layer, without dropout."""
    if not isinstance(model, keras.Sequential):
        whole: Any = keras.Model(model.input, [layer.output for layer in layers])
        return lambda inputs: whole(inputs, training=False)

    def one_after_the_other(inputs: jax.Array) -> list[jax.Array]:
        outputs: list[jax.Array] = []
        for layer in layers:
            inputs = layer(inputs, training=False)
            outputs.append(inputs)
        return outputs

    return one_after_the_other


def _probed_layers(model: Any, layers: Sequence[Any], *, alone: bool) -> tuple[ProbedLayer, ...]:
    """Return the layers that have weights or end in an activation.

    Args:
        model: The network.
        layers: Its layers, in order.
        alone: Whether the layers need not follow each other, so that none activates another.
    """
    places = {id(variable): place for place, variable in enumerate(model.trainable_variables)}
    last = max((place for place, layer in enumerate(layers) if layer.trainable_variables), default=0)
    found: list[ProbedLayer] = []
    for place, layer in enumerate(layers):
        weights = tuple(
            places[id(variable)] for variable in layer.trainable_variables if id(variable) in places
        )
        if alone:
            activated = place if _activates(layer) and place < last else None
        else:
            activated = _activated(layers, place) if place < last else None
        is_comparable = (
            bool(weights)
            and isinstance(layer, _CONNECT)
            and getattr(layer, "groups", 1) == 1
            and place < last
        )
        if weights or activated is not None:
            name = path_of(layer, model) if alone else layer.name
            found.append(ProbedLayer(name, weights, activated, is_comparable))
    return tuple(found)


def _activated(layers: Sequence[Any], place: int) -> int | None:
    """Return the index of the layer that activates a layer's outputs: itself, or a layer after it.

    Normalization and dropout may lie between the two, as they keep the units apart. None for layers whose
    activations are inside, such as recurrent ones and wrappers.
    """
    has_activation = hasattr(layers[place], "activation") and not _is_recurrent(layers[place])
    if not _activates(layers[place]) and not has_activation:
        return None
    for index in range(place, len(layers)):
        if _activates(layers[index]):
            return index
        if index > place and not isinstance(layers[index], _KEEP_UNITS):
            return None
    return None


def _activates(layer: Any) -> bool:
    """Return whether a layer ends in an activation that is not linear."""
    activation: Any = None if _is_recurrent(layer) else getattr(layer, "activation", None)
    return isinstance(layer, _ACTIVATIONS) or activation not in (None, keras.activations.linear)


def _is_recurrent(layer: Any) -> bool:
    return isinstance(layer, keras.layers.RNN)
