"""A finding: a fact about a study's design or a run, as a code with its numbers; told when it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from paribus.analysis.statistics import LEVEL
from paribus.texts import text

_MOST = 6


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
        code: Which fact; its sentences are ``finding.<code>.title``, ``.why`` and ``.remedy``.
        severity: What it costs.
        variants: The variants it is about; treatment and reference where it is about a question, none
            where it is about the study as a whole.
        factors: The factors it is about, as `paribus.study.difference.factors` names them.
        evidence: The numbers that it rests on.
        names: What else its sentences name: an optimizer, a metric.
        line: Its place in the study's file, counted from 1; None where there is none.
    """

    code: str
    severity: Severity
    variants: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    evidence: Mapping[str, float] = field(default_factory=dict[str, float])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    line: int | None = None

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return self._told("title")

    @property
    def why(self) -> str:
        """Why it matters, with its numbers."""
        return self._told("why")

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self._told("remedy")

    def _told(self, part: str) -> str:
        first, second = (*self.variants, "", "")[:2]
        told: dict[str, object] = {
            "variants": listed(self.variants, most=_MOST),
            "first": first,
            "second": second,
        }
        told["factors"] = listed([factor(name) for name in self.factors])
        if "questions" in self.evidence:
            told["at_level"] = _level(int(self.evidence["questions"]))
        return text(f"finding.{self.code}.{part}", **told, **self.evidence, **self.names)


def _level(questions: int) -> str:
    """The level that a p-value is held against, shared by so many questions at worst."""
    if questions == 1:
        return text("finding.level", level=LEVEL)
    return text("finding.level-shared", questions=questions, level=LEVEL / questions)


def factor(name: str) -> str:
    """A factor in a reader's words.

    Args:
        name: From `paribus.study.difference.factors`.

    Example:
        >>> factor("stopping")
        'the end of training'
    """
    return text(f"finding.factor-{name.replace('_', '-')}")


def listed(words: Sequence[str], *, most: int | None = None) -> str:
    """Words as a sentence lists them.

    Args:
        words: What to list.
        most: How many to name where there are more; None for all.

    Example:
        >>> listed(["1", "2", "3a"]), listed(["1"]), listed(["1", "2", "3a", "3b"], most=2)
        ('1, 2 and 3a', '1', '1, 2 and 2 more')
    """
    if len(words) < 2:
        return "".join(words)
    if most is not None and len(words) > most + 1:
        return text("finding.and-more", first=", ".join(words[:most]), number=len(words) - most)
    return text("finding.and", first=", ".join(words[:-1]), last=words[-1])


def plain(finding: Finding) -> dict[str, object]:
    """A finding as JSON has it, in the reader's language.

    Args:
        finding: From `paribus.analysis.review`.
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
    }
