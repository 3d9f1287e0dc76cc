"""What to try next where something went wrong: one variant that changes one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.analysis.runs.registry import rules
from paribus.study.snippet import snippet
from paribus.study.study import Study
from paribus.texts.message import Message


@dataclass(frozen=True)
class Advice:
    """A variant to try, and what to expect of it.

    Args:
        kind: What is changed; its sentences are ``advice.<kind>.do`` and ``.expect``.
        finding: What it is meant to fix.
        name: The new variant's name.
        changes: What it changes, as a study file has it.
        values: What its sentences name besides the finding's numbers.
    """

    kind: str
    finding: Finding
    name: str
    changes: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def variant(self) -> str:
        """What it starts from."""
        return self.finding.variants[0]

    @property
    def do(self) -> Message:
        """What to change."""
        return self._message("do")

    @property
    def keep(self) -> Message:
        """What to keep."""
        return Message("advice.keep", {"variant": self.variant, "name": self.name})

    @property
    def expect(self) -> Message:
        """What comes of it if the finding's cause is what it seems."""
        return self._message("expect")

    @property
    def yaml(self) -> str:
        """The variant and its question, to be pasted into a study file."""
        return snippet(self.name, self.variant, self.changes)

    def _message(self, part: str) -> Message:
        finding = self.finding
        values = {"variant": self.variant, **finding.evidence, **finding.placeholders, **self.values}
        return Message(f"advice.{self.kind}.{part}", values)


def advice(study: Study, diagnosed: RunFindings) -> tuple[Advice, ...]:
    """Return what to try next, for each variant in which something went wrong; one for each setting.

    Args:
        study: What was asked; a name that it has already is not given again.
        diagnosed: What was found.
    """
    given: list[Advice] = []
    taken = set(study.variants)
    for variant, each in study.variants.items():
        findings = diagnosed.of(variant)
        changed: set[frozenset[str]] = set()  # the settings that an earlier piece of advice changes
        for rule in rules():
            finding = findings.get(rule.code)
            if finding is None or finding.severity is Severity.INFO or finding.follows_from:
                continue  # nothing is wrong where a finding only describes; causes are mended first
            for change in rule.advise(each.configuration, finding):
                name, settings = change.variant(variant), frozenset(change.settings)
                if settings in changed or name in taken:
                    continue
                changed.add(settings)
                taken.add(name)
                given.append(Advice(change.kind, finding, name, change.settings, change.values))
    return tuple(given)
