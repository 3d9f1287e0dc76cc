"""Drawings of a question about several variants: a strip a row, on one scale."""

from __future__ import annotations

from markupsafe import Markup, escape

from paribus.report.figures.sheet import FAINT, SOFT
from paribus.report.forest import signed
from paribus.report.page.glance import STRIP, TONES
from paribus.report.page.svg import Scale, drawing
from paribus.report.ranking import RankingRow, RankingSection

_EDGE = 12
_HEIGHT = 26


def strip(section: RankingSection, row: RankingRow) -> Markup:
    """Draw a row: a line for the interval of all at once, a dot for the difference."""
    across, middle = _scale(section), _HEIGHT / 2
    marks = [
        f'<path class="{"grid" if tick else "zero"}" d="M{across(tick):.1f},-4V{_HEIGHT + 4}" '
        f'stroke="{FAINT if tick else SOFT}" fill="none"/>'
        for tick in section.axis.ticks
    ]
    colour = TONES[row.tone]
    if row.interval is not None:
        first, last = (across(end) for end in row.interval)
        marks.append(
            f'<path class="tone {row.tone}" d="M{first:.1f},{middle:g}H{last:.1f}" stroke="{colour}" '
            'stroke-width="4" stroke-opacity=".55"/>'
        )
    if row.value is not None:
        marks.append(
            f'<circle class="dot {row.tone}" cx="{across(row.value):.1f}" cy="{middle:g}" r="5" '
            f'fill="{colour}"/>'
        )
    return drawing(STRIP, _HEIGHT, marks, 'class="strip" aria-hidden="true"')


def scale(section: RankingSection) -> Markup:
    """Draw the numbers below the strips."""
    across = _scale(section)
    marks = [
        f'<text x="{across(tick):.1f}" y="15" text-anchor="middle" font-size="12" fill="{SOFT}">'
        f"{escape(signed(tick))}</text>"
        for tick in section.axis.ticks
    ]
    return drawing(STRIP, 20, marks, 'class="strip" aria-hidden="true"')


def _scale(section: RankingSection) -> Scale:
    return Scale(section.axis, _EDGE, STRIP - _EDGE, is_cut=True)
