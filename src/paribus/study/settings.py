"""The settings of a configuration in one flat table, for programs that know names and values alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias, cast

from paribus.study.configuration import Configuration, Technique
from paribus.study.difference import SETTINGS
from paribus.study.network_difference import written_arguments
from paribus.study.programs import KNOWN

Level: TypeAlias = bool | int | float | str


def flat_settings(configuration: Configuration) -> dict[str, Level]:
    """Return every setting by its name, those inside another after its name and a dot.

    What is set to nothing is left out, and so are arguments of layers that are at Keras's defaults. Lists are
    written as JSON.

    Args:
        configuration: Of a variant.

    Example:
        >>> from paribus.study.reader import load
        >>> found = flat_settings(load("lab2").variants["4a"].configuration)
        >>> found["optimizer"], found["optimizer.momentum"], found["layers.hidden_1.units"]
        ('sgd', 0.9, 784)
    """
    own = configuration.train
    keys = [key for key in SETTINGS if own is None or key in KNOWN]
    tree: dict[str, object] = {key: getattr(configuration, key) for key in keys}
    if own is None:
        tree["loss"] = configuration.loss_told
        tree["optimizer"] = configuration.optimizer
        tree["layers"] = {
            layer.label: Technique(name=layer.kind, arguments=written_arguments(layer))
            for layer in configuration.layers
        }
    else:
        tree |= {"train": own.command or own.told, **own.factors}
    return dict(_flat(tree))


def _flat(tree: Mapping[str, object], place: str = "") -> Iterator[tuple[str, Level]]:
    for key, value in tree.items():
        name = f"{place}{key}"
        if isinstance(value, Technique):
            yield name, value.name
            yield from _flat(value.arguments, f"{name}.")
        elif hasattr(value, "model_dump"):
            yield from _flat(cast("Configuration", value).model_dump(mode="json"), f"{name}.")
        elif isinstance(value, Mapping):
            yield from _flat(cast("Mapping[str, object]", value), f"{name}.")
        elif isinstance(value, list | tuple):
            items = cast("list[object]", value)
            if items:
                yield name, json.dumps([_plain(each) for each in items])
        elif isinstance(value, bool | int | float | str):
            yield name, value


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, Technique) else value
