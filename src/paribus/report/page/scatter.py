"""A point an example as SVG: predicted against true, and what is left."""

from __future__ import annotations

from markupsafe import Markup

from paribus.report.escape import escape
from paribus.report.figures.sheet import BLUE, FAINT, SOFT
from paribus.report.page.svg import HEIGHT, Scale, drawing, words_at
from paribus.report.residuals import Scatter

_WIDTH = 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 12, 22, 38
_MANY = 150  # points, above which they are drawn small


def scatter(drawn: Scatter) -> Markup:
    """Draw the points, their axes, and the line on which nothing is wrong."""
    across = Scale(drawn.horizontal, _LEFT, _WIDTH - _RIGHT)
    up = Scale(drawn.vertical, HEIGHT - _BOTTOM, _TOP)
    marks: list[str] = []
    for tick, words in zip(up.axis.ticks, up.axis.labels, strict=True):
        y = up(tick)
        marks.append(
            f'<path class="grid" d="M{_LEFT},{y:.1f}H{across.last:.1f}" stroke="{FAINT}" fill="none"/>'
        )
        marks.append(words_at(_LEFT - 6, y + 4, words, "end"))
    for tick, words in zip(across.axis.ticks, across.axis.labels, strict=True):
        marks.append(words_at(across(tick), up.first + 16, words, "middle"))
    marks.append(words_at((across.first + across.last) / 2, HEIGHT - 3, drawn.across, "middle"))
    marks.append(words_at(4, 12, drawn.up, "start"))
    low, high = across.axis.low, across.axis.high
    ends = (low, high) if drawn.is_square else (0.0, 0.0)
    marks.append(
        f'<path class="zero" d="M{across(low):.1f},{up(ends[0]):.1f}L{across(high):.1f},{up(ends[1]):.1f}" '
        f'stroke="{SOFT}" stroke-width="1.5" fill="none"/>'
    )
    radius = 2 if len(drawn.points) > _MANY else 3.5
    marks += [
        f'<circle class="dot" cx="{across(x):.1f}" cy="{up(y):.1f}" r="{radius:g}" fill="{BLUE}" '
        f'fill-opacity=".5"/>'
        for x, y in drawn.points
    ]
    label = escape(drawn.description)
    return drawing(_WIDTH, HEIGHT, marks, f'class="scatter" role="img" aria-label="{label}"')
