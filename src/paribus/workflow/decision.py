"""Which of a study's questions are settled when no more seeds are added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from paribus.analysis.questions.comparison import Comparison
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.ranked import Ranked
from paribus.study.study import Study
from paribus.texts import text
from paribus.texts.message import Joined

AnyAnswer: TypeAlias = Comparison | Ranked | DesignAnswer
"""A question answered, of whatever kind."""


@dataclass(frozen=True)
class Decision:
    """Which questions are settled when no more seeds are added.

    Args:
        settled: The comparisons and trends with a verdict, and answers with several parts that are complete.
        hopeless: Those that more seeds cannot settle: no run of a variant ends well, or no difference varies.
        open: Those that the seeds that could be spent have not settled.
        max_seeds: How many these were.
        seeds: The seeds that were asked for, by variant.
        study: Whose questions they are.
    """

    settled: tuple[AnyAnswer, ...]
    hopeless: tuple[AnyAnswer, ...]
    open: tuple[AnyAnswer, ...]
    max_seeds: int
    seeds: Mapping[str, tuple[int, ...]]
    study: Study

    @property
    def lines(self) -> tuple[str, ...]:
        """The same in sentences."""
        everything = (*self.settled, *self.hopeless, *self.open)
        lines = [text("sequential.settled", count=len(self.settled), all=len(everything))]
        for code, comparisons in (("hopeless", self.hopeless), ("open", self.open)):
            if comparisons:
                titles = tuple(self.study.title_of(each.question) for each in comparisons)
                questions = Joined(titles, between="; ")
                lines.append(text(f"sequential.{code}", questions=questions, most=self.max_seeds))
        return tuple(lines)

    def __repr__(self) -> str:
        return f"Decision({len(self.settled)} settled, {len(self.hopeless)} hopeless, {len(self.open)} open)"

    def __str__(self) -> str:
        return "\n".join(self.lines)
