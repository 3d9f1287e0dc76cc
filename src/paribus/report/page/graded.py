"""Pages that run no script: that of a hand-in, graded, and that of an exercise sheet."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from paribus.report.exercise_sheet import ExerciseSheet
from paribus.report.page.frame import HERE, policy
from paribus.report.png import data_uri
from paribus.study.study import Study
from paribus.texts import current_language, number, text


def page(study: Study, found: Any) -> str:
    """Return the page of a hand-in: one file that asks for nothing and runs no script.

    Args:
        study: Of which study it is.
        found: The hand-in, a `paribus.workflow.checking.grading.Graded`; what a student wrote is escaped.
    """
    return _rendered("graded.html", study=study, found=found)


def sheet_page(made: ExerciseSheet) -> str:
    """Return the page of an exercise sheet.

    Args:
        made: What it shows.
    """
    return _rendered("sheet.html", sheet=made, data_uri=data_uri)


def _rendered(template: str, **values: object) -> str:
    sheets = [HERE / "assets" / name for name in ("page.css", "graded.css")]
    styles = [each.read_text(encoding="utf-8").strip() for each in sheets]
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        language=current_language(),
        policy=policy(styles, []),
        styles=[Markup(each) for each in styles],  # noqa: S704 - ours
        text=text,
        number=number,
        **values,
    )
