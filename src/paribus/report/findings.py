"""Findings as a person reads them, shared by the review of a design and the diagnosis of runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from paribus.analysis.causes.advice import Advice
from paribus.analysis.finding import Finding, Severity
from paribus.texts import text
from paribus.texts.message import Joined, Message


def severity_counts(findings: Collection[Finding]) -> Joined:
    """Return how many findings have which severity, in words.

    Example:
        >>> str(severity_counts([Finding("diverged", Severity.SERIOUS)])).split(", ")[:2]
        ['1 serious fault', '0 warnings']
    """
    counts = {each: sum(found.severity is each for found in findings) for each in Severity}
    counted = [Message(f"finding.count-{each}", {"count": count}) for each, count in counts.items()]
    return Joined(tuple(counted), between=", ")


def cause_sentence(finding: Finding) -> str:
    """Return what brings a finding about, in a sentence; empty where no cause was measured.

    Empty too where another finding brings it about, which is told before it and which the remedy names.

    Example:
        >>> cause_sentence(Finding("converged", Severity.INFO))
        ''
    """
    is_told = finding.follows_from is not None or not finding.cause
    return "" if is_told else str(Message("diagnosis.cause", {"cause": finding.cause}))


def sentences(finding: Finding) -> tuple[str, ...]:
    """Return a finding in sentences: what was seen, what brings it about, what to do."""
    found = (str(finding.why), cause_sentence(finding), str(finding.remedy))
    return tuple(each for each in found if each)


@dataclass(frozen=True)
class Suggestion:
    """A variant to try next; without YAML where the study has it already."""

    heading: str
    words: str
    yaml: str


def suggestion(each: Advice, named: str) -> Suggestion:
    """Return a piece of advice in words.

    Args:
        each: The advice.
        named: Its variant's name with its label.
    """
    heading = text("advice.about", variant=named, title=str(each.finding.title))
    return Suggestion(heading, str(Joined(each.sentences)), each.yaml)
