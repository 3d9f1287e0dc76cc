"""What a hand-in is, by its files' names, and the reader that it gets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from paribus.record.run import DataUsed
from paribus.study.study import Study
from paribus.texts import text
from paribus.workflow.checking.folder import find_store, read_folder, refused
from paribus.workflow.checking.notebook import read_notebook
from paribus.workflow.checking.submission import Submission
from paribus.workflow.checking.tables import SUFFIXES, read_numbers

_MAX_NOTEBOOKS = 10
_KNOWN = "Paribus, .ipynb, .csv, .tsv, .json, .jsonl"


def read_handin(place: Path, study: Study, data: Mapping[str, DataUsed]) -> Submission:
    """Return what a hand-in holds; what cannot be read says why.

    Args:
        place: A Paribus folder, or one that contains it; a notebook; a file of numbers; or a folder of these.
        study: The teacher's.
        data: The data that each of its names stands for.
    """
    if why := refused(place):
        return Submission(kind="nothing", problem=why)
    if place.is_dir() and (folder := find_store(place)) is not None:
        return read_folder(folder, study, data)
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    notebooks = [each for each in files if each.suffix.lower() == ".ipynb"]
    if notebooks:
        read = [read_notebook(each, study, data) for each in notebooks[:_MAX_NOTEBOOKS]]
        return next((each for each in read if not each.problem), read[0])
    numbers = [each for each in files if each.suffix.lower() in SUFFIXES and each.is_file()]
    if numbers:
        return read_numbers(numbers, study, data)
    return Submission(kind="nothing", problem=text("check.nothing", known=_KNOWN))
