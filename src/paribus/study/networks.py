"""A network of the user's own, as a study names it: ``model: {python: "nets.py:build", arguments: ...}``."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol, cast

from paribus.errors import ParibusError
from paribus.study.configuration import Configuration
from paribus.study.datasets import DataFacts
from paribus.study.faults import PartReader, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.own_function import OwnLoss
from paribus.study.own_network import OWN_KEYS, OwnNetwork
from paribus.study.programs import UNUSABLE, Program, Programs, is_identifier
from paribus.study.yaml_node import YamlNode, write

WAYS = ("python", "keras")
_DESCRIBER = "paribus.execute.networks:Describer"
_KEYS = KEYS[Group.MODEL]


class Describer(Protocol):
    """What builds networks to find out about them."""

    def describe(self, request: Mapping[str, Any], content: bytes) -> dict[str, Any]:
        """Return what is known of a network."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True)
class Built:
    """What a study needs of a network of the user's own.

    Args:
        network: It, as it was built.
        layers: Its layers as a study writes them, where they are a plain chain; None of any other.
        compiled: Its loss, optimizer and label smoothing as a study writes them, where it was compiled.
    """

    network: OwnNetwork
    layers: YamlNode | None = None
    compiled: Mapping[str, object] = field(default_factory=dict[str, object])

    @classmethod
    def again(cls, known: Configuration) -> Built:
        """Return the network of a configuration that is read again, which is not built anew.

        Args:
            known: As it was read.
        """
        dumped = known.model_dump(mode="json")
        compiled: dict[str, Any] = {"loss": known.loss, "optimizer": _written(dumped["optimizer"])}
        if known.beside:
            compiled["loss"] = {
                known.facts.scored: _loss(known.loss, known.own_loss),
                **{each.name: _loss(each.loss, each.own) for each in known.beside},
            }
            compiled["loss_weights"] = known.loss_weights
        if known.own_loss is not None:
            compiled["own_loss"] = known.own_loss.model_dump(mode="json")
        if known.network is not None:
            return cls(known.network, None, compiled)
        layers = [{each["kind"]: _arguments(each["arguments"])} for each in dumped["layers"]]
        return cls(OwnNetwork(file="", sha256=""), write(layers), compiled)


def _loss(name: str, own: OwnLoss | None) -> object:
    return name if own is None else {"python": own.told, "arguments": own.arguments}


def _written(technique: dict[str, Any]) -> dict[str, Any]:
    if technique.get("own"):
        rate = {key: each for key, each in technique["arguments"].items() if key == "learning_rate"}
        arguments = {key: each for key, each in technique["arguments"].items() if key not in rate}
        return {"python": technique["name"], "arguments": arguments, **_arguments(rate)}
    return {"name": technique["name"], **_arguments(technique["arguments"])}


