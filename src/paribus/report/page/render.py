"""The report as one HTML file that asks for nothing but itself."""

from __future__ import annotations

from pathlib import Path

from paribus.errors import UsageError
from paribus.record import files
from paribus.report.material import Material
from paribus.report.page.data import page_data
from paribus.report.page.frame import HERE, assemble
from paribus.report.sections import sections_of


def write(material: Material, output: Path) -> Path:
    """Write the page.

    Raises:
        UsageError: The file cannot be written.

    Returns:
        The file.
    """
    content = page(material)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        files.write(output, content.encode("utf-8", errors="replace"), durable=False)
    except OSError as error:
        raise UsageError("report.not-written", file=output, reason=error.strerror or error) from error
    return output


def page(material: Material) -> str:
    """Return the whole page; each section is rendered by the template of its name."""
    content, _ = assemble(
        "page.html",
        data=page_data(material),
        scripts=[HERE / "assets/page.js"],
        report=material,
        title=material.title,
        sections=sections_of(material, "html"),
    )
    return content
