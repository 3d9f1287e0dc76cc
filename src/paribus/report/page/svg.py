"""Charts as SVG, drawn without a script: what the page shows on paper and until its script has run.

Colours are set twice, as attributes and by the page's style sheet through classes: the first hold
wherever the drawing is taken to, the second know of the dark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

from paribus.report.charts import Chart, Line, Values
from paribus.report.figures.sheet import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE, SOFT, VERMILION
from paribus.texts import number, text

WIDTH, HEIGHT = 560, 300
COLOURS = {
    "train": BLUE,
    "validation": VERMILION,
    "penalty": GREEN,
    "reference": INK,
    "treatment": VERMILION,
    "fifth": PURPLE,
    "sixth": ORANGE,
}
DASHES = {
    "train": "",
    "validation": "8 3",
    "penalty": "2 3",
    "reference": "",
    "treatment": "8 3",
    "fifth": "12 3",
    "sixth": "6 2 1 2",
}

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 10, 34
_LETTER = 7.4  # a letter's width at the size of the words, rather too much than too little
_FLATTEST = 5.0  # an accuracy axis spans this many points at least, lest noise look like learning


@dataclass(frozen=True)
class Axis:
    """From values to places on the paper.

    Args:
        low: The value at `first`.
        high: The value at `last`.
        first: A place, in the drawing's units.
        last: Another.
        is_log: Whether equal distances are equal ratios.
    """

    low: float
    high: float
    first: float
    last: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value."""
        low, high = self.low, self.high
        if self.is_log:
            low, high, value = log10(low), log10(high), log10(value)
        return self.first + (value - low) / ((high - low) or 1.0) * (self.last - self.first)

    @property
    def ticks(self) -> list[float]:
        """Round values along it."""
        return _decades(self.low, self.high) if self.is_log else round_values(self.low, self.high)


def chart(drawn: Chart) -> Markup:
    """A chart with its axes, bands and lines.

    Args:
        drawn: What to draw.
    """
    across = _across(drawn.at)
    up = _up(drawn)
    marks = [
        *_grid(across, up, drawn),
        *(mark for line in drawn.lines for mark in _curve(line, drawn.at, across, up)),
    ]
    if not drawn.at:
        marks.append(_words(WIDTH / 2, HEIGHT / 2, text("report.no-epoch"), "middle"))
    label = escape(drawn.described)
    return _svg(WIDTH, HEIGHT, marks, f'role="img" aria-label="{label}"')


def swatch(ink: str) -> Markup:
    """A line for the legend.

    Args:
        ink: How the curve is drawn.
    """
    return _svg(26, 10, [_path("M1,5H25", ink)], 'class="swatch" aria-hidden="true"')


def spark(values: Values) -> Markup:
    """A curve the size of a word, on a scale of its own.

    Args:
        values: By epoch.
    """
    finite = [value for value in values if value is not None]
    if len(finite) < 2:
        return Markup("")
    across = Axis(0, len(values) - 1, 2, 78)
    up = Axis(min(finite), max(finite) if max(finite) > min(finite) else min(finite) + 1, 20, 3)
    path = _through(range(len(values)), values, across, up)
    return _svg(80, 23, [_path(path, "validation", dashed=False)], 'class="spark" aria-hidden="true"')


@dataclass(frozen=True)
class Dots:
    """Differences to be drawn, one a seed.

    Args:
        seeds: Whose they are.
        differences: Treatment minus reference.
        mean: Theirs.
        interval: For the mean over new seeds.
        margin: Differences below it count as none.
        told: How a difference is said.
        described: The drawing in a sentence.
    """

    seeds: Sequence[int]
    differences: Sequence[float]
    mean: float | None
    interval: tuple[float, float] | None
    margin: float | None
    told: Callable[[float], str]
    described: str


