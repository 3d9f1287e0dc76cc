"""What a report says of a question about several variants: its rows, on one scale, and its tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

from paribus.analysis.questions.ranked import Ranked, RankedVariant
from paribus.analysis.questions.statistics import Interval
from paribus.report.answers import MARKS, Answer, Tone
from paribus.report.axis import Axis, linear_axis
from paribus.report.tables import Table, make_table
from paribus.study.metrics import title_of
from paribus.study.study import Study
from paribus.texts import number, text, translated
from paribus.texts.quantities import NOTHING, PValue, figure_with_unit, interval, places_of

_REACH = 3.0  # a row is cut off that reaches so many times as far as all estimates


@dataclass(frozen=True)
class RankingRow:
    """One row of the chart: a variant, or a pair.

    Args:
        name: What it is about.
        beside: The mean, of a pair nothing.
        value: The difference, accuracies in percentage points; None without one.
        interval: That holds for all rows at once.
        tone: How it looks.
        verdict: In a word.
    """

    name: str
    beside: str
    value: float | None
    interval: Interval | None
    tone: Tone
    verdict: str

    @property
    def mark(self) -> str:
        """The verdict as one character."""
        return MARKS[self.tone]


@dataclass(frozen=True, eq=False)
class RankingSection:
    """A question about several variants in a report.

    Args:
        key: Its place in the report, for links.
        ranked: The answer.
        study: Its study.
    """

    key: str
    ranked: Ranked
    study: Study

    @property
    def heading(self) -> str:
        """The question in a few words."""
        return self.study.ranking_title(self.ranked.ranking)

    @property
    def ask(self) -> str:
        """The question in a sentence; empty where the study has none."""
        return translated(self.ranked.ranking.ask)

    @property
    def caption(self) -> str:
        """What the chart shows."""
        code = "points" if self.ranked.unit == "percent" else "plain"
        kind = self.ranked.ranking.kind
        metric = title_of(self.ranked.ranking.metric)
        words = text(f"ranking.chart-{kind}", metric=metric, against=self.ranked.ranking.against)
        return f"{words} {text(f'ranking.chart-{code}')}"

    @cached_property
    def rows(self) -> tuple[RankingRow, ...]:
        """The rows of the chart, the best variant first."""
        if self.ranked.ranking.kind == "best_of":
            return tuple(map(self._of_variant, self.ranked.variants))
        return tuple(self._of_pairs())

    def _of_variant(self, variant: RankedVariant) -> RankingRow:
        distance, behind = self.ranked.distance(variant.name), variant.behind
        known = variant.mean is not None and not variant.has_failed
        tone = Tone.WORSE
        if variant.may_be_best:
            tone = Tone.BETTER if len(self.ranked.candidates) == 1 else Tone.OPEN
        elif not known and not variant.has_failed:
            tone = Tone.OPEN
        return RankingRow(
            variant.name,
            figure_with_unit(variant.mean, self.ranked.unit),
            -self._times(distance) if known and distance is not None else None,
            None if behind is None or not known else (-self._times(behind[1]), -self._times(behind[0])),
            tone,
            text(f"ranking.short-{_code(self.ranked, variant)}"),
        )

    def _of_pairs(self) -> Iterator[RankingRow]:
        means = {each.name: each.mean for each in self.ranked.variants}
        single = self.ranked.ranking.kind == "each"
        for each in self.ranked.comparisons:
            answer = Answer(each, "")
            ends = each.corrected
            yield RankingRow(
                each.treatment if single else f"{each.treatment} − {each.reference}",
                figure_with_unit(means[each.treatment], self.ranked.unit) if single else "",
                None if each.difference is None else self._times(each.difference),
                None if ends is None else (self._times(ends[0]), self._times(ends[1])),
                answer.tone,
                answer.verdict if each.is_answered else text("ranking.short-missing"),
            )

    @cached_property
    def axis(self) -> Axis:
        """The scale of the chart; it has 0."""
        values = [0.0, *(row.value for row in self.rows if row.value is not None)]
        most = _REACH * (max(map(abs, values)) or max(self._ends(), default=1.0))
        ends = [end for row in self.rows for end in row.interval or () if isfinite(end)]
        values += [min(max(end, -most), most) for end in ends]
        low, high = min(values), max(values)
        slack = 0.04 * (high - low) or 0.5
        return linear_axis(low - slack, high + slack)

    def _ends(self) -> list[float]:
        return [abs(end) for row in self.rows for end in row.interval or () if isfinite(end) and end]

    def words(self, row: RankingRow) -> str:
        """Return a row's difference, with a sign unless it is 0."""
        if row.value is None:
            return NOTHING
        form = ".2f" if self.ranked.unit == "percent" else places_of(row.interval)
        return number(row.value, f"+{form}") if row.value else number(0, ".0f")

    def interval(self, row: RankingRow) -> str:
        """Return a row's interval; a dash without one."""
        if row.interval is None:
            return NOTHING
        form = ".2f" if self.ranked.unit == "percent" else places_of(row.interval)
        low, high = (number(end + 0.0, f"+{form}" if end else ".0f") for end in row.interval)
        return interval(low, high)

    def _times(self, value: float) -> float:
        return self.ranked.ranking.measured.factor * value

    @property
    def table(self) -> Table:
        """The variants, a row each."""
        return standings_table(self.ranked)


def standings_table(ranked: Ranked) -> Table:
    """Return what is known of each variant of a question, a row each, the best mean first.

    Args:
        ranked: The answer.
    """
    section = RankingSection("", ranked, Study.model_construct())
    if ranked.ranking.kind == "best_of":
        cells = [
            {
                "variant": row.name,
                "mean": row.beside,
                "behind": section.words(row),
                "interval": section.interval(row),
                "verdict": row.verdict,
            }
            for row in section.rows
        ]
    elif ranked.ranking.kind == "all_pairs":
        cells = [
            {
                "variant": each.name,
                "mean": figure_with_unit(each.mean, ranked.unit),
                "rank": _rank(each.rank),
                "letters": each.letters,
            }
            for each in ranked.variants
        ]
    else:
        cells = [
            {
                "variant": row.name,
                "mean": row.beside,
                "difference": section.words(row),
                "interval": section.interval(row),
                "p": str(PValue(each.p_adjusted)),
                "verdict": row.verdict,
            }
            for row, each in zip(section.rows, ranked.comparisons, strict=True)
        ]
    return make_table("ranking.column-", cells, {"variant", "interval", "letters", "verdict"})


def pairs_table(ranked: Ranked) -> Table:
    """Return every pair of a question, a row each."""
    section = RankingSection("", ranked, Study.model_construct())
    cells = [
        {
            "pair": row.name,
            "difference": section.words(row),
            "interval": section.interval(row),
            "p": str(PValue(each.p_adjusted)),
            "verdict": row.verdict,
        }
        for row, each in zip(section.rows, ranked.comparisons, strict=True)
    ]
    return make_table("ranking.column-", cells, {"pair", "interval", "verdict"})


def _rank(rank: tuple[int, int] | None) -> str:
    if rank is None:
        return NOTHING
    return str(rank[0]) if rank[0] == rank[1] else f"{rank[0]}–{rank[1]}"


def _code(ranked: Ranked, variant: RankedVariant) -> str:
    if variant.has_failed:
        return "failed"
    if variant.mean is None:
        return "missing"
    if not variant.may_be_best:
        return "worse"
    return "best" if len(ranked.candidates) == 1 and not ranked.missing else "candidate"
