"""A metric by the levels of a factor: dose-response charts, interaction plots and heat maps, in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from paribus.analysis.questions.factorial import EffectsAnswer
from paribus.analysis.questions.statistics import Interval, mean_interval
from paribus.analysis.questions.trend import TrendAnswer
from paribus.report.axis import Axis, linear_axis
from paribus.report.tables import Table
from paribus.study.metrics import Metric, title_of
from paribus.study.model import Design
from paribus.texts import number, text
from paribus.texts.quantities import NOTHING, figure_with_unit

_SLACK = 0.06


@dataclass(frozen=True)
class LevelLine:
    """What a chart shows at each level.

    Args:
        name: In the legend; empty for the only one.
        scores: By level, then by seed; empty where there is no mean.
    """

    name: str
    scores: tuple[tuple[float, ...], ...]

    @property
    def means(self) -> tuple[float | None, ...]:
        """Over seeds."""
        return tuple(float(np.mean(each)) if each else None for each in self.scores)

    @property
    def intervals(self) -> tuple[Interval | None, ...]:
        """95 % t intervals over seeds."""
        return tuple(map(mean_interval, self.scores))


@dataclass(frozen=True)
class LevelsChart:
    """A metric by the levels of a factor, which stand at equal distances.

    Args:
        metric: On the upward axis.
        title: Of what it is.
        factor: On the axis across.
        levels: Its levels, as written.
        lines: One, or one for each level of another factor.
        fit: The isotonic fit by level; None where there is no mean. Empty without one.
        has_dots: Whether each seed is drawn.
    """

    metric: Metric
    title: str
    factor: str
    levels: tuple[str, ...]
    lines: tuple[LevelLine, ...]
    fit: tuple[float | None, ...] = ()
    has_dots: bool = True

    @cached_property
    def axis(self) -> Axis:
        """The scale of the metric, in its unit as it is written."""
        values = [value for line in self.lines for ends in line.intervals if ends for value in ends]
        values += [value for line in self.lines for each in line.scores for value in each]
        if self.metric.up_to_one and values:  # an interval may reach further than the metric can
            values = [min(value, 1.0) for value in values]
        low, high = min(values, default=0.0), max(values, default=1.0)
        slack = _SLACK * (high - low) or 0.01
        return linear_axis(self.metric.factor * (low - slack), self.metric.factor * (high + slack))

    def place(self, value: float) -> float:
        """Return a value in the unit of the axis."""
        return self.metric.factor * value

    @property
    def description(self) -> str:
        """The same in words, for who does not see it."""
        parts = [
            f"{line.name + ' ' if line.name else ''}{level}: {figure_with_unit(mean, self.metric.unit)}"
            for line in self.lines
            for level, mean in zip(self.levels, line.means, strict=True)
            if mean is not None
        ]
        return f"{self.title} {'; '.join(parts)}"


@dataclass(frozen=True)
class HeatCell:
    """A cell of a heat map.

    Args:
        words: Its mean with half of its interval; empty without one.
        share: How far it lies from the lowest mean to the highest one.
        is_best: Whether its mean is the best.
    """

    words: str
    share: float
    is_best: bool


@dataclass(frozen=True)
class HeatMap:
    """A metric by the levels of two factors.

    Args:
        title: What it shows.
        down: The factor of the rows.
        across: The factor of the columns.
        columns: The levels of this.
        rows: By the levels of the other one.
    """

    title: str
    down: str
    across: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[HeatCell, ...]]


def dose_chart(answer: TrendAnswer) -> LevelsChart:
    """Return the chart of a metric by dose, with the isotonic fit."""
    metric, factor = answer.question.measured, answer.question.trend
    fit = dict(zip(answer.used, answer.fit, strict=True))
    title = text("design.chart-dose", metric=title_of(answer.question.metric), factor=factor)
    return LevelsChart(
        metric,
        title,
        factor,
        tuple(each.level for each in answer.doses),
        (LevelLine("", tuple(each.scores for each in answer.doses)),),
        tuple(fit.get(place) for place in range(len(answer.doses))) if len(fit) > 1 else (),
    )


def interaction_charts(answer: EffectsAnswer) -> tuple[LevelsChart, ...]:
    """Return a chart for each two factors, a line for each level of the second."""
    if answer.failing or not answer.seeds:
        return ()
    pairs = dict.fromkeys(each.factors for each in answer.interactions)
    return tuple(_interaction(answer, *pair) for pair in pairs)


def _interaction(answer: EffectsAnswer, one: str, other: str) -> LevelsChart:
    design = answer.design
    first, second = (next(each for each in design.factors if each.name == name) for name in (one, other))
    lines = tuple(
        LevelLine(
            text("design.line", factor=other.rpartition(".")[2], level=level),
            tuple(
                _averaged(answer.cells, design.variants({one: at, other: place}))
                for at in range(len(first.levels))
            ),
        )
        for place, level in enumerate(second.levels)
    )
    names = {"metric": title_of(answer.question.metric), "factor": one, "other": other}
    title = text("design.chart-interaction", **names)
    return LevelsChart(answer.question.measured, title, one, first.levels, lines, has_dots=False)


def _averaged(cells: Mapping[str, Sequence[float]], names: Sequence[str]) -> tuple[float, ...]:
    """Return the mean of variants, seed by seed."""
    return tuple(float(each) for each in np.mean([cells[name] for name in names], axis=0))


def heat_map(design: Design, metric: str, measured: Metric, scores: Mapping[str, Sequence[float]]) -> HeatMap:
    """Return the heat map of a design with two factors.

    Args:
        design: Of two factors.
        metric: What is shown.
        measured: What it means.
        scores: By seed, of the variants that have any.
    """
    down, across = design.factors
    means = {name: float(np.mean(each)) for name, each in scores.items() if each}
    low, high = min(means.values(), default=0.0), max(means.values(), default=0.0)
    best = (high if measured.rises else low) if means else None

    def cell(row: int, column: int) -> HeatCell:
        (name,) = design.variants({down.name: row, across.name: column}) or ("",)
        if name not in means:
            return HeatCell("", 0.0, is_best=False)
        mean, ends = means[name], mean_interval(scores[name])
        words = number(measured.factor * mean, ".4g")
        if ends is not None:
            words += f" ± {number(measured.factor * (ends[1] - ends[0]) / 2, '.2g')}"
        return HeatCell(words, (mean - low) / ((high - low) or 1.0), is_best=mean == best)

    rows = {
        level: tuple(cell(row, column) for column in range(len(across.levels)))
        for row, level in enumerate(down.levels)
    }
    title = text("design.heat", metric=title_of(metric), down=down.name, across=across.name)
    return HeatMap(title, down.name, across.name, across.levels, rows)


def heat_table(heat: HeatMap) -> Table:
    """Return a heat map as a table of texts."""
    corner = f"{heat.down} \\ {heat.across}"
    headings = {"corner": corner, **{f"c{place}": level for place, level in enumerate(heat.columns)}}
    rows = [
        {"corner": level, **{f"c{place}": cell.words or NOTHING for place, cell in enumerate(row)}}
        for level, row in heat.rows.items()
    ]
    return Table(headings, rows, frozenset(headings) - {"corner"})
