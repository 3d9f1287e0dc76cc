"""Keras objects as a study writes them, by their own ``get_config``, so that Keras is not imported here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from paribus.errors import Fault
from paribus.study.faults import Faults, Known, shown
from paribus.study.techniques import Entry, Kind, entry, names
from paribus.study.yaml_node import KeyPath

_CONSTRUCTED = (Kind.OPTIMIZER, Kind.SCHEDULE, Kind.INITIALIZER, Kind.REGULARIZER)
_PASSED_OVER = {"name", "seed", "batch_input_shape", "build_config"}
"""What a study decides itself: labels, and the named streams that seed every draw."""

_HARMLESS: dict[str, object] = {
    "activity_regularizer": None,
    "axis": -1,
    "beta_constraint": None,
    "bias_constraint": None,
    "data_format": "channels_last",
    "depthwise_constraint": None,
    "dtype": "float32",
    "exclude_embeddings": True,
    "exclude_layers": [],
    "gamma_constraint": None,
    "input_axes": None,
    "is_legacy_optimizer": False,
    "keepdims": False,
    "kernel_constraint": None,
    "lora_alpha": None,
    "lora_rank": None,
    "loss_scale_factor": None,
    "moving_mean_initializer": "zeros",
    "moving_variance_initializer": "ones",
    "noise_shape": None,
    "output_axes": None,
    "pointwise_constraint": None,
    "quantization_config": None,
    "renorm": False,
    "rms_scaling": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "synchronized": False,
    "trainable": True,
}
"""Settings of Keras that a study does not have, at the only value that it can stand for."""


def convert(value: object, path: KeyPath, faults: Faults) -> object:
    """What stands in a study for a Python object.

    Args:
        value: A ``keras.Sequential``, whose weights are not used (every run draws its own); an optimizer,
            schedule, initializer or regularizer; a number of NumPy.
        path: Where it stands.
        faults: Where what a study cannot hold is noted.
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return cast("Any", value).item()
    name = type(value).__name__
    if name == "Sequential" and hasattr(value, "layers"):
        return [*_input(value), *_layers(value, path, faults)]
    if hasattr(value, "get_config"):
        made = _made({"class_name": name, "config": cast("Any", value).get_config()}, path, faults)
        if made is not None:
            return made
    faults.take(Fault("study.not-writable", path, {"given": shown(name)}))
    return None


def _input(model: object) -> Iterator[dict[str, list[int]]]:
    try:
        shape = cast("tuple[int | None, ...] | None", getattr(model, "input_shape", None))
    except ValueError:
        shape = None
    if isinstance(shape, tuple) and all(isinstance(side, int) for side in shape[1:]):
        yield {"input": [side for side in shape[1:] if side is not None]}


def _layers(model: object, path: KeyPath, faults: Faults) -> Iterator[dict[str, dict[str, object]]]:
    for layer in cast("list[Any]", cast("Any", model).layers):
        kind = type(layer).__name__
        if kind == "Sequential":
            yield from _layers(layer, path, faults)
            continue
        if kind == "InputLayer":
            continue
        found = _entry(Kind.LAYER, kind)
        if found is None:
            known = Known(kind, tuple(entry(Kind.LAYER, name).keras_class for name in names(Kind.LAYER)))
            faults.take(
                Fault("study.unknown-layer", (*path, str(layer.name)), {"given": shown(kind), "known": known})
            )
            continue
        yield {found.name: _config(found, layer.get_config(), (*path, str(layer.name)), faults)}


def _config(found: Entry, config: Mapping[str, object], path: KeyPath, faults: Faults) -> dict[str, object]:
    written: dict[str, object] = {}
    for key, value in config.items():
        plain = _plain(value, (*path, key), faults)
        if key in found.arguments:
            written[key] = _sides(plain) if key == "padding" else plain
        elif key not in _PASSED_OVER and not _is_harmless(key, plain):
            faults.take(
                Fault(
                    "study.keras-setting",
                    (*path, key),
                    {"layer": found.keras_class, "given": shown(plain)},
                )
            )
    return written


def _sides(padding: object) -> object:
    """Keras's ``[[top, bottom], [left, right]]`` as ``[height, width]``, where both are padded alike."""
    match padding:
        case [[int(top), int(bottom)], [int(left), int(right)]] if top == bottom and left == right:
            return [top, left]
        case _:
            return padding


def _is_harmless(key: str, plain: object) -> bool:
    if key == "axis" and plain == [-1]:
        return True
    if isinstance(plain, dict):
        plain = cast("dict[str, object]", plain).get("name")
    return key in _HARMLESS and plain == _HARMLESS[key]


def _plain(value: object, path: KeyPath, faults: Faults) -> object:
    if isinstance(value, Mapping):
        serialized = cast("Mapping[str, object]", value)
        if serialized.get("class_name") == "DTypePolicy":
            return cast("Mapping[str, object]", serialized["config"])["name"]
        made = _made(serialized, path, faults)
        if made is None:
            faults.take(
                Fault("study.not-writable", path, {"given": shown(str(serialized.get("class_name")))})
            )
        return made
    if isinstance(value, tuple | list):
        return [_plain(each, path, faults) for each in cast("list[object]", value)]
    return value


def _made(serialized: Mapping[str, object], path: KeyPath, faults: Faults) -> dict[str, object] | None:
    """A technique from Keras's serialized form, ``{"class_name": ..., "config": {...}}``."""
    for kind in _CONSTRUCTED:
        found = _entry(kind, str(serialized.get("class_name")))
        if found is not None:
            config = cast("Mapping[str, object]", serialized.get("config") or {})
            return {"name": found.name, **_config(found, config, path, faults)}
    return None


def _entry(kind: Kind, keras_class: str) -> Entry | None:
    keras_class = keras_class.removesuffix("Initializer") if kind is Kind.INITIALIZER else keras_class
    return next(
        (each for each in (entry(kind, name) for name in names(kind)) if each.keras_class == keras_class),
        None,
    )
