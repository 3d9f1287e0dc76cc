"""Terms of statistics that a reader may not know, in a line each: docs/terms.md is what `page` returns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from paribus.report.escape import escape
from paribus.report.markdown_text import escaped
from paribus.texts import text

KEYS = (
    "holm",
    "hsu",
    "letters",
    "tost",
    "prediction",
    "wilson",
    "clopper-pearson",
    "mcnemar",
    "sign-flip",
    "sign",
    "bca",
    "aa-test",
)
"""What is explained, in this order."""


@dataclass(frozen=True)
class Term:
    """A term with its explanation.

    Args:
        key: One of `KEYS`.
    """

    key: str

    @property
    def name(self) -> str:
        """The term, as a heading."""
        return text(f"terms.{self.key}.name")

    @property
    def about(self) -> str:
        """What it means, in a line."""
        return text(f"terms.{self.key}.about")

    @property
    def words(self) -> tuple[str, ...]:
        """What stands for it in sentences, in the language that is spoken."""
        return tuple(text(f"terms.{self.key}.words").split("|"))

    @property
    def place(self) -> str:
        """Where a page explains it, for links."""
        return f"term-{self.key}"


TERMS = tuple(map(Term, KEYS))


def linked(words: object) -> Markup:
    """Return a text as HTML in which each term leads to its explanation, the first time that it is named.

    Args:
        words: The text; escaped unless it is HTML already.

    Example:
        >>> str(linked("exact McNemar test"))[:46]
        'exact <a class="term" href="#term-mcnemar" tit'
    """
    known = {str(escape(each)): term for term in TERMS for each in term.words}
    told: set[Term] = set()

    def link(found: re.Match[str]) -> str:
        term = known[found[0]]
        if term in told:
            return found[0]
        told.add(term)
        return f'<a class="term" href="#{term.place}" title="{escape(term.about)}">{found[0]}</a>'

    longest = sorted(known, key=len, reverse=True)
    made = re.sub("|".join(map(re.escape, longest)), link, str(escape(words)))
    return Markup(made)  # noqa: S704 - the words were escaped


def page() -> str:
    """Return all terms as a page of Markdown, in the language that is spoken.

    Example:
        >>> page().splitlines()[0]
        '# Terms'
    """
    rows = [f"| {escaped(each.name)} | {escaped(each.about)} |" for each in TERMS]
    headings = [text(f"reference.label-{each}") for each in ("name", "meaning")]
    table = "\n".join([f"| {' | '.join(headings)} |", "| --- | --- |", *rows])
    return "\n\n".join([f"# {text('terms.title')}", text("terms.about"), table]) + "\n"
