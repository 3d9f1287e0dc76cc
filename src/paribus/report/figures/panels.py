"""One panel: a chart, with what is marked on it, drawn into matplotlib's axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from paribus.record.run import Status
from paribus.report.axis import move_apart
from paribus.report.charts import Chart, Line
from paribus.report.curves import CurveInfo, kept_epochs
from paribus.report.figures.sheet import INK, SOFT, VERMILION, Stroke
from paribus.texts import number, text
from paribus.texts.quantities import percent

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from paribus.report.figures.sheet import Handle

StrokeOf: TypeAlias = Callable[[Line], Stroke]

_AT_END = 0.95  # a line that comes so far is named in the margin, another where it ends
_PALE = 0.45  # how strongly a line is drawn where fewer runs than at first are behind it
_BAND = 0.18  # how strongly a band is drawn
_NINES = (50, 90, 99, 99.9)
_MAX_RULED = 3  # so many epochs are marked by a line across the panel, more by their triangles alone
_SLACK = 0.02  # space left and right of the lines, as a share of the panel


def draw(chart: Chart, axes: Axes, stroke_of: StrokeOf) -> None:
    """Draw a chart: its lines, bands, bounds and ticks."""
    from matplotlib.ticker import NullLocator

    axes.set_title(chart.title)
    _draw_lines(chart, axes, stroke_of)
    vertical = chart.vertical
    if vertical.is_log:
        axes.set_yscale("log")
        axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(vertical.low, vertical.high)
    if chart.at:
        axes.set_yticks(vertical.ticks, vertical.labels)
    quantity = "accuracy" if chart.unit == "percent" else "loss-log" if vertical.is_log else "loss"
    axes.set_ylabel(text(f"report.axis-{quantity}"))


def draw_small(info: CurveInfo, chart: Chart, axes: Axes, stroke_of: StrokeOf) -> None:
    """Draw a variant's accuracies on a scale that every variant fits on, with its test accuracy."""
    import numpy as np

    def stretch(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
        return -np.log10(np.clip(1.0005 - accuracy / 100, 1e-12, None))

    def shrink(nines: NDArray[np.float64]) -> NDArray[np.float64]:
        return 100 * (1.0005 - 10.0**-nines)

    _draw_lines(chart, axes, stroke_of)
    axes.set_yscale("function", functions=(stretch, shrink))
    axes.set_ylim(0, 100.02)  # room for a line at 100
    axes.set_yticks(_NINES, [number(tick, "g") for tick in _NINES])
    axes.set_ylabel(text("report.axis-accuracy"))
    test = f"{percent(sum(info.test) / len(info.test))} %" if info.test else _statuses(info)
    axes.set_title(info.label, fontweight="bold")
    axes.set_title(test, loc="right", fontsize=9, color=SOFT)


def legend_handle(stroke: Stroke, *, banded: bool = False) -> Handle:
    """Return a line for the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    line = Line2D([], [], color=stroke.colour, linestyle=stroke.dashes)
    return line if not banded else (Patch(facecolor=stroke.colour, alpha=_BAND, linewidth=0), line)


def _draw_lines(chart: Chart, axes: Axes, stroke_of: StrokeOf) -> None:
    for line in chart.lines:
        _draw_line(line, chart, axes, stroke_of(line))
    low, high = chart.horizontal.low, chart.horizontal.high
    slack = _SLACK * (high - low) if len(chart.at) > 1 else 0.0
    axes.set_xlabel(text("report.axis-epoch"))
    axes.set_xlim(low - slack, high + slack)
    axes.set_xticks(chart.horizontal.ticks, [number(tick, ",") for tick in chart.horizontal.ticks])
    axes.grid(visible=False, axis="x")
    if not chart.at:
        axes.set_yticks([])
        axes.text(0.5, 0.5, text("report.no-epoch"), transform=axes.transAxes, ha="center", color=SOFT)


def _draw_line(line: Line, chart: Chart, axes: Axes, stroke: Stroke) -> None:
    import numpy as np

    mean = np.array(line.mean, dtype=np.float64)
    if line.part == "penalty":  # its share of the whole loss is an area
        axes.fill_between(chart.at, chart.vertical.low, mean, color=stroke.colour, alpha=0.12, linewidth=0)
    elif line.low:
        low, high = np.array(line.low, dtype=np.float64), np.array(line.high, dtype=np.float64)
        axes.fill_between(chart.at[: len(mean)], low, high, color=stroke.colour, alpha=_BAND, linewidth=0)
    for curve in line.diverged:
        values = np.array(curve, dtype=np.float64)
        axes.plot(chart.at[: len(curve)], values, color=stroke.colour, linestyle=stroke.dashes, linewidth=0.9)
    complete = line.complete_epochs
    for rows, strength in ((slice(None, complete), 1.0), (slice(max(0, complete - 1), None), _PALE)):
        if strength == 1.0 or complete < len(mean):
            axes.plot(
                chart.at[: len(mean)][rows],
                mean[rows],
                color=stroke.colour,
                linestyle=stroke.dashes,
                alpha=strength,
                marker=stroke.marker if len(chart.at) == 1 else None,
                solid_capstyle="butt",
                zorder=3,
            )


def mark_epochs(info: CurveInfo, axes: Axes) -> None:
    """Mark epochs whose weights were kept by triangles on the axis, and those of divergence by crosses."""
    foot = axes.get_xaxis_transform()
    kept = kept_epochs(info)
    for epoch in kept:
        axes.plot([epoch], [0.0], "^", color=INK, markersize=6.5, transform=foot, clip_on=False, zorder=5)
    for epoch in kept if len(kept) <= _MAX_RULED else ():
        axes.axvline(epoch, color=SOFT, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    for epoch in diverged_epochs(info):
        axes.plot(
            [epoch], [0.96], "X", color=VERMILION, markersize=7, transform=foot, clip_on=False, zorder=5
        )


def diverged_epochs(info: CurveInfo) -> tuple[int, ...]:
    """Return the epochs after which runs diverged."""
    return tuple(sorted({len(run.history) for run in info.records if run.status is Status.DIVERGED}))


def name_lines(chart: Chart, axes: Axes, stroke_of: StrokeOf) -> None:
    """Write each variant's name where its line ends, none on another: in the margin if it ends there."""
    from matplotlib.patheffects import withStroke

    known = [(line, end) for line in chart.lines if (end := _end(line)) is not None]
    for is_at_end in (True, False):
        ends = sorted(
            (chart.vertical.position(value), epoch, line.name, stroke_of(line))
            for line, (epoch, value) in known
            if (epoch >= _AT_END * len(chart.at)) is is_at_end
        )
        heights = move_apart([end[0] for end in ends])
        for height, (own, epoch, name, stroke) in zip(heights, ends, strict=True):
            x = 1.0
            if not is_at_end:
                x = float(axes.transLimits.transform((epoch, 0))[0])
                axes.plot([x], [own], stroke.marker, color=stroke.colour, transform=axes.transAxes, zorder=4)
            axes.annotate(
                name,
                (x, height),
                xycoords="axes fraction",
                xytext=(4 if is_at_end else 6, 0),
                textcoords="offset points",
                color=stroke.colour,
                fontweight="bold",
                va="center",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )


def _end(line: Line) -> tuple[int, float] | None:
    ends = ((epoch, value) for epoch, value in reversed(list(enumerate(line.mean, 1))) if value is not None)
    return next(ends, None)


def _statuses(info: CurveInfo) -> str:
    statuses = dict.fromkeys(run.status for run in info.records)
    return ", ".join(text(f"report.status-{status}") for status in statuses)
