"""What a rule is: one class for each finding, with everything that follows from the finding.

A finding is added by one class in one file, its sentences in the catalogue, a row in the docs and a test;
``tests/analysis/test_rules.py`` fails where one of these is lacking. Other packages register rules by the
entry point group ``paribus.findings``; `examples/` has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import ClassVar, TypeVar, cast

from paribus.analysis.finding import Severity
from paribus.texts import add_sentences

GROUP = "paribus.findings"
"""The entry point group in which packages name their rules, each a class."""


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


class Rule:
    """Looks for one finding. A subclass says of what: of a design, of a run, or of variants side by side.

    Attributes:
        code: The finding's code; its sentences are ``<domain>.<code>.title``, ``.why``, ``.remedy`` and, if a
            cause is measured, ``.cause``.
        domain: The catalogue of its sentences.
        severities: Every severity that it can have.
        reference: Where the rule comes from: a paper, a page; empty where it is this project's own.
        sentences: The sentences of a rule from another package, by language and by what they are:
            ``{"en": {"title": ..., "why": ..., "remedy": ...}}``. Those of Paribus are in its catalogues.
    """

    code: ClassVar[str]
    domain: ClassVar[str]
    severities: ClassVar[tuple[Severity, ...]]
    reference: ClassVar[str] = ""
    sentences: ClassVar[Mapping[str, Mapping[str, str]]] = {}


R = TypeVar("R", bound=Rule)


def extensions(kind: type[R]) -> tuple[R, ...]:
    """Return the rules of a kind that installed packages register, in the order of their names.

    Args:
        kind: A subclass of `Rule`.
    """
    return tuple(rule for rule in _registered() if isinstance(rule, kind))


@cache
def _registered() -> tuple[Rule, ...]:
    found = sorted(entry_points(group=GROUP), key=lambda each: each.name)
    rules = tuple(cast("type[Rule]", each.load())() for each in found)
    for rule in rules:
        for language, sentences in rule.sentences.items():
            codes = {f"{rule.domain}.{rule.code}.{part}": sentence for part, sentence in sentences.items()}
            add_sentences(language, codes)
    return rules
