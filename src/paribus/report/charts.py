"""Charts: the lines, bands, bounds and ticks that SVG, the page's script and matplotlib all draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Literal, TypeAlias, get_args

from paribus.report.axis import Axis, linear_axis, log_axis, whole_ticks
from paribus.report.curves import Band, CurveInfo, kept_epochs
from paribus.study.metrics import METRICS, Metric, score_of
from paribus.texts import number, text
from paribus.texts.quantities import Unit

Values: TypeAlias = "tuple[float | None, ...]"
DoseInk: TypeAlias = Literal[
    "dose-1", "dose-2", "dose-3", "dose-4", "dose-5", "dose-6", "dose-7", "dose-8", "dose-9"
]
Ink: TypeAlias = (
    Literal["train", "validation", "penalty", "reference", "treatment", "fifth", "sixth"] | DoseInk
)

INKS: tuple[Ink, ...] = ("reference", "treatment", "train", "penalty", "fifth", "sixth")
"""For lines side by side; taken again from the start when they run out."""
DOSE_INKS: tuple[DoseInk, ...] = get_args(DoseInk)
"""For the doses of a sweep, the lowest first: a ramp, which gets darker, on a dark screen lighter."""

LOG_RATIO = 30.0
"""Largest loss over smallest above which the axis is logarithmic: the first epoch often dwarfs all others."""

WORST_R2 = -1.0
"""The lowest R² that an axis reaches where a better one is drawn: the first epochs often lie far below."""

MIN_POINTS = 5.0
"""Percentage points that an accuracy axis spans at least, so that noise does not look like learning."""

_PART_INKS: dict[str, Ink] = {"train": "train", "validation": "validation", "penalty": "penalty"}


@dataclass(frozen=True)
class Line:
    """One metric of one variant over the epochs; a value that is not finite is None.

    Args:
        part: ``train``, ``validation`` or ``penalty``, by which it is named; empty to name it by `of`.
        of: The variant, or the layer, that it belongs to.
        metric: Its name in the history; empty where the history does not have it.
        ink: How it is drawn.
        mean: Over the runs that have a value at each epoch; accuracies in percent.
        low: The lowest run; empty where there is only one.
        high: The highest run.
        n_runs: How many runs have a value at each epoch.
        complete_epochs: How many epochs, from the first on, have as many runs as the first.
        diverged: The curves of runs that diverged while others did not, each as long as it is.
        label: What the variant is called, where it is not named by its part; `of` where nothing is said.
        kept: The epochs whose weights early stopping kept.
    """

    part: str
    of: str
    metric: str
    ink: Ink
    mean: Values
    low: Values
    high: Values
    n_runs: tuple[int, ...]
    complete_epochs: int
    diverged: tuple[Values, ...] = ()
    label: str = ""
    kept: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the legend."""
        return text(f"report.line-{self.part}") if self.part else self.label or self.of

    @property
    def marked(self) -> tuple[tuple[int, float], ...]:
        """The kept epochs with the line's value at each."""
        places = [(epoch, self.mean[epoch - 1]) for epoch in self.kept if epoch <= len(self.mean)]
        return tuple((epoch, value) for epoch, value in places if value is not None)


