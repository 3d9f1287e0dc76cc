"""The live pages as HTML: the report's frame and charts, with a stream of what changes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from paribus.errors import StoreError
from paribus.live import curves, folding, overview, parts
from paribus.live.state import StudyState
from paribus.report import tables
from paribus.report.charts import chart_json
from paribus.report.page.frame import assemble
from paribus.texts import text

HERE = Path(__file__).parent / "page"
_RUN = ("seed", "status", "progress", "epoch", "train", "validation", "loss", "pace", "test")


def study_page(key: str, now: StudyState, folder: Path, full: Collection[str]) -> tuple[str, str]:
    """Return a study's page, and its content security policy.

    Args:
        key: The study's.
        now: How far it is.
        folder: Its folder.
        full: The variants that are shown with their runs and curves.
    """
    drawn = {
        place: {f"{place}-{number}": chart for number, chart in enumerate(parts.charts(now, name))}
        for place, name in parts.keys(now, full)
    }
    return _page(
        "study.html",
        {name: chart_json(chart) for each in drawn.values() for name, chart in each.items()},
        now.made,
        report=f"{address(key)}report",
        now=now,
        drawn=drawn,
        columns=_RUN,
        overview=overview.table(now),
        overview_columns=overview.COLUMNS,
        alerts=parts.attention(now, folder, {}, time.time()),
        pictures={
            data: {metric: curves.title(now, data, metric) for metric in curves.METRICS}
            for data in curves.data_sets(now)
        },
        lines=curves.lines(now, folding.drawn(now, full)),
        score=now.study.score.unit,
        keyed=list(parts.keys(now, full)),
        folded=_folded(now, full),
        title=tables.title(now.study),
    )


def _folded(now: StudyState, full: Collection[str]) -> str:
    """Return what a page leaves out for want of room; empty where it shows all."""
    variants = len(now.study.variants)
    return text("live.folded", shown=len(full), variants=variants) if len(full) < variants else ""


def index_page(studies: Mapping[str, StudyState | StoreError], folder: Path) -> tuple[str, str]:
    """Return the page that lists the studies of a folder, and its content security policy."""
    listed = [
        (key, key if isinstance(now, StoreError) else tables.title(now.study))
        for key, now in sorted(studies.items(), key=_turn)
    ]
    return _page(
        "index.html",
        {},
        " ".join(studies),
        listed=[(key, title, address(key)) for key, title in listed],
        folder=folder,
        title=text("live.studies"),
    )


def address(key: str) -> str:
    """Return the address of a study's page.

    Example:
        >>> address("lab 2")
        '/study/lab%202/'
    """
    return f"/study/{quote(key, safe='')}/"


def _turn(listed: tuple[str, StudyState | StoreError]) -> tuple[bool, float, str]:
    """Return what studies are sorted by: those that train, then the one that changed last."""
    key, now = listed
    if isinstance(now, StoreError):
        return True, 0.0, key
    return not now.training, -max((run.changed for run in now.runs), default=0.0), key


def _page(
    template: str,
    charts: Mapping[str, object],
    made: str,
    *,
    report: str = "",
    lines: Sequence[Mapping[str, object]] = (),
    score: str = "percent",
    **values: object,
) -> tuple[str, str]:
    page, policy = assemble(
        template,
        data={
            "made": made,
            "report": report,
            "charts": charts,
            "runs": [],
            "lines": lines,
            "score": score,
            "words": curves.words(),
        },
        styles=[HERE / "assets/live.css"],
        scripts=[HERE / "assets/overlay.js", HERE / "assets/live.js"],
        templates=[HERE / "templates"],
        report=report,
        **values,
    )
    return page, f"{policy}; connect-src 'self'; frame-ancestors 'none'"
