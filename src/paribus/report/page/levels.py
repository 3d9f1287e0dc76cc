"""Charts of a metric by the levels of a factor, as SVG."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from paribus.report.axis import Axis
from paribus.report.figures.sheet import BLUE, FAINT, SOFT
from paribus.report.levels import LevelLine, LevelsChart
from paribus.report.page.svg import COLOURS, DASHES, Scale, drawing, words_at

WIDTH, HEIGHT = 460, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 44
_INKS = ("train", "validation", "penalty", "fifth", "sixth", "reference")
_LETTER = 6.6


def levels(drawn: LevelsChart) -> Markup:
    """Draw the means with their intervals, and the seeds and the fit of a dose-response chart."""
    names = max((len(line.name) for line in drawn.lines), default=0)
    right = WIDTH - _RIGHT - (_LETTER * names if names else 0)
    across = Scale(Axis(-0.5, len(drawn.levels) - 0.5, ()), _LEFT, right)
    up = Scale(drawn.axis, HEIGHT - _BOTTOM, _TOP, is_cut=True)
    marks = [*_grid(drawn, across, up)]
    if drawn.fit:
        known = [(place, value) for place, value in enumerate(drawn.fit) if value is not None]
        path = "L".join(f"{across(place):.1f},{up(drawn.place(value)):.1f}" for place, value in known)
        marks.append(f'<path class="fit" d="M{path}" fill="none" stroke="{SOFT}" stroke-width="2"/>')
    for place, line in enumerate(drawn.lines):
        shift = 0.08 * (place - (len(drawn.lines) - 1) / 2)
        marks += _line(drawn, line, _INKS[place % len(_INKS)], shift, across, up)
    label = escape(drawn.description)
    return drawing(WIDTH, HEIGHT, marks, f'class="levels" role="img" aria-label="{label}"')


def _grid(drawn: LevelsChart, across: Scale, up: Scale) -> Iterator[str]:
    foot = HEIGHT - _BOTTOM
    for tick, words in zip(drawn.axis.ticks, drawn.axis.labels, strict=True):
        y = up(tick)
        yield f'<path class="grid" d="M{_LEFT},{y:.1f}H{across.last:.1f}" stroke="{FAINT}" fill="none"/>'
        yield words_at(_LEFT - 6, y + 4, words, "end")
    yield f'<path class="axis" d="M{_LEFT},{foot}H{across.last:.1f}" stroke="{SOFT}" fill="none"/>'
    for place, level in enumerate(drawn.levels):
        yield words_at(across(place), foot + 16, level, "middle")
    yield words_at((across.first + across.last) / 2, HEIGHT - 6, drawn.factor, "middle")


def _line(
    drawn: LevelsChart, line: LevelLine, ink: str, shift: float, across: Scale, up: Scale
) -> Iterator[str]:
    colour = COLOURS[ink]
    means = [(place, mean) for place, mean in enumerate(line.means) if mean is not None]
    if line.name and means:
        path = "L".join(f"{across(place + shift):.1f},{up(drawn.place(mean)):.1f}" for place, mean in means)
        dashes = f' stroke-dasharray="{DASHES[ink]}"' if DASHES[ink] else ""
        yield (
            f'<path class="line {ink}" d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        )
        mean = means[-1][1]
        yield (
            f'<text class="name {ink}" x="{across.last + 4:.1f}" y="{up(drawn.place(mean)) + 4:.1f}" '
            f'font-size="12" font-weight="600" fill="{colour}">{escape(line.name)}</text>'
        )
    for place, ends in enumerate(line.intervals):
        if ends is not None:
            x, low, high = across(place + shift), *(up(drawn.place(end)) for end in ends)
            yield (
                f'<path class="line {ink}" d="M{x:.1f},{low:.1f}V{high:.1f}" stroke="{colour}" '
                'stroke-width="3" stroke-opacity=".5" fill="none"/>'
            )
    for place, scores in enumerate(line.scores if drawn.has_dots else ()):
        for score in scores:
            x, y = across(place + shift + 0.12), up(drawn.place(score))
            yield f'<circle class="seed" cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{SOFT}"/>'
    for place, mean in means:
        x, y = across(place + shift), up(drawn.place(mean))
        yield f'<circle class="dot {ink}" cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour or BLUE}"/>'
