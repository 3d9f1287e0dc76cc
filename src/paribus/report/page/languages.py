"""A page in several languages: the parts that are seen, one a language, of which one is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from markupsafe import Markup

BEGIN, END = "<!--page-->", "<!--/page-->"
"""What stands before and after the part of a page that is seen; words are escaped, so none contains it."""

_NAMES = (
    "aria-describedby",
    "aria-labelledby",
    "data-chart",
    "data-overlay",
    "data-save",
    "data-sync",
    "href",
    "id",
)
_NAMED = re.compile(rf' ({"|".join(_NAMES)})="([^"]+)"')


def seen(page: str, language: str) -> Markup:
    """Return the part of a page that is seen, its names distinct from those of other languages.

    Args:
        page: A whole page.
        language: The language it is in.

    Example:
        >>> str(seen('<body><!--page--><p id="a">Xin chào</p><a href="#a">a</a><!--/page-->', "vi"))
        '<p id="a-vi">Xin chào</p><a href="#a-vi">a</a>'
    """
    part = page.partition(BEGIN)[2].partition(END)[0]
    renamed = _NAMED.sub(lambda found: f' {found[1]}="{_distinct(found[2], language)}"', part)
    return Markup(renamed)  # noqa: S704 - words were escaped when the page was made


def distinct_charts(data: Mapping[str, object], language: str) -> dict[str, dict[str, object]]:
    """Return the charts and the overlay of a page's data under the names that `seen` gives them.

    Args:
        data: From `paribus.report.page.data.page_data`.
        language: The language they are in.
    """
    charts = cast("Mapping[str, object]", data["charts"])
    overlay = cast("Mapping[str, Mapping[str, object]]", data["overlay"])
    lines = cast("Mapping[str, list[str]]", overlay["lines"])
    places = {
        f"{key}-{language}": [each.replace(":", f"-{language}:") for each in found]
        for key, found in lines.items()
    }
    names = {f"{key}-{language}": name for key, name in overlay["names"].items()}
    return {
        "charts": {f"{name}-{language}": chart for name, chart in charts.items()},
        "overlay": {**overlay, "lines": places, "names": names},
    }


def _distinct(names: str, language: str) -> str:
    """Return ids, or a link to one, with the language behind each; other addresses stay as they are."""
    if names.startswith("data:"):
        return names
    return " ".join(f"{name}-{language}" for name in names.split(" "))
