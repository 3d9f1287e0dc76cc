"""A study's answers side by side, as a notebook or a terminal shows them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from paribus.analysis.answer import Comparison, headings
from paribus.texts import text


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
