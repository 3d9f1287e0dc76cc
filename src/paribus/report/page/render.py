"""The report as one HTML file that asks for nothing but itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from paribus.record import files
from paribus.report.first_screen import FirstScreen
from paribus.report.material import Material
from paribus.report.output import writing
from paribus.report.page.data import page_data, script_texts, sharing_numbers
from paribus.report.page.frame import HERE, assemble
from paribus.report.page.languages import BEGIN, END, distinct_charts, seen
from paribus.report.sections import sections_of
from paribus.texts import current_language, language

_INDENTED = re.compile(r"\n\s+(?=<)")
"""Where a line of the templates begins: its indentation says nothing, and is a tenth of a long page."""


def write(
    material: Material,
    output: Path,
    *,
    appendix: bool = False,
    others: Mapping[str, Material] | None = None,
) -> Path:
    """Write the page and return its file.

    Args:
        material: What it is made from.
        output: The file.
        appendix: Whether a printer gets everything; else only the questions are unfolded on paper.
        others: The same in other languages, each made in its own, which a switch on the page shows.
    """
    content = page(material, appendix=appendix, others=others)
    with writing(output):
        files.write(output, content.encode("utf-8", errors="replace"), durable=False)
    return output


def page(material: Material, *, appendix: bool = False, others: Mapping[str, Material] | None = None) -> str:
    """Return the whole page; each section is rendered by the template of its name."""
    data = page_data(material)
    if not others:
        return _rendered(material, data, appendix)
    spoken = current_language()
    tongues: dict[str, object] = {spoken: {"texts": script_texts(), "title": material.title}}
    overlays: dict[str, object] = {spoken: data["overlay"]}
    charts = {**cast("Mapping[str, object]", data["charts"])}
    parts: dict[str, str] = {}
    for name, other in others.items():
        with language(name):
            own = page_data(other)
            tongues[name] = {"texts": script_texts(), "title": other.title}
            parts[name] = seen(_rendered(other, own, appendix), name)
            distinct = distinct_charts(own, name)
        charts |= distinct["charts"]
        overlays[name] = distinct["overlay"]
    merged = {**data, "charts": charts, "overlay": overlays[spoken], "overlays": overlays, "tongues": tongues}
    return _rendered(material, merged, appendix, parts)


def _rendered(
    material: Material, data: Mapping[str, object], appendix: bool, others: Mapping[str, str] | None = None
) -> str:
    content, _ = assemble(
        "page.html",
        data=sharing_numbers(data),
        styles=[HERE / "assets/report.css"],
        scripts=[HERE / "assets/page.js"],
        report=material,
        first=FirstScreen(material),
        title=material.title,
        appendix=appendix,
        others=others or {},
        sections=sections_of(material, "html"),
    )
    before, begin, rest = content.partition(BEGIN)
    part, end, after = rest.rpartition(END)
    return "".join((before, begin, _INDENTED.sub("\n", part), end, after))
