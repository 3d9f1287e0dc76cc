"""Reads the losses of a network with several outputs, and how much each counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from paribus.study.arguments import TechniqueReader
from paribus.study.configuration import Configuration
from paribus.study.datasets import DataFacts
from paribus.study.domains import FROM_ZERO
from paribus.study.faults import format_value
from paribus.study.keys import KEYS, Group
from paribus.study.own_function import OutputLoss, OwnLoss
from paribus.study.own_function_reader import OwnFunctionReader
from paribus.study.techniques import Kind
from paribus.study.yaml_node import YamlNode

_KEYS = KEYS[Group.LOSS]


@dataclass(frozen=True)
class OutputsReader:
    """Reads what the outputs of a network are trained by.

    Args:
        techniques: Reads the names of losses, and has the faults.
        functions: Reads losses of the user's own.
        facts: What is known of the data.
        heads: The targets of the network's outputs beside the one that is scored.
        known: The configuration as it was read, where it is read again.
        call: Whether losses of the user's own are called.
    """

    techniques: TechniqueReader
    functions: OwnFunctionReader
    facts: DataFacts
    heads: tuple[str, ...]
    known: Configuration | None
    call: bool

    def scored(self, written: YamlNode | None) -> YamlNode | None:
        """Return the loss of the output that runs are scored by, of what stands under ``loss``.

        Args:
            written: One loss, or one for each target.
        """
        if written is None:
            return None
        if not is_by_output(written, self.facts):
            if self.heads:
                self._missing(written)
            return written
        names = [each.name for each in self.facts.named]
        self.techniques.check_keys("output", written.branches, names)
        if written.get(self.facts.scored) is None:
            self._missing(written)
        return written.get(self.facts.scored)

    def beside(self, written: YamlNode | None, weights: YamlNode | None) -> tuple[OutputLoss, ...]:
        """Return the losses of the other outputs.

        Args:
            written: What stands under ``loss``.
            weights: What stands under ``loss_weights``.
        """
        if written is None or not is_by_output(written, self.facts):
            return ()
        lacking = [name for name in self.heads if written.get(name) is None]
        if lacking:
            self._missing(written)
        weighed = self._weights(weights)
        return tuple(self._losses(written, weighed))

    def weight(self, weights: YamlNode | None) -> float:
        """Return how much the loss counts that runs are scored by.

        Args:
            weights: What stands under ``loss_weights``.
        """
        return self._weights(weights).get(self.facts.scored, 1.0) if self.heads else 1.0

    def _losses(self, written: YamlNode, weights: Mapping[str, float]) -> Iterator[OutputLoss]:
        targets = {each.name: each for each in self.facts.beside}
        known = {} if self.known is None else {each.name: each.own for each in self.known.beside}
        for name in self.heads:
            node = written.get(name)
            if node is None or name not in targets:
                continue
            weight = weights.get(name, 1.0)
            if isinstance(node.value, dict):
                own = self._own(node, self.facts.about(targets[name]), known.get(name))
                if own is not None:
                    yield OutputLoss(name=name, loss="", own=own, weight=weight)
            elif (loss := self.techniques.name(node, Kind.LOSS)) is not None:
                yield OutputLoss(name=name, loss=loss, weight=weight)

    def _own(self, node: YamlNode, facts: DataFacts, known: OwnLoss | None) -> OwnLoss | None:
        if self.known is not None:
            return self.functions.again(node, known)
        return self.functions.loss(node, facts, call=self.call)

    def _weights(self, weights: YamlNode | None) -> dict[str, float]:
        if weights is None:
            return {}
        if not weights.branches:
            allowed = KEYS[Group.BASE]["loss_weights"].domain
            given = format_value(weights.plain())
            self.techniques.faults.add(weights.fault("not-allowed", given=given, allowed=allowed))
            return {}
        self.techniques.check_keys("output", weights.branches, [each.name for each in self.facts.named])
        return {
            name: float(self.techniques.value(FROM_ZERO, each)) for name, each in weights.branches.items()
        }

    def _missing(self, written: YamlNode) -> None:
        names = (self.facts.scored, *self.heads)
        losses = ", ".join(f"{name}: ..." for name in names)
        self.techniques.faults.add(written.fault("loss-by-output", names=", ".join(names), losses=losses))


def is_by_output(written: YamlNode, facts: DataFacts | None) -> bool:
    """Return whether ``loss`` has a loss for each target, and is none of the user's own.

    Args:
        written: What stands there.
        facts: What is known of the data.
    """
    is_own = bool(_KEYS.keys() & written.branches.keys())
    return facts is not None and bool(facts.named) and bool(written.branches) and not is_own
