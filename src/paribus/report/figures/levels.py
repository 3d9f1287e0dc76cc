"""Figures of a metric by the levels of a factor: dose-response charts and interaction plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from paribus.report.figures.sheet import INK, SOFT, STROKES, Head, sheet, style
from paribus.report.levels import LevelLine, LevelsChart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL = (4.6, 3.0)
_MOST = 3  # panels beside each other


def draw_levels(charts: Sequence[LevelsChart], title: str, warning: str = "") -> Figure:
    """Draw charts beside each other.

    Args:
        charts: One or more.
        title: Of the figure.
        warning: Set apart in the corner: what must not be overlooked.
    """
    columns = min(_MOST, len(charts))
    rows = -(-len(charts) // columns)
    caption = tuple(dict.fromkeys(each.title for each in charts))
    with style():
        paper = sheet(Head(title, "", warning, caption), rows, columns, _PANEL)
        for axes, each in zip(paper.axes, charts, strict=False):
            _draw(each, axes)
        for axes in paper.axes[len(charts) :]:
            axes.set_axis_off()
    return paper.figure


def _draw(drawn: LevelsChart, axes: Axes) -> None:
    axes.set_xlim(-0.5, len(drawn.levels) - 0.5)
    axes.set_ylim(drawn.axis.low, drawn.axis.high)
    axes.set_xticks(range(len(drawn.levels)), drawn.levels)
    axes.set_xlabel(drawn.factor)
    axes.set_ylabel("%" if drawn.metric.unit == "percent" else "")
    if drawn.fit:
        known = [(place, drawn.place(value)) for place, value in enumerate(drawn.fit) if value is not None]
        axes.plot(*zip(*known, strict=True), color=SOFT, linewidth=1.6, zorder=1)
    for place, line in enumerate(drawn.lines):
        _draw_line(drawn, line, place, axes)


def _draw_line(drawn: LevelsChart, line: LevelLine, place: int, axes: Axes) -> None:
    stroke = STROKES[place % len(STROKES)]
    shift = 0.06 * (place - (len(drawn.lines) - 1) / 2)
    means = [(at + shift, drawn.place(mean)) for at, mean in enumerate(line.means) if mean is not None]
    for at, ends in enumerate(line.intervals):
        if ends is not None:
            axes.plot(
                [at + shift] * 2,
                [drawn.place(end) for end in ends],
                color=stroke.colour,
                linewidth=3,
                alpha=0.5,
            )
    for at, scores in enumerate(line.scores if drawn.has_dots else ()):
        axes.plot([at + 0.12] * len(scores), [drawn.place(each) for each in scores], ".", color=SOFT)
    if not means:
        return
    dashes = stroke.dashes if line.name else "none"
    axes.plot(*zip(*means, strict=True), color=stroke.colour, linestyle=dashes, marker=stroke.marker)
    if line.name:
        x, y = means[-1]
        axes.annotate(line.name, (x, y), xytext=(8, 0), textcoords="offset points", va="center", color=INK)