@dataclass(frozen=True)
class Chart:
    """Lines on one pair of axes.

    Args:
        panel: The code of the title.
        unit: ``percent`` or ``plain``.
        lines: At least one, unless no epoch has been trained.
        steps: The updates at which the lines have their values; None where these are epochs, from 1 on.
        bounds: Values that the vertical axis reaches besides its own, so that charts side by side share it.
        score: The metric that its runs are scored by, where the lines show it; None for losses and others.
    """

    panel: str
    unit: Unit
    lines: tuple[Line, ...]
    steps: tuple[int, ...] | None = None
    bounds: tuple[float, ...] = ()
    score: Metric | None = None

    @property
    def title(self) -> str:
        """What the lines show."""
        return text(self.panel)

    @property
    def quantity(self) -> str:
        """The title of the vertical axis; empty where the chart's own says it."""
        if self.score is not None:
            return text(f"report.axis-{self.score.name}")
        if "loss" not in self.panel:
            return ""
        return text(f"report.axis-{'loss-log' if self.vertical.is_log else 'loss'}")

    @property
    def counts(self) -> Literal["epoch", "step"]:
        """What the horizontal axis counts."""
        return "epoch" if self.steps is None else "step"

    @cached_property
    def at(self) -> tuple[int, ...]:
        """The epochs or updates of the values."""
        if self.steps is not None:
            return self.steps
        return tuple(range(1, 1 + max((len(line.mean) for line in self.lines), default=0)))

    @cached_property
    def values(self) -> tuple[float, ...]:
        """Every finite value on the chart."""
        curves = [curve for line in self.lines for curve in (line.mean, line.low, line.high, *line.diverged)]
        return tuple(value for curve in curves for value in curve if value is not None)

    @property
    def is_loss(self) -> bool:
        """Whether its values may be drawn on a logarithmic axis: no shares, and no score."""
        return self.unit == "plain" and self.score is None

    @property
    def _bounded(self) -> tuple[float, ...]:
        return (*self.values, *self.bounds)

    @cached_property
    def horizontal(self) -> Axis:
        """The axis of epochs or updates; a single one stands in its middle."""
        if not self.at:
            return Axis(0.5, 1.5, ())
        first, last = self.at[0], self.at[-1]
        slack = 0.0 if last > first else 0.5
        return Axis(first - slack, last + slack, whole_ticks(first, last))

    @cached_property
    def vertical(self) -> Axis:
        """The axis of the values, logarithmic where the largest loss is many times the smallest."""
        values = self._bounded
        spans = self.is_loss and bool(values) and min(values) > 0
        return self.log if spans and max(values) > LOG_RATIO * min(values) else self.linear

    @cached_property
    def linear(self) -> Axis:
        """A linear axis for the values."""
        values = self._bounded or (0.0, 1.0)
        low, high = min(values), max(values)
        if self.score is not None and self.unit == "plain":
            return _axis_of_r2(low, high)
        if self.unit == "plain":
            return linear_axis(min(0.0, 1.05 * low), 1.05 * high if high > 0 else 1.0)
        slack = max(0.05 * (high - low), (MIN_POINTS - (high - low)) / 2)
        bottom = max(-0.8, min(low - slack, 100.8 - MIN_POINTS))
        return linear_axis(bottom, min(100.8, max(high + slack, bottom + MIN_POINTS)))

    @cached_property
    def log(self) -> Axis:
        """A logarithmic axis for the values above zero."""
        values = [value for value in self._bounded if value > 0] or [0.1, 1.0]
        return log_axis(min(values) / 1.4, max(values) * 1.4)

    @property
    def description(self) -> str:
        """The chart in a sentence, for those who cannot see it."""
        lines = [
            text("page.chart-line", name=line.name, first=_number(line.mean[0]), last=_number(line.mean[-1]))
            for line in self.lines
            if line.mean
        ]
        if not lines:
            return text("page.chart-empty", title=self.title)
        last = number(self.at[-1], ",")
        return text(f"page.chart-{self.counts}s", title=self.title, last=last, lines="; ".join(lines))


@dataclass(frozen=True)
class DotPlot:
    """Paired differences, one a seed, on a horizontal axis.

    Args:
        seeds: The seeds.
        differences: Treatment minus reference at each seed.
        mean: Their mean.
        interval: For the mean over new seeds.
        margin: Differences below it count as none.
        as_text: How a difference is written.
        description: The plot in a sentence.
    """

    seeds: Sequence[int]
    differences: Sequence[float]
    mean: float | None
    interval: tuple[float, float] | None
    margin: float | None
    as_text: Callable[[float], str]
    description: str

    @cached_property
    def axis(self) -> Axis:
        """The axis: differences, zero, and the margin unless it is far wider than all of them."""
        values = [0.0, *self.differences, *(self.interval or ())]
        if self.margin is not None and self.margin < 3 * max(map(abs, values)):
            values += [-self.margin, self.margin]
        low, high = min(values), max(values)
        slack = 0.06 * (high - low) or 0.001
        return linear_axis(low - slack, high + slack)


def of_variant(info: CurveInfo) -> tuple[Chart, ...]:
    """Return a variant's score and loss; with a penalty, the data's part and the whole loss apart."""
    score = info.score
    accuracy = Chart(f"report.panel-{score.name}", score.unit, _both(info, score.name), score=score)
    if not info.penalised:
        return accuracy, Chart("report.panel-loss", "plain", _both(info, "loss"))
    total = (*_both(info, "loss"), *_line(info, "penalty", "penalty"))
    return (
        accuracy,
        Chart("report.panel-data-loss", "plain", _both(info, "data_loss")),
        Chart("report.panel-total-loss", "plain", total),
    )


