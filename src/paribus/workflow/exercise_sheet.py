"""The exercise sheet of a study, written in the format that its file's ending says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from paribus.errors import DataError, UsageError
from paribus.record import files
from paribus.report.exercise_sheet import ExerciseSheet, as_markdown, notebook_of, sheet
from paribus.report.output import check_folder, writing
from paribus.report.png import png_bytes
from paribus.report.samples import Samples, samples
from paribus.study.reader import builtin_names, from_text, load
from paribus.study.study import Study
from paribus.study.to_dict import same_meaning
from paribus.workflow.request import StudySource, as_path, wrong_argument

if TYPE_CHECKING:
    from paribus.data.dataset import Dataset

_CHANNELS = (1, 3)
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
    made = sheet(study, source_without_key(study), with_key=with_key, samples=tuple(samples_of(study)))
    match file.suffix:
        case ".md":
            content = as_markdown(made, tuple(_write_pictures(made, file)))
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


def samples_of(study: Study) -> Iterator[Samples]:
    """Yield examples of each data set of images with classes, as far as this machine has them.

    Nothing is downloaded: of a data set that is not there its stand-in is shown, and named as such.

    Args:
        study: Any.
    """
    for name in dict.fromkeys(each.configuration.data for each in study.variants.values()):
        facts = study.facts[name]
        if len(facts.shape) != 3 or facts.shape[2] not in _CHANNELS or facts.task != "classification":
            continue
        found = _images(study, name)
        if found is not None:
            shown = samples(name, found.x_train, found.y_train, found.classes, stand_in=found.stand_in)
            if shown is not None:
                yield shown


def _images(study: Study, name: str) -> Dataset | None:
    from paribus.data.own.load import load as load_own
    from paribus.data.source import find

    if name in study.sources:
        return load_own(study.sources[name])[0]
    for embedded in (False, True):
        with suppress(DataError, OSError):
            return find(name, embedded=embedded, download=False)
    return None


def _write_pictures(made: ExerciseSheet, file: Path) -> Iterator[str]:
    """Write the picture of each of a sheet's samples beside it, and yield the links to them."""
    folder = file.with_name(f"{file.stem}-figures")
    for place, each in enumerate(made.samples, 1):
        picture = folder / f"images-{place}.png"
        with writing(file):
            folder.mkdir(exist_ok=True)
            files.write(picture, png_bytes(each.picture))
        yield quote(f"{folder.name}/{picture.name}")


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
