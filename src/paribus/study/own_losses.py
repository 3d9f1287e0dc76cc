"""Reads ``loss: {python: "nets.py:focal", arguments: {gamma: 2}}``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from paribus.study.datasets import DataFacts
from paribus.study.faults import Faults, PartReader, format_value
from paribus.study.keys import KEYS, Group
from paribus.study.networks import Networks
from paribus.study.own_loss import OwnLoss
from paribus.study.programs import UNUSABLE, Programs, is_identifier
from paribus.study.yaml_node import YamlNode

_KEYS = KEYS[Group.LOSS]


class OwnLossReader(PartReader):
    """Reads a loss of the user's own.

    Args:
        faults: Where it adds what is wrong.
        networks: What asks the process that runs the user's files.
    """

    def __init__(self, faults: Faults, networks: Networks) -> None:
        super().__init__(faults)
        self.networks = networks

    def read(self, written: YamlNode, facts: DataFacts, *, call: bool = True) -> OwnLoss | None:
        """Return the loss; None where anything is wrong with it.

        Args:
            written: The mapping under ``loss``.
            facts: What is known of the data.
            call: Whether it is called, to know whether it can be trained with.
        """
        before = len(self.faults)
        self.check_keys("argument", written.branches, _KEYS, "loss")
        targets = self.setting(written, *_KEYS["targets"].as_setting)
        arguments = _arguments(written, self)
        place, (name, _, function) = self._place(written)
        if len(self.faults) > before or place is None or not function:
            return None
        path = self.networks.folder / Path(name).expanduser()
        found = Programs(self.faults).file(place, path, function, classes=True)
        if found is None:
            return None
        own, program = found
        loss = OwnLoss(file=own.file, function=function, sha256=own.sha256, arguments=arguments)
        if not call:
            return loss
        self.networks.files[own.sha256] = program
        request: dict[str, Any] = {
            "place": str(program.path),
            "classes": None,
            "loss": loss.model_dump(mode="json"),
            "targets": targets,
            "facts": facts.model_dump(mode="json"),
        }
        answer = self.networks.ask(request, program.source.encode())
        if isinstance(answer, str):
            self.faults.add(written.fault("model-unusable", why=answer))
            return None
        return OwnLoss.model_validate(answer["loss"])

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

    def _place(self, written: YamlNode) -> tuple[YamlNode | None, tuple[str, str, str]]:
        given = self.text(written, "python")
        name, colon, function = given.rpartition(":")
        node = written.get("python") or written
        if given == UNUSABLE:
            return None, ("", "", "")
        if not name or not is_identifier(function):
            self.faults.add(node.fault("loss-form", given=format_value(given or None)))
            return None, ("", "", "")
        return node, (name, colon, function)


def _arguments(written: YamlNode, reader: PartReader) -> dict[str, Any]:
    given = written.get("arguments")
    if given is None:
        return {}
    if not isinstance(given.value, dict):
        allowed = _KEYS["arguments"].domain
        reader.faults.add(given.fault("not-allowed", given=format_value(given.plain()), allowed=allowed))
        return {}
    return cast("dict[str, Any]", given.plain())
