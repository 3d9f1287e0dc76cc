"""How many of a study's questions are decided, of every kind, and which need more seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from paribus.record.looks import MAX_SEEDS
from paribus.report.answers import answers
from paribus.report.material import Material
from paribus.study.model import Trend
from paribus.texts import text
from paribus.texts.message import Listed

QuestionKind: TypeAlias = Literal["pairs", "rankings", "trends", "effects"]
_KINDS: tuple[QuestionKind, ...] = get_args(QuestionKind)


@dataclass(frozen=True)
class Tally:
    """How many questions of each kind a study asks, and how many of them are decided.

    Args:
        asked: By kind; kinds that it does not ask are left out.
        decided: Likewise.
    """

    asked: dict[QuestionKind, int]
    decided: dict[QuestionKind, int]

    @property
    def has_others(self) -> bool:
        """Whether there are questions that are not about a pair."""
        return any(kind != "pairs" for kind in self.asked)

    @property
    def words(self) -> str:
        """It in a few words, with each kind where there are several."""
        values = {"decided": sum(self.decided.values()), "count": sum(self.asked.values())}
        whole = text("cli.overview.decided", **values)
        if len(self.asked) < 2:
            return whole
        each = (
            text(f"page.tally-{kind}", decided=self.decided[kind], asked=count)
            for kind, count in self.asked.items()
        )
        return text("page.tally", whole=whole, kinds=Listed(tuple(each)))


def tally(material: Material) -> Tally:
    """Count the questions of a study.

    Args:
        material: Of the study.
    """
    study, found = material.study, material.design_answers
    of_factors = [(isinstance(each, Trend), each) for each in study.design_questions]
    settled = [(isinstance(each.question, Trend), each) for each in found if each.is_decided]
    asked: dict[QuestionKind, int] = {
        "pairs": len(material.comparisons),
        "rankings": len(study.rankings),
        "trends": sum(is_trend for is_trend, _ in of_factors),
        "effects": sum(not is_trend for is_trend, _ in of_factors),
    }
    decided: dict[QuestionKind, int] = {
        "pairs": sum(each.is_decided for each in answers(study, material.comparisons)),
        "rankings": sum(each.is_decided for each in material.rankings),
        "trends": sum(is_trend for is_trend, _ in settled),
        "effects": sum(not is_trend for is_trend, _ in settled),
    }
    kinds: list[QuestionKind] = [kind for kind in _KINDS if asked[kind]]
    return Tally({kind: asked[kind] for kind in kinds}, {kind: decided[kind] for kind in kinds})


@dataclass(frozen=True)
class OpenQuestion:
    """A question about several variants, or about factors, that more seeds may decide.

    Args:
        title: In a few words.
        seeds: With how many it would be decided, if differences stayed as they are; None for more than most.
        link: Its part of the report.
    """

    title: str
    seeds: int | None
    link: str

    @property
    def words(self) -> str:
        """Its title, with the number of seeds."""
        code = "page.needs-more" if self.seeds is None else "page.needs-about"
        return text(code, question=self.title, seeds=self.seeds or MAX_SEEDS)


def open_questions(material: Material) -> Iterator[OpenQuestion]:
    """Yield the questions that are not about a pair, not decided, and not beyond deciding.

    Args:
        material: Of the study.
    """
    from paribus.analysis.questions.outlook import seeds_to_settle

    for section in material.ranking_sections:
        ranked = section.ranked
        if ranked.is_answered and ranked.can_be_settled and not ranked.is_decided:
            yield OpenQuestion(section.heading, seeds_to_settle(ranked), section.key)
    for section in material.designs:
        answer = section.answer
        if answer.can_be_settled and not answer.is_decided:
            yield OpenQuestion(section.title, seeds_to_settle(answer), section.key)
