"""What a variant changes: the levels it declares, and those that differ from what it starts from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from paribus.study.change import Change
from paribus.study.configuration import Argument, Configuration, OwnTraining
from paribus.study.datasets import DataFacts
from paribus.study.difference import SETTINGS, difference
from paribus.study.keys import WEIGHT_SETTINGS
from paribus.study.model import Variant
from paribus.study.network_difference import model_keys
from paribus.study.networks import WAYS
from paribus.study.own_network import OWN_KEYS, flat
from paribus.study.programs import KNOWN
from paribus.study.resolve import COMPILED, SettingsReader, missing_settings
from paribus.study.source import Sources
from paribus.study.techniques import Kind, entry
from paribus.study.yaml_node import write


def variant_changes(variants: Mapping[str, Variant], name: str) -> tuple[Change, ...]:
    """Return what differs between a variant and the variant or the base that it starts from.

    A setting that the base lacks counts as changed. Where the base is not known, or is no configuration even
    with these settings, what the variant declares is returned.

    Args:
        variants: Those of the study.
        name: The variant.

    Raises:
        KeyError: There is no such variant.

    Example:
        >>> from paribus.study.reader import load
        >>> [change.factor for change in variant_changes(load("lab2").variants, "4a")]
        ['momentum']
    """
    variant = variants[name]
    if variant.parent is not None:
        return difference(variants[variant.parent].configuration, variant.configuration)
    if not variant.base:
        return declared_changes(variants, name)
    compiled = COMPILED if names_own(variant.base.get("model")) else ()
    left = dict.fromkeys((*missing_settings(write(variant.base)), *compiled))
    missing = [key for key in left if variant.base.get(key) is None and variant.settings.get(key) is not None]
    filled = {**variant.base, **{key: variant.settings[key] for key in missing}}
    is_built = variant.configuration.network is not None and names_own(variant.settings.get("model"))
    if names_own(variant.base.get("model")) or is_built:
        filled["model"] = variant.settings.get("model")  # what it changes there, it declares
    known = _of_own_code(variant, has_own=isinstance(filled.get("loss"), dict) or _names_code(filled))
    facts = variant.configuration.own
    start = _start(
        json.dumps(filled),
        None if facts is None else facts.model_dump_json(),
        None if known is None else known.model_dump_json(),
    )
    if start is None:
        return declared_changes(variants, name)
    lacking = (change for key in missing for change in _declared(key, variant.settings[key], variant))
    is_other = filled.get("model") != variant.base.get("model") and "model" not in missing
    own = _of_own_model(variant) if is_other else ()
    return (*lacking, *own, *difference(start, variant.configuration))


def _names_code(settings: Mapping[str, object]) -> bool:
    """Return whether settings name a function or a class of the user's own."""
    return any(
        isinstance(each, dict) and "python" in each
        for key, each in settings.items()
        if key not in ("data", "model", "train")
    )


def _of_own_code(variant: Variant, *, has_own: bool) -> Configuration | None:
    """Return the configuration by which code of the user's is known, without what the variant sets."""
    known = variant.configuration
    if known.train is not None:
        left = {key: value for key, value in known.train.settings.items() if key not in variant.settings}
        return known.model_copy(update={"train": known.train.model_copy(update={"settings": left})})
    parts = (known.own_metrics, known.own_techniques, known.callbacks)
    is_own = known.network is not None or known.own_loss is not None or any(parts) or has_own
    return known if is_own else None


@lru_cache(maxsize=64)
def _start(base: str, own: str | None, known: str | None) -> Configuration | None:
    """Return the configuration of a base, which the variants of a study share; None where it is none.

    Args:
        base: Its settings as JSON.
        own: What is known of the user's own data, as JSON.
        known: The variant's configuration as JSON, where a function or a network is the user's own.
    """
    sources = Sources(
        Path(),
        None if own is None else DataFacts.model_validate_json(own),
        None if known is None else Configuration.model_validate_json(known),
    )
    return SettingsReader(write(json.loads(base)), sources).configuration(consistent=False)


def declared_changes(variants: Mapping[str, Variant], name: str) -> tuple[Change, ...]:
    """Return what a variant declares, in its order, also where it starts from the same level.

    Args:
        variants: Those of the study.
        name: The variant.

    Raises:
        KeyError: There is no such variant.
    """
    variant = variants[name]
    return tuple(
        change for key, written in variant.changes.items() for change in _declared(key, written, variant)
    )


