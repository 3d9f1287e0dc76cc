"""Which activation the outputs of a layer go through, as an argument or as a layer of its own."""

from __future__ import annotations

from paribus.study.configuration import Configuration, Layer

_WEIGHTED = ("dense", "conv2d", "depthwise_conv2d", "separable_conv2d")
NORMALIZATIONS = ("batch_normalization", "group_normalization", "layer_normalization")
_BETWEEN = ("dropout", "flatten", "zero_padding2d", "average_pooling2d", "max_pooling2d")
"""Layers after which an activation still applies to the outputs of the layer before."""
_ZERO_SLOPES = {
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "hard_sigmoid": (-3.0, 3.0),
    "hard_tanh": (-1.0, 1.0),
    "sparse_sigmoid": (-1.0, 1.0),
    "sigmoid": (-104.0, 18.0),
    "tanh": (-10.0, 10.0),
}
"""Up to which input and from which on the slope is zero; of sigmoid and tanh in float32."""


_NEARLY_ZERO_SLOPES = {**_ZERO_SLOPES, "sigmoid": (-6.0, 6.0), "tanh": (-3.0, 3.0), "elu": (-4.61, None)}
"""The same for a slope below a hundredth of the largest one."""


def activation(configuration: Configuration, layer: Layer) -> str:
    """Return the activation that a layer's outputs go through: its own, or that of a layer after it.

    Args:
        configuration: A variant, resolved.
        layer: One of its layers.
    """
    own = str(layer.arguments.get("activation") or "linear")
    if own != "linear":
        return own
    for following in configuration.layers[configuration.layers.index(layer) + 1 :]:
        if following.kind == "activation":
            return str(following.arguments["activation"])
        if following.kind == "leaky_relu":
            return "leaky_relu"
        if following.kind not in _BETWEEN:
            break
    return "linear"


def weighted_layers(configuration: Configuration) -> list[Layer]:
    """Return the layers whose units sum weighted inputs, in order; all but the last are hidden.

    Args:
        configuration: A variant, resolved.
    """
    return [layer for layer in configuration.layers if layer.kind in _WEIGHTED]


def is_flat(name: str, low: float, high: float, *, is_nearly: bool = False) -> bool:
    """Return whether an activation has no slope anywhere between two inputs, so that no gradient passes it.

    Args:
        name: The activation.
        low: The smallest input.
        high: The largest.
        is_nearly: Whether a slope below a hundredth of the largest one counts as none.

    Example:
        >>> is_flat("relu", -21.0, -19.0), is_flat("sigmoid", 99.0, 101.0), is_flat("tanh", 0.0, 0.0)
        (True, True, False)
    """
    below, above = (_NEARLY_ZERO_SLOPES if is_nearly else _ZERO_SLOPES).get(name, (None, None))
    return (below is not None and high <= below) or (above is not None and low >= above)
