"""The report as one HTML file that asks for nothing but itself."""

from __future__ import annotations

from pathlib import Path

from paribus.record import files
from paribus.report.first_screen import FirstScreen
from paribus.report.material import Material
from paribus.report.output import writing
from paribus.report.page.data import page_data
from paribus.report.page.frame import HERE, assemble
from paribus.report.sections import sections_of


def write(material: Material, output: Path, *, appendix: bool = False) -> Path:
    """Write the page and return its file.

    Args:
        material: What it is made from.
        output: The file.
        appendix: Whether a printer gets everything; else only the questions are unfolded on paper.
    """
    content = page(material, appendix=appendix)
    with writing(output):
        files.write(output, content.encode("utf-8", errors="replace"), durable=False)
    return output


def page(material: Material, *, appendix: bool = False) -> str:
    """Return the whole page; each section is rendered by the template of its name."""
    content, _ = assemble(
        "page.html",
        data=page_data(material),
        styles=[HERE / "assets/report.css"],
        scripts=[HERE / "assets/page.js"],
        report=material,
        first=FirstScreen(material),
        title=material.title,
        appendix=appendix,
        sections=sections_of(material, "html"),
    )
    return content
