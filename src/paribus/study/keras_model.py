"""Keras objects as a study writes them, by their own ``get_config``, so that Keras is not imported here."""

from __future__ import annotations

import inspect
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pkgutil import resolve_name
from typing import Any, cast

from paribus.errors import Fault
from paribus.study.argument_domains import BY_SIDE
from paribus.study.faults import Faults, KnownNames, PartReader, format_value
from paribus.study.keras_objects import (
    callback,
    is_callback,
    is_function,
    is_model,
    is_of_keras,
    is_own_loss,
    is_own_technique,
    kept_model,
    named_function,
    settings_left,
)
from paribus.study.layer_kinds import WRAPPERS
from paribus.study.programs import UNUSABLE, place_of
from paribus.study.techniques import Entry, Kind, entry, names
from paribus.study.yaml_node import KeyPath

_HAVE_FUNCTIONS = (("train",), ("model",), ("loss",))
"""What may be a function of the user's, at the end of the keys that lead to it."""
_SENDER = "paribus.custom.objects:hand_over_function"
_SERIALIZED_KINDS = (Kind.OPTIMIZER, Kind.SCHEDULE, Kind.INITIALIZER, Kind.REGULARIZER, Kind.CONSTRAINT)
_IGNORED = {"name", "seed", "batch_input_shape", "build_config"}
"""What a study decides by itself: labels, and the named streams that seed every draw."""

_ALLOWED_VALUES: dict[str, object] = {
    **dict.fromkeys((
        "activity_regularizer", "input_axes", "lora_alpha", "lora_rank", "loss_scale_factor", "noise_shape",
        "output_axes", "quantization_config", "renorm_clipping",
    ), None),
    **dict.fromkeys(("exclude_embeddings", "trainable"), True),
    **dict.fromkeys((
        "is_legacy_optimizer", "keepdims", "renorm", "return_state", "rms_scaling", "stateful",
        "synchronized", "unroll", "zero_output_for_mask",
    ), False),
    "axis": -1,
    "data_format": "channels_last",
    "dtype": "float32",
    "exclude_layers": [],
    "moving_mean_initializer": "zeros",
    "moving_variance_initializer": "ones",
    "renorm_momentum": 0.99,
}  # fmt: skip
"""Settings of Keras that a study does not have, at the only value that a study can express."""


