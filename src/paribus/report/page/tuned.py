"""The charts of tuning as SVG: the score against a setting, the expected best against the number of tries."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from paribus.report.axis import kept_within, move_apart, name_lines
from paribus.report.figures.sheet import FAINT
from paribus.report.page.svg import COLOURS, DASHES, HEIGHT, WIDTH, Scale, drawing, words_at
from paribus.report.tuning import Curve, TuneChart

_LEFT, _TOP, _BOTTOM = 52, 24, 38
_LETTER = 7.2


def tune_chart(drawn: TuneChart) -> Markup:
    """Draw a chart with its axes, and for each variant its points, the spread over seeds and the choice."""
    names = [part for curve in drawn.curves for part in name_lines(curve.name)]
    right = 12 + _LETTER * max(map(len, names))
    across = Scale(drawn.horizontal, _LEFT, WIDTH - right)
    up = Scale(drawn.vertical, HEIGHT - _BOTTOM, _TOP)
    marks = [
        *_axes(drawn, across, up),
        *(mark for curve in drawn.curves for mark in _curve(curve, across, up)),
        *_names(drawn, across, up),
    ]
    label = escape(drawn.description)
    return drawing(WIDTH, HEIGHT, marks, f'class="tune-chart" role="img" aria-label="{label}"')


def _axes(drawn: TuneChart, across: Scale, up: Scale) -> Iterator[str]:
    for tick, words in zip(up.axis.ticks, up.axis.labels, strict=True):
        y = up(tick)
        yield f'<path class="grid" d="M{_LEFT},{y:.1f}H{across.last:.1f}" stroke="{FAINT}" fill="none"/>'
        yield words_at(_LEFT - 6, y + 4, words, "end")
    for tick, words in zip(across.axis.ticks, drawn.labels, strict=True):
        yield words_at(across(tick), up.first + 16, words, "middle")
    yield words_at((across.first + across.last) / 2, HEIGHT - 3, drawn.across, "middle")
    yield words_at(2, 12, drawn.up, "start")


def _curve(curve: Curve, across: Scale, up: Scale) -> Iterator[str]:
    ink, colour = curve.ink, COLOURS[curve.ink]
    places = [(across(x), up(y)) for x, y in curve.points]
    ends = [(up(low), up(high)) for low, high in curve.spread]
    if curve.joined and ends:
        over = [f"{x:.1f},{high:.1f}" for (x, _), (_, high) in zip(places, ends, strict=True)]
        under = [f"{x:.1f},{low:.1f}" for (x, _), (low, _) in zip(places, ends, strict=True)]
        edge = "L".join([*over, *reversed(under)])
        yield f'<path class="band {ink}" d="M{edge}Z" fill="{colour}" fill-opacity=".18"/>'
    elif ends:
        for (x, _), (low, high) in zip(places, ends, strict=True):
            yield (
                f'<path class="line {ink}" d="M{x:.1f},{low:.1f}V{high:.1f}" stroke="{colour}" '
                f'stroke-opacity=".45" fill="none"/>'
            )
    if curve.joined:
        dashes = f' stroke-dasharray="{DASHES[ink]}"' if DASHES[ink] else ""
        path = "L".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield (
            f'<path class="line {ink}" d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        )
    for place, (x, y) in enumerate(places):
        if not curve.joined or len(places) <= 20:
            yield f'<circle class="kept {ink}" cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
        if place == curve.best:
            diamond = f"M{x:.1f},{y - 7:.1f}l7,7l-7,7l-7,-7z"
            yield f'<path class="kept {ink}" d="{diamond}" fill="{colour}"/>'


def _names(drawn: TuneChart, across: Scale, up: Scale) -> Iterator[str]:
    height, gap = up.first - up.last, 14
    ends = sorted((drawn.vertical.position(curve.points[-1][1]), curve.name, curve) for curve in drawn.curves)
    lines = {curve.name: name_lines(curve.name) for curve in drawn.curves}
    most = 1 if gap * sum(map(len, lines.values())) > HEIGHT else None
    words = [(place, curve, part) for place, _, curve in ends for part in reversed(lines[curve.name][:most])]
    apart = move_apart([place for place, *_ in words], gap=gap / height)
    heights = kept_within(apart, gap / height, -(_BOTTOM - 4) / height, 1 + (_TOP - 12) / height)
    for place, (_, curve, part) in zip(heights, words, strict=True):
        x, y = across.last + 8, up.first - place * height + 4
        yield (
            f'<text class="name {curve.ink}" x="{x:.1f}" y="{y:.1f}" font-size="12" font-weight="600" '
            f'fill="{COLOURS[curve.ink]}">{escape(part)}</text>'
        )
