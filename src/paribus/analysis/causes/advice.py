"""What to try next where something went wrong: one variant that changes one thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paribus.analysis.finding import Finding, Severity
from paribus.analysis.runs.changes import Change
from paribus.analysis.runs.diagnosis import RunFindings
from paribus.analysis.runs.registry import rules, run_rules
from paribus.errors import StudyError
from paribus.study.derive import derive_variant
from paribus.study.snippet import snippet
from paribus.study.study import Study
from paribus.texts.message import Message


@dataclass(frozen=True)
class Tried:
    """A variant of the study that makes an advised change already.

    Args:
        variant: Its name.
        trained: How many of its runs trained.
        runs: How many are known.
    """

    variant: str
    trained: int
    runs: int


@dataclass(frozen=True)
class Advice:
    """A variant to try, and what to expect of it.

    Args:
        kind: What is changed; its sentences are ``advice.<kind>.do`` and ``.expect``.
        finding: What it is meant to fix.
        name: The new variant's name.
        changes: What it changes, as a study file has it.
        values: What its sentences name besides the finding's numbers.
        tried: The variant that makes this change already; None where the study has none.
    """

    kind: str
    finding: Finding
    name: str
    changes: Mapping[str, object]
    values: Mapping[str, object] = field(default_factory=dict[str, object])
    tried: Tried | None = None

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
    def sentences(self) -> tuple[Message, ...]:
        """What to change, keep and expect, or which variant makes this change already."""
        if self.tried is None:
            return self.do, self.keep, self.expect
        code = f"advice.tried{'' if self.tried.runs else '-not-run'}"
        return self.do, Message(
            code, {**vars(self.tried), "variant": self.variant, "other": self.tried.variant}
        )

    @property
    def yaml(self) -> str:
        """The variant and its question, to be pasted into a study file; empty where it is there already."""
        return "" if self.tried else snippet(self.name, self.variant, self.changes)

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
    known: dict[str, str] = {}  # the first variant of each configuration
    for name, each in study.variants.items():
        known.setdefault(each.configuration.canonical, name)
    for variant, each in study.variants.items():
        if each.configuration.train is not None:
            continue  # what may be changed in a function of the user's is not known
        findings = diagnosed.of(variant)
        changed: set[frozenset[str]] = set()  # the settings that an earlier piece of advice changes
        for rule in rules():
            finding = findings.get(rule.code)
            if finding is None or finding.severity is Severity.INFO or finding.follows_from:
                continue  # nothing is wrong where a finding only describes; causes are mended first
            for change in rule.advise(each.configuration, finding):
                name, settings = change.variant(variant), frozenset(change.settings)
                if settings in changed or name in taken or not _can_be_made(study, variant, change):
                    continue
                changed.add(settings)
                taken.add(name)
                tried = _tried(study, diagnosed, variant, change, known)
                given.append(Advice(change.kind, finding, name, change.settings, change.values, tried))
    return tuple(given)


def _can_be_made(study: Study, variant: str, change: Change) -> bool:
    """Return whether a study can make a change: not in the layers of a network of the user's own."""
    if study.variants[variant].configuration.network is None:
        return True
    try:
        derive_variant(study, variant, variant, change.settings)
    except StudyError:
        return False
    return True


def _tried(
    study: Study, diagnosed: RunFindings, variant: str, change: Change, known: Mapping[str, str]
) -> Tried | None:
    """Return the variant that is the same configuration as the advised one; None without one."""
    try:
        wanted = derive_variant(study, variant, variant, change.settings).configuration
    except StudyError:
        return None
    same = known.get(wanted.canonical)
    if same is None:
        return None
    fatal = {rule.code for rule in run_rules() if rule.is_fatal}
    runs = [found for (name, _), found in diagnosed.by_run.items() if name == same]
    trained = sum(not fatal & {each.code for each in found} for found in runs)
    return Tried(same, trained, len(runs))