def dots(drawn: Dots) -> Markup:
    """Paired differences seed by seed, with their mean, its interval, zero and the margin.

    Args:
        drawn: What to draw.
    """
    names = [text("page.seed", seed=seed) for seed in drawn.seeds]
    left = 16 + _LETTER * max(map(len, [*names, text("page.mean")]))
    row = 24 if len(drawn.seeds) <= 12 else 14
    rows = len(drawn.seeds) + (1 if len(drawn.seeds) > 1 else 0)
    height = 12 + row * rows + _BOTTOM
    reach = [0.0, *drawn.differences, *(drawn.interval or ())]
    # A margin far wider than all differences would press them into one point.
    spread = max(map(abs, reach))
    if drawn.margin is not None and drawn.margin < 3 * spread:
        reach += [-drawn.margin, drawn.margin]
    low, high = min(reach), max(reach)
    slack = 0.06 * (high - low) or 0.001
    across = Axis(low - slack, high + slack, left, WIDTH - 16)
    foot = height - _BOTTOM
    marks: list[str] = []
    if drawn.margin is not None:
        begin = max(across(max(-drawn.margin, across.low)), across.first)
        end = min(across(min(drawn.margin, across.high)), across.last)
        marks.append(
            f'<rect class="margin" x="{begin:.1f}" y="6" width="{max(0.0, end - begin):.1f}" '
            f'height="{foot - 6}" fill="{FAINT}" fill-opacity=".45"/>'
        )
    for tick in across.ticks:
        x = across(tick)
        marks.append(f'<path class="grid" d="M{x:.1f},6V{foot}" stroke="{FAINT}" fill="none"/>')
        marks.append(_words(x, foot + 15, drawn.told(tick), "middle"))
    zero = across(0)
    marks.append(f'<path class="zero" d="M{zero:.1f},6V{foot}" stroke="{SOFT}" stroke-width="1.5"/>')
    for place, (seed, difference) in enumerate(zip(drawn.seeds, drawn.differences, strict=True)):
        y = 12 + row * (place + 0.5)
        marks.append(_words(left - 8, y + 4, names[place], "end"))
        hint = text("page.dot", seed=seed, difference=drawn.told(difference))
        marks.append(
            f'<circle class="dot" cx="{across(difference):.1f}" cy="{y:.1f}" r="5" fill="{BLUE}">'
            f"<title>{escape(hint)}</title></circle>"
        )
    if len(drawn.seeds) > 1 and drawn.mean is not None:
        y = 12 + row * (len(drawn.seeds) + 0.5)
        marks.append(_words(left - 8, y + 4, text("page.mean"), "end", "strong"))
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
            f"<title>{escape(drawn.told(drawn.mean))}</title></path>"
        )
    label = escape(drawn.described)
    return _svg(WIDTH, height, marks, f'class="dots" role="img" aria-label="{label}"')


def round_values(low: float, high: float, most: int = 6) -> list[float]:
    """Round values within a range, at most so many.

    Example:
        >>> round_values(0, 1), round_values(94.2, 100)
        ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [95.0, 96.0, 97.0, 98.0, 99.0, 100.0])
    """
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(step * power for step in (1, 2, 5, 10, 20) if (high - low) / (step * power) <= most)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [float(f"{count * step:.12g}") for count in range(first, last + 1)]


