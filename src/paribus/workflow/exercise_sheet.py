"""The exercise sheet of a study, written in the format that its file's ending says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from paribus.errors import UsageError
from paribus.record import files
from paribus.report.exercise_sheet import as_markdown, notebook_of, sheet
from paribus.report.output import check_folder, writing
from paribus.study.reader import builtin_names, from_text, load
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning
from paribus.workflow.request import StudySource, as_path, wrong_argument

_KNOWN = ".html, .ipynb, .md, .pdf"
_KEY = re.compile(r"^expect:.*\n(?:[ \t\-#].*\n|[ \t]*\n)*", re.MULTILINE)
"""The key ``expect`` of a study file with all that lies under it."""


def write_sheet(source: StudySource, output: str | Path, *, with_key: bool = False) -> Path:
    """Write the exercise sheet of a study and return its file.

    Args:
        source: A study, its file, a built-in's name, or a mapping with a study file's keys.
        output: The file; its ending, ``.md``, ``.ipynb``, ``.html`` or ``.pdf``, says the format.
        with_key: Whether the expected answers are shown, for the teacher.

    Raises:
        InputError: The study is faulty, the ending is of no known format, the file cannot be written, or
            there is no browser to print a PDF.
    """
    study, file = load(source), as_path(output)
    if not isinstance(file, Path):
        raise wrong_argument("output", output, "file")
    check_folder(file)
    made = sheet(study, source_without_key(study), with_key=with_key)
    match file.suffix:
        case ".md":
            content = as_markdown(made)
        case ".ipynb":
            from paribus.report.notebook import check_installed

            check_installed()
            content = json.dumps(notebook_of(made), indent=1, ensure_ascii=False) + "\n"
        case ".html" | ".pdf":
            from paribus.report.page import pdf
            from paribus.report.page.graded import sheet_page

            content = sheet_page(made)
            if file.suffix == ".pdf":
                return pdf.print_page(content, file)
        case _:
            raise UsageError("run.unknown-format", output=file, known=_KNOWN)
    with writing(file):
        files.write(file, content.encode("utf-8", errors="replace"))
    return file


def source_without_key(study: Study) -> str:
    """Return the text of a study's file for students, without what is expected; empty without a file.

    Raises:
        UsageError: The key cannot be cut out of it.
    """
    path = Path(study.source)
    if study.source in builtin_names() or not study.source or not path.is_file():
        return ""
    written = path.read_text(encoding="utf-8")
    if not study.expect:
        return written
    cut = _KEY.sub("", written if written.endswith("\n") else f"{written}\n")
    found = from_text(cut.encode(), study.source)
    if found.expect or not same_meaning(found, study):
        raise UsageError("sheet.key-not-cut", file=path)
    return cut
