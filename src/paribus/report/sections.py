"""The sections of a report, in the order in which every format renders them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from paribus.analysis.questions.prediction import Agreement
from paribus.report.material import Material


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Args:
        name: By which each format finds what renders it.
        heading: The code of its heading.
        has_content: Whether it has anything to say of a material; an empty section is left out.
    """

    name: str
    heading: str
    has_content: Callable[[Material], bool] = lambda material: True


def _has_comparable(material: Material) -> bool:
    """Return whether there are published figures, and not just such as cannot be compared with ours."""
    found = {each.judgement.agreement for each in material.published.rows}
    is_hopeless = Agreement.NOT_COMPARABLE in found <= {Agreement.NOT_COMPARABLE, Agreement.MISSING}
    return bool(found) and not is_hopeless


SECTIONS = (
    Section("answer", "report.heading-answer"),
    Section("results", "report.heading-results"),
    Section(
        "questions",
        "report.heading-questions",
        lambda material: bool(material.comparisons) or bool(material.rankings),
    ),
    Section("designs", "design.heading", lambda material: bool(material.designs)),
    Section("tuning", "tune.heading", lambda material: material.tuned is not None),
    Section("variants", "report.heading-variants"),
    Section("confirmations", "report.heading-confirmations", lambda material: bool(material.confirmations)),
    Section("advice", "advice.heading", lambda material: bool(material.suggestions)),
    Section("review", "report.heading-review", lambda material: bool(material.review)),
    Section("published", "report.heading-published", _has_comparable),
    Section("method", "report.heading-method"),
    Section("data", "report.heading-data"),
    Section("environment", "report.heading-environment"),
    Section("terms", "terms.title"),
)

OMITTED: Mapping[str, Mapping[str, str]] = {
    "html": {},
    "markdown": {},
    "notebook": {},
    "terminal": {
        "answer": "the first screen says it",
        "data": "`paribus run` prints it; the first screen names images that are not the official ones",
        "environment": "too long for a terminal; `paribus doctor` examines this machine",
        "terms": "`paribus help terms` prints them",
    },
    "live": {
        **dict.fromkeys(
            ("answer", "questions", "designs", "tuning"),
            "who reads comparisons before the end, and then adds seeds, must correct for it",
        ),
        "results": "a variant's runs stand with its curves while they are trained",
        **dict.fromkeys(
            (
                "confirmations",
                "advice",
                "review",
                "published",
                "method",
                "data",
                "environment",
                "terms",
            ),
            "in the report so far, one link away",
        ),
    },
}
"""The sections that a format leaves out, and why. PDF is the HTML page, printed."""


def sections_of(material: Material, format_name: str) -> tuple[Section, ...]:
    """Return the sections that a format renders of a material, in order."""
    omitted = OMITTED[format_name]
    return tuple(each for each in SECTIONS if each.name not in omitted and each.has_content(material))
