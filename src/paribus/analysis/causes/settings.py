"""One setting at another level, as a study file has it: what advice and counter-runs change."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from paribus.analysis.design.networks import constant
from paribus.study.configuration import Configuration, EarlyStopping
from paribus.study.datasets import IMAGE_SETS
from paribus.study.shapes import input_shape, shapes
from paribus.study.step_size import learning_rate

SCALED: Mapping[str, object] = {"scale": "unit"}


def constant_starts(configuration: Configuration) -> dict[str, float]:
    """The one value that each weight starts at, by the label of its layer; layers that draw theirs have none.

    Args:
        configuration: A variant, resolved.
    """
    values = {
        layer.label: constant(layer.arguments.get("kernel_initializer")) for layer in configuration.layers
    }
    return {label: value for label, value in values.items() if value is not None}


def glorot_size(configuration: Configuration, label: str) -> float | None:
    """Standard deviation of a layer's weights under GlorotUniform, √(2/(inputs + outputs)), to two digits.

    Glorot and Bengio, AISTATS 2010.

    Args:
        configuration: A variant, resolved.
        label: Of one of its layers.

    Returns:
        None for layers that are neither dense nor plain convolutions.
    """
    image = IMAGE_SETS[configuration.data].shape
    befores = (input_shape(configuration.layers, image), *shapes(configuration.layers, image))
    for layer, before in zip(configuration.layers, befores, strict=False):
        window = layer.arguments.get("kernel_size", [])
        outputs = layer.arguments.get("units", layer.arguments.get("filters"))
        if layer.label == label and layer.kind in ("dense", "conv2d") and isinstance(outputs, int):
            sides = window if isinstance(window, list) else []
            reach = math.prod(side for side in sides if isinstance(side, int))
            return float(f"{math.sqrt(2 / (reach * (before[-1] + outputs))):.1e}")
    return None


def other_rate(configuration: Configuration, times: float) -> tuple[float, float] | None:
    """The learning rate as it is and as it would be; None under a schedule.

    Args:
        configuration: A variant, resolved.
        times: The factor between them, rounded so that the rate has one digit.
    """
    now = learning_rate(configuration)
    return (now, rounded(now * times)) if now else None


def steadier(evidence: Mapping[str, float]) -> float:
    """The factor at which a curve would swing by the noise of the images, if its variance goes with the rate.

    Args:
        evidence: Of the finding ``oscillation``.
    """
    return min(0.5, max(0.1, (evidence["images_noise"] / evidence["swing"]) ** 2))


def more_patience(settings: EarlyStopping) -> int:
    """A patience that does not end a run at the first few epochs without a best."""
    return max(10, 2 * settings.patience)


def data_monitor(settings: EarlyStopping) -> str:
    """What early stopping watches, without its penalty."""
    return "val_data_loss" if settings.monitor == "val_loss" else "data_loss"


def rounded(number: float) -> float:
    """One digit, as rates are written.

    Example:
        >>> rounded(0.00123)
        0.001
    """
    return float(f"{number:.0e}")


def flow(value: object) -> str:
    """A value as YAML has it on one line; a text is quoted where it could be read as something else.

    Example:
        >>> flow({"scale": "unit", "from": "3a"})
        '{scale: unit, from: "3a"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, str) and re.fullmatch(
        r"(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z][\w-]*", value
    ):
        return value
    return json.dumps(value, ensure_ascii=False)
