"""What a report says of a question about factors: sentences, tables, charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from paribus.analysis.questions.design_words import effect_name, sentences
from paribus.analysis.questions.designs import DesignAnswer
from paribus.analysis.questions.factorial import Effect, EffectsAnswer, EffectVerdict
from paribus.analysis.questions.trend import TrendAnswer, TrendVerdict
from paribus.record.records import Records
from paribus.report.answers import MARKS, Tone
from paribus.report.levels import HeatMap, LevelsChart, dose_chart, heat_map, interaction_charts
from paribus.report.tables import Table, make_table
from paribus.study.model import Design
from paribus.study.study import Study
from paribus.texts import text, translated
from paribus.texts.quantities import (
    NOTHING,
    Difference,
    DifferenceInterval,
    FigureRange,
    PValue,
    figure_with_unit,
)

_TONES = {
    TrendVerdict.IMPROVES: Tone.BETTER,
    TrendVerdict.PEAK: Tone.BETTER,
    TrendVerdict.WORSENS: Tone.WORSE,
    TrendVerdict.FLAT: Tone.SAME,
    TrendVerdict.UNDECIDED: Tone.OPEN,
    EffectVerdict.BETTER: Tone.BETTER,
    EffectVerdict.WORSE: Tone.WORSE,
    EffectVerdict.DEPENDS: Tone.WORSE,
    EffectVerdict.NONE: Tone.SAME,
    EffectVerdict.UNDECIDED: Tone.OPEN,
}


@dataclass(frozen=True, eq=False)
class DesignSection:
    """A question about factors in a report.

    Args:
        key: Its place in the report, for links.
        answer: What was computed.
        study: Which asks it.
        records: What has run.
        is_first: Whether it is the first about its design, where what the design came to is shown.
    """

    key: str
    answer: DesignAnswer
    study: Study
    records: Records
    is_first: bool = True

    @property
    def title(self) -> str:
        """The question in a few words."""
        return self.study.design_title(self.answer.question)

    @property
    def heading(self) -> str:
        """The question in its author's words, or in a few."""
        return translated(self.answer.question.ask) or self.title

    @property
    def design(self) -> Design:
        """The factors."""
        return self.study.design_of(self.answer.question)

    @property
    def verdict(self) -> TrendVerdict | EffectVerdict:
        """Of the trend; of effects that one that says most."""
        if isinstance(self.answer, TrendAnswer):
            return self.answer.verdict
        order = (EffectVerdict.DEPENDS, EffectVerdict.BETTER, EffectVerdict.WORSE, EffectVerdict.NONE)
        found = {each.verdict for each in self.answer.effects}
        return next((each for each in order if each in found), EffectVerdict.UNDECIDED)

    @property
    def tone(self) -> Tone:
        """How it looks."""
        return _TONES[self.verdict]

    @property
    def mark(self) -> str:
        """The verdict as one character."""
        return MARKS[self.tone]

    @property
    def short(self) -> str:
        """The verdict in a word or two."""
        return text(f"design.short-{self.verdict}")

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The result, the verdict first."""
        return tuple(map(str, sentences(self.answer)))

    @cached_property
    def table(self) -> Table:
        """A row a dose, or a row an effect."""
        if isinstance(self.answer, TrendAnswer):
            return _dose_table(self.answer)
        return _effect_table(self.answer)

    @cached_property
    def charts(self) -> tuple[LevelsChart, ...]:
        """The dose-response chart, or a chart for each two factors."""
        if isinstance(self.answer, TrendAnswer):
            return (dose_chart(self.answer),) if self.answer.used else ()
        return interaction_charts(self.answer)

    @cached_property
    def heat(self) -> HeatMap | None:
        """The heat map of a design with two factors, once; None of others."""
        if len(self.design.factors) != 2 or not self.is_first:
            return None
        question = self.answer.question
        return heat_map(self.design, question.metric, question.measured, self._scores)

    @property
    def _scores(self) -> Mapping[str, Sequence[float]]:
        """The metric of each variant by seed, of runs that trained."""
        from paribus.analysis.questions.scores import PerImageScores, variant_scores

        reader = PerImageScores()
        found = (
            variant_scores(name, self.answer.question, self.records, reader) for name in self.design.cells
        )
        return {
            each.variant: [value for seed, value in each.values.items() if seed not in each.failed]
            for each in found
        }


def _dose_table(answer: TrendAnswer) -> Table:
    unit = answer.question.measured.unit
    cells = [
        {
            "dose": each.level,
            "mean": figure_with_unit(each.mean, unit) if each.scores else NOTHING,
            "interval": str(FigureRange(*each.interval, unit)) if each.interval else NOTHING,
            "to-best": _to_best(answer, place),
            "failed": f"{each.failures.failed}/{each.failures.runs}",
        }
        for place, each in enumerate(answer.doses)
    ]
    return make_table("design.column-", cells, {"dose", "to-best"})


def _to_best(answer: TrendAnswer, place: int) -> str:
    if place not in answer.used or answer.best is None:
        return NOTHING
    if place == answer.best:
        return text("design.is-best")
    return text("design.not-shown" if place in answer.near_best else "design.yes")


def _effect_table(answer: EffectsAnswer) -> Table:
    return make_table(
        "design.column-",
        [_effect_row(answer, each) for each in answer.effects],
        {"effect", "levels", "verdict"},
    )


def _effect_row(answer: EffectsAnswer, effect: Effect) -> dict[str, str]:
    unit, found = answer.question.measured.unit, effect.found
    levels = (text("design.levels", level=each.level, reference=each.reference) for each in effect.parts)
    return {
        "effect": effect_name(answer, effect),
        "levels": " × ".join(levels),
        "difference": str(Difference(found.difference, unit)) if found else NOTHING,
        "interval": str(DifferenceInterval(found.interval, unit)) if found and found.interval else NOTHING,
        "p": str(PValue(found.p_adjusted if found else None)),
        "verdict": text(f"design.short-{effect.verdict}"),
    }
