"""Hand-ins of a study checked: read, trained again, graded, and written down for the teacher."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from paribus.errors import UsageError
from paribus.execute.local import default_workers
from paribus.record import files
from paribus.record.run import DataUsed
from paribus.report.output import writing
from paribus.report.page import graded as page
from paribus.study.reader import load
from paribus.study.study import Study
from paribus.texts import number, text
from paribus.texts.printable import Block, Grid, Paragraph, Printable
from paribus.workflow.checking import code
from paribus.workflow.checking.grading import Graded, graded
from paribus.workflow.checking.parallel import WALL_SECONDS, read_all
from paribus.workflow.checking.reruns import Reruns
from paribus.workflow.public import public
from paribus.workflow.request import Request, StudySource, as_path, count
from paribus.workflow.training import plan_training

GRADES = "grades.csv"
_OURS = "trained-again"
_ROOT = Path("paribus-check")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
RERUN = 3
"""Runs of each hand-in that are trained again where the teacher does not say how many."""


@dataclass(frozen=True, repr=False)
class Checked(Printable):
    """All hand-ins, graded.

    Args:
        study: Of which study.
        hand_ins: Each, by name.
        folder: Where the pages, the table and our own runs lie.
    """

    study: Study
    hand_ins: tuple[Graded, ...]
    folder: Path

    def __iter__(self) -> Iterator[Graded]:
        return iter(self.hand_ins)

    def __len__(self) -> int:
        return len(self.hand_ins)

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """Student, standing, points, reruns and reason of each hand-in, in words."""
        return [_row(each) for each in self.hand_ins]

    def blocks(self) -> Iterator[Block]:
        """Return a row a student, and where the rest lies."""
        columns = ("student", "standing", "points", "rerun", "reason")
        yield Grid([text(f"check.column-{name}") for name in columns], self.lines)
        yield Paragraph(text("check.written", folder=self.folder, file=GRADES))

    def tree(self) -> object:
        """Return the grades as JSON can hold them."""
        return {
            "study": self.study.name,
            "hand_ins": [
                {
                    "student": each.student,
                    "kind": each.submission.kind,
                    "standing": each.standing.value,
                    "points": each.points,
                    "of": each.of,
                    "compared": each.compared,
                    "repeated": each.repeated,
                    "items": [
                        {"task": item.task, "mark": item.mark.value, "points": item.points, "of": item.of,
                         "reason": item.reason}
                        for item in each.items
                    ],
                    "notes": list(each.notes),
                }
                for each in self.hand_ins
            ],
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"Checked({self.study.name!r}, {len(self)} hand-ins)"


@public
def check(  # noqa: PLR0913 - the options of a command
    handin: str | Path,
    study: StudySource,
    *,
    rerun: int | None = RERUN,
    epochs: int | None = None,
    run_code: bool = False,
    seconds: float = WALL_SECONDS,
    workers: int | None = None,
    data_dir: str | Path | None = None,
    embedded: bool = False,
    out: str | Path | None = None,
) -> Checked:
    """Check hand-ins of a study: read each, train some of its runs again, grade it, write a page and a table.

    Nothing of a hand-in is executed, unless `run_code` asks for it.

    Args:
        handin: A Paribus folder, a notebook that Paribus wrote, a Keras history or a table of numbers as CSV
            or JSON; or a folder with one of these for each student.
        study: The teacher's, with what is expected under ``expect``.
        rerun: How many runs of each hand-in are trained again; None for all, 0 for none.
        epochs: How many epochs of these are trained again; None for all of them.
        run_code: Whether its notebook or script is run, in a process without a network.
        seconds: How long each hand-in may take to be read.
        ...: As in `Request`.

    Raises:
        InputError: The study is faulty, or its images are missing, or there is no such hand-in.
    """
    loaded, place = load(study), Path(handin)
    given = Request(workers=workers, data_dir=as_path(data_dir), embedded=embedded, out=as_path(out))
    folder = given.out or _ROOT / loaded.name
    places = found_handins(place)
    if run_code:
        code.check_isolation()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError("report.not-written", file=folder, reason=reason) from error
    data = _data(loaded, given, folder)
    submissions = read_all(places, loaded, data, given.workers or default_workers(), seconds)
    reruns = Reruns(loaded, data, given, folder / _OURS, rerun, count("epochs", epochs))
    reruns.train(submissions)
    ran = [code.run_code(each) if run_code else () for each in places]
    found = [
        graded(name, loaded, submission, reruns.compare(submission), said)
        for name, submission, said in zip(_names(places), submissions, ran, strict=True)
    ]
    checked = Checked(loaded, tuple(found), folder)
    _write(checked)
    return checked


def how_many(given: str) -> int | None:
    """Return how many runs ``--rerun`` asks for; None for all of them.

    Raises:
        UsageError: It is neither a whole number, ``all`` nor ``none``.

    Example:
        >>> how_many("all"), how_many("none"), how_many("2")
        (None, 0, 2)
    """
    if given in ("all", "none"):
        return None if given == "all" else 0
    if not given.isdecimal():
        raise UsageError("check.wrong-rerun", given=given)
    return int(given)


def found_handins(place: Path) -> list[Path]:
    """Return each student's hand-in: the place itself, or what lies in it.

    Raises:
        UsageError: There is nothing.
    """
    if not place.exists():
        raise UsageError("check.no-handin", place=place)
    if not place.is_dir() or (place / "study.json").exists() or (place / "runs").is_dir():
        return [place]
    within = sorted(each for each in place.iterdir() if not each.name.startswith("."))
    if not within:
        raise UsageError("check.no-handin", place=place)
    return within


def _data(study: Study, request: Request, folder: Path) -> dict[str, DataUsed]:
    """Return what each of the study's data sets stands for here."""
    elsewhere = replace(request, out=folder / _OURS / "none")
    return dict(plan_training(study, elsewhere, {name: [0] for name in study.variants}).data)


