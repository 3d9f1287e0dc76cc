"""Losses, activations and callbacks of Keras, and whole models, as a study writes them."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from paribus.study.cache import cache_folder
from paribus.study.keys import KEYS, Group
from paribus.study.techniques import ALIASES, Kind, names
from paribus.study.yaml_node import KeyPath

_CALLBACKS = {
    "early_stopping": ("EarlyStopping", Group.EARLY_STOPPING),
    "reduce_on_plateau": ("ReduceLROnPlateau", Group.REDUCE_ON_PLATEAU),
}


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
    if kind is None or not is_of_keras(value):
        return None
    given = getattr(value, "__name__", None) or getattr(value, "name", "")
    if kind is Kind.ACTIVATION and not inspect.isfunction(value):  # a layer, by its class
        given = type(value).__name__.lower()  # leaky ReLU has another slope as a layer, and another name here
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
    usual: dict[str, object] = {
        "from_logits": False,
        "label_smoothing": 0.0,
        "axis": -1,
        "reduction": "sum_over_batch_size",
    }
    usual |= {
        "apply_class_balancing": False,
        "alpha": (0.25, 1.0),
        "gamma": 2.0,
        "delta": 1.0,
        "ignore_class": None,
    }
    usual |= {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}
    return {
        key: each
        for key, each in config.items()
        if key in usual and each not in (*_several(usual[key]), None)
    }


def _several(usual: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", usual) if isinstance(usual, tuple) else (usual,)


def is_model(value: object) -> bool:
    """Return whether an object is a model of Keras.

    Args:
        value: Any object.
    """
    return hasattr(value, "layers") and hasattr(value, "get_config") and hasattr(value, "save")


def kept_model(value: object) -> dict[str, str] | str:
    """Write a model to a file of Keras, which the processes that train read, and return how a study names it.

    Names that Keras gives by itself are counted anew: the file does not depend on what else was built.

    Args:
        value: The model, built or not.

    Returns:
        The mapping; the reason, in Keras's words, where it cannot be written.
    """
    model = cast("Any", value)
    try:
        config = with_own_names(json.loads(model.to_json()))
        content = json.dumps(config, sort_keys=True).encode()
        for array in cast("list[Any]", model.get_weights()):
            content += array.tobytes()
        folder = cache_folder() / "models"
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256(content).hexdigest()
        path = folder / f"{config['config'].get('name', 'model')}-{digest[:12]}.keras"
        if not path.exists():
            _save(model, path)
    except (NotImplementedError, TypeError, ValueError, OSError) as error:
        return next(iter(str(error).strip().splitlines()), type(error).__name__)
    classes = _file_of_classes(model)
    return {"keras": str(path), **({"custom_objects": classes} if classes else {})}


def _save(model: Any, path: Path) -> None:
    """Write a model, its names counted anew, and put the file in its place as a whole."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        given, renamed = Path(folder) / "given.keras", Path(folder) / "renamed.keras"
        model.save(given)
        with zipfile.ZipFile(given) as source, zipfile.ZipFile(renamed, "w") as target:
            for name in source.namelist():
                content = source.read(name)
                if name == "config.json":
                    content = json.dumps(with_own_names(json.loads(content))).encode()
                target.writestr(name, content)
        renamed.replace(path)


def with_own_names(config: Any) -> Any:
    """Return a model as Keras serializes it, the names that Keras gave by itself counted from the first on.

    Args:
        config: ``{"class_name": ..., "config": {...}}``.

    Example:
        >>> with_own_names({"class_name": "Dense", "config": {"name": "dense_7", "units": 3}})
        {'class_name': 'Dense', 'config': {'name': 'dense', 'units': 3}}
    """
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for kind, name in _named(config):
        stem = _snake(kind)
        if name not in names and re.fullmatch(rf"{stem}(_\d+)?", name):
            names[name] = f"{stem}_{counts[stem]}" if counts[stem] else stem
            counts[stem] += 1
    return _renamed(config, names)


def _named(config: Any) -> Iterator[tuple[str, str]]:
    """Yield class and name of every layer, in the order in which they are written."""
    if isinstance(config, dict):
        inner = cast("dict[str, Any]", config)
        own = inner.get("config")
        if "class_name" in inner and isinstance(own, dict) and "name" in own:
            yield str(inner["class_name"]), str(cast("dict[str, Any]", own)["name"])
        for each in inner.values():
            yield from _named(each)
    elif isinstance(config, list):
        for each in cast("list[Any]", config):
            yield from _named(each)


def _renamed(config: Any, names: Mapping[str, str], key: str = "") -> Any:
    if isinstance(config, dict):
        return {name: _renamed(each, names, name) for name, each in cast("dict[str, Any]", config).items()}
    if isinstance(config, list):
        return [_renamed(each, names, key) for each in cast("list[Any]", config)]
    places = ("name", "keras_history", "input_layers", "output_layers")
    return names.get(config, config) if isinstance(config, str) and key in places else config


def _snake(name: str) -> str:
    """Return a class's name as Keras makes a layer's name of it."""
    parts = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", parts).lower()


def _file_of_classes(model: Any) -> str:
    """Return the file that defines the model's own layers and loss; empty where all are Keras's."""
    kinds = [type(model), *(type(layer) for layer in model._flatten_layers())]
    loss = getattr(model, "loss", None)
    kinds += [loss if inspect.isfunction(loss) else type(loss)] if callable(loss) else []
    own = [kind for kind in kinds if not kind.__module__.startswith("keras.")]
    found = (getattr(sys.modules.get(kind.__module__), "__file__", None) for kind in own)
    return next((str(Path(file).resolve()) for file in found if file), "")


def is_of_keras(value: object) -> bool:
    """Return whether a function, or an object's class, is Keras's own.

    Args:
        value: Any object.
    """
    module = getattr(value, "__module__", "") if inspect.isfunction(value) else type(value).__module__
    return str(module).startswith("keras.")


def is_function(value: object) -> bool:
    """Return whether an object is a function of the user's, and no object of Keras.

    Args:
        value: Any object.
    """
    return callable(value) and not hasattr(value, "get_config")


_TECHNIQUES = (
    "keras.src.optimizers.optimizer.Optimizer",
    "keras.src.optimizers.schedules.learning_rate_schedule.LearningRateSchedule",
    "keras.src.initializers.initializer.Initializer",
)


def is_own_technique(value: object) -> bool:
    """Return whether an object is an optimizer, a schedule or an initializer of a class of the user's own.

    Args:
        value: Any object.
    """
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(value).__mro__]
    return not is_of_keras(value) and any(each in kinds for each in _TECHNIQUES)


def is_callback(value: object) -> bool:
    """Return whether an object is a callback.

    Args:
        value: Any object.
    """
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(value).__mro__]
    return "keras.src.callbacks.callback.Callback" in kinds


def is_own_loss(value: object) -> bool:
    """Return whether an object is a loss of a class of the user's own.

    Args:
        value: Any object.
    """
    kinds = [f"{kind.__module__}.{kind.__name__}" for kind in type(value).__mro__]
    return not is_of_keras(value) and "keras.src.losses.loss.Loss" in kinds
