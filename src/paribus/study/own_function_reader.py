"""Reads losses and metrics of the user's own: ``loss: {python: "nets.py:focal", arguments: {gamma: 2}}``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from paribus.study.configuration import Technique
from paribus.study.datasets import DataFacts
from paribus.study.faults import Faults, PartReader, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.metrics import METRICS
from paribus.study.networks import Networks
from paribus.study.own_function import OwnFunction, OwnLoss, OwnMetric, OwnTechnique
from paribus.study.programs import UNUSABLE, Program, Programs, is_identifier
from paribus.study.techniques import Kind
from paribus.study.yaml_node import YamlNode

_KEYS = KEYS[Group.LOSS]


class OwnFunctionReader(PartReader):
    """Reads losses and metrics of the user's own.

    Args:
        faults: Where it adds what is wrong.
        networks: What asks the process that runs the user's files.
    """

    def __init__(self, faults: Faults, networks: Networks) -> None:
        super().__init__(faults)
        self.networks = networks

    def loss(self, written: YamlNode, facts: DataFacts, *, call: bool = True) -> OwnLoss | None:
        """Return a loss; None where anything is wrong with it.

        Args:
            written: The mapping under ``loss``.
            facts: What is known of the data.
            call: Whether it is called, to know whether it can be trained with.
        """
        named = self._named(written, Group.LOSS)
        if named is None:
            return None
        loss, program = OwnLoss.model_validate(named[0]), named[1]
        answer = self._asked("loss", written, loss, program, facts) if call else None
        if not call:
            return loss
        return None if answer is None else OwnLoss.model_validate(answer)

    def technique(self, written: YamlNode, kind: Kind, *, call: bool = True) -> Technique | None:
        """Return an optimizer, a schedule or an initializer; None where anything is wrong with it.

        Args:
            written: The mapping that names it.
            kind: What it is.
            call: Whether it is made, to know whether it can be trained with.
        """
        before = len(self.faults)
        keys = ("python", "arguments", *(("learning_rate",) if kind is Kind.OPTIMIZER else ()))
        self.check_keys("argument", written.branches, keys, kind)
        named = self._found(written, f"technique-form-{kind}")
        if named is None or len(self.faults) > before:
            return None
        given, program = named
        if kind is Kind.OPTIMIZER:
            given["arguments"].pop("learning_rate", None)  # which is read as that of any optimizer
        own = OwnTechnique.model_validate(given)
        if call:
            self.networks.files[own.sha256] = program
            request: dict[str, Any] = {
                "place": str(program.path),
                "classes": None,
                "technique": own.model_dump(mode="json"),
                "kind": kind,
            }
            answer = self.networks.ask(request, program.source.encode())
            if isinstance(answer, str):
                self.faults.add(written.fault("model-unusable", why=answer))
                return None
            own = OwnTechnique.model_validate(answer["technique"])
        return _as_technique(own)

    def technique_again(self, written: YamlNode, known: Sequence[OwnTechnique]) -> Technique:
        """Return a technique that is read again, whose file is not looked for.

        Args:
            written: The mapping that names it.
            known: Those that were read in a variant, maybe with other arguments.
        """
        arguments = _arguments(written, self)
        arguments.pop("learning_rate", None)
        _, (name, _, function) = self._place(written)
        own = OwnTechnique(file=Path(name).name, function=function, sha256="", arguments=arguments)
        found = next((each for each in known if each.told == own.told), None)
        if found is not None:
            usual = {key: each for key, each in found.defaults.items() if key != "learning_rate"}
            own = found.model_copy(update={"arguments": {**usual, **arguments}})
        return _as_technique(own)

    def callback(self, written: YamlNode, *, call: bool = True) -> OwnFunction | None:
        """Return a callback; None where anything is wrong with it.

        Args:
            written: One of the list under ``callbacks``.
            call: Whether it is made, to know whether it only looks.
        """
        if not isinstance(written.value, dict):
            known = ", ".join(KEYS[Group.CALLBACKS])
            self.faults.add(written.fault("not-a-mapping", given="callbacks", names=known))
            return None
        self.check_keys("argument", written.branches, KEYS[Group.CALLBACKS], Group.CALLBACKS)
        named = self._found(written, "callback-form")
        if named is None:
            return None
        own, program = OwnFunction.model_validate(named[0]), named[1]
        if not call:
            return own
        self.networks.files[own.sha256] = program
        request: dict[str, Any] = {
            "place": str(program.path),
            "classes": None,
            "callback": own.model_dump(mode="json"),
        }
        answer = self.networks.ask(request, program.source.encode())
        if isinstance(answer, str):
            self.faults.add(written.fault("model-unusable", why=answer))
            return None
        return OwnFunction.model_validate(answer["callback"])

    def metric(self, written: YamlNode, facts: DataFacts, *, call: bool = True) -> OwnMetric | None:
        """Return a metric; None where anything is wrong with it.

        Args:
            written: One of the list under ``metrics``.
            facts: What is known of the data.
            call: Whether it is called, to know whether it gives a number.
        """
        keys = KEYS[Group.METRICS]
        rises = self.setting(written, *keys["higher_is_better"].as_setting)
        name = self.text(written, "name")
        named = self._named(written, Group.METRICS)
        if named is None:
            return None
        given, program = named
        name = name or str(given["function"]).lower()
        metric = OwnMetric.model_validate({**given, "name": name, "rises": rises is True})
        if name in METRICS or not is_identifier(name):
            self.faults.add(written.fault("metric-name", given=format_value(name)))
            return None
        answer = self._asked("metric", written, metric, program, facts) if call else None
        if not call:
            return metric
        if answer is None:
            return None
        direction = answer.pop("direction", None)
        if rises is None and direction is None:
            self.faults.add(written.fault("metric-direction", name=name))
            return None
        known = rises if rises is not None else direction == "up"
        return OwnMetric.model_validate({**answer, "rises": known})

    def _named(self, written: YamlNode, group: Group) -> tuple[dict[str, Any], Program] | None:
        """Return a function as a study says it, and its file."""
        self.check_keys("argument", written.branches, KEYS[group], group)
        return self._found(written)

    def _found(self, written: YamlNode, form: str = "loss-form") -> tuple[dict[str, Any], Program] | None:
        before = len(self.faults)
        arguments = _arguments(written, self)
        place, (name, _, function) = self._place(written, form)
        if len(self.faults) > before or place is None or not function:
            return None
        path = self.networks.folder / Path(name).expanduser()
        found = Programs(self.faults).file(place, path, function, classes=True)
        if found is None:
            return None
        own, program = found
        given = {"file": own.file, "function": function, "sha256": own.sha256, "arguments": arguments}
        return given, program

    def _asked(
        self, kind: str, written: YamlNode, own: OwnFunction, program: Program, facts: DataFacts
    ) -> dict[str, Any] | None:
        """Return what the process finds that calls it."""
        self.networks.files[own.sha256] = program
        request: dict[str, Any] = {
            "place": str(program.path),
            "classes": None,
            kind: own.model_dump(mode="json"),
            "targets": self.setting(written, *_KEYS["targets"].as_setting),
            "facts": facts.model_dump(mode="json"),
        }
        answer = self.networks.ask(request, program.source.encode())
        if isinstance(answer, str):
            self.faults.add(written.fault("model-unusable", why=answer))
            return None
        return answer[kind]

    def again(self, written: YamlNode, known: OwnLoss | None) -> OwnLoss | None:
        """Return a loss that is read again, whose file is not looked for.

        Args:
            written: The mapping under ``loss``.
            known: As it was read in a variant, maybe with other arguments, or another loss.
        """
        arguments = _arguments(written, self)
        _, (name, _, function) = self._place(written)
        loss = OwnLoss(file=Path(name).name, function=function, sha256="", arguments=arguments)
        if known is None or known.told != loss.told:
            return loss
        return known.model_copy(update={"arguments": {**known.defaults, **arguments}})

    def _place(
        self, written: YamlNode, form: str = "loss-form"
    ) -> tuple[YamlNode | None, tuple[str, str, str]]:
        given = self.text(written, "python")
        name, colon, function = given.rpartition(":")
        node = written.get("python") or written
        if given == UNUSABLE:
            return None, ("", "", "")
        if not name or not is_identifier(function):
            self.faults.add(node.fault(form, given=format_value(given or None)))
            return None, ("", "", "")
        return node, (name, colon, function)


def _as_technique(own: OwnTechnique) -> Technique:
    """Return a technique of the user's own with all that it is called with; a rate is its usual one."""
    rate = {key: each for key, each in own.defaults.items() if key == "learning_rate"}
    return Technique.model_validate({"name": own.told, "arguments": {**own.arguments, **rate}, "own": own})


def _arguments(written: YamlNode, reader: PartReader) -> dict[str, Any]:
    given = written.get("arguments")
    if given is None:
        return {}
    if not isinstance(given.value, dict):
        allowed = _KEYS["arguments"].domain
        reader.faults.add(given.fault("not-allowed", given=format_value(given.plain()), allowed=allowed))
        return {}
    return cast("dict[str, Any]", given.plain())