def _arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments as a study writes them; those of a layer inside a wrapper under its kind."""
    found: dict[str, Any] = {}
    for key, value in arguments.items():
        is_technique = isinstance(value, dict) and {"name", "arguments"} <= {*value}
        if is_technique and key == "layer":
            found[value["name"]] = _arguments(value["arguments"])
        else:
            found[key] = _written(value) if is_technique else value
    return found


def is_own(model: YamlNode | None) -> bool:
    """Return whether ``model`` names a function or a file, in place of layers.

    Args:
        model: What stands under ``model``; None where nothing does.
    """
    return model is not None and any(model.get(way) is not None for way in WAYS)


class Networks:
    """The networks of the user's own that a study names, each built once.

    Args:
        folder: Against which relative paths are resolved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Program] = {}
        """Files that build networks, by the digest of what they hold."""
        self._describer: Describer | None = None
        self._found: dict[str, Built | str] = {}

    def read(
        self, settings: YamlNode, facts: DataFacts, reader: PartReader, *, build: bool = True
    ) -> Built | None:
        """Return the network that settings name; None where anything is wrong with it.

        Args:
            settings: With such a ``model``.
            facts: What is known of the data.
            reader: Where faults are added.
            build: Whether it is built; not of settings to which others are added.
        """
        model = settings.branches["model"]
        before = len(reader.faults)
        reader.check_keys("model-key", model.branches, OWN_KEYS)
        named = self._named(model, reader)
        if named is None or len(reader.faults) > before:
            return None
        network, file, content, keep = named
        if not build:
            return Built(network)
        self.files[network.sha256] = file
        request: dict[str, Any] = {
            "place": str(file.path),
            "classes": None if file.classes is None else str(file.classes),
            "network": network.model_dump(mode="json"),
            "keep": keep,
            "facts": facts.model_dump(mode="json"),
        }
        key = json.dumps(request, sort_keys=True)
        if key not in self._found:
            self._found[key] = self._described(request, content)
        found = self._found[key]
        if isinstance(found, Built):
            return found
        reader.faults.add(model.fault("model-unusable", why=found))
        return None

    def ask(self, request: dict[str, Any], content: bytes) -> dict[str, Any] | str:
        """Return what the process finds that runs the user's files, or the reason why they cannot be used.

        Args:
            request: As `paribus.engine.describe` takes it.
            content: Of the file that it is about.
        """
        if self._describer is None:
            self._describer = cast("Describer", resolve_name(_DESCRIBER)())
        try:
            return self._describer.describe(request, content)
        except ParibusError as error:
            return str(error)

    def _described(self, request: dict[str, Any], content: bytes) -> Built | str:
        answer = self.ask(request, content)
        if isinstance(answer, str):
            return answer
        layers = answer.pop("layers")
        network = OwnNetwork.model_validate(answer.pop("network"))
        return Built(network, None if layers is None else write(layers, ("model",)), answer)

    def close(self) -> None:
        """End what was started to build networks."""
        if self._describer is not None:
            self._describer.close()
            self._describer = None

    def _named(self, model: YamlNode, reader: PartReader) -> tuple[OwnNetwork, Program, bytes, bool] | None:
        """Return a network as a study says it, its file, what that holds, and whether weights are kept."""
        if all(model.get(way) is not None for way in WAYS):
            reader.faults.add(model.fault("model-two-ways"))
            return None
        arguments = model.get("arguments")
        if arguments is not None and not isinstance(arguments.value, dict):
            allowed = _KEYS["arguments"].domain
            given = format_value(arguments.plain())
            reader.faults.add(arguments.fault("not-allowed", given=given, allowed=allowed))
            return None
        keep = reader.setting(model, *_KEYS["weights"].as_setting) == "keep"
        frozen = model.get("frozen")
        names = [] if frozen is None else [each.text or "" for each in frozen.items or [frozen]]
        shared: dict[str, Any] = {"frozen": tuple(names)}
        if model.get("keras") is not None:
            if arguments is not None:
                reader.faults.add(arguments.fault("model-keras-arguments"))
            return self._of_keras(model, reader, shared, keep=keep)
        if keep:
            reader.faults.add(model.branches["weights"].fault("model-python-weights"))
        plain = {} if arguments is None else cast("dict[str, Any]", arguments.plain())
        return self._of_function(model, reader, {**shared, "arguments": plain})

    def _of_function(
        self, model: YamlNode, reader: PartReader, shared: Mapping[str, Any]
    ) -> tuple[OwnNetwork, Program, bytes, bool] | None:
        node, given = model.branches["python"], reader.text(model, "python")
        if given == UNUSABLE:
            return None
        name, _, function = given.rpartition(":")
        if not name or not is_identifier(function):
            reader.faults.add(node.fault("model-form", given=format_value(given or None)))
            return None
        found = Programs(reader.faults).file(node, self.folder / Path(name).expanduser(), function)
        if found is None:
            return None
        own, file = found
        network = OwnNetwork(file=own.file, function=function, sha256=own.sha256, **shared)
        return network, file, file.source.encode(), False

    def _of_keras(
        self, model: YamlNode, reader: PartReader, shared: Mapping[str, Any], *, keep: bool
    ) -> tuple[OwnNetwork, Program, bytes, bool] | None:
        node, given = model.branches["keras"], reader.text(model, "keras")
        path = self.folder / Path(given).expanduser()
        classes, defined = None, b""
        if written := reader.text(model, "custom_objects"):
            classes = (self.folder / Path(written).expanduser()).resolve()
        try:
            defined = b"" if classes is None else classes.read_bytes()
        except OSError as error:
            node, reason = model.branches["custom_objects"], error.strerror or error
            reader.faults.add(node.fault("train-no-file", file=classes, reason=reason))
            return None
        try:
            content = path.read_bytes()
            with zipfile.ZipFile(path) as archive:
                config = archive.read("config.json")
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            reason = getattr(error, "strerror", None) or error
            reader.faults.add(node.fault("model-no-file", file=path, reason=reason))
            return None
        digest = hashlib.sha256(json.dumps(json.loads(config), sort_keys=True).encode()).hexdigest()
        own = hashlib.sha256(defined).hexdigest() if classes else ""
        network = OwnNetwork(file=path.name, sha256=digest, custom_objects=own, **shared)
        file = Program(path=path.resolve(), source=defined.decode(errors="replace"), classes=classes)
        return network, file, content + defined if keep else config + defined, keep