def _decades(low: float, high: float) -> list[float]:
    """Round values on a logarithmic axis: 1, 2 and 5 of each power of ten where these are few."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    subs = (1, 2, 5) if high / low < 300 else (1,)
    skip = ceil(len(powers) / 7)
    values = [float(f"{sub * 10.0**power:.6g}") for power in powers[::skip] for sub in subs]
    return [value for value in values if low <= value <= high]


def _across(at: Sequence[int]) -> Axis:
    low, high = (at[0], at[-1]) if at else (1, 1)
    slack = 0.0 if high > low else 0.5
    return Axis(low - slack, high + slack, _LEFT, WIDTH - _RIGHT)


def _up(drawn: Chart) -> Axis:
    low, high = _ends(drawn)
    return Axis(low, high, HEIGHT - _BOTTOM, _TOP, drawn.is_log)


def _ends(drawn: Chart) -> tuple[float, float]:
    """Where the vertical axis begins and ends."""
    values = drawn.values or [0.0, 1.0]
    low, high = min(values), max(values)
    if drawn.unit == "percent":
        slack = max(0.05 * (high - low), (_FLATTEST - (high - low)) / 2)
        bottom = max(-0.8, min(low - slack, 100.8 - _FLATTEST))
        return bottom, min(100.8, max(high + slack, bottom + _FLATTEST))
    if drawn.is_log:
        return low / 1.4, high * 1.4
    return min(0.0, 1.05 * low), 1.05 * high if high > 0 else 1.0


def _grid(across: Axis, up: Axis, drawn: Chart) -> Iterable[str]:
    for tick in up.ticks:
        y = up(tick)
        yield f'<path class="grid" d="M{_LEFT},{y:.1f}H{WIDTH - _RIGHT}" stroke="{FAINT}" fill="none"/>'
        yield _words(_LEFT - 6, y + 4, number(tick, "g"), "end")
    foot = HEIGHT - _BOTTOM
    yield f'<path class="axis" d="M{_LEFT},{foot}H{WIDTH - _RIGHT}" stroke="{SOFT}" fill="none"/>'
    for tick in _whole_ticks(drawn.at):
        yield _words(across(tick), foot + 16, str(tick), "middle")
    yield _words(WIDTH - _RIGHT, HEIGHT - 3, text(f"page.axis-{drawn.axis}"), "end")


def _whole_ticks(at: Sequence[int]) -> list[int]:
    """Epochs to be named: the first, and the multiples of a round number."""
    if len(at) < 2:
        return list(at)
    rest = round_values(0, at[-1])
    return [at[0], *(int(tick) for tick in rest if tick > at[0] and tick == int(tick))]


def _curve(line: Line, at: Sequence[int], across: Axis, up: Axis) -> Iterable[str]:
    if line.low:
        yield _band(line, at, across, up)
    for stray in line.strays:
        yield _path(_through(at, stray, across, up), line.ink, width=0.9)
    last = max(0, line.whole - 1)  # the paler line begins where the other ends
    rest = line.mean[last:] if line.whole < len(line.mean) else ()
    for first, rows, strength in ((0, line.mean[: line.whole], 1.0), (last, rest, 0.45)):
        if any(value is not None for value in rows):
            path = _through(at[first:], rows, across, up)
            yield _path(path, line.ink, strength=strength, dot=len(line.mean) == 1)


def _band(line: Line, at: Sequence[int], across: Axis, up: Axis) -> str:
    rows = [
        (across(place), up(low), up(high))
        for place, low, high in zip(at, line.low, line.high, strict=False)
        if low is not None and high is not None and not (up.is_log and low <= 0)
    ]
    over = [f"{x:.1f},{high:.1f}" for x, _, high in rows]
    under = [f"{x:.1f},{low:.1f}" for x, low, _ in reversed(rows)]
    if not rows:
        return ""
    edge = "L".join([*over, *under])
    return f'<path class="band {line.ink}" d="M{edge}Z" fill="{COLOURS[line.ink]}" fill-opacity=".18"/>'


def _through(at: Sequence[int], values: Values, across: Axis, up: Axis) -> str:
    """A path through the values, broken where there is none."""
    path, pen = "", "M"
    for place, value in zip(at, values, strict=False):
        if value is None or (up.is_log and value <= 0):
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


def _words(x: float, y: float, words: str, anchor: str, weight: str = "") -> str:
    strong = ' font-weight="600"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{SOFT}"{strong}>'
        f"{escape(words)}</text>"
    )


def _svg(width: float, height: float, marks: Iterable[str], attributes: str) -> Markup:
    return Markup(  # noqa: S704 - words are escaped where they are put in
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" {attributes}>{"".join(marks)}</svg>'
    )
