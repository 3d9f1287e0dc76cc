"""A finding: a fact about a study's design or its runs, as a code with its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from paribus.analysis.questions.tails import ALPHA
from paribus.texts import has_text
from paribus.texts.message import Joined, Listed, Message
from paribus.texts.printable import Paragraph, Printable

_MAX_LISTED = 6
_SCORE = ("score", "test_score", "val_score")


class Severity(StrEnum):
    """What a finding costs, the worst first."""

    SERIOUS = "serious"
    """A question cannot be answered, or a wrong answer is to be expected."""
    WARNING = "warning"
    """An answer can mislead who does not know of it."""
    INFO = "info"
    """Worth knowing when the results are read; nothing is wrong."""

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


Severities: TypeAlias = Mapping[str, tuple[Severity, ...]]
"""How bad the findings of each variant are, by its name, the worst first."""


@dataclass(frozen=True, repr=False)
class Finding(Printable):
    """One fact, and what to do about it.

    Args:
        code: Which fact; its sentences are ``<domain>.<code>.title``, ``.why``, ``.remedy`` and, where a
            cause was measured, ``.cause``.
        severity: What it costs.
        variants: The variants it is about; treatment and reference where it is about a question, none
            where it is about the study as a whole.
        factors: The factors it is about, as `paribus.study.difference.factors` names them.
        evidence: The numbers that it rests on.
        placeholders: What else its sentences name: an optimizer, a metric; a `Message` if that is a text.
        line: Its place in the study's file, counted from 1; None where there is none.
        domain: The catalogue of its sentences: ``finding`` for a design, ``diagnosis`` for what has run.
        seeds: The seeds of the runs that it is true of; none for a design.
        reference: Where the rule comes from: a paper, a page; empty where it is this project's own.
        follows_from: The finding about the same variant that brings it about, which is to be fixed first.
    """

    code: str
    severity: Severity
    variants: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    evidence: Mapping[str, float] = field(default_factory=dict[str, float])
    placeholders: Mapping[str, object] = field(default_factory=dict[str, object])
    line: int | None = None
    domain: str = "finding"
    seeds: tuple[int, ...] = ()
    reference: str = ""
    follows_from: Finding | None = None

    @property
    def title(self) -> Message:
        """What it is, in a few words."""
        return self._message("title")

    @property
    def why(self) -> Message:
        """Why it matters, with its numbers."""
        return self._message("why")

    @property
    def cause(self) -> Message | None:
        """What was measured to bring it about; None where nothing was."""
        if self.follows_from is not None:
            root = self.follows_from
            code = "follows-from" if "fault" in root.placeholders else "follows-from-title"
            return Message(f"diagnosis.{code}", {**root.placeholders, "title": root.title})
        cause = self._message("cause")
        return cause if has_text(cause.code) and str(cause) else None

    @property
    def remedy(self) -> Message:
        """What to do about it."""
        if self.follows_from is not None:
            return Message("diagnosis.mend-first", {"title": self.follows_from.title})
        return self._message("remedy")

    def __repr__(self) -> str:
        return f"Finding({self.code!r}, {self.severity.value!r}, variants={self.variants!r})"

    def blocks(self) -> Iterator[Paragraph]:
        """Return the finding as one paragraph."""
        cause = "" if self.follows_from else self.cause or ""
        yield Paragraph(Joined((self.why, cause, self.remedy)), about=self.title)

    def _message(self, part: str) -> Message:
        first, second = (*self.variants, "", "")[:2]
        names = Listed(self.variants, most=_MAX_LISTED)
        values: dict[str, object] = {
            "variants": Message("finding.variants", {"names": names, "count": len(self.variants)}),
            "first": first,
            "second": second,
            "factors": Listed(tuple(factor(name) for name in self.factors)),
        }
        if "questions" in self.evidence:
            values["at_level"] = _level(int(self.evidence["questions"]))
        return Message(f"{self.domain}.{self.code}.{part}", {**values, **self.evidence, **self.placeholders})


def with_words(finding: Finding, words: Mapping[str, object]) -> Finding:
    """Return a finding whose sentences can name what a study's runs are scored by.

    Args:
        finding: Of a study.
        words: The study's, as `Configuration.words`.
    """
    score = {name: words[name] for name in _SCORE}
    return replace(finding, placeholders={**score, **finding.placeholders})


def _level(questions: int) -> Message:
    """Return the level that a p-value is compared with, shared by so many questions at worst."""
    if questions == 1:
        return Message("finding.level", {"level": ALPHA})
    return Message("finding.level-shared", {"questions": questions, "level": ALPHA / questions})


def factor(name: str) -> Message:
    """Return a factor in a reader's words.

    Args:
        name: From `paribus.study.difference.factors`.

    Example:
        >>> str(factor("stopping"))
        'the end of training'
        >>> str(factor("width"))
        'width'
    """
    code = factor_code(name)
    if has_text(code):
        return Message(code)
    return Message("finding.own-training" if name == "train" else "finding.own-factor", {"name": name})


def factor_code(name: str) -> str:
    """Return the code of a factor's words.

    Args:
        name: From `paribus.study.difference.factors`.
    """
    return f"finding.factor-{name.replace('_', '-')}"


def plain(finding: Finding) -> dict[str, object]:
    """Return a finding as JSON has it, in the reader's language.

    Args:
        finding: From `paribus.analysis.design.review` or `paribus.analysis.runs.diagnosis`.
    """
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "variants": list(finding.variants),
        "factors": list(finding.factors),
        "line": finding.line,
        "title": str(finding.title),
        "why": str(finding.why),
        "remedy": str(finding.remedy),
        "evidence": dict(finding.evidence),
        "cause": str(finding.cause or ""),
        "reference": finding.reference,
        "seeds": list(finding.seeds),
        "follows_from": finding.follows_from.code if finding.follows_from else "",
    }