class KerasReader(PartReader):
    """Reads Keras objects in a mapping."""

    def convert(self, value: object, path: KeyPath) -> object:
        """Return a Python object as a study writes it.

        Args:
            value: A ``keras.Model``, whose weights are not used (every run draws its own); a function that
                trains or builds a model; a loss, optimizer, layer, callback, ...; a number of NumPy.
            path: The keys that lead to it.
        """
        if getattr(value, "shape", None) == () and hasattr(value, "item"):
            scalar = cast("Any", value).item()
            return _as_written(scalar) if str(getattr(value, "dtype", "")) == "float32" else scalar
        written = self._of_the_user(value, path)
        if written is not None:
            return written
        if hasattr(value, "as_source"):
            return cast("Any", value).as_source()
        return self._model(value, path) if is_model(value) else self._part(value, path)

    def _of_the_user(self, value: object, path: KeyPath) -> object:
        """Return what is the user's own code as a study writes it: by its file; None of anything else."""
        written: object = None
        is_place = path[-1:] == ("python",) and path[-2:-1] in _HAVE_FUNCTIONS
        is_loss = path[-1:] == ("loss",)
        if path[-1:] == ("python",) and isinstance(value, type):
            written = self._place(value, path)
        elif path[-2:-1] == ("callbacks",) and (isinstance(value, type) or is_callback(value)):
            written = self._callback(value, path)
        elif is_function(value) and (is_place or path[-1:] in _HAVE_FUNCTIONS):
            if not (is_loss and is_of_keras(value)):
                written = self._function(cast("Callable[..., Any]", value), path)
        elif is_loss and is_own_loss(value):
            written = self._loss(value, path)
        elif is_own_technique(value):
            written = self._own_technique(value, path)
        return written

    def _part(self, value: object, path: KeyPath) -> object:
        """Return a loss, an activation, a callback, a layer or another technique as a study writes it."""
        name = type(value).__name__
        written: object = named_function(value, path)
        if written is not None:
            for key, level in settings_left(value).items():
                self._add("keras-setting", (*path, key), layer=name, given=format_value(level))
            return written
        written = callback(value, path)
        if written is None and hasattr(value, "get_config"):
            if "model" in path and _entry(Kind.LAYER, name):
                written = next(self._each_of([value], path), None)
            else:
                config = _with_objects(value, ("learning_rate",))
                written = self._technique({"class_name": name, "config": config}, path)
        if written is None:
            self._add("not-writable", path, given=format_value(name))
        return written

    def _function(self, value: Callable[..., Any], path: KeyPath) -> object:
        """Return a function as a study names it: by its file and its name; one that trains else as an object.

        The room that sends it to workers stands above this one, so it is asked by its name.
        """
        if path[-1:] == ("train",) and not isinstance(place_of(value, path), str):
            return resolve_name(_SENDER)(value)
        place = self._place(value, path)
        return place if path[-1:] == ("python",) else {"python": place}

    def _loss(self, value: object, path: KeyPath) -> object:
        """Return a loss of a class of the user's own as a study writes it: by its class and its settings."""
        usual = {"name", "reduction", "dtype", "fn"}
        config = cast("dict[str, object]", cast("Any", value).get_config())
        arguments = {key: level for key, level in config.items() if key not in usual}
        if config.get("reduction") != "sum_over_batch_size":
            arguments["reduction"] = config.get("reduction")
        place = self._place(type(value), path)
        return {"python": place, **({"arguments": arguments} if arguments else {})}

    def _callback(self, value: object, path: KeyPath) -> object:
        """Return a callback as a study writes it: by its class, and the settings that it keeps by name."""
        kind = value if isinstance(value, type) else type(value)
        names = inspect.signature(kind).parameters if kind is not value else ()
        arguments = {name: getattr(value, name) for name in names if hasattr(value, name)}
        return {"python": self._place(kind, path), **({"arguments": arguments} if arguments else {})}

    def _own_technique(self, value: object, path: KeyPath) -> object:
        """Return an object of a class of the user's own as a study writes it: by class and settings."""
        usual = ("name", "seed")
        accepted = inspect.signature(type(value)).parameters
        config = _with_objects(value, ("learning_rate",))
        arguments = {
            key: self._plain(each, (*path, key))
            for key, each in config.items()
            if key in accepted and key not in usual
        }
        rate = (
            {"learning_rate": _as_written(arguments.pop("learning_rate"))}
            if "learning_rate" in arguments
            else {}
        )
        place = self._place(type(value), path)
        return {"python": place, **rate, **({"arguments": arguments} if arguments else {})}

    def chain(self, layers: Sequence[object]) -> list[object]:
        """Return Keras layers that follow each other as a study writes them.

        Args:
            layers: In order.
        """
        return [*self._each_of(layers, ("model",))]

    def _model(self, value: object, path: KeyPath) -> object:
        """Return a model as a list of layers, where it is one, else the file that it is kept in."""
        if type(value).__name__ == "Sequential" and not getattr(value, "compiled", False):
            tried = KerasReader(Faults())
            layers = [*_input(value), *tried._layers(value, path)]
            if not len(tried.faults):
                return layers
        kept = kept_model(value)
        if isinstance(kept, str):
            self._add("model-not-kept", path, why=kept)
            return {"python": UNUSABLE}
        return kept

    def _place(self, value: Callable[..., Any], path: KeyPath) -> str:
        """Return a function as a study names it: by its file and its name."""
        place = place_of(value, path)
        if isinstance(place, str):
            return place
        self.faults.add(place)
        return UNUSABLE

    def _add(self, code: str, path: KeyPath, **values: object) -> None:
        self.faults.add(Fault(f"study.{code}", path, values))

    def _layers(self, model: object, path: KeyPath) -> Iterator[dict[str, dict[str, object]]]:
        yield from self._each_of(cast("list[Any]", cast("Any", model).layers), path)

    def _each_of(self, layers: Sequence[Any], path: KeyPath) -> Iterator[dict[str, dict[str, object]]]:
        for layer in layers:
            kind, place = type(layer).__name__, (*path, str(layer.name))
            if kind == "Sequential":
                yield from self._layers(layer, path)
                continue
            if kind == "InputLayer":
                continue
            found = _entry(Kind.LAYER, kind)
            if found is None:
                classes = tuple(entry(Kind.LAYER, name).keras_class for name in names(Kind.LAYER))
                known = KnownNames(kind, classes)
                self._add("unknown-layer", place, given=format_value(kind), known=known)
                continue
            drawn = [key for key in layer.get_config() if key.endswith("_initializer")]
            yield {found.name: self._arguments(found, _with_objects(layer, drawn), place)}

    def _wrapped(self, serialized: Mapping[str, object], path: KeyPath) -> dict[str, object]:
        """Return the layer inside a wrapper, under its name.

        `Bidirectional` itself decides what its layers put out at masked steps.
        """
        kind = str(serialized.get("class_name"))
        found = _entry(Kind.LAYER, kind)
        if found is None:
            self._add("not-writable", path, given=format_value(kind))
            return {}
        config = cast("Mapping[str, object]", serialized["config"])
        own = {key: value for key, value in config.items() if key != "zero_output_for_mask"}
        return {found.name: self._arguments(found, own, path)}

    def _arguments(self, found: Entry, config: Mapping[str, object], path: KeyPath) -> dict[str, object]:
        arguments: dict[str, object] = {}
        for key, value in config.items():
            if found.name in WRAPPERS and key in ("layer", "backward_layer"):
                if key == "layer":
                    arguments |= self._wrapped(cast("Mapping[str, object]", value), (*path, key))
                continue
            plain = self._plain(value, (*path, key))
            if key in found.arguments:
                arguments[key] = _one_side(plain) if key in BY_SIDE else plain
                if key == "learning_rate":
                    arguments[key] = _as_written(plain)
            elif key not in _IGNORED and not _is_allowed(key, plain):
                layer = found.keras_class
                self._add("keras-setting", (*path, key), layer=layer, given=format_value(plain))
        return arguments

    def _plain(self, value: object, path: KeyPath) -> object:
        if is_own_technique(value):
            return self._own_technique(value, path)
        if isinstance(value, Mapping):
            serialized = cast("Mapping[str, object]", value)
            if serialized.get("class_name") == "DTypePolicy":
                return cast("Mapping[str, object]", serialized["config"])["name"]
            technique = self._technique(serialized, path)
            if technique is None:
                self._add("not-writable", path, given=format_value(str(serialized.get("class_name"))))
            return technique
        if isinstance(value, tuple | list):
            return [self._plain(each, path) for each in cast("list[object]", value)]
        return value

    def _technique(self, serialized: Mapping[str, object], path: KeyPath) -> dict[str, object] | None:
        """Return a technique from Keras's serialized form, ``{"class_name": ..., "config": {...}}``."""
        for kind in _SERIALIZED_KINDS:
            found = _entry(kind, str(serialized.get("class_name")))
            if found is not None:
                config = cast("Mapping[str, object]", serialized.get("config") or {})
                return {"name": found.name, **self._arguments(found, config, path)}
        return None


