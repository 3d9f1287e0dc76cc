"""Figures of tuning: the score against a setting, the expected best against the number of tries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paribus.report.figures.sheet import STROKES, Head, Stroke, sheet, style
from paribus.report.tuning import Curve, TuneChart
from paribus.texts import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (4.6, 3.4)
_MOST = 3  # panels beside each other


def draw_tuned(charts: Sequence[TuneChart], title: str, warning: str = "") -> Figure:
    """Draw charts beside each other.

    Args:
        charts: One or more.
        title: Of the figure.
        warning: Set apart in the corner: what must not be overlooked.
    """
    columns = min(_MOST, len(charts))
    rows = -(-len(charts) // columns)
    with style():
        paper = sheet(Head(title, "", warning, (text("tune.about-charts"),)), rows, columns, _PANEL)
        for axes, each in zip(paper.axes, charts, strict=False):
            _draw(each, axes)
        for axes in paper.axes[len(charts) :]:
            axes.set_axis_off()
    return paper.figure


def _draw(drawn: TuneChart, axes: Axes) -> None:
    across, up = drawn.horizontal, drawn.vertical
    axes.set_title(drawn.title)
    axes.set_xlabel(drawn.across)
    axes.set_ylabel(drawn.up)
    if drawn.is_log:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xlim(across.low, across.high)
    axes.set_ylim(up.low, up.high)
    axes.set_xticks(across.ticks, drawn.labels)
    axes.set_yticks(up.ticks, up.labels)
    for place, curve in enumerate(drawn.curves):
        _draw_curve(curve, STROKES[place % len(STROKES)], axes)
    axes.legend(loc="best", fontsize=8, frameon=True, framealpha=0.85, edgecolor="none")


def _draw_curve(curve: Curve, stroke: Stroke, axes: Axes) -> None:
    x, y = zip(*curve.points, strict=True)
    if curve.spread and curve.joined:
        low, high = zip(*curve.spread, strict=True)
        axes.fill_between(x, low, high, color=stroke.colour, alpha=0.15, linewidth=0)
    elif curve.spread:
        axes.vlines(x, *zip(*curve.spread, strict=True), color=stroke.colour, alpha=0.45)
    dashes = stroke.dashes if curve.joined else "none"
    axes.plot(x, y, color=stroke.colour, linestyle=dashes, marker=".", label=curve.name)
    if curve.best is not None:
        axes.plot(*curve.points[curve.best], marker="D", markersize=8, color=stroke.colour)
