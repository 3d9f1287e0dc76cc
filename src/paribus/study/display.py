"""A study as a notebook shows it."""

from __future__ import annotations

import html

from paribus.study.describe import changes
from paribus.study.model import Study
from paribus.texts import text, translated


def as_html(study: Study) -> str:
    """The study's variants and questions, every name escaped.

    Args:
        study: What is asked.

    Example:
        >>> from paribus.study.reader import load
        >>> as_html(load("lab2")).count("<tr>")
        15
    """
    title = f"{study.name}: {translated(study.title)}" if study.title else study.name
    columns = (text(f"report.column-{name}") for name in ("variant", "changes"))
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    told = {name: changes(study, name) or text("report.base") for name in study.variants}
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{html.escape(words)}</td></tr>" for name, words in told.items()
    )
    asked = "".join(
        f"<li>{html.escape(' '.join(part for part in (translated(each.ask), f'({pair})') if part))}</li>"
        for each in study.questions
        if (pair := text("report.question", treatment=each.treatment, reference=each.reference))
    )
    return (
        f"<p><strong>{html.escape(title)}</strong></p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><ul>{asked}</ul>"
    )