def _with_objects(value: object, names: Sequence[str]) -> dict[str, object]:
    """Return the settings of an object of Keras, those of the user's own classes as they are.

    Args:
        value: A layer or an optimizer.
        names: Of the settings that may be objects of such classes.
    """
    config = dict(cast("dict[str, object]", cast("Any", value).get_config()))
    for name in names:
        for given in (getattr(value, f"_{name}", None), getattr(value, name, None)):
            if name in config and is_own_technique(given):
                config[name] = given
    return config


def _input(model: object) -> Iterator[dict[str, list[int]]]:
    try:
        shape = cast("tuple[int | None, ...] | None", getattr(model, "input_shape", None))
    except ValueError:
        shape = None
    if isinstance(shape, tuple) and all(isinstance(side, int) for side in shape[1:]):
        yield {"input": [side for side in shape[1:] if side is not None]}


def _one_side(sides: object) -> object:
    """Return the number of a list of one, as Keras has the sides of what goes over a sequence."""
    match sides:
        case [int(side)]:
            return side
        case _:
            return sides


def _as_written(number: object) -> object:
    """Return the shortest number that float32 rounds to the same: Keras keeps a learning rate in float32."""
    if not isinstance(number, float) or not _is_float32(number, number):
        return number
    spellings = (float(f"{number:.{digits}g}") for digits in range(1, 10))
    return next((each for each in spellings if _is_float32(each, number)), number)


def _is_float32(written: float, number: float) -> bool:
    try:
        return struct.unpack("f", struct.pack("f", written)) == (number,)
    except OverflowError:
        return False


def _is_allowed(key: str, plain: object) -> bool:
    if key == "axis" and plain == [-1]:
        return True
    if isinstance(plain, dict):
        plain = cast("dict[str, object]", plain).get("name")
    return key in _ALLOWED_VALUES and plain == _ALLOWED_VALUES[key]


def _entry(kind: Kind, keras_class: str) -> Entry | None:
    keras_class = keras_class.removesuffix("Initializer") if kind is Kind.INITIALIZER else keras_class
    return next(
        (each for each in (entry(kind, name) for name in names(kind)) if each.keras_class == keras_class),
        None,
    )