def of_variants(infos: Sequence[CurveInfo], inks: Mapping[str, Ink] | None = None) -> tuple[Chart, ...]:
    """Return validation score and data loss of variants; training's where no image was held out.

    Args:
        infos: Their curves.
        inks: How each variant is drawn; None for inks that differ as much as they can.
    """
    if inks is None:
        inks = {info.variant: INKS[place % len(INKS)] for place, info in enumerate(infos)}
    before, part = ("val_", "validation") if all_validated(infos) else ("", "train")
    charts: list[Chart] = []
    score = infos[0].score if infos else score_of("classification")
    for metric, quantity in ((score.name, score.name), ("data_loss", "data-loss")):
        lines = [line for info in infos for line in _line(info, f"{before}{metric}", "", inks[info.variant])]
        shown = score if metric == score.name else None
        unit = shown.unit if shown else "plain"
        charts.append(Chart(f"report.panel-{part}-{quantity}", unit, tuple(lines), score=shown))
    return tuple(charts)


def all_validated(infos: Sequence[CurveInfo]) -> bool:
    """Return whether every variant that has an epoch was measured on images held out."""
    return all(info.score.val in info.bands for info in infos if info.bands)


def chart_json(chart: Chart) -> dict[str, object]:
    """Return a chart as the page's script reads it.

    Values have six significant digits, which is more than a screen can show.
    """
    scales = {"linear": chart.linear} | ({"log": chart.log} if chart.is_loss else {})
    return {
        "title": chart.title,
        "description": chart.description,
        "unit": chart.unit,
        "counts": chart.counts,
        "across": text(f"page.axis-{chart.counts}"),
        "up": chart.quantity,
        "x": chart.at,
        "horizontal": _axis_json(chart.horizontal),
        "scales": {name: _axis_json(axis) for name, axis in scales.items()},
        "log": chart.vertical.is_log,
        "lines": [
            {
                "name": line.name,
                "of": line.of,
                "metric": line.metric,
                "ink": line.ink,
                "mean": _rounded(line.mean),
                "low": _rounded(line.low),
                "high": _rounded(line.high),
                "n_runs": line.n_runs,
                "complete_epochs": line.complete_epochs,
                "diverged": [_rounded(curve) for curve in line.diverged],
                "kept": line.kept,
            }
            for line in chart.lines
        ],
    }


def band_values(band: Band, runs: int, unit: float) -> tuple[Values, Values, Values, tuple[int, ...]]:
    """Return a band's mean, low, high and numbers of runs as a `Line` has them.

    Args:
        band: The band.
        runs: How many runs it summarizes; one alone has neither low nor high.
        unit: 100 for percentages of shares.
    """
    edges = (band.low, band.high) if runs > 1 else ((), ())
    mean, low, high = (_values(curve, unit) for curve in (band.mean, *edges))
    return mean, low, high, tuple(int(number) for number in band.n_runs)


def _values(values: Iterable[float], unit: float) -> Values:
    return tuple(float(unit * value) if isfinite(value) else None for value in values)


def _both(info: CurveInfo, metric: str) -> tuple[Line, ...]:
    return (*_line(info, metric, "train"), *_line(info, f"val_{metric}", "validation"))


def _line(info: CurveInfo, metric: str, part: str, ink: Ink | None = None) -> Sequence[Line]:
    band = info.bands.get(metric)
    if band is None:
        return ()
    known = METRICS.get(metric.removeprefix("val_"))
    unit = known.factor if known else 1.0
    return (
        Line(
            part,
            info.variant,
            metric,
            ink or _PART_INKS[part],
            *band_values(band, info.runs, unit),
            band.complete_epochs,
            tuple(_values(curves[metric], unit) for curves in info.diverged if metric in curves),
            info.label,
            kept_epochs(info) if part not in ("train", "penalty") else (),
        ),
    )


def _axis_of_r2(low: float, high: float) -> Axis:
    """Return an axis for R², which has no lowest value and is 1 at most."""
    bottom = max(low, WORST_R2) if high > WORST_R2 else low
    slack = 0.05 * (high - bottom) or 0.05
    return linear_axis(bottom - slack, min(1.005, high + slack))


def _axis_json(axis: Axis) -> dict[str, object]:
    return {"low": axis.low, "high": axis.high, "ticks": axis.ticks, "labels": axis.labels}


def _rounded(values: Values) -> Values:
    return tuple(None if value is None else float(f"{value:.6g}") for value in values)


def _number(value: float | None) -> str:
    return "–" if value is None else number(value, ".4g")
