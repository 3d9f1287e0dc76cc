"""Charts as SVG: what the page shows on paper and until its script has run.

Colours are set twice: as attributes, which hold wherever the drawing is copied to, and by the page's style
sheet through classes, which follows the screen when it is dark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from paribus.report.axis import Axis, move_apart, name_lines
from paribus.report.charts import DOSE_INKS, Chart, DotPlot, Line, Values
from paribus.report.escape import escape
from paribus.report.figures.sheet import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, RAMP, SOFT, VERMILION
from paribus.texts import number, text

WIDTH, HEIGHT = 400, 220
"""A chart's size; small, so that its words can be read where it is printed small."""
COLOURS = {
    "train": BLUE,
    "validation": VERMILION,
    "penalty": GREEN,
    "reference": INK,
    "treatment": VERMILION,
    "fifth": PURPLE,
    "sixth": ORANGE,
    **dict(zip(DOSE_INKS, RAMP, strict=True)),
}
DASHES = {
    "train": "",
    "validation": "8 3",
    "penalty": "2 3",
    "reference": "",
    "treatment": "8 3",
    "fifth": "12 3",
    "sixth": "6 2 1 2",
    **dict.fromkeys(DOSE_INKS, ""),
}

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 22, 38
_NAME_LETTER = 7.2  # a letter's width in a name beside a line
_LETTER = 7.4  # a letter's width at the size of the words, rather too much than too little
_PALE = 0.45  # how strongly a line is drawn where fewer runs than at first are behind it


