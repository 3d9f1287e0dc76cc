"""What a rule is: one class for each finding, with everything that follows from the finding.

A finding is added by one class in one file, an entry in the registry, its sentences in the catalogues, a row
in the docs and an example that shows it; ``tests/analysis/test_rules.py`` fails where one of them lacks.
Other packages register rules by the entry point group ``paribus.findings``, as `examples/` shows.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import ClassVar, TypeVar

from paribus.analysis.finding import Severity
from paribus.errors import ExtensionError
from paribus.study.configuration import Configuration
from paribus.study.datasets import DataFacts, Task, Values
from paribus.texts import add_sentences
from paribus.texts.message import Message

GROUP = "paribus.findings"
"""The entry point group in which packages name their rules, each a class."""

_REQUIRED = ("code", "domain", "severities")

ALL_TASKS: tuple[Task, ...] = ("classification", "multilabel", "regression")
LABELS: tuple[Task, ...] = ("classification", "multilabel")
"""Tasks whose predictions are right or wrong, so that they have an accuracy."""
ALL_VALUES: tuple[Values, ...] = ("pixels", "numbers", "tokens")


@dataclass(frozen=True)
class Fact:
    """What a rule finds.

    Args:
        severity: What it costs.
        evidence: The numbers that it rests on; the first is the one that says how much.
        placeholders: What else its sentences name.
    """

    severity: Severity
    evidence: Mapping[str, float]
    placeholders: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def size(self) -> float:
        """The number that says how much."""
        return next(iter(self.evidence.values()), 0.0)


class Rule(ABC):
    """Looks for one finding. A subclass says of what: of a design, of a run, or of variants side by side.

    Attributes:
        code: The finding's code; its sentences are ``<domain>.<code>.title``, ``.why``, ``.remedy`` and, if a
            cause is measured, ``.cause``.
        domain: The catalogue of its sentences.
        severities: Every severity that it can have, the worst first.
        reference: Where the rule comes from: a paper, a page; empty where it is this project's own.
        sentences: The sentences of a rule from another package, by language and by what they are:
            ``{"en": {"title": ..., "why": ..., "remedy": ...}}``. A name with a dot is a whole code, such as
            ``remarks.<code>``. The sentences of Paribus are in its catalogues.
        tasks: What it can be found in: where networks predict one class, several labels, or numbers. Nothing
            else is judged by it.
        values: What inputs are, where it can be found: pixels, other numbers, tokens.
        any_training: Whether it can be found where a function of the user's own trains, of which neither the
            network nor the loss nor the optimizer is known.
        any_network: Whether it can be found where the user's own code builds the network, of which the layers
            are known by their paths only.
    """

    code: ClassVar[str]
    domain: ClassVar[str]
    severities: ClassVar[tuple[Severity, ...]]
    reference: ClassVar[str] = ""
    sentences: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    tasks: ClassVar[tuple[Task, ...]] = ALL_TASKS
    values: ClassVar[tuple[Values, ...]] = ALL_VALUES
    any_training: ClassVar[bool] = False
    any_network: ClassVar[bool] = False

    def concerns(self, facts: DataFacts) -> bool:
        """Return whether the rule is about such data.

        Args:
            facts: What is known of the data.
        """
        return facts.task in self.tasks and facts.values in self.values

    def knows(self, configuration: Configuration) -> bool:
        """Return whether the rule is about such data, trained in such a way.

        Args:
            configuration: A variant, resolved.
        """
        is_own = configuration.train is not None
        is_known = not is_own and (configuration.network is None or self.any_network)
        return self.concerns(configuration.facts) and (self.any_training or is_known)


R = TypeVar("R", bound=Rule)


def extensions(kind: type[R], built_in: Collection[Rule] = ()) -> tuple[R, ...]:
    """Return the rules of a kind that installed packages register, in the order of their names.

    Args:
        kind: A subclass of `Rule`.
        built_in: The rules of Paribus, whose codes are taken.

    Raises:
        ExtensionError: A package registers what cannot be loaded, what is no rule, or a code that is taken.
    """
    taken = {(rule.domain, rule.code): rule for rule in built_in}
    found: list[R] = []
    for point, rule in _registered():
        if isinstance(rule, kind):
            other = taken.setdefault((rule.domain, rule.code), rule)
            if other is not rule:
                where = f"{type(other).__module__}:{type(other).__qualname__}"
                raise _unusable(point, Message("diagnosis.rule-taken", {"code": rule.code, "other": where}))
            found.append(rule)
    return tuple(found)


@cache
def _registered() -> tuple[tuple[EntryPoint, Rule], ...]:
    found = sorted(entry_points(group=GROUP), key=lambda point: point.name)
    return tuple((point, _load(point)) for point in found)


def _load(point: EntryPoint) -> Rule:
    """Return the rule that an entry point names, its sentences added to the catalogues."""
    try:
        named: object = point.load()
    except Exception as error:  # whatever another package's module raises when it is imported
        reason = Message("diagnosis.rule-not-loaded", {"error": f"{type(error).__name__}: {error}"})
        raise _unusable(point, reason) from error
    if not (isinstance(named, type) and issubclass(named, Rule)):
        raise _unusable(point, Message("diagnosis.rule-no-class"))
    lacking = [name for name in _REQUIRED if not hasattr(named, name)] + sorted(named.__abstractmethods__)
    if lacking:
        raise _unusable(point, Message("diagnosis.rule-lacks", {"names": ", ".join(lacking)}))
    rule = named()
    for language, sentences in rule.sentences.items():
        prefix = f"{rule.domain}.{rule.code}."
        add_sentences(
            language, {part if "." in part else prefix + part: words for part, words in sentences.items()}
        )
    return rule


def _unusable(point: EntryPoint, reason: Message) -> ExtensionError:
    package = point.dist.name if point.dist else ""
    named = {"group": GROUP, "name": point.name, "value": point.value, "package": package}
    return ExtensionError("diagnosis.rule-unusable", **named, reason=reason)