def names_own(model: object) -> bool:
    """Return whether ``model`` as written names a function or a file of Keras.

    Args:
        model: What stands there.
    """
    return isinstance(model, dict) and any(model.get(way) is not None for way in WAYS)


def _of_own_model(variant: Variant) -> Iterator[Change]:
    """Yield what a variant changes of a network of the user's own, as both are written."""
    before, after = variant.base.get("model"), variant.settings.get("model")
    now = variant.configuration
    if not (names_own(before) and names_own(after)):
        yield Change("model", None, None, now.layers or now.network_told, is_own=now.network is not None)
        return
    earlier, later = (dict(_model_factors(cast("dict[str, Any]", each))) for each in (before, after))
    for key, level in later.items():
        if key not in earlier or earlier[key] != level:
            yield Change(key, None, earlier.get(key), level, is_own=True)
    yield from (
        Change(key, None, each, None, is_own=True) for key, each in earlier.items() if key not in later
    )


def _model_factors(model: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, level in model.items():
        if key in WAYS:
            yield "model", Path(str(level)).name
        elif key == "arguments" and isinstance(level, dict):
            yield from flat(cast("dict[str, Any]", level))
        else:
            yield key, level


def _declared(key: str, written: object, variant: Variant) -> Iterator[Change]:
    now = variant.configuration
    if now.train is not None:
        yield from _own(key, now, now.train)
    elif key in SETTINGS:
        yield Change(key, None, None, now.loss_told if key == "loss" else getattr(now, key))
    elif key == "optimizer":
        yield from _optimizer(written, now)
    elif key == "learning_rate":
        yield Change(key, None, None, now.optimizer.arguments[key])
    elif key == "model":
        yield from _model(written, now)
    elif key in WEIGHT_SETTINGS:
        yield Change(key, None, None, _level_for_all(now, key, variant.settings))
    elif key == "layers" and isinstance(written, dict):
        for label, settings in cast("dict[str, object]", written).items():
            yield from _layer(label, settings, now)


def _own(key: str, now: Configuration, train: OwnTraining) -> Iterator[Change]:
    if key == "train":
        yield Change(key, None, None, train.told, is_own=True)
    elif key in KNOWN:
        yield Change(key, None, None, getattr(now, key))
    else:
        for name, level in train.factors.items():
            if name == key or name.startswith(f"{key}."):
                yield Change(name, None, None, level, is_own=True)


def _optimizer(written: object, now: Configuration) -> Iterator[Change]:
    keys = cast("dict[str, object]", written) if isinstance(written, dict) else {"name": written}
    if "name" in keys:
        yield Change("optimizer", None, None, now.optimizer.name)
    defaults = entry(Kind.OPTIMIZER, now.optimizer.name).defaults
    for key, level in now.optimizer.arguments.items():
        if key in keys and ("name" not in keys or key == "learning_rate" or level != defaults.get(key)):
            yield Change(key, None, None, level)


def _model(written: object, now: Configuration) -> Iterator[Change]:
    if isinstance(written, dict) and {*OWN_KEYS} & written.keys():
        for name, level in _model_factors(cast("dict[str, Any]", written)):
            yield Change(name, None, None, level, is_own=True)
        return
    keys = model_keys(now.layers)
    if isinstance(written, dict) and keys is not None:
        for key in cast("dict[str, object]", written):
            yield Change(key, None, None, keys[key], of_layers=True)
    else:
        yield Change("model", None, None, now.layers)


def _layer(label: str, settings: object, now: Configuration) -> Iterator[Change]:
    arguments = next((layer.all_arguments for layer in now.layers if layer.label == label), {})
    for key in _keys(settings) if isinstance(settings, dict) else WEIGHT_SETTINGS:
        if key in arguments:
            yield Change(key, label, None, arguments[key], of_layers=True)


def _keys(settings: object) -> Iterator[str]:
    """Yield the keys of a layer's settings, and those of the layer inside it."""
    for key, value in cast("dict[str, object]", settings).items():
        yield key
        if isinstance(value, dict):
            yield from cast("dict[str, object]", value)


def _level_for_all(configuration: Configuration, setting: str, settings: Mapping[str, object]) -> Argument:
    """Return a setting's level in the first layer that does not set it by itself."""
    own = settings.get("layers")
    by_label = cast("dict[str, object]", own) if isinstance(own, dict) else {}
    having = [layer for layer in configuration.layers if setting in layer.all_arguments]
    free = [layer for layer in having if setting not in str(by_label.get(layer.label, ""))]
    chosen = (free or having)[:1]
    return chosen[0].all_arguments[setting] if chosen else None
