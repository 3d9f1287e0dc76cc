"""The live pages as HTML: the report's templates, styles and charts, and a stream beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from paribus.errors import StoreError
from paribus.live import parts as told
from paribus.live.state import StudyState
from paribus.report.page import render as drawing
from paribus.report.page.data import script_texts
from paribus.texts import current_language, text, translated

HERE = Path(__file__).parent / "page"
_STYLES = (*(drawing.HERE / name for name in drawing.STYLES), HERE / "assets/live.css")
_CHARTS = [drawing.HERE / name for name in drawing.SCRIPTS if not name.endswith("/page.js")]
_SCRIPTS = (*_CHARTS, HERE / "assets/live.js")
_RUN = ("seed", "status", "progress", "epoch", "train", "validation", "loss", "pace", "test")


def study_page(key: str, now: StudyState) -> tuple[str, str]:
    """A study's page, and its content security policy.

    Args:
        key: The study's.
        now: How far it is.
    """
    drawn = {
        f"{place}-{number}": chart
        for place, name in told.keys(now)
        for number, chart in enumerate(told.curves(now, name))
    }
    return _page(
        "study.html",
        charts={name: told.tree(chart) for name, chart in drawn.items()},
        made=now.made,
        report=f"{address(key)}report",
        now=now,
        drawn=drawn,
        columns=_RUN,
        keyed=list(told.keys(now)),
        title=translated(now.study.title) or now.study.name,
        report_address=f"{address(key)}report",
    )


def index_page(studies: Mapping[str, StudyState | StoreError], folder: Path) -> tuple[str, str]:
    """The page that lists the studies of a folder, and its content security policy.

    Args:
        studies: By their keys.
        folder: Where they lie.
    """
    listed = [
        (key, key if isinstance(now, StoreError) else translated(now.study.title) or now.study.name)
        for key, now in studies.items()
    ]
    return _page(
        "index.html",
        charts={},
        made=" ".join(studies),
        report="",
        listed=[(key, title, address(key)) for key, title in listed],
        folder=folder,
        title=text("live.studies"),
    )


def address(key: str) -> str:
    """Where a study's page is.

    Args:
        key: The study's.

    Example:
        >>> address("lab 2")
        '/study/lab%202/'
    """
    return f"/study/{quote(key, safe='')}/"


def _page(
    template: str, *, charts: Mapping[str, object], made: str, report: str, **values: object
) -> tuple[str, str]:
    styles, scripts = ([drawing.asset(path) for path in paths] for paths in (_STYLES, _SCRIPTS))
    data = {
        "language": current_language(),
        "made": made,
        "report": report,
        "texts": script_texts(),
        "charts": charts,
        "runs": [],
    }
    page = (
        drawing.environment(HERE / "templates")
        .get_template(template)
        .render(
            language=current_language(),
            styles=[Markup(each) for each in styles],  # noqa: S704 - ours, and what stands in vendor/
            scripts=[Markup(each) for each in scripts],  # noqa: S704
            data=drawing.embedded(data),
            **values,
        )
    )
    policy = f"{drawing.policy(styles, scripts)}; connect-src 'self'; frame-ancestors 'none'"
    return page, policy
