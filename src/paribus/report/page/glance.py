"""Small drawings of the first screen: the strips of the forest plot, and each variant's curve at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from paribus.report.axis import Axis
from paribus.report.charts import Values
from paribus.report.escape import escape
from paribus.report.figures.sheet import BLUE, FAINT, SOFT
from paribus.report.forest import Forest, ForestRow, signed
from paribus.report.page.svg import Scale, drawing, through
from paribus.report.tiles import lies_below
from paribus.texts import text

STRIP = 440
"""The width of the forest plot's scale."""

_EDGE = 12  # room left and right of the scale, for arrows and the ticks' words
TONES = {"better": "#00664b", "worse": "#9c3d00", "same": BLUE, "open": SOFT}
_FEW = 8  # so many rows have room to stand apart
_BEYOND = 7  # how far the lines behind a row reach beyond it, to meet those of a row whose title wraps
TILE = (84, 32)


def strip(forest: Forest, row: ForestRow) -> Markup:
    """Draw one question: thick its 95% interval, thin the corrected one, a dot for the difference."""
    height = strip_height(forest)
    across, middle = _scale(forest), height / 2
    marks = [*_ground(forest, row, across, height)]
    if row.mean is None:
        pass
    elif row.beyond:
        marks += _off_scale(row.mean, row.beyond, across, middle, row.answer.tone)
    else:
        colour, tone = TONES[row.answer.tone], row.answer.tone
        for ends, width in ((row.corrected, 1.6), (row.interval, 6)):
            if ends is not None:
                first, last, cut_low, cut_high = forest.shown(ends)
                path = f"M{across(first):.1f},{middle:g}H{across(last):.1f}"
                strength = "" if width < 2 else ' stroke-opacity=".55"'
                marks.append(
                    f'<path class="tone {tone}" d="{path}" stroke="{colour}" '
                    f'stroke-width="{width:g}"{strength}/>'
                )
                if width < 2:
                    marks += [_head(across(first), middle, -1, tone)] if cut_low else []
                    marks += [_head(across(last), middle, 1, tone)] if cut_high else []
        marks.append(
            f'<circle class="dot {tone}" cx="{across(row.mean):.1f}" cy="{middle:g}" r="5" fill="{colour}"/>'
        )
    return drawing(STRIP, height, marks, 'class="strip" aria-hidden="true"')


def scale(forest: Forest) -> Markup:
    """Draw the numbers below the strips."""
    across = _scale(forest)
    marks = [
        f'<text x="{across(tick):.1f}" y="15" text-anchor="middle" font-size="12" fill="{SOFT}">'
        f"{escape(forest.label(tick))}</text>"
        for tick in forest.axis.ticks
    ]
    return drawing(STRIP, 20, marks, 'class="strip" aria-hidden="true"')


def strip_height(forest: Forest) -> int:
    """Return how high a row is: less where there are many."""
    return 34 if len(forest.rows) <= _FEW else 22


def tile(values: Values, base: Values, axis: Axis) -> Markup:
    """Draw a variant's score over the epochs, with that of the base in grey.

    Args:
        values: By epoch, in percent of the best.
        base: Those of the base; empty where it is not drawn.
        axis: From floor to top; what lies below is cut off, and a curve that all lies below is marked.
    """
    width, height = TILE
    longest = max(len(values), len(base), 2)
    across = Scale(Axis(0, longest - 1, ()), 2, width - 2)
    up = Scale(axis, height - 3, 3)
    marks = [f'<path class="axis" d="M0,{height - 1}H{width}" stroke="{FAINT}" fill="none"/>']
    for curve, ink, colour in ((base, "base", "#999999"), (values, "own", BLUE)):
        if any(value is not None for value in curve):
            dot = ' stroke-linecap="round"' if len(curve) == 1 else ""
            path = through(range(len(curve)), curve, across, up) + ("h0" if len(curve) == 1 else "")
            thick = 5 if dot else 1.4 if ink == "base" else 2.2
            marks.append(
                f'<path class="curve {ink}" d="{path}" fill="none" stroke="{colour}" '
                f'stroke-width="{thick:g}"{dot}/>'
            )
    if lies_below(values, axis):
        marks.append(_head(width - 8, height - 3, 0, "worse", size=5))
    return drawing(width, height, marks, 'class="tile" aria-hidden="true"')


def _scale(forest: Forest) -> Scale:
    return Scale(forest.axis, _EDGE, STRIP - _EDGE)


def _ground(forest: Forest, row: ForestRow, across: Scale, height: float) -> Iterator[str]:
    above, below = -_BEYOND, height + _BEYOND
    if row.margin is not None:
        first, last, *_ = forest.shown((-row.margin, row.margin))
        left, right = across(first), across(last)
        yield (
            f'<rect class="margin" x="{left:.1f}" y="{above}" width="{right - left:.1f}" '
            f'height="{below - above:g}" '
            f'fill="{FAINT}" fill-opacity=".45"/>'
        )
    for tick in forest.axis.ticks:
        if tick:
            path = f"M{across(tick):.1f},{above}V{below:g}"
            yield f'<path class="grid" d="{path}" stroke="{FAINT}" fill="none"/>'
    yield f'<path class="zero" d="M{across(0):.1f},{above}V{below:g}" stroke="{SOFT}" fill="none"/>'


def _off_scale(mean: float, side: int, across: Scale, middle: float, tone: str) -> Iterator[str]:
    edge = across.last + 6 if side > 0 else across.first - 6
    yield _head(edge, middle, side, tone, size=6)
    words = escape(text("page.off-scale", value=signed(mean, ".1f")))
    anchor = "end" if side > 0 else "start"
    yield (
        f'<text class="over" x="{edge - 18 * side:.1f}" y="{middle + 4:g}" text-anchor="{anchor}" '
        f'font-size="12" fill="{SOFT}" stroke="#fff" stroke-width="5" paint-order="stroke">{words}</text>'
    )


def _head(x: float, y: float, side: int, tone: str, *, size: float = 4) -> str:
    """Draw an arrowhead that points off the scale, its tip at a place: to a side, or down."""
    back = size * 1.8
    shape = (
        f"l{-side * back:.1f},{-size:g}v{2 * size:g}z" if side else f"l{-size:g},{-back:.1f}h{2 * size:g}z"
    )
    return f'<path class="dot {tone}" d="M{x:.1f},{y:g}{shape}" fill="{TONES[tone]}"/>'
