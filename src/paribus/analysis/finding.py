"""A finding: a fact about a study's design or a run, as a code with its numbers; told when it is read."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from paribus.analysis.questions.statistics import ALPHA
from paribus.texts import has_text, text
from paribus.texts.message import listed

_MAX_LISTED = 6


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


@dataclass(frozen=True)
class Finding:
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

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return self._told("title")

    @property
    def why(self) -> str:
        """Why it matters, with its numbers."""
        return self._told("why")

    @property
    def cause(self) -> str:
        """What was measured to bring it about; empty where nothing was."""
        return self._told("cause") if has_text(f"{self.domain}.{self.code}.cause") else ""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self._told("remedy")

    def _repr_html_(self) -> str:
        told = " ".join(each for each in (self.why, self.cause, self.remedy) if each)
        return f"<p><strong>{html.escape(self.title)}</strong><br>{html.escape(told)}</p>"

    def _told(self, part: str) -> str:
        first, second = (*self.variants, "", "")[:2]
        told: dict[str, object] = {
            "variants": listed(self.variants, most=_MAX_LISTED),
            "first": first,
            "second": second,
        }
        told["factors"] = listed([factor(name) for name in self.factors])
        if "questions" in self.evidence:
            told["at_level"] = _level(int(self.evidence["questions"]))
        return text(f"{self.domain}.{self.code}.{part}", **told, **self.evidence, **self.placeholders)


def _level(questions: int) -> str:
    """The level that a p-value is held against, shared by so many questions at worst."""
    if questions == 1:
        return text("finding.level", level=ALPHA)
    return text("finding.level-shared", questions=questions, level=ALPHA / questions)


def factor(name: str) -> str:
    """A factor in a reader's words.

    Args:
        name: From `paribus.study.difference.factors`.

    Example:
        >>> factor("stopping")
        'the end of training'
    """
    return text(factor_code(name))


def factor_code(name: str) -> str:
    """The code of a factor's words.

    Args:
        name: From `paribus.study.difference.factors`.
    """
    return f"finding.factor-{name.replace('_', '-')}"


def plain(finding: Finding) -> dict[str, object]:
    """A finding as JSON has it, in the reader's language.

    Args:
        finding: From `paribus.analysis.design.review` or `paribus.analysis.runs.diagnosis`.
    """
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "variants": list(finding.variants),
        "factors": list(finding.factors),
        "line": finding.line,
        "title": finding.title,
        "why": finding.why,
        "remedy": finding.remedy,
        "evidence": dict(finding.evidence),
        "cause": finding.cause,
        "reference": finding.reference,
        "seeds": list(finding.seeds),
    }