@dataclass(frozen=True)
class Scale:
    """An axis laid on the drawing."""

    axis: Axis
    first: float
    last: float
    is_cut: bool = False

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value; where the scale is cut, that of its end for what lies beyond."""
        if self.is_cut:
            value = min(max(value, self.axis.low), self.axis.high)
        return self.first + self.axis.position(value) * (self.last - self.first)


def chart(drawn: Chart) -> Markup:
    """Draw a chart with its axes, bands and lines."""
    names = [name_lines(line.name) for line in drawn.lines]
    right = _RIGHT + _NAME_LETTER * max((len(part) for name in names for part in name), default=0)
    across = Scale(drawn.horizontal, _LEFT, WIDTH - right)
    up = Scale(drawn.vertical, HEIGHT - _BOTTOM, _TOP, is_cut=drawn.score is not None)
    marks = [
        *_grid(across, up, text(f"page.axis-{drawn.counts}"), drawn.quantity),
        *(mark for line in drawn.lines for mark in _curve(line, drawn.at, across, up)),
        *_names(drawn, across, up),
    ]
    if not drawn.at:
        marks.append(words_at(WIDTH / 2, HEIGHT / 2, text("report.no-epoch"), "middle"))
    label = escape(drawn.description)
    return drawing(WIDTH, HEIGHT, marks, f'role="img" aria-label="{label}"')


def swatch(ink: str) -> Markup:
    """Draw a line for the legend."""
    return drawing(26, 10, [_path("M1,5H25", ink)], 'class="swatch" aria-hidden="true"')


def dots(drawn: DotPlot) -> Markup:
    """Draw paired differences seed by seed, with their mean, its interval, zero and the margin."""
    names = [text("page.seed", seed=seed) for seed in drawn.seeds]
    left = 16 + _LETTER * max(map(len, [*names, text("page.mean")]))
    row = 24 if len(drawn.seeds) <= 12 else 14
    rows = len(drawn.seeds) + (1 if len(drawn.seeds) > 1 else 0)
    height = 12 + row * rows + _BOTTOM
    across = Scale(drawn.axis, left, WIDTH - 22)
    foot = height - _BOTTOM
    marks: list[str] = []
    if drawn.margin is not None:
        begin = max(across(max(-drawn.margin, drawn.axis.low)), across.first)
        end = min(across(min(drawn.margin, drawn.axis.high)), across.last)
        marks.append(
            f'<rect class="margin" x="{begin:.1f}" y="6" width="{max(0.0, end - begin):.1f}" '
            f'height="{foot - 6}" fill="{FAINT}" fill-opacity=".45"/>'
        )
    for tick in drawn.axis.ticks:
        x = across(tick)
        marks.append(f'<path class="grid" d="M{x:.1f},6V{foot}" stroke="{FAINT}" fill="none"/>')
        marks.append(words_at(x, foot + 15, drawn.as_text(tick), "middle"))
    zero = across(0)
    marks.append(f'<path class="zero" d="M{zero:.1f},6V{foot}" stroke="{SOFT}" stroke-width="1.5"/>')
    for place, (seed, difference) in enumerate(zip(drawn.seeds, drawn.differences, strict=True)):
        y = 12 + row * (place + 0.5)
        marks.append(words_at(left - 8, y + 4, names[place], "end"))
        hint = text("page.dot", seed=seed, difference=drawn.as_text(difference))
        marks.append(
            f'<circle class="dot" cx="{across(difference):.1f}" cy="{y:.1f}" r="5" fill="{BLUE}">'
            f"<title>{escape(hint)}</title></circle>"
        )
    if len(drawn.seeds) > 1 and drawn.mean is not None:
        y = 12 + row * (len(drawn.seeds) + 0.5)
        marks.append(words_at(left - 8, y + 4, text("page.mean"), "end", "strong"))
        if drawn.interval is not None:
            a, b = (across(end) for end in drawn.interval)
            marks.append(
                f'<path class="reach" d="M{a:.1f},{y:.1f}H{b:.1f}'
                f'M{a:.1f},{y - 5:.1f}v10M{b:.1f},{y - 5:.1f}v10" '
                f'stroke="{INK}" stroke-width="2" fill="none"/>'
            )
        x = across(drawn.mean)
        marks.append(
            f'<path class="mean" d="M{x:.1f},{y - 7:.1f}l7,7l-7,7l-7,-7z" fill="{INK}">'
            f"<title>{escape(drawn.as_text(drawn.mean))}</title></path>"
        )
    label = escape(drawn.description)
    return drawing(WIDTH, height, marks, f'class="dots" role="img" aria-label="{label}"')


def _grid(across: Scale, up: Scale, counted: str, quantity: str) -> Iterable[str]:
    for tick, words in zip(up.axis.ticks, up.axis.labels, strict=True):
        y = up(tick)
        yield f'<path class="grid" d="M{_LEFT},{y:.1f}H{across.last:.1f}" stroke="{FAINT}" fill="none"/>'
        yield words_at(_LEFT - 6, y + 4, words, "end")
    foot = HEIGHT - _BOTTOM
    yield f'<path class="axis" d="M{_LEFT},{foot}H{across.last:.1f}" stroke="{SOFT}" fill="none"/>'
    for tick in across.axis.ticks:
        yield words_at(across(tick), foot + 16, number(tick, ","), "middle")
    yield words_at((across.first + across.last) / 2, HEIGHT - 3, counted, "middle")
    if quantity:
        yield words_at(0, 11, quantity, "start")


def _names(drawn: Chart, across: Scale, up: Scale) -> Iterable[str]:
    """Write each line's name beside the plot, where it ends, none on another; shorter where many are."""
    height, gap = up.first - up.last, 14
    ends = sorted(
        (
            (drawn.vertical.position(end), end, line)
            for line in drawn.lines
            if (end := _end(line, up)) is not None
        ),
        key=lambda each: each[0],
    )
    names = [(*each, name_lines(each[-1].name)) for each in ends]
    if gap * sum(len(lines) for *_, lines in names) > height:
        names = [(*each, [each[-1].name.partition(" · ")[0]]) for each in ends]
    # The lines of a name stay together, since all begin at its height; the lowest is moved first.
    words = [(*each[:-1], part) for each in names for part in reversed(each[-1])]
    heights = move_apart([place for place, *_ in words], gap=gap / height)
    for place, (_, _, line, part) in zip(heights, words, strict=True):
        x, y = across.last + 8, up.first - place * height + 4
        yield (
            f'<text class="name {line.ink}" x="{x:.1f}" y="{y:.1f}" font-size="12" font-weight="600" '
            f'fill="{COLOURS[line.ink]}">{escape(part)}</text>'
        )


