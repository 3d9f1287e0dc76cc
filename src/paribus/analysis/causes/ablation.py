"""Ablations: the variant of a finding with nothing changed but the one setting that may bring it about.

Advice changes what helps; an ablation changes what is suspected, and nothing else. ``docs/confirm.md`` lists
what is tried for which finding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.analysis.runs.registry import run_rules
from paribus.analysis.runs.rule import RunRule
from paribus.errors import StudyError
from paribus.study.derive import derive_variant
from paribus.study.study import Study
from paribus.texts import has_text
from paribus.texts.message import Message


@dataclass(frozen=True)
class Ablation:
    """One setting suspected of a finding, and the variant without it.

    Args:
        kind: What is suspected; its sentences are ``confirm.<kind>.cause`` and ``.change``.
        code: The finding's.
        variant: The variant that has the finding.
        name: The name of the variant without the suspected setting.
        changes: What it changes, as a study file has it.
        values: What its sentences name.
    """

    kind: str
    code: str
    variant: str
    name: str
    changes: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def title(self) -> Message:
        """The finding, in a few words."""
        return Message(f"diagnosis.{self.code}.title")

    @property
    def cause(self) -> Message:
        """What is suspected."""
        return self._message(f"{self.kind}.cause", self.values)

    @property
    def change(self) -> Message:
        """What the ablation has in its place."""
        return self._message(f"{self.kind}.change", self.values)

    @property
    def expect(self) -> Message:
        """What comes of it where the suspicion is right."""
        return self.measure or Message("confirm.expect", {"title": self.title})

    @property
    def measure(self) -> Message | None:
        """Criterion used where the changed setting trivially removes the finding; None where it does not."""
        measure = self._message(f"{self.code}.measure", {})
        return measure if has_text(measure.code) else None

    def _message(self, code: str, values: Mapping[str, object]) -> Message:
        return Message(f"confirm.{code}", {"name": self.name, "variant": self.variant, **values})


def confirmable() -> dict[str, RunRule]:
    """Return the rules whose finding one setting may have brought about, by code."""
    return {rule.code: rule for rule in run_rules() if rule.has_suspects}


def ablations(
    study: Study, diagnosed: RunFindings, *, only: Collection[str], code: str | None = None
) -> tuple[Ablation, ...]:
    """Return what to try for each finding that one setting may have brought about, in the study's order.

    A finding that only describes is passed over, and so is what merely follows from another one, such as
    weights that hardly move where their gradient is zero; unless it is asked for.

    Args:
        study: What was asked.
        diagnosed: What was found.
        only: The variants to look at.
        code: The one finding to look at; None for all.
    """
    made: list[Ablation] = []
    taken: dict[str, Mapping[str, object]] = {}
    for variant, each in study.variants.items():
        findings = diagnosed.of(variant) if variant in only else {}
        for rule in confirmable().values():
            finding = findings.get(rule.code)
            if each.configuration.train is not None or finding is None:
                continue  # settings that Paribus does not know cannot be changed by it
            if not (_matters(finding, findings) if code is None else code == rule.code):
                continue
            for change in rule.suspects(each.configuration, finding):
                if _has_effect(study, variant, change):
                    name = _free_name(change.variant(variant), study, taken, change.settings)
                    taken[name] = change.settings
                    parts = change.kind, rule.code, variant, name, change.settings, change.values
                    made.append(Ablation(*parts))
    return tuple(made)


def _matters(finding: Finding, findings: Mapping[str, Finding]) -> bool:
    matter = {code for code, each in findings.items() if each.severity is not Severity.INFO}
    explained = any(
        rule.brings_about(findings[rule.code], finding) for rule in run_rules() if rule.code in matter
    )
    return finding.code in matter and not explained


def _has_effect(study: Study, variant: str, change: Change) -> bool:
    """Return whether a change fits the variant, and changes something."""
    try:
        other = derive_variant(study, variant, variant, change.settings)
    except StudyError:
        return False
    return other.configuration != study.variants[variant].configuration


def _free_name(
    wanted: str, study: Study, taken: Mapping[str, Mapping[str, object]], changes: Mapping[str, object]
) -> str:
    """Return a name that no variant of the study has, and no ablation that changes something else."""
    name, number = wanted, 2
    while name in study.variants or taken.get(name, changes) != changes:
        name, number = f"{wanted}-{number}", number + 1
    return name
