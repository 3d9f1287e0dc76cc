"""One panel: a chart, with what is marked on it, drawn into matplotlib's axes."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING, TypeAlias

from paribus.record.run import Status
from paribus.report.axis import move_apart, name_lines
from paribus.report.charts import Chart, Line
from paribus.report.curves import CurveInfo, kept_epochs
from paribus.report.figures.sheet import INK, SOFT, VERMILION, Stroke
from paribus.texts import number, text
from paribus.texts.quantities import figure_with_unit

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
_TITLE = 25  # letters in a line above a small panel
_MAX_NAMES = 14  # lines beside a panel
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
    axes.set_ylabel(chart.quantity)


def draw_small(info: CurveInfo, chart: Chart, axes: Axes, stroke_of: StrokeOf, top: float) -> None:
    """Draw a variant's scores on a scale that every variant fits on, with its test score.

    Args:
        info: The variant's numbers.
        chart: Its scores.
        axes: Where to draw.
        stroke_of: How a line looks.
        top: The highest accuracy of all variants, in percent; of no use in a regression.
    """
    import numpy as np

    def stretch(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
        return -np.log10(np.clip(1.0005 - accuracy / 100, 1e-12, None))

    def shrink(nines: NDArray[np.float64]) -> NDArray[np.float64]:
        return 100 * (1.0005 - 10.0**-nines)

    _draw_lines(chart, axes, stroke_of)
    if info.score.unit == "percent":
        axes.set_yscale("function", functions=(stretch, shrink))
        highest = min(100.02, float(shrink(stretch(np.array([top])) + 0.3)[0]))  # room for a line at 100
        ticks = [tick for tick in _NINES if tick < highest]
        axes.set_yticks(ticks, [number(tick, "g") for tick in ticks])
        axes.set_ylim(0, highest)
    else:
        axes.set_ylim(0, 1.005)
    axes.set_ylabel(chart.quantity)
    axes.set_title("\n".join(small_title(info)), fontsize=9, fontweight="bold")
    axes.set_title(_result(info), loc="right", fontsize=9, color=SOFT)


def small_title(info: CurveInfo) -> list[str]:
    """Return a variant's name in lines that fit above a small panel; the last leaves room for its result."""
    lines = wrap(info.label, _TITLE) or [""]
    room = _TITLE - len(_result(info)) - 1
    return lines if len(lines[-1]) <= room else [*lines, ""]


def _result(info: CurveInfo) -> str:
    if not info.test:
        return _statuses(info)
    return figure_with_unit(sum(info.test) / len(info.test), info.score.unit)


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


def write_names(chart: Chart, axes: Axes, stroke_of: StrokeOf) -> None:
    """Write each variant's name where its line ends, none on another: in the margin if it ends there."""
    from matplotlib.patheffects import withStroke

    known = [(line, end) for line in chart.lines if (end := _end(line)) is not None]
    for is_at_end in (True, False):
        ends = sorted(
            (chart.vertical.position(value), epoch, line.name, stroke_of(line))
            for line, (epoch, value) in known
            if (epoch >= _AT_END * len(chart.at)) is is_at_end
        )
        # The lines of a name stay together, since all begin at its height; the lowest is moved first.
        words = [(*end, part) for end in ends for part in reversed(name_lines(end[2]))]
        if len(words) > _MAX_NAMES:
            words = [(*end, end[2].partition(" · ")[0]) for end in ends]
        heights = move_apart([each[0] for each in words])
        for height, (own, epoch, _, stroke, name) in zip(heights, words, strict=True):
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
