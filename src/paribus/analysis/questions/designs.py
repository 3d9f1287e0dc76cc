"""Answers to questions about factors, which share the family with those about two variants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from paribus.analysis.questions.contrast import Cells, Contrasted
from paribus.analysis.questions.corrected import corrected_interval
from paribus.analysis.questions.factorial import EffectsAnswer, effects_answer
from paribus.analysis.questions.statistics import holm, holm_factors
from paribus.analysis.questions.trend import TrendAnswer, trend_answer
from paribus.record.looks import LookLog
from paribus.record.records import Records
from paribus.study.model import DesignQuestion, Trend
from paribus.study.study import Study

DesignAnswer: TypeAlias = TrendAnswer | EffectsAnswer

_ROUNDING = 1e-9


def unadjusted_designs(
    study: Study, records: Records, questions: Sequence[DesignQuestion], looks: LookLog
) -> tuple[DesignAnswer, ...]:
    """Answer questions about factors, their p-values not adjusted yet.

    Args:
        study: Their designs.
        records: What has run.
        questions: Of the study.
        looks: With which seeds comparisons have been shown.
    """
    found: list[DesignAnswer] = []
    for each in questions:
        cells = Cells(study, each, records, looks)
        found.append(trend_answer(cells, each) if isinstance(each, Trend) else effects_answer(cells, each))
    return tuple(found)


@dataclass(frozen=True)
class Claim:
    """A p-value of the family that is not a whole question's.

    Args:
        p_value: Of no difference; None where it could not be tested.
        p_equivalence: Of a difference of the margin or more.
        share: Its part of the level that its question has.
    """

    p_value: float | None
    p_equivalence: float | None
    share: float


def claims(found: Sequence[DesignAnswer]) -> list[Claim]:
    """Return the p-values of questions about factors: of each contrast, then of what could not be tested.

    Every question has a part of the level as large as any other, and its contrasts share it.

    Args:
        found: From `unadjusted_designs`.
    """
    tested = [
        Claim(each.paired.p_value, each.paired.p_equivalence, each.contrast.share)
        for answer in found
        for each in answer.contrasts
    ]
    left = [1 - sum(each.contrast.share for each in answer.contrasts) for answer in found]
    return [*tested, *(Claim(None, None, share) for share in left if share > _ROUNDING)]


def adjusted(
    found: Sequence[DesignAnswer],
    p_values: Sequence[float | None],
    p_equivalence: Sequence[float | None],
    family: int,
) -> Iterator[DesignAnswer]:
    """Yield the answers with p-values adjusted over the family.

    Args:
        found: From `unadjusted_designs`.
        p_values: Of the questions about two variants, each with a whole question's part.
        p_equivalence: Of their equivalence tests.
        family: How many questions there are.
    """
    own, count = claims(found), len(p_values)
    parts = [*[1.0] * count, *(each.share for each in own)]
    together = [*p_values, *(each.p_value for each in own)]
    p_adjusted, factors = holm(together, parts)[count:], holm_factors(together, parts)[count:]
    p_equivalent = holm([*p_equivalence, *(each.p_equivalence for each in own)], parts)[count:]
    place = 0
    for answer in found:
        contrasts: list[Contrasted] = []
        for each in answer.contrasts:
            contrasts.append(
                replace(
                    each,
                    p_adjusted=p_adjusted[place],
                    p_equivalence_adjusted=p_equivalent[place],
                    corrected=corrected_interval(each, factors[place]),
                )
            )
            place += 1
        yield answer.with_contrasts(contrasts, family)
