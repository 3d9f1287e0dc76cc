"""A study's answers side by side, as a notebook or a terminal shows them, and kept in its folder."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import overload

from pydantic import TypeAdapter

from paribus.analysis.questions import statistics
from paribus.analysis.questions.comparison import Comparison, headings
from paribus.record import sealed
from paribus.record.folder import RESULT
from paribus.record.looks import LookLog
from paribus.record.run import RunRecord
from paribus.study.model import Study
from paribus.texts import text

ANSWERS = "answers.json"
"""The answers of the last run, in the study's folder: reading them needs no statistical library."""

_ANSWERS: TypeAdapter[tuple[Comparison, ...]] = TypeAdapter(tuple[Comparison, ...])


@dataclass(frozen=True, repr=False)
class Comparisons(Sequence[Comparison]):
    """The answers, in the order of the study's questions.

    Args:
        answers: One a question.
    """

    answers: tuple[Comparison, ...]

    @overload
    def __getitem__(self, index: int) -> Comparison: ...
    @overload
    def __getitem__(self, index: slice) -> Comparisons: ...
    def __getitem__(self, index: int | slice) -> Comparison | Comparisons:
        return Comparisons(self.answers[index]) if isinstance(index, slice) else self.answers[index]

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def answered(self) -> Comparisons:
        """Those for which both variants have run at one seed or more."""
        return Comparisons(tuple(answer for answer in self.answers if answer.seeds))

    @property
    def unanswered(self) -> str:
        """The others in a line; empty where there is none."""
        asked = [answer.cells[0] for answer in self.answers if not answer.seeds]
        return text("comparison.not-answered", questions=", ".join(asked)) if asked else ""

    def __repr__(self) -> str:
        return "\n\n".join(repr(answer) for answer in self.answers)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(each)}</th>" for each in headings())
        rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in answer.cells) for answer in self.answers)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        sentences = "".join(f"<li>{html.escape(answer.sentence)}</li>" for answer in self.answers)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{sentences}</ul>"


def keep(folder: Path, basis: str, answers: Comparisons) -> None:
    """Keep answers in a study's folder; where that cannot be, they are computed again each time.

    Args:
        folder: The study's.
        basis: What they follow from, by `basis_of`.
        answers: All of the study's.
    """
    tree = _ANSWERS.dump_python(answers.answers, mode="json")
    with suppress(OSError):
        sealed.write(folder / ANSWERS, {"basis": basis, "answers": tree})


def kept(folder: Path, basis: str) -> Comparisons | None:
    """The answers kept in a study's folder; None unless they follow from just this.

    Args:
        folder: The study's.
        basis: What the answers are to follow from, by `basis_of`.
    """
    with suppress(OSError, ValueError, KeyError):
        tree = sealed.read(folder / ANSWERS)
        if tree["basis"] == basis:
            return Comparisons(_ANSWERS.validate_python(tree["answers"]))
    return None


def basis_of(study: Study, records: Iterable[RunRecord], looks: LookLog) -> str:
    """Digest of all that a study's answers follow from: its text, its results, the looks, what computes them.

    A run's result carries the digests of its history and predictions, so that its own content is enough.

    Args:
        study: What is asked.
        records: What has run.
        looks: With which seeds answers have been shown.
    """
    digest = hashlib.sha256()
    for part in (version("paribus"), study.model_dump_json(), repr(looks)):
        digest.update(f"{part}\n".encode())
    for source in sorted(Path(statistics.__file__).parents[1].rglob("*.py")):
        digest.update(source.read_bytes())
    for record in records:
        digest.update(json.dumps([record.spec.digest, record.status]).encode())
        with suppress(OSError):
            digest.update((record.folder / RESULT).read_bytes())
    return digest.hexdigest()
