"""The page of one hand-in: its points with their reasons, and what training again says of its runs."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from paribus.report.page.frame import HERE, policy
from paribus.study.study import Study
from paribus.texts import current_language, number, text


def page(study: Study, found: Any) -> str:
    """Return the page of a hand-in: one file that asks for nothing and runs no script.

    Args:
        study: Of which study it is.
        found: The hand-in, a `paribus.workflow.checking.grading.Graded`; what a student wrote is escaped.
    """
    styles = [
        (HERE / "assets" / name).read_text(encoding="utf-8").strip() for name in ("page.css", "graded.css")
    ]
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("graded.html")
    return template.render(
        language=current_language(),
        policy=policy(styles, []),
        styles=[Markup(each) for each in styles],  # noqa: S704 - ours
        study=study,
        found=found,
        text=text,
        number=number,
    )
