"""Which activation the outputs of a layer go through, as an argument or as a layer of its own."""

from __future__ import annotations

from paribus.study.configuration import Configuration, Layer
from paribus.study.layer_kinds import MARGINS, NOISE, POOLING, RECURRENT, WRAPPERS

_WEIGHTED = (
    "conv1d", "conv2d", "conv3d", "dense", "depthwise_conv1d", "depthwise_conv2d", "separable_conv1d",
    "separable_conv2d",
)  # fmt: skip
_OTHERS = (
    *RECURRENT, *WRAPPERS, "conv1d_transpose", "conv2d_transpose", "conv3d_transpose", "embedding",
    "multi_head_attention",
)  # fmt: skip
"""Layers whose weights do other things than sum the inputs of a unit."""
_BETWEEN = (
    *MARGINS,
    *NOISE,
    *POOLING,
    "activity_regularization",
    "flatten",
    "identity",
    "permute",
    "reshape",
)
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
    for following in configuration.layers[configuration.places[layer.label] + 1 :]:
        if following.branch != layer.branch:
            break
        if following.kind == "activation":
            return str(following.arguments["activation"])
        if following.kind == "relu" and following.arguments.get("negative_slope"):
            return "leaky_relu"
        if following.kind in ("elu", "leaky_relu", "prelu", "relu", "softmax"):
            return following.kind
        if following.kind not in _BETWEEN:
            break
    return "linear"


def weighted_layers(configuration: Configuration) -> list[Layer]:
    """Return the layers whose units sum weighted inputs, in order; all but the last are hidden.

    None of a network with layers that use weights in other ways, or with branches: the rules that ask know
    nothing of the first, and take each layer for one that is given what the layer before it puts out.

    Args:
        configuration: A variant, resolved.
    """
    if configuration.has_branches or any(layer.kind in _OTHERS for layer in configuration.layers):
        return []
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
