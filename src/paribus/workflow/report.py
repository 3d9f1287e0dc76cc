"""A study's report, written in the format that its file's ending says."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from paribus.errors import UsageError
from paribus.record import opened
from paribus.report.output import check_folder
from paribus.texts import LANGUAGES, current_language, language
from paribus.workflow.request import as_path, wrong_argument

if TYPE_CHECKING:
    from paribus.report.material import Material


def write_report(
    material: Callable[[], Material], file: str | Path, folder: Path, *, both: bool, appendix: bool
) -> Path:
    """Write a report and return its file.

    Args:
        material: Makes what the report is made from, in the language that is spoken.
        file: The file.
        folder: The study's, which a notebook looks for.
        both: Whether an HTML file has the report in every language.
        appendix: Whether everything that an HTML file folds away is printed too.

    Raises:
        UsageError: The ending is of no known format, its folder does not exist, it cannot be written, it is
            a notebook and nbformat is not installed, PDF and there is no browser to print it, or an option
            is not one of the format's.
    """
    output = as_path(file)
    if not isinstance(output, Path):
        raise wrong_argument("output", file, "file")
    check_folder(output)
    if both and output.suffix != ".html":
        raise UsageError("report.only-html", option="both", output=output)
    if appendix and output.suffix not in (".html", ".pdf"):
        raise UsageError("report.only-html", option="appendix", output=output)
    match output.suffix:
        case ".html":
            from paribus.report.page import render

            others = _in_other_languages(material) if both else {}
            return render.write(material(), output, appendix=appendix, others=others)
        case ".pdf":
            from paribus.report.page import pdf

            return pdf.write(material(), output, appendix=appendix)
        case ".md":
            from paribus.report import markdown

            return markdown.write(material(), output)
        case ".ipynb":
            from paribus.report import notebook

            notebook.check_installed()
            return notebook.write(material(), output, opened.place(folder))
        case _:
            raise UsageError("run.unknown-format", output=output, known=".html, .ipynb, .md, .pdf")


def default_report(folder: Path, ending: str) -> Path:
    """Return where a report goes unless the user says so: the study's folder; of an archive's copy, here.

    Args:
        folder: The study's.
        ending: The report's, without the dot.
    """
    origin = opened.origin(folder)
    if origin is None:
        return folder / f"report.{ending}"
    return Path(f"{PurePosixPath(origin.replace(os.sep, '/')).stem or 'report'}.{ending}")


def _in_other_languages(material: Callable[[], Material]) -> dict[str, Material]:
    found: dict[str, Material] = {}
    for name in LANGUAGES:
        if name != current_language():
            with language(name):
                found[name] = material()
    return found
