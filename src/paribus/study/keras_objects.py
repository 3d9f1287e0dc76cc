"""Losses, activations and callbacks of Keras, and whole models, as a study writes them."""

from __future__ import annotations

import hashlib
import inspect
import sys
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, cast

from paribus.study.keys import KEYS, Group
from paribus.study.techniques import ALIASES, Kind, names
from paribus.study.yaml_node import KeyPath

_CALLBACKS = {
    "early_stopping": ("EarlyStopping", Group.EARLY_STOPPING),
    "reduce_on_plateau": ("ReduceLROnPlateau", Group.REDUCE_ON_PLATEAU),
}
_CACHE = "paribus.data.cache:cache_folder"


def callback(value: object, path: KeyPath) -> dict[str, object] | None:
    """Return a callback of Keras as a study writes it; None of anything else.

    Args:
        value: Any object.
        path: The keys that lead to it.

    Example:
        >>> class EarlyStopping:
        ...     monitor, patience, mode = "val_loss", 3, "auto"
        >>> callback(EarlyStopping(), ("base", "early_stopping"))
        {'monitor': 'val_loss', 'patience': 3, 'mode': 'auto'}
    """
    keras_class, group = _CALLBACKS.get(str(path[-1]) if path else "", ("", Group.STUDY))
    if type(value).__name__ != keras_class:
        return None
    return {key: getattr(value, key) for key in KEYS[group] if hasattr(value, key)}


def named_function(value: object, path: KeyPath) -> str | None:
    """Return the name of a loss or an activation of Keras: a function, an object or a layer; else None.

    Args:
        value: Any object.
        path: The keys that lead to it.
    """
    key = str(path[-1]) if path else ""
    kind = Kind.LOSS if key == "loss" else Kind.ACTIVATION if key.endswith(("activation", "output")) else None
    if kind is None or not _is_of_keras(value):
        return None
    given = getattr(value, "__name__", None) or getattr(value, "name", "")
    if kind is Kind.ACTIVATION and not inspect.isfunction(value):  # a layer, by its class
        given = type(value).__name__.lower().replace("leakyrelu", "leaky_relu")
    name = ALIASES.get((kind, str(given)), str(given))
    return name if name in names(kind) else None


def settings_left(value: object) -> dict[str, object]:
    """Return the settings of a loss that its name does not say, at other levels than their defaults.

    Args:
        value: A loss of Keras.
    """
    if inspect.isfunction(value) or not hasattr(value, "get_config"):
        return {}
    config = cast("dict[str, object]", cast("Any", value).get_config())
    usual = {"from_logits": False, "label_smoothing": 0.0, "axis": -1, "reduction": "sum_over_batch_size"}
    usual |= {"apply_class_balancing": False, "alpha": 0.25, "gamma": 2.0, "delta": 1.0, "ignore_class": None}
    usual |= {"dtype": "float32"}
    return {key: each for key, each in config.items() if key in usual and each not in (usual[key], None)}


def is_model(value: object) -> bool:
    """Return whether an object is a model of Keras.

    Args:
        value: Any object.
    """
    return hasattr(value, "layers") and hasattr(value, "get_config") and hasattr(value, "save")


def kept_model(value: object) -> dict[str, str] | str:
    """Write a model to a file of Keras, which the processes that train read, and return how a study names it.

    Args:
        value: The model, built or not.

    Returns:
        The mapping; the reason, in Keras's words, where it cannot be written.
    """
    model = cast("Any", value)
    try:
        content = str(model.to_json()).encode()
        for array in cast("list[Any]", model.get_weights()):
            content += array.tobytes()
        digest = hashlib.sha256(content).hexdigest()
        folder = cast("Path", resolve_name(_CACHE)()) / "models"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{model.name}-{digest[:12]}.keras"
        if not path.exists():
            model.save(path)
    except (NotImplementedError, TypeError, ValueError, OSError) as error:
        return next(iter(str(error).strip().splitlines()), type(error).__name__)
    classes = _file_of_classes(model)
    return {"keras": str(path), **({"custom_objects": classes} if classes else {})}


def _file_of_classes(model: Any) -> str:
    """Return the file that defines the model's own layers; empty where all are Keras's."""
    kinds = [type(model), *(type(layer) for layer in model._flatten_layers())]
    own = [kind for kind in kinds if not kind.__module__.startswith("keras.")]
    found = (getattr(sys.modules.get(kind.__module__), "__file__", None) for kind in own)
    return next((str(Path(file).resolve()) for file in found if file), "")


def _is_of_keras(value: object) -> bool:
    module = getattr(value, "__module__", "") if inspect.isfunction(value) else type(value).__module__
    return str(module).startswith("keras.")


def is_function(value: object) -> bool:
    """Return whether an object is a function of the user's, and no object of Keras.

    Args:
        value: Any object.
    """
    return callable(value) and not hasattr(value, "get_config")
