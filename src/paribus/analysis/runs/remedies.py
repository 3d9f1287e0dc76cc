"""What may help against a finding, as far as a configuration has not got it already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from paribus.analysis.design.activations import activation, weighted_layers
from paribus.analysis.design.dropout import dropout_rates
from paribus.analysis.design.initial_weights import constant, large_layers
from paribus.analysis.design.networks import is_unscaled, unscaled_inputs
from paribus.analysis.design.starts import starts_dead
from paribus.study.configuration import Configuration
from paribus.study.l2_dose import strength
from paribus.study.layer_kinds import NORMALIZATIONS
from paribus.texts.message import Joined, Message

_SATURATING = ("hard_sigmoid", "hard_tanh", "sigmoid", "softsign", "sparse_sigmoid", "tanh")


def remedies(configuration: Configuration, kinds: Iterable[str]) -> Message | Joined:
    """Return what of some kinds is left to try, in words.

    Args:
        configuration: A variant, resolved.
        kinds: Such as ``scale``; each has a sentence ``diagnosis.try-<kind>``.
    """
    left = [kind for kind in kinds if _IS_OPEN.get(kind, _always)(configuration)] or ["other-start"]
    scaling = ", ".join(f"{name}: unit" for name in unscaled_inputs(configuration))
    of_inputs = {"scale": Message("diagnosis.try-scale-inputs", {"inputs": scaling})} if scaling else {}
    options = Joined(
        tuple(of_inputs.get(kind, Message(f"diagnosis.try-{kind}")) for kind in left), between="; "
    )
    return Message("diagnosis.one-at-a-time", {"options": options}) if len(left) > 1 else options


def _always(configuration: Configuration) -> bool:
    return True


def _may_gain_from_scaling(configuration: Configuration) -> bool:
    """Return whether pixels are unscaled, and no layer starts dead: zero times any pixel is zero."""
    hidden = weighted_layers(configuration)[:-1]
    return is_unscaled(configuration) and not any(starts_dead(configuration, layer) for layer in hidden)


def _has_constant_weights(configuration: Configuration) -> bool:
    layers = weighted_layers(configuration)
    return any(constant(layer.arguments.get("kernel_initializer")) is not None for layer in layers)


def _has_dead_biases(configuration: Configuration) -> bool:
    hidden = weighted_layers(configuration)[:-1]
    return any(
        starts_dead(configuration, layer) and constant(layer.arguments.get("bias_initializer"))
        for layer in hidden
    )


def _uses(configuration: Configuration, names: Iterable[str]) -> bool:
    return any(activation(configuration, layer) in names for layer in weighted_layers(configuration)[:-1])


def _normalizes(configuration: Configuration) -> bool:
    return any(layer.kind in NORMALIZATIONS for layer in configuration.layers)


_IS_OPEN: Mapping[str, Callable[[Configuration], bool]] = {
    "scale": _may_gain_from_scaling,
    "random-weights": _has_constant_weights,
    "zero-biases": _has_dead_biases,
    "no-exponential": lambda configuration: _uses(configuration, ("exponential",)),
    "smaller-weights": lambda configuration: bool(large_layers(configuration)),
    "relu": lambda configuration: _uses(configuration, _SATURATING),
    "leaky-relu": lambda configuration: _uses(configuration, ("relu", "relu6")),
    "normalization": lambda configuration: not _normalizes(configuration),
    "l2": lambda configuration: not strength(configuration),
    "dropout": lambda configuration: not dropout_rates(configuration),
    "stop": lambda configuration: configuration.early_stopping is None,
}
"""Whether a configuration can still be given what helps; kinds that are not named here always can."""
