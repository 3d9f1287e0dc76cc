"""What each argument of a technique may be, by its name."""

from __future__ import annotations

from paribus.study.domains import (
    ANY,
    BELOW_ONE,
    COUNT,
    FLAG,
    FROM_ZERO,
    POSITIVE,
    SHARE,
    TO_ONE,
    UP_TO_ONE_WAY,
    WHOLE,
    ArgumentDomain,
    Choice,
    Margins,
    Number,
    Numbers,
    OfKind,
    OneOrBounds,
    OneOrMore,
    OrNull,
    Sides,
)
from paribus.study.techniques import Kind

_NAMES: dict[ArgumentDomain, tuple[str, ...]] = {
    ANY: (
        "beta_2_decay", "fill_value", "gain", "mask_value", "maxval", "mean", "minval", "muon_a", "muon_b",
        "muon_c", "offset", "value",
    ),
    FROM_ZERO: (
        "adam_weight_decay", "alpha", "beta", "end_learning_rate", "epsilon", "epsilon_1", "epsilon_2",
        "factor", "initial_accumulator_value", "initial_learning_rate", "l1", "l1_regularization_strength",
        "l2", "l2_regularization_strength", "l2_shrinkage_regularization_strength", "max_value", "min_value",
        "negative_slope", "rms_rate", "stddev", "threshold",
    ),
    POSITIVE: ("adam_lr_ratio", "clip_threshold", "decay_rate", "m_mul", "power", "t_mul"),
    BELOW_ONE: ("adam_beta_1", "adam_beta_2", "beta_1", "beta_2"),
    TO_ONE: ("ema_momentum", "momentum", "rho"),
    SHARE: ("dropout", "rate", "recurrent_dropout"),
    COUNT: (
        "decay_steps", "depth_multiplier", "filters", "first_decay_steps", "groups", "input_dim", "key_dim",
        "n", "num_heads", "output_dim", "power_iterations", "units",
    ),
    Number(1, 100, whole=True): ("ns_steps",),
    WHOLE: ("warmup_steps",),
    FLAG: (
        "amsgrad", "center", "centered", "cycle", "epsilon_outside", "go_backwards", "mask_zero", "nesterov",
        "relative_step", "reset_after", "return_sequences", "scale", "staircase", "unit_forget_bias",
        "use_bias", "use_ema",
    ),
    OfKind(Kind.ACTIVATION): ("activation", "recurrent_activation"),
    OfKind(Kind.LAYER): ("layer",),
    Numbers(COUNT): ("boundaries", "dims"),
    Numbers(Number(-1, whole=True)): ("target_shape",),
    OneOrMore(WHOLE): ("axis",),
    OrNull(POSITIVE): ("clipnorm", "clipvalue", "global_clipnorm"),
    Choice(("normal", "truncated_normal", "uniform", "untruncated_normal")): ("distribution",),
    OrNull(COUNT): ("ema_overwrite_frequency",),
    OrNull(Numbers(COUNT)): ("shared_axes",),
    Choice(("bilinear", "nearest")): ("interpolation",),
    Choice(("constant", "nearest", "reflect", "wrap")): ("fill_mode",),
    Choice(("ave", "concat", "mul", "sum")): ("merge_mode",),
    OrNull(Number(2, whole=True)): ("gradient_accumulation_steps",),
    OfKind(Kind.SCHEDULE, POSITIVE): ("learning_rate",),
    Number(high=0): ("learning_rate_power",),
    Choice(("fan_in", "fan_out", "fan_avg")): ("mode",),
    Choice(("same", "valid")): ("padding",),
    Numbers(FROM_ZERO): ("values",),
    OrNull(FROM_ZERO): ("warmup_target", "weight_decay"),
}  # fmt: skip
_BY_NAME = {name: domain for domain, names in _NAMES.items() for name in names}
"""What most arguments may be, by their name alone."""

_BY_TECHNIQUE_AND_NAME: dict[tuple[str, str], ArgumentDomain] = {
    ("conv1d", "padding"): Choice(("causal", "same", "valid")),
    ("gaussian_noise", "stddev"): TO_ONE,
    ("min_max_norm", "rate"): TO_ONE,
    ("orthogonal_regularizer", "mode"): Choice(("rows", "columns")),
    ("random_brightness", "factor"): OneOrBounds(UP_TO_ONE_WAY),
    ("random_contrast", "factor"): OneOrBounds(TO_ONE),
    ("random_flip", "mode"): Choice(("horizontal", "vertical", "horizontal_and_vertical")),
    ("random_rotation", "factor"): OneOrBounds(UP_TO_ONE_WAY),
    ("random_translation", "height_factor"): OneOrBounds(UP_TO_ONE_WAY),
    ("random_translation", "width_factor"): OneOrBounds(UP_TO_ONE_WAY),
    ("random_zoom", "height_factor"): OneOrBounds(UP_TO_ONE_WAY),
    ("random_zoom", "width_factor"): OrNull(OneOrBounds(UP_TO_ONE_WAY)),
    ("relu", "max_value"): OrNull(FROM_ZERO),
    ("rescaling", "scale"): ANY,
    ("up_sampling2d", "interpolation"): Choice(("bicubic", "bilinear", "lanczos3", "lanczos5", "nearest")),
    ("variance_scaling", "scale"): POSITIVE,
}

_KINDS_BY_ENDING = {
    "initializer": Kind.INITIALIZER,
    "regularizer": Kind.REGULARIZER,
    "constraint": Kind.CONSTRAINT,
}
BY_SIDE = ("dilation_rate", "kernel_size", "output_padding", "output_size", "pool_size", "size", "strides")
"""Arguments with a number for each side: one for a sequence, two for an image, three for a volume."""


def argument_domain(technique: str, argument: str) -> ArgumentDomain:
    """Return what an argument of a technique may be.

    Raises:
        KeyError: Nothing is known of it; a test asks for every argument of the catalogue.

    Example:
        >>> str(argument_domain("sgd", "momentum"))
        'a number from 0 to 1'
    """
    ending = argument.rpartition("_")[2]
    if ending in _KINDS_BY_ENDING:
        return OfKind(_KINDS_BY_ENDING[ending])
    if argument in BY_SIDE:
        low = 0 if argument == "output_padding" else 1
        sides = _dimensions(technique)
        each = Number(low, whole=True) if sides == 1 else Sides(sides, low)
        can_be_null = argument == "output_padding" or (argument == "strides" and "pooling" in technique)
        return OrNull(each) if can_be_null else each
    if argument == "cropping" or (argument == "padding" and technique.startswith("zero_padding")):
        return Margins(_dimensions(technique))
    return _BY_TECHNIQUE_AND_NAME.get((technique, argument)) or _BY_NAME[argument]


def _dimensions(layer: str) -> int:
    """Return how many sides the inputs of a layer have, by its name: ``conv2d_transpose`` has two."""
    return next(count for count in (1, 2, 3) if f"{count}d" in layer)