def _end(line: Line, up: Scale) -> float | None:
    known = [value for value in line.mean if value is not None and not (up.axis.is_log and value <= 0)]
    return known[-1] if known else None


def _curve(line: Line, at: Sequence[int], across: Scale, up: Scale) -> Iterable[str]:
    if line.low:
        yield _band(line, at, across, up)
    for curve in line.diverged:
        yield _path(through(at, curve, across, up), line.ink, width=0.9)
    complete = line.complete_epochs
    last = max(0, complete - 1)  # the paler line begins where the other ends
    rest = line.mean[last:] if complete < len(line.mean) else ()
    for first, rows, strength in ((0, line.mean[:complete], 1.0), (last, rest, _PALE)):
        if any(value is not None for value in rows):
            path = through(at[first:], rows, across, up)
            yield _path(path, line.ink, strength=strength, dot=len(line.mean) == 1)
    for epoch, value in line.marked:
        if not (up.axis.is_log and value <= 0):
            x, y = across(epoch), up(value)
            yield (
                f'<path class="kept {line.ink}" d="M{x:.1f},{y - 6:.1f}l5,9h-10z" fill="{COLOURS[line.ink]}">'
                f"<title>{escape(text('page.kept', epoch=epoch))}</title></path>"
            )


def _band(line: Line, at: Sequence[int], across: Scale, up: Scale) -> str:
    rows = [
        (across(place), up(low), up(high))
        for place, low, high in zip(at, line.low, line.high, strict=False)
        if low is not None and high is not None and not (up.axis.is_log and low <= 0)
    ]
    over = [f"{x:.0f},{high:.0f}" for x, _, high in rows]
    under = [f"{x:.0f},{low:.0f}" for x, low, _ in reversed(rows)]
    if not rows:
        return ""
    edge = "L".join([*over, *under])
    return f'<path class="band {line.ink}" d="M{edge}Z" fill="{COLOURS[line.ink]}" fill-opacity=".18"/>'


def through(at: Sequence[int], values: Values, across: Scale, up: Scale) -> str:
    """Return a path through the values, broken where there is none."""
    path, pen = "", "M"
    for place, value in zip(at, values, strict=False):
        if value is None or (up.axis.is_log and value <= 0):
            pen = "M"
            continue
        path += f"{pen}{across(place):.1f},{up(value):.1f}"
        pen = "L"
    return path


def _path(
    path: str, ink: str, *, width: float = 2, strength: float = 1, dashed: bool = True, dot: bool = False
) -> str:
    dashes = f' stroke-dasharray="{DASHES[ink]}"' if dashed and DASHES[ink] and not dot else ""
    # A line without length is drawn as its round ends alone.
    end = ' stroke-linecap="round"' if dot else ""
    pale = f' stroke-opacity="{strength}"' if strength < 1 else ""
    drawn = f"{path}h0" if dot else path
    return (
        f'<path class="line {ink}" d="{drawn}" fill="none" stroke="{COLOURS[ink]}" '
        f'stroke-width="{8 if dot else width}"{dashes}{end}{pale}/>'
    )


def words_at(x: float, y: float, words: str, anchor: str, weight: str = "") -> str:
    """Return words at a place of a drawing."""
    strong = ' font-weight="600"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{SOFT}"{strong}>'
        f"{escape(words)}</text>"
    )


def drawing(width: float, height: float, marks: Iterable[str], attributes: str) -> Markup:
    """Return marks as an SVG element of a size, with further attributes."""
    return Markup(  # noqa: S704 - words are escaped where they are put in
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" {attributes}>{"".join(marks)}</svg>'
    )
