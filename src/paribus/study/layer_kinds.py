"""Families of layers, by what each of them does to its inputs."""

from __future__ import annotations

WRAPPERS = ("bidirectional", "spectral_normalization", "time_distributed")
"""Layers that hold another layer."""

RECURRENT = ("conv_lstm1d", "conv_lstm2d", "conv_lstm3d", "gru", "lstm", "simple_rnn")
"""Layers that go through a sequence step by step; their activations are inside the step."""

ACTIVATIONS = ("activation", "elu", "leaky_relu", "prelu", "relu", "softmax")
"""Layers that are an activation and nothing else."""

NOISE = (
    "alpha_dropout", "dropout", "gaussian_dropout", "gaussian_noise", "spatial_dropout1d",
    "spatial_dropout2d", "spatial_dropout3d",
)  # fmt: skip
"""Layers that change their inputs at random during training, and not after it."""

SCALED = ("batch_normalization", "group_normalization", "layer_normalization")
"""Normalizations with a trained scale and offset."""

NORMALIZATIONS = (*SCALED, "rms_normalization", "unit_normalization")
"""Layers that bring their inputs to one scale."""

KEEPS_SHAPE = (
    *ACTIVATIONS, *NOISE, *NORMALIZATIONS,
    "activity_regularization", "identity", "masking", "multi_head_attention", "rescaling",
)  # fmt: skip
"""Layers whose output has the shape of their input."""

RESHAPES = ("flatten", "permute", "repeat_vector", "reshape")
"""Layers that pass the same numbers on in another shape."""

_SIDES = ("1d", "2d", "3d")
POOLING = tuple(f"{word}_pooling{sides}" for word in ("average", "max") for sides in _SIDES)
"""Layers that keep one number of each window."""

MARGINS = tuple(f"{word}{sides}" for word in ("cropping", "zero_padding") for sides in _SIDES)
"""Layers that add or cut at the edges."""

_MATRICES = ("conv1d", "conv2d", "conv3d", "dense", "depthwise_conv1d", "depthwise_conv2d", "embedding")
_TRANSPOSED = ("conv1d_transpose", "conv2d_transpose", "conv3d_transpose")
_ALONE = (*WRAPPERS, "activity_regularization", "embedding", "masking", "multi_head_attention")


def can_wrap(wrapper: str, kind: str) -> bool:
    """Return whether a layer may be wrapped so.

    A spectral norm is that of one matrix of weights. `time_distributed` applies its layer to each step by
    itself: layers that pass more on than their outputs stand alone.

    Example:
        >>> can_wrap("bidirectional", "lstm"), can_wrap("bidirectional", "dense")
        (True, False)
    """
    if wrapper == "bidirectional":
        return kind in RECURRENT
    if wrapper == "spectral_normalization":
        return kind in (*_MATRICES, *_TRANSPOSED)
    return kind not in _ALONE


_WITH_WEIGHTS = (
    *RECURRENT, *_MATRICES, *_TRANSPOSED,
    "bidirectional", "multi_head_attention", "separable_conv1d", "separable_conv2d", "time_distributed",
)  # fmt: skip


def can_replace(kind: str, other: str) -> bool:
    """Return whether a layer in the place of another is one of its sort, such as two that carry weights.

    Example:
        >>> can_replace("gru", "lstm"), can_replace("dropout", "lstm"), can_replace("relu", "dense")
        (True, False, False)
    """
    if "_pooling" in kind and "_pooling" in other:
        return True
    return any(kind in family and other in family for family in (_WITH_WEIGHTS, ACTIVATIONS, NORMALIZATIONS))