def _names(places: Sequence[Path]) -> list[str]:
    """Return what each hand-in is called: its name without the ending, unless two would be the same."""
    stems = [each.stem if each.is_file() else each.name for each in places]
    return [each.name if stems.count(stem) > 1 else stem for each, stem in zip(places, stems, strict=True)]


def _row(each: Graded) -> tuple[str, ...]:
    points = (
        text("check.points", points=number(each.points, "g"), of=number(each.of, "g")) if each.of else "–"
    )
    rerun = f"{each.repeated}/{each.compared}"
    return each.student, text(f"check.name-{each.standing}"), points, rerun, each.reason


def _write(checked: Checked) -> None:
    with writing(checked.folder / GRADES):
        files.write(checked.folder / GRADES, _table(checked).encode("utf-8-sig", errors="replace"))
        used: set[str] = set()
        for each in checked.hand_ins:
            stem = re.sub(r"[^\w.-]+", "_", each.student).strip(".")[:80] or "hand-in"
            name = stem
            while name.casefold() in used:
                name = f"{stem}-{len(used)}"
            used.add(name.casefold())
            written = page.page(checked.study, each).encode("utf-8", errors="replace")
            files.write(checked.folder / f"{name}.html", written, durable=False)


def _table(checked: Checked) -> str:
    """Return a row a student as CSV; no cell can be taken for a formula."""
    told = io.StringIO()
    table = csv.writer(told)
    heads = ["student", "kind", "standing", "points", "of", "compared", "repeated", "reason"]
    count = len(checked.study.expect)
    heads += [f"{name}_{place}" for place in range(1, count + 1) for name in ("points", "mark", "reason")]
    table.writerow(heads)
    for each in checked.hand_ins:
        cells: list[object] = [each.student, each.submission.kind, each.standing.value, each.points, each.of]
        cells += [each.compared, each.repeated, each.reason]
        for item in each.items:
            cells += [item.points, item.mark.value, item.reason]
        table.writerow([_cell(cell) for cell in cells])
    return told.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
